//! The help of the command line in the language of the run. In English it is the documentation of the commands; for
//! another language the parser's tree is given other words. Values and the parsing of them stay as they are.

use clap::{Arg, Command};
use unicode_width::UnicodeWidthChar;

use super::chinese::help::{COMMANDS, OPTIONS, POSITIONALS, USAGE, default_value, help, possible_values};
use crate::language::Language;

/// Columns of a text below its option.
const WIDTH: usize = 68;

/// Gives `tree` the words of `language`.
pub(in crate::cli) fn translate(mut tree: Command, language: Language) -> Command {
    match language {
        Language::English => tree,
        Language::Chinese => {
            tree.build();
            chinese(tree, "")
        }
    }
}

fn chinese(command: Command, path: &str) -> Command {
    let command = match help(command_key(path)) {
        Some(text) => command.about(fold(first(text), 78)).long_about(fold(text, 78)),
        None => command,
    };
    let template = template(&command);
    let command = command.help_template(template).mut_args(|arg| argument(arg, path));
    command.mut_subcommands(|below| {
        let path = format!("{path} {}", below.get_name());
        chinese(below, path.trim_start())
    })
}

/// Commands that stand below `configure` as well as at the top have one text.
fn command_key(path: &str) -> &str {
    match path {
        "configure switch" | "configure delete" | "configure list" => &path["configure ".len()..],
        _ if path == "help" || path.ends_with(" help") => "help",
        _ => path,
    }
}

/// The key of an argument, or of a value, that has a text.
fn key(path: &str, rest: &str) -> Option<String> {
    let keys = [format!("{}.{rest}", command_key(path)), format!(".{rest}")];
    keys.into_iter().find(|key| help(key).is_some())
}

fn argument(arg: Arg, path: &str) -> Arg {
    let id = arg.get_id().to_string();
    let Some(text) = key(path, &id).and_then(|key| help(&key)) else { return arg };
    let mut notes = String::new();
    let mut values = String::new();
    if arg.get_action().takes_values() && !arg.is_hide_possible_values_set() {
        let possible = arg.get_possible_values();
        let names: Vec<&str> =
            possible.iter().filter(|value| !value.is_hide_set()).map(|value| value.get_name()).collect();
        if !names.is_empty() {
            notes += &possible_values(&names);
        }
        for name in names {
            if let Some(text) = key(path, &format!("{id}={name}")).and_then(|key| help(&key)) {
                values += &format!("\n- {name}：{text}");
            }
        }
    }
    let hides = arg.is_hide_default_value_set() || !arg.get_action().takes_values();
    if let ([value], false) = (arg.get_default_values(), hides) {
        notes += &default_value(&value.to_string_lossy());
    }
    let short = fold(&format!("{}{notes}", first(text)), WIDTH);
    let long = fold(&format!("{text}{notes}{values}"), WIDTH);
    let arg = if arg.get_long_help().is_some_and(|long| long.to_string().contains("\n  ")) {
        arg
    } else {
        arg.long_help(long)
    };
    arg.help(short).hide_possible_values(true).hide_default_value(true).next_line_help(true)
}

fn template(command: &Command) -> String {
    let mut template = format!("{{about-with-newline}}\n{USAGE}{{usage}}\n");
    let mut section = |heading: &str, tag: &str, is_there: bool| {
        if is_there {
            template += &format!("\n{heading}\n{{{tag}}}\n");
        }
    };
    section(COMMANDS, "subcommands", command.has_subcommands());
    section(POSITIONALS, "positionals", command.get_positionals().next().is_some());
    section(OPTIONS, "options", true);
    template + "{after-help}"
}

fn first(text: &str) -> &str {
    text.split("\n\n").next().unwrap_or_default()
}

/// Breaks the lines of a text without spaces, which the parser would leave as they are.
fn fold(text: &str, width: usize) -> String {
    const CLOSING: &str = "，。、；：）！？";
    let (mut folded, mut column) = (String::new(), 0);
    for part in parts(text) {
        let columns = part.chars().filter_map(UnicodeWidthChar::width).sum::<usize>();
        if part == "\n" {
            column = 0;
        } else if column + columns > width && !CLOSING.contains(part) {
            folded.truncate(folded.trim_end_matches(' ').len());
            folded.push('\n');
            column = 0;
        }
        if !(part == " " && column == 0) {
            folded += part;
            column += if part == "\n" { 0 } else { columns };
        }
    }
    folded
}

/// The pieces between which a line may break: each wide character, each word of ASCII, each space.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let joins = |c: char| c.is_ascii_graphic();
        let word = rest.find(|c| !joins(c)).unwrap_or(rest.len());
        let end = if word > 0 { word } else { rest.chars().next()?.len_utf8() };
        let (part, left) = rest.split_at(end);
        rest = left;
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::cli::messages::chinese::help::HELP;

    /// The keys below `command`, with the English texts they stand for; a key without Chinese begins with an exclamation mark.
    fn collect(command: &Command, path: &str, found: &mut BTreeMap<String, BTreeSet<String>>) {
        let mut add = |key: Option<String>, rest: String, english: String| {
            found.entry(key.unwrap_or_else(|| format!("!{path}{rest}"))).or_default().insert(english);
        };
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        add(help(command_key(path)).map(|_| command_key(path).to_owned()), String::new(), about);
        for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
            let id = arg.get_id().as_str();
            let english = arg.get_help().map(ToString::to_string).unwrap_or_default();
            add(key(path, id), format!(".{id}"), english);
            for value in arg.get_possible_values().iter().filter(|value| !value.is_hide_set()) {
                let rest = format!("{id}={}", value.get_name());
                if let Some(english) = value.get_help().filter(|_| arg.get_action().takes_values()) {
                    add(key(path, &rest), format!(".{rest}"), english.to_string());
                }
            }
        }
        for below in command.get_subcommands().filter(|below| !below.is_hide_set() && path != "help") {
            let path = format!("{path} {}", below.get_name());
            if !path.contains("help ") {
                collect(below, path.trim_start(), found);
            }
        }
    }

    #[test]
    fn every_command_option_and_value_has_a_chinese_help() {
        let mut tree = crate::cli::tree();
        tree.build();
        let mut found = BTreeMap::new();
        collect(&tree, "", &mut found);
        let missing: Vec<_> = found.iter().filter(|(key, _)| key.starts_with('!')).collect();
        assert!(missing.is_empty(), "without Chinese: {missing:#?}");
        let stale: Vec<_> = HELP.iter().map(|(key, _)| *key).filter(|key| !found.contains_key(*key)).collect();
        assert!(stale.is_empty(), "names nothing: {stale:?}");
        let unlike = |key: &str| !["help", ".help"].contains(&key);
        let mixed: Vec<_> = found.iter().filter(|(key, english)| english.len() > 1 && unlike(key)).collect();
        assert!(mixed.is_empty(), "one Chinese text for several of English: {mixed:#?}");
    }

    #[test]
    fn chinese_lines_are_broken_within_the_width() {
        assert_eq!(fold("登录一次，凭证自动续期", 10), "登录一次，\n凭证自动续\n期");
        assert_eq!(fold("使用 aliyun-rs 登录", 10), "使用\naliyun-rs\n登录");
        assert_eq!(fold("一二三\n\n四", 6), "一二三\n\n四");
    }
}
