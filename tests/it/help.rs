//! The help: each command's own words, within 80 columns.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::process::Home;

/// The help of a command, and the commands below it with their summaries.
fn help(home: &Home, command: &[&str], option: &str) -> (String, Vec<(String, String)>) {
    let text = home.run(&[command, &[option]].concat()).exits(0).stdout;
    let listed = text.split("\nCommands:\n").nth(1).map(|rest| rest.split("\n\n").next().unwrap().to_owned());
    let lines = listed.unwrap_or_default();
    let commands = lines.lines().filter_map(|line| line.trim().split_once(' ')).filter(|(name, _)| *name != "help");
    let commands = commands.map(|(name, summary)| (name.to_owned(), summary.trim().to_owned())).collect();
    (text, commands)
}

#[test]
fn each_command_has_its_own_help_within_80_columns() {
    let home = Home::new();
    let (mut pending, mut summaries) = (vec![(Vec::<String>::new(), None)], BTreeSet::new());
    while let Some((path, summary)) = pending.pop() {
        let command: Vec<&str> = path.iter().map(String::as_str).collect();
        for option in ["-h", "--help"] {
            let (text, below) = help(&home, &command, option);
            for line in text.lines() {
                assert!(line.chars().count() <= 80, "{command:?} {option}: {line}");
            }
            let Some(summary) = &summary else { continue };
            assert_eq!(text.lines().next(), Some(String::as_str(summary)), "{command:?} {option}");
            assert!(below.iter().all(|(_, below)| below != summary), "{command:?}: {summary}");
        }
        let (_, below) = help(&home, &command, "--help");
        pending.extend(below.into_iter().map(|(name, summary)| ([&path[..], &[name]].concat(), Some(summary))));
        summaries.extend(summary);
    }
    assert_eq!(summaries, documented(Path::new("src/cli")));
}

/// The first line of the documentation of each `Args`; that of a command has no full stop.
fn documented(folder: &Path) -> BTreeSet<String> {
    let mut summaries = BTreeSet::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            summaries.extend(documented(&path));
            continue;
        }
        let text = fs::read_to_string(path).unwrap();
        for item in text.split("\n\n").filter(|item| item.contains("#[derive(Args")) {
            let summary = item.lines().find_map(|line| line.strip_prefix("/// "));
            summaries.extend(summary.filter(|line| !line.ends_with('.')).map(str::to_owned));
        }
    }
    summaries
}
