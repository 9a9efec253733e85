//! The endpoint as a process of its own.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use rustix::process::Signal;

use crate::support::fetch::{get, is_closed};
use crate::support::process::{ALIYUN_RS, Home, end, start};

#[test]
fn a_signal_frees_the_port_despite_open_connections() {
    for signal in [Signal::TERM, Signal::INT] {
        let home = Home::with_profiles();
        let mut running = start(home.command(&["serve", "--profile", "sts"]));
        let url = running.line();
        assert_eq!(get(&url).field("AccessKeyId"), "STS.id");
        let authority = url.strip_prefix("http://").unwrap().split('/').next().unwrap();
        let mut silent = TcpStream::connect(authority).unwrap();
        silent.write_all(b"GET / HTTP/1.1\r\n").unwrap();
        running.signal(signal);
        let ended = running.finish();
        assert_eq!((ended.code, ended.stdout, ended.stderr.as_str()), (Some(0), format!("{url}\n"), ""));
        assert!(is_closed(&url));
    }
}

#[test]
fn what_nohup_started_survives_a_hang_up() {
    let home = Home::with_profiles();
    let script = format!("trap '' HUP; exec {} serve", env!("CARGO_BIN_EXE_aliyun-rs"));
    let mut running = start(home.other("sh", &["-c", &script]));
    let url = running.line();
    running.signal(Signal::HUP);
    assert_eq!(get(&url).status, 200);
    assert!(running.is_running());
}

#[test]
fn a_long_lived_key_is_served_without_a_token_or_an_end() {
    let home = Home::with_profiles();
    let mut running = start(home.command(&["serve", "--profile", "key"]));
    let answer = get(&running.line());
    assert_eq!(answer.body, r#"{"Code":"Success","AccessKeyId":"LTAI.id","AccessKeySecret":"key-secret"}"#);
}

#[test]
fn a_port_that_is_taken_is_a_clear_failure() {
    let home = Home::with_profiles();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let ended = home.run(&["serve", "--port", &port.to_string()]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(5), ""));
    assert!(ended.stderr.contains(&format!("could not listen on port {port} of 127.0.0.1")), "{}", ended.stderr);
}

#[test]
fn a_profile_without_credentials_is_not_served() {
    let home = Home::with_profiles();
    let ended = home.run(&["serve", "--profile", "foreign"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.contains("EcsRamRole"), "{}", ended.stderr);
}

#[test]
fn the_url_comes_as_lines_for_a_shell_or_as_json() {
    let home = Home::with_profiles();
    let json = start(home.command(&["serve", "--format", "json"])).line();
    let answer: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(answer["url"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{json}");
    let script = r#"
        "$0" serve --format env > lines & until grep -q ALIBABACLOUD_PROFILE lines; do sleep 0.01; done
        export ALIBABA_CLOUD_ACCESS_KEY_ID=old; . ./lines; env; kill $!; wait"#;
    let ended = end(home.other("sh", &["-c", script, ALIYUN_RS]));
    let has = |text: &str| ended.stdout.lines().any(|line| line.starts_with(text));
    assert!(has("ALIBABA_CLOUD_CREDENTIALS_URI=http://127.0.0.1:"), "{ended:?}");
    assert!(has("ALIBABA_CLOUD_CLI_PROFILE_DISABLED=true") && has("ALIBABACLOUD_PROFILE=sts"), "{ended:?}");
    assert!(!has("ALIBABA_CLOUD_ACCESS_KEY_ID="), "{ended:?}");
}

#[test]
fn a_token_file_keeps_the_url_the_same() {
    let home = Home::with_profiles();
    let path = home.path("token");
    let args = ["serve", "--token-file", path.to_str().unwrap()];
    let secret = |url: &str| url.rsplit_once('/').unwrap().1.to_owned();
    let mut running = start(home.command(&args));
    let first = running.line();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
    assert_eq!(fs::read_to_string(&path).unwrap(), secret(&first));
    assert_eq!(secret(&first).len(), 43);
    running.signal(Signal::TERM);
    assert_eq!(running.finish().code, Some(0));
    let mut again = start(home.command(&args));
    let second = again.line();
    assert_eq!(secret(&second), secret(&first));
    assert_eq!(get(&second).status, 200);
    // As an editor leaves it.
    fs::write(&path, "0123456789abcdef0123456789abcdef\n").unwrap();
    let mut own = start(home.command(&args));
    assert!(own.line().ends_with("/0123456789abcdef0123456789abcdef"));
}

#[test]
fn only_a_private_file_with_a_secret_is_a_token_file() {
    let good = "0123456789abcdef0123456789abcdef";
    let long = "a".repeat(257);
    for (content, mode) in [
        ("", 0o600),
        (&good[1..], 0o600),
        (&long, 0o600),
        ("0123456789abcdef/../0123456789abcdef", 0o600),
        ("0123456789abcdef0123456789abcdef\n\n", 0o600),
        (good, 0o640),
        (good, 0o604),
        (good, 0o620),
    ] {
        let home = Home::with_profiles();
        let path = home.path("token");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let ended = home.run(&["serve", "--token-file", path.to_str().unwrap()]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(6), ""), "{content} {mode:o} {}", ended.stderr);
        assert!(content.is_empty() || !ended.stderr.contains(content), "{}", ended.stderr);
        assert_eq!(fs::read_to_string(&path).unwrap(), content, "it is left alone");
    }
    let home = Home::with_profiles();
    for name in [".aliyun", "missing/token"] {
        let path = home.path(name);
        assert_eq!(home.run(&["serve", "--token-file", path.to_str().unwrap()]).code, Some(6), "{name}");
    }
}
