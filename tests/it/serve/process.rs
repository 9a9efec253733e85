//! The endpoint as a process of its own.

use std::io::Write;
use std::net::TcpStream;

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
