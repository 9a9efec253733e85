//! Errors for programs: one JSON object, whatever failed, with the fields of the official client's AI mode.

use serde_json::Value;

use crate::support::process::{Ended, Home};

/// Commands that fail, with the exit code and the `error_code` of each.
const FAILING: [(&[&str], i32, &str); 9] = [
    (&["list", "--bogus"], 2, "usage"),
    (&["bogus"], 2, "usage"),
    (&["delete"], 2, "usage"),
    (&["configure", "--mode"], 2, "usage"),
    (&["configure", "--timeout", "0"], 2, "invalid-timeout"),
    (&["configure", "--error-format", "xml"], 2, "usage"),
    (&["switch", "missing"], 2, "usage"),
    (&["credentials", "--profile", "missing"], 2, "no-profile"),
    (&["list", "--config-path", "/dev/null/config.json"], 6, "file-io"),
];

/// Expects one object and nothing else, and that it names `code` and the exit code.
#[track_caller]
fn reports(ended: Ended, exit: i32, code: &str, case: &str) {
    assert!(ended.code == Some(exit) && ended.stdout.is_empty(), "{case}: {ended:?}");
    let object: Value =
        serde_json::from_str(&ended.stderr).unwrap_or_else(|error| panic!("{case}: {error}: {ended:?}"));
    assert_eq!(object["exit_code"], exit, "{case}: {object}");
    assert_eq!(object["error_code"], code, "{case}: {object}");
    assert!(object["message"].as_str().is_some_and(|message| !message.is_empty()), "{case}: {object}");
    assert!(object["retryable"].is_boolean() && object["recovery"]["action"].is_string(), "{case}: {object}");
}

#[test]
fn every_failure_is_one_json_object_for_a_program() {
    let home = Home::with_profiles();
    for (args, exit, code) in FAILING {
        if !args.contains(&"--error-format") {
            for option in [&["--error-format", "json"][..], &["--error-format=json"]] {
                reports(home.run(&[option, args].concat()), exit, code, &format!("{option:?} {args:?}"));
            }
        }
        let mut command = home.command(args);
        let ended = crate::support::process::end(command.env("ALIBABA_CLOUD_CLI_AI_MODE", "1"));
        reports(ended, exit, code, &format!("AI mode {args:?}"));
    }
}

#[test]
fn an_option_of_the_command_that_is_run_is_not_ours() {
    let home = Home::with_profiles();
    let ended = home.run(&["exec", "--bogus", "--", "true", "--error-format", "json"]).exits(2);
    assert!(ended.stderr.starts_with("error: "), "{ended:?}");
}
