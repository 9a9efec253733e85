//! The README tells the truth: its first screen runs as written, its commands exist, its exit codes are the program's.
#![expect(clippy::disallowed_methods, reason = "the test runs the program as a newcomer does")]

use std::fs;
use std::process::{Command, Output, Stdio};

use crate::support::ports;

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
fn as_written(line: &str, home: &std::path::Path) -> Output {
    let args = line.strip_prefix("cargo run -- ").unwrap_or_else(|| panic!("`{line}` is no `cargo run -- ...`"));
    Command::new(env!("CARGO_BIN_EXE_aliyun-rs"))
        .args(args.split_whitespace())
        .env_clear()
        .env("HOME", home)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn the_first_screen_works_as_written_on_a_bare_machine() {
    let home = tempfile::tempdir().unwrap();
    let lines = commands_below("Try it");
    assert_eq!(lines[0], "cargo run -- sandbox -- configure --mode OAuth --profile demo");
    let _turn = ports::turn();
    let outputs: Vec<(String, String)> = lines
        .iter()
        .map(|line| {
            let output = as_written(line, home.path());
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(output.status.success(), "{line}\n{text}{}", String::from_utf8_lossy(&output.stderr));
            (line.clone(), text)
        })
        .collect();
    assert!(outputs[0].1.contains("Configure Done!!!"), "{}", outputs[0].1);
    assert!(outputs[1].1.contains("demo *"), "{}", outputs[1].1);
    assert!(outputs[2].1.contains(":user/alice"), "{}", outputs[2].1);
    assert!(!home.path().join(".aliyun").exists(), "the real file was touched");
}

#[test]
fn the_tests_are_run_by_cargo_test() {
    assert_eq!(commands_below("Test it"), ["cargo test"]);
}

#[test]
fn the_exit_codes_are_those_of_the_help() {
    let home = tempfile::tempdir().unwrap();
    let help = String::from_utf8(as_written("cargo run -- --help", home.path()).stdout).unwrap();
    let table = help.split("Exit codes:\n").nth(1).unwrap();
    for line in table.lines() {
        let (code, meaning) = line.trim().split_once(' ').unwrap();
        assert!(readme().contains(&format!("| {code} | {} |", meaning.trim())), "{line}");
    }
}

#[test]
fn every_command_of_the_table_exists() {
    let home = tempfile::tempdir().unwrap();
    let help = String::from_utf8(as_written("cargo run -- --help", home.path()).stdout).unwrap();
    for line in readme().lines().filter(|line| line.starts_with("| `aliyun-rs ")) {
        let command = line.trim_start_matches("| `aliyun-rs ").split([' ', '`']).next().unwrap();
        assert!(help.contains(&format!("\n  {command} ")), "{command}");
    }
}

#[test]
fn it_stays_readable() {
    assert!(readme().lines().count() <= 200);
}
