//! The README is true: its first screen runs as written, and its commands, exit codes and variables are the program's.

use std::collections::BTreeSet;
use std::fs;

use crate::support::process::{Ended, Home, end};
use crate::support::{World, ports};

fn readme() -> String {
    fs::read_to_string("README.md").unwrap()
}

/// The lines of the console blocks below a heading.
fn commands_below(heading: &str) -> Vec<String> {
    let text = readme();
    let section = text.split(&format!("\n## {heading}\n")).nth(1).unwrap().split("\n## ").next().unwrap().to_owned();
    let blocks = section.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    blocks.flat_map(|block| block.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// Runs `cargo run -- ARGS` as written, with the binary that is built already.
fn as_written(line: &str, home: &Home) -> Ended {
    let args =
        line.strip_prefix("cargo run -- ").unwrap_or_else(|| panic!("`{line}` does not begin with `cargo run -- `"));
    home.run(&args.split_whitespace().collect::<Vec<_>>()).exits(0)
}

#[test]
fn the_first_screen_works_as_written_on_a_bare_machine() {
    let home = Home::new();
    let lines = commands_below("Try it");
    let answers = ["Configure Done!!!", "demo *", ":user/alice", "The profile `demo`"];
    assert_eq!(lines[0], "cargo run -- sandbox -- configure --mode OAuth --profile demo");
    assert_eq!(lines.len(), answers.len());
    let _turn = ports::turn();
    for (line, words) in lines.iter().zip(answers) {
        as_written(line, &home).says(words);
    }
    assert!(!home.path(".aliyun").exists(), "the real file was touched");
}

/// That `cargo test` does run them, `.ci/run` sees: a test that is not run cannot.
#[test]
fn the_command_that_runs_the_tests_is_cargo_test() {
    assert_eq!(commands_below("Test it"), ["cargo test"]);
}

#[test]
fn the_exit_codes_are_those_of_the_help() {
    let home = Home::new();
    let help = as_written("cargo run -- --help", &home).stdout;
    let table = help.split("Exit codes:\n").nth(1).unwrap();
    for line in table.lines() {
        let (code, meaning) = line.trim().split_once(' ').unwrap();
        assert!(readme().contains(&format!("| {code} | {} |", meaning.trim())), "{line}");
    }
}

#[test]
fn every_command_of_the_table_exists() {
    let home = Home::new();
    let help = as_written("cargo run -- --help", &home).stdout;
    for line in readme().lines().filter(|line| line.starts_with("| `aliyun-rs ")) {
        let command = line.trim_start_matches("| `aliyun-rs ").split([' ', '`']).next().unwrap();
        assert!(help.contains(&format!("\n  {command} ")), "{command}");
    }
}

/// The words that the README lists for one label in the block of variables.
fn variables_listed(label: &str) -> BTreeSet<String> {
    let text = readme();
    let block = text.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
    let lines = block.lines().skip_while(|line| !line.starts_with(&format!("{label}: ")));
    let own = lines.enumerate().take_while(|(number, line)| *number == 0 || line.starts_with(' '));
    let words = own.map(|(_, line)| line.trim_start_matches(label).trim_start_matches(':'));
    words.flat_map(str::split_whitespace).map(str::to_owned).collect()
}

#[test]
fn the_variables_are_exactly_those_that_exec_sets() {
    let home = Home::with_profiles();
    let names = |text: &str| -> BTreeSet<String> {
        text.lines().filter_map(|line| Some(line.split_once('=')?.0.to_owned())).collect()
    };
    let plain = names(&end(home.other("env", &[])).stdout);
    for (label, options) in [("exec", ["exec"].as_slice()), ("exec --serve", &["exec", "--serve"])] {
        let set = names(&home.run(&[options, &["--", "env"]].concat()).exits(0).stdout);
        let listed = &variables_listed("both") | &variables_listed(label);
        assert_eq!(&set - &plain, listed, "{label}");
    }
}

#[test]
fn every_option_it_names_exists() {
    let home = Home::new();
    let helps = ["configure", "delete", "credentials", "exec", "serve", "man", "ensure"];
    let of_apps = ["install", "assign", "create", "update", "rotate-secret", "check"];
    let helps = helps.into_iter().map(str::to_owned).chain(of_apps.map(|command| format!("app {command}")));
    let help: String =
        helps.map(|command| as_written(&format!("cargo run -- {command} --help"), &home).stdout).collect();
    let text = readme();
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
    for option in words.filter(|word| word.starts_with("--") && !word.ends_with('-') && *word != "--path") {
        assert!(help.contains(&format!("{option} ")) || help.contains(&format!("{option}\n")), "{option}");
    }
}

#[test]
fn errors_are_one_json_object_by_option_or_variable() {
    let home = Home::with_profiles();
    let variable = |value| {
        let mut command = home.command(&["switch", "absent"]);
        command.env("ALIBABA_CLOUD_CLI_AI_MODE", value);
        end(command)
    };
    for ended in [home.run(&["switch", "absent", "--error-format", "json"]), variable("1")] {
        let json: serde_json::Value = serde_json::from_str(&ended.stderr).unwrap();
        assert_eq!((ended.code, json["exit_code"].as_u64()), (Some(2), Some(2)), "{json}");
    }
    assert!(variable("0").stderr.starts_with("error: "));
}

#[test]
fn verbose_explains_why_credentials_are_renewed() {
    let world = World::new();
    world.signed_in(0);
    let output = world.run(&["credentials", "--profile", "demo", "--verbose"]).done();
    output.warns("renewing the credentials of `demo`: ");
}

#[test]
fn it_stays_readable() {
    assert!(readme().lines().count() <= 320);
}
