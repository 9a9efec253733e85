//! `configure --events jsonl`: a program signs in from the events alone, and nothing waits for a person.

use aliyun_rs::sandbox::Decision;
use serde_json::Value;

use crate::support::ports::{turn, turn_at_one};
use crate::support::world::SEVERAL;
use crate::support::{Output, Run, World};

const EVENTS: [&str; 7] = ["configure", "--mode", "OAuth", "--profile", "demo", "--events", "jsonl"];

fn events(output: &Output) -> Vec<Value> {
    output.stdout.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{output}"))).collect()
}

fn kinds(output: &Output) -> Vec<String> {
    events(output).iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_program_signs_in_from_the_events_alone() {
    let world = World::new();
    let _turn = turn();
    let running = Run::new(&[&EVENTS[..], &["--callback-port", "12347"]].concat()).no_browser().start(&world);
    let first = running.wait_for("\n");
    let waiting: Value = serde_json::from_str(first.lines().next().unwrap()).unwrap();
    assert_eq!((&waiting["event"], &waiting["port"]), (&"waiting".into(), &12347.into()));
    assert_eq!(waiting["callback"], "http://127.0.0.1:12347/cli/callback");
    assert_eq!(waiting["expires"], "2026-09-21T14:18:20Z");
    world.visit(waiting["url"].as_str().unwrap(), "alice", Decision::Authorize).unwrap();
    let output = running.finish().done().hides(&world.canaries());
    assert_eq!(kinds(&output), ["waiting", "authorized", "saved"]);
    let saved = &events(&output)[2];
    assert_eq!((&saved["profile"], &saved["until"]), (&"demo".into(), &"2026-09-21T15:13:20Z".into()));
    assert!(saved["arn"].as_str().unwrap().ends_with("user/alice") && saved["account"].is_string(), "{saved}");
    assert_eq!(world.value("demo", "region_id"), "cn-hangzhou");
}

#[test]
fn a_failure_is_an_event_and_an_exit_code() {
    let world = World::new();
    let output = Run::new(&EVENTS).browser("alice", Decision::Deny).sign_in(&world).exits(4);
    assert_eq!(kinds(&output), ["waiting", "error"]);
    let error = &events(&output)[1];
    assert_eq!((&error["exit_code"], &error["error_code"]), (&4.into(), &"access_denied".into()));
    // A profile of another mode is not replaced without a word.
    world.write_config(SEVERAL);
    let args = ["configure", "--mode", "OAuth", "--profile", "work", "--events", "jsonl"];
    assert_eq!(kinds(&world.run(&args).exits(2)), ["error"]);
    assert_eq!(world.config(), SEVERAL);
    for bad in ["12344", "12350", "x"] {
        world.run(&["configure", "--callback-port", bad]).exits(2).warns(bad);
    }
}

#[test]
fn without_input_defaults_are_taken_and_nothing_is_asked() {
    let _turn = turn_at_one();
    for (option, variable) in [(Some("--no-input"), "0"), (None, "1")] {
        let world = World::new();
        let args: Vec<&str> = EVENTS[..5].iter().copied().chain(option).collect();
        // An answer that nobody asked for is not read.
        let run = Run::new(&args).env("ALIYUN_RS_NO_INPUT", variable).input("INTL\n").go(&world).done();
        assert!(!run.stdout.contains("OAuth Site Type") && !run.stdout.contains("Default"), "{run}");
        assert_eq!(world.value("demo", "oauth_site_type"), "CN");
    }
}

#[test]
fn the_current_profile_can_stay_current() {
    let world = World::new();
    world.write_config(SEVERAL);
    Run::new(&[&EVENTS[..5], &["--no-activate", "--no-input"]].concat()).sign_in(&world).done();
    assert!(world.config().contains(r#""current": "work""#), "{}", world.config());
    assert_eq!(world.value("demo", "mode"), "OAuth");
}
