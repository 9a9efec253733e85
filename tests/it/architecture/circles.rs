//! Circles among the modules inside a room.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proc_macro2::TokenTree;

use super::paths::{below, is_colon, paths, tokens};
use super::{module_path, rust_files};

/// The rooms that still have a circle. The list only becomes shorter.
const STILL_CIRCULAR: [&str; 5] = ["cli", "host", "loopback_server", "openapi", "sandbox"];

/// Inside a room, modules with the same parent do not use each other in a circle, by whatever name. What stands in the
/// parent itself is theirs together.
#[test]
fn no_room_has_a_circle_in_it() {
    let files: Vec<(Vec<String>, String)> = rust_files(Path::new("src"))
        .into_iter()
        .map(|file| (module_path(&file), fs::read_to_string(&file).unwrap()))
        .collect();
    let found = circles(&files);
    let rooms: BTreeSet<&str> = found.iter().filter_map(|circle| circle.split("::").next()).collect();
    assert_eq!(rooms, BTreeSet::from(STILL_CIRCULAR), "{}", found.join("\n"));
}

#[test]
fn every_circle_in_a_room_is_seen() {
    let files = |code: [&str; 3]| {
        let paths = ["room", "room::a", "room::b::deep"];
        let names = paths.map(|path| path.split("::").map(str::to_owned).collect::<Vec<_>>());
        names.into_iter().zip(code.map(str::to_owned)).collect::<Vec<_>>()
    };
    for (code, expected) in [
        (["", "use super::b::B;", "use super::super::a::A;"], 1),
        (["", "use super::b::B;", "use crate::room::{a::A, C};"], 1),
        (["pub use a::A; pub use b::{deep::{self, B}};", "use super::B;", "use crate::room::A;"], 1),
        (["use b::B as C;", "use super::C;", "fn f() { crate::room::a::f() }"], 1),
        (["", "use super::b::B;", ""], 0),
        (["struct Own; use a::A; use b::B;", "use super::Own;", "use crate::room::Own;"], 0),
        (["", "use super::b::B;", "#[cfg(test)] mod tests { use crate::room::a::A; }"], 0),
    ] {
        let found = circles(&files(code));
        assert_eq!(found.len(), expected, "{code:?}: {found:?}");
    }
}

type Edges = BTreeMap<Vec<String>, BTreeSet<Vec<String>>>;

/// The modules of one parent that lead to each other, a line for each circle or tangle of circles.
fn circles(files: &[(Vec<String>, String)]) -> Vec<String> {
    let modules: BTreeSet<Vec<String>> =
        files.iter().flat_map(|(path, _)| (1..=path.len()).map(|length| path[..length].to_vec())).collect();
    let reexports: BTreeMap<Vec<String>, Vec<String>> =
        files.iter().flat_map(|(path, code)| names_of_children(path, code)).collect();
    let mut edges = Edges::new();
    for (path, code) in files {
        for used in paths(without_tests(code), path) {
            let real = reexports.get(&used).unwrap_or(&used);
            let common = path.iter().zip(real).take_while(|(one, other)| one == other).count();
            if common > 0 && common < path.len() && common < real.len() && modules.contains(&real[..=common]) {
                edges.entry(path[..=common].to_vec()).or_default().insert(real[..=common].to_vec());
            }
        }
    }
    let reached: Edges = edges.keys().map(|start| (start.clone(), reach(start, &edges))).collect();
    let is_mutual = |one: &Vec<String>, other: &Vec<String>| reached.get(other).is_some_and(|back| back.contains(one));
    let mut found = BTreeSet::new();
    for (start, reached) in &reached {
        let circle: Vec<String> =
            reached.iter().filter(|other| is_mutual(start, other)).map(|module| module.join("::")).collect();
        if !circle.is_empty() {
            found.insert(circle.join(" "));
        }
    }
    found.into_iter().collect()
}

/// Everything that `edges` lead to from `start`.
fn reach(start: &Vec<String>, edges: &Edges) -> BTreeSet<Vec<String>> {
    let (mut reached, mut ahead) = (BTreeSet::new(), vec![start]);
    while let Some(here) = ahead.pop() {
        let next = edges.get(here).into_iter().flatten();
        ahead.extend(next.filter(|module| reached.insert((*module).clone())));
    }
    reached
}

/// The names that the module `path` gives to what is in modules below it, as in `use store::{Locked, Store as Shelf}`.
fn names_of_children(path: &[String], code: &str) -> Vec<(Vec<String>, Vec<String>)> {
    let code = tokens(code.parse().unwrap());
    let is_use = |token: &TokenTree| token.to_string() == "use";
    let imports = code
        .split(|token| token.to_string() == ";")
        .filter_map(|item| item.iter().position(is_use).map(|at| &item[at + 1..]));
    let mut found = Vec::new();
    imports.for_each(|import| name(import, path, path, &mut found));
    found
}

/// Collects the names that an import gives, and what they mean.
fn name(import: &[TokenTree], module: &[String], at: &[String], found: &mut Vec<(Vec<String>, Vec<String>)>) {
    match import {
        [TokenTree::Ident(word), ..] if ["crate", "super", "std"].contains(&word.to_string().as_str()) => {}
        [TokenTree::Group(group), ..] => {
            let each = tokens(group.stream());
            each.split(|token| token.to_string() == ",").for_each(|part| name(part, module, at, found));
        }
        [TokenTree::Ident(word), first, second, rest @ ..] if is_colon(first) && is_colon(second) => {
            let below = if word == "self" { at.to_vec() } else { below(at, &import[0]) };
            name(rest, module, &below, found);
        }
        [TokenTree::Ident(word), rest @ ..] => {
            let meant = if word == "self" { at.to_vec() } else { below(at, &import[0]) };
            let given = match rest {
                [TokenTree::Ident(keyword), alias] if keyword == "as" => alias.to_string(),
                _ => meant.last().cloned().unwrap_or_default(),
            };
            found.push((module.iter().cloned().chain([given]).collect(), meant));
        }
        _ => {}
    }
}

/// The code without its tests, which may use everything.
fn without_tests(code: &str) -> &str {
    code.split("#[cfg(test)]\nmod tests").next().unwrap().split("#[cfg(test)] mod tests").next().unwrap()
}
