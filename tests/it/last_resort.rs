//! The service is down and the credentials end soon: what still serves is handed out with a warning, unless a caller
//! insists on more.

use std::time::Duration;

use crate::support::fetch::get;
use crate::support::{Output, Run, World, at_once};

const MINUTE: Duration = Duration::from_secs(60);
/// What is down, and how long the access token lasts.
const DOWN: [(&str, i64); 4] = [("token=503", 0), ("token=drop", 0), ("exchange=503", 3600), ("exchange=drop", 3600)];
/// Seconds left, what is insisted on, and whether that is served.
const LIVES: [(i64, Option<&str>, bool); 7] = [
    (100, None, true),
    (21, None, true),
    (20, None, true),
    (19, None, false),
    (100, Some("100s"), true),
    (100, Some("101s"), false),
    (19, Some("10s"), true),
];

/// A world whose credentials have `left` seconds and cannot be renewed.
fn cut_off((fault, life): (&str, i64), left: i64) -> World {
    let world = World::new();
    world.signed_in(life);
    world.has_sts("demo", left);
    world.fault(&[fault]);
    world
}

/// Every outage with every life.
fn cases() -> impl Iterator<Item = ((&'static str, i64), (i64, Option<&'static str>, bool))> {
    DOWN.into_iter().flat_map(|down| LIVES.map(|life| (down, life)))
}

fn with_ttl(command: &[&'static str], ttl: Option<&'static str>) -> Vec<&'static str> {
    let ttl = ttl.map(|ttl| ["--min-ttl", ttl]);
    [command, &["--profile", "demo"], ttl.as_ref().map_or(&[][..], |ttl| ttl)].concat()
}

#[track_caller]
fn ends(output: &Output, served: bool, case: &str) {
    let failed = if case.contains("\"exec\"") { 125 } else { 5 };
    assert_eq!(output.code, if served { 0 } else { failed }, "{case}: {output}");
    let warned = output.stderr.contains("could not renew; the current credentials are still valid");
    assert_eq!(warned, served, "{case}: {output}");
}

#[test]
fn what_still_serves_is_printed_or_passed_on() {
    at_once(cases(), |(down, (left, ttl, served))| {
        for command in [&["credentials"][..], &["exec"]] {
            let mut args = with_ttl(command, ttl);
            if command == ["exec"] {
                args.extend(["--", "true"]);
            }
            let output = cut_off(down, left).run(&args);
            ends(&output, served, &format!("{down:?}: {left}: {args:?}"));
            assert_eq!(output.stdout.contains("STS.old"), served && command == ["credentials"], "{output}");
        }
    });
}

#[test]
fn what_still_serves_is_served() {
    // What is not served at all is told as by the other commands.
    at_once(cases().filter(|(_, (.., served))| *served), |(down, (left, ttl, served))| {
        let world = cut_off(down, left);
        let (run, interrupt) = Run::new(&with_ttl(&["serve"], ttl)).interruptible();
        let running = run.start(&world);
        let url = running.wait_for("\n");
        assert_eq!(get(url.trim()).field("AccessKeyId"), "STS.old", "{down:?}: {left}: {ttl:?}");
        interrupt.send(()).unwrap();
        ends(&running.finish(), served, &format!("{down:?}: {left}: {ttl:?}"));
    });
}

#[test]
fn an_endpoint_serves_nothing_shorter_than_is_insisted_on() {
    for (ttl, status) in [(None, 200), (Some("30m"), 503)] {
        let world = World::new();
        world.sign_in("demo").done();
        let (run, interrupt) = Run::new(&with_ttl(&["serve"], ttl)).interruptible();
        let running = run.start(&world);
        let url = running.wait_for("\n").trim().to_owned();
        world.fault(&["exchange=400:invalid_request"]);
        world.pass(29 * MINUTE);
        assert_eq!(get(&url).status, 200, "{ttl:?}");
        world.pass(10 * MINUTE);
        assert_eq!(get(&url).status, status, "{ttl:?}");
        interrupt.send(()).unwrap();
        running.finish().done();
    }
}

#[test]
fn nearly_the_whole_life_can_be_insisted_on() {
    for (ttl, code) in [("59m30s", 0), ("1h", 0), ("61m", 0), ("62m", 2)] {
        for clock in [World::pass, World::turn_back] {
            let world = World::with_right_clock();
            world.signed_in(3600 * 2);
            // A minute is not corrected for, and takes from the life of the credentials.
            clock(&world, if code == 0 { MINUTE / 2 } else { Duration::ZERO });
            world.run(&with_ttl(&["credentials"], Some(ttl))).exits(code);
        }
    }
}
