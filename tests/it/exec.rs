//! Programs that run with the credentials of a profile: what they find, and what they leave behind.

use std::collections::BTreeMap;
use std::process::Stdio;

use rustix::process::Signal;

use crate::support::fetch::{get, is_closed};
use crate::support::ports;
use crate::support::process::{ALIYUN_RS, Home, end, start};
#[cfg(target_os = "linux")]
use crate::support::terminal::{CTRL_C, Terminal};

fn environment(text: &str) -> BTreeMap<String, String> {
    text.lines().filter_map(|line| line.split_once('=')).map(|(name, value)| (name.into(), value.into())).collect()
}

#[test]
fn the_program_finds_the_key_under_every_name_and_no_rival_of_it() {
    let home = Home::with_profiles();
    let mut command = home.command(&["exec", "--", "env"]);
    command.envs([
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "old"),
        ("SECURITY_TOKEN", "old"),
        ("ALIBABA_CLOUD_CREDENTIALS_URI", "http://127.0.0.1:9/old"),
        ("ALIBABA_CLOUD_ROLE_ARN", "old"),
        ("ALICLOUD_SHARED_CREDENTIALS_FILE", "old"),
        ("ALIYUN_RS_MINE", "kept"),
        ("AWS_PROFILE", "kept"),
        ("OSS_ENDPOINT", "kept"),
    ]);
    let ended = end(command);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let found = environment(&ended.stdout);
    for (name, value) in [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "STS.id"),
        ("ALICLOUD_SECRET_KEY", "sts-secret"),
        ("OSS_SESSION_TOKEN", "sts-token"),
        ("ALICLOUD_REGION", "cn-beijing"),
        ("ALIYUN_RS_MINE", "kept"),
        ("AWS_PROFILE", "kept"),
        ("OSS_ENDPOINT", "kept"),
    ] {
        assert_eq!(found.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(!ended.stdout.contains("old"), "{}", ended.stdout);
    for token in ["access-token", "refresh-token"] {
        assert!(!ended.stdout.contains(token), "the {token} got out");
    }
}

#[test]
fn a_long_lived_key_leaves_no_token_of_anybody_behind() {
    let home = Home::with_profiles();
    let mut command = home.command(&["exec", "--profile", "key", "env"]);
    command.envs([("ALIBABA_CLOUD_SECURITY_TOKEN", "old"), ("OSS_SESSION_TOKEN", "old"), ("SecurityToken", "old")]);
    let ended = end(command);
    let found = environment(&ended.stdout);
    assert_eq!(found.get("ALIBABA_CLOUD_ACCESS_KEY_ID").map(String::as_str), Some("LTAI.id"));
    assert!(found.keys().all(|name| !name.to_lowercase().contains("token")), "{found:?}");
}

#[test]
fn the_variable_that_chose_the_profile_is_not_handed_on() {
    let home = Home::with_profiles();
    let mut command = home.command(&["exec", "env"]);
    command.env("ALIBABA_CLOUD_PROFILE", "key");
    let found = environment(&end(command).stdout);
    assert_eq!(found.get("ALICLOUD_ACCESS_KEY").map(String::as_str), Some("LTAI.id"));
    assert!(!found.contains_key("ALIBABA_CLOUD_PROFILE"));
}

#[test]
fn the_program_takes_our_place_with_our_number_and_its_own_exit_status() {
    let home = Home::with_profiles();
    let mut running = start(home.command(&["exec", "--", "sh", "-c", "echo $$; exit 7"]));
    assert_eq!(running.line(), running.id().to_string());
    assert_eq!(running.finish().code, Some(7));
    let ended = home.run(&["exec", "--", "sh", "-c", "kill -TERM $$"]);
    assert_eq!(ended.code, None, "it ended by the signal itself");
}

#[test]
fn the_program_inherits_no_open_file_of_ours() {
    let home = Home::with_profiles();
    let list = ["-c", "ls /proc/$$/fd || ls /dev/fd"];
    let plain = end(home.other("sh", &list)).stdout;
    for args in [["exec", "--", "sh"].as_slice(), &["exec", "--serve", "--", "sh"]] {
        assert_eq!(end(home.command(&[args, &list].concat())).stdout, plain, "{args:?}");
    }
}

#[test]
fn a_program_that_cannot_run_is_told_apart_as_shells_do() {
    let home = Home::with_profiles();
    let file = home.file();
    for args in [["exec"].as_slice(), &["exec", "--serve"]] {
        for (name, code, words) in [
            ("no-such-program", 127, "command not found: `no-such-program`"),
            (file.to_str().unwrap(), 126, "could not run `"),
        ] {
            let ended = end(home.command(&[args, &["--", name]].concat()));
            assert_eq!((ended.code, ended.stdout.as_str()), (Some(code), ""), "{args:?} {name}");
            assert!(ended.stderr.contains(words), "{}", ended.stderr);
        }
    }
}

#[test]
fn without_credentials_nothing_runs() {
    let home = Home::with_profiles();
    for (profile, code) in [("foreign", 2), ("nobody", 2)] {
        for args in [["exec"].as_slice(), &["exec", "--serve"]] {
            let ended = end(home.command(&[args, &["--profile", profile, "echo", "ran"]].concat()));
            assert_eq!((ended.code, ended.stdout.as_str()), (Some(code), ""), "{profile}");
            assert!(ended.stderr.contains(profile), "{}", ended.stderr);
        }
    }
    assert_eq!(home.run(&["exec"]).code, Some(2));
}

#[test]
fn a_served_program_gets_a_url_instead_of_a_key_and_the_url_ends_with_it() {
    let home = Home::with_profiles();
    let script = "env | sort; echo $ALIBABA_CLOUD_CREDENTIALS_URI; read wait; exit 9";
    let mut command = home.command(&["exec", "--serve", "--", "sh", "-c", script]);
    command.env("ALIBABA_CLOUD_ACCESS_KEY_ID", "old").stdin(Stdio::piped());
    let mut running = start(command);
    let mut found = BTreeMap::new();
    let url = loop {
        let line = running.line();
        match line.split_once('=') {
            Some((name, value)) => drop(found.insert(name.to_owned(), value.to_owned())),
            None => break line,
        }
    };
    assert_eq!(found.get("ALICLOUD_CREDENTIALS_URI"), Some(&url));
    assert_eq!(found.get("ALIBABA_CLOUD_REGION_ID").map(String::as_str), Some("cn-beijing"));
    assert!(found.keys().all(|name| !name.contains("KEY") && !name.contains("TOKEN")), "{found:?}");
    let answer = get(&url);
    assert_eq!((answer.status, answer.field("SecurityToken").as_str()), (200, "sts-token"));
    running.hang_up();
    assert_eq!(running.finish().code, Some(9));
    assert!(is_closed(&url));
}

#[test]
fn a_served_program_hears_signals_and_tells_its_end_by_one() {
    let home = Home::with_profiles();
    let listen = r#"trap "exit 42" TERM; echo ready; while :; do sleep 0.02; done"#;
    let mut running = start(home.command(&["exec", "--serve", "--", "sh", "-c", listen]));
    assert_eq!(running.line(), "ready");
    running.signal(Signal::TERM);
    assert_eq!(running.finish().code, Some(42));
    let ended = home.run(&["exec", "--serve", "--", "sh", "-c", "kill -KILL $$"]);
    assert_eq!(ended.code, Some(137));
}

/// A program that counts interrupts until it is told to end.
const COUNT: &str = r#"
    n=0; trap 'n=$((n+1)); echo interrupt $n' INT; trap 'exit $n' TERM
    echo ready; while :; do sleep 0.02; done"#;

#[test]
fn a_program_hears_an_interrupt() {
    let home = Home::with_profiles();
    // Without a terminal, whoever runs the tests at one.
    let mut running = start(home.other("setsid", &[ALIYUN_RS, "exec", "--serve", "--", "sh", "-c", COUNT]));
    running.wait_for("ready");
    running.signal(Signal::INT);
    running.wait_for("interrupt 1");
    running.signal(Signal::TERM);
    running.finish().exits(1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_hears_each_ctrl_c_of_a_terminal_once() {
    let (home, mut terminal) = (Home::with_profiles(), Terminal::new());
    let mut job = terminal.start(&home, &["exec", "--serve", "--", "sh", "-c", COUNT]);
    terminal.wait_for("ready");
    // Two interrupts at almost the same time may count as one, but not every time.
    for number in 1..=10 {
        terminal.press(CTRL_C);
        terminal.wait_for(&format!("interrupt {number}\r\n"));
    }
    job.signal(Signal::TERM);
    assert_eq!(job.finish(), 10);
}

#[test]
fn around_a_sandbox_the_program_runs_inside_it_and_is_waited_for() {
    let home = Home::with_profiles();
    let sandboxed = |args: &[&str]| home.run(&[&["sandbox", "--as", "alice", "--"], args].concat());
    let questions = ["--oauth-site-type", "CN", "--region", "cn-hangzhou", "--language", "en"];
    let turn = ports::turn();
    let ended = sandboxed(&[&["configure", "--mode", "OAuth", "--profile", "demo"][..], &questions].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    drop(turn);
    let ended = sandboxed(&["exec", "sh", "-c", "echo $ALIYUN_RS_SANDBOX $ALIBABA_CLOUD_ACCESS_KEY_ID; exit 5"]);
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    assert!(ended.stdout.starts_with("http://127.0.0.1:") && ended.stdout.contains(" STS."), "{}", ended.stdout);
}
