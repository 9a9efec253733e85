//! The paths that code names: imports, grouped ones too, and paths in expressions and macros.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};

/// What stands for the unknown names of a module and its parents.
const SELF: &str = "?";

/// The top-level modules that `code` names in imports, paths and macros, when its own module is `depth` below the
/// root. `*` and `crate` are all of them.
pub(super) fn uses(code: &str, depth: usize) -> BTreeSet<String> {
    let inside: Vec<String> = vec![SELF.to_owned(); depth];
    let found = paths(code, &inside).into_iter().filter(|path| path[0] != SELF);
    found.map(|path| path[0].clone()).collect()
}

/// The paths from the root that `code` names, when `module` is its own. Each ends with the last name that is written.
pub(super) fn paths(code: &str, module: &[String]) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    collect(&tokens(code.parse().unwrap()), module, &mut found);
    found
}

pub(super) fn tokens(stream: TokenStream) -> Vec<TokenTree> {
    stream.into_iter().collect()
}

fn collect(code: &[TokenTree], module: &[String], found: &mut BTreeSet<Vec<String>>) {
    for (at, token) in code.iter().enumerate() {
        // The middle of a path, which `follow` has seen from its start.
        if at > 1 && is_colon(&code[at - 1]) && is_colon(&code[at - 2]) {
            continue;
        }
        match token {
            TokenTree::Ident(name) => match name.to_string().as_str() {
                "crate" => follow(&code[at + 1..], &[], found),
                "super" => follow(&code[at + 1..], above(module), found),
                "self" => follow(&code[at + 1..], module, found),
                _ => {}
            },
            TokenTree::Group(group) => {
                let inside = if at > 1 && code[at - 2].to_string() == "mod" {
                    below(module, &code[at - 1])
                } else {
                    module.to_vec()
                };
                collect(&tokens(group.stream()), &inside, found);
            }
            _ => {}
        }
    }
}

fn above(module: &[String]) -> &[String] {
    module.split_last().map_or(&[], |(_, above)| above)
}

pub(super) fn below(module: &[String], name: &TokenTree) -> Vec<String> {
    let name = name.to_string().trim_start_matches("r#").to_owned();
    module.iter().cloned().chain([name]).collect()
}

/// Goes on after the start of a path that has led to `module`.
fn follow(rest: &[TokenTree], module: &[String], found: &mut BTreeSet<Vec<String>>) {
    match rest {
        [first, second, rest @ ..] if is_colon(first) && is_colon(second) => step(rest, module, found),
        [TokenTree::Ident(word), ..] if module.is_empty() && word == "as" => {
            found.insert(vec!["crate".to_owned()]);
        }
        _ if module.is_empty() => {}
        _ => drop(found.insert(module.to_vec())),
    }
}

/// Takes the next step of a path.
fn step(path: &[TokenTree], module: &[String], found: &mut BTreeSet<Vec<String>>) {
    match path {
        [TokenTree::Ident(name), rest @ ..] if name == "self" => follow(rest, module, found),
        [TokenTree::Ident(name), rest @ ..] if name == "super" => follow(rest, above(module), found),
        [TokenTree::Group(group), ..] => {
            let each = tokens(group.stream());
            each.split(|token| token.to_string() == ",").for_each(|path| step(path, module, found));
        }
        [name @ TokenTree::Ident(_), rest @ ..] => follow(rest, &below(module, name), found),
        [name, ..] => drop(found.insert(below(module, name))),
        [] => {}
    }
}

pub(super) fn is_colon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(mark) if mark.as_char() == ':')
}
