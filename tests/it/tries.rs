//! No request is sent more than three times by one command, and no command goes on for long, whatever a server does.

use std::time::{Duration, Instant};

use aliyun_rs::sandbox::Endpoint;

use crate::support::{Run, World, at_once, ports};

/// The first try and two more.
const TRIES: usize = 3;
/// Far less than it takes to try again and again.
const LONG: Duration = Duration::from_secs(25);
const FAULTS: [&str; 13] = [
    "token=503",
    "token=429",
    "token=500",
    "token=drop",
    "token=400:invalid_grant",
    "exchange=503",
    "exchange=429",
    "exchange=500",
    "exchange=drop",
    "exchange=401",
    "sts=503",
    "sts=drop",
    "sts=400:InvalidTimeStamp.Expired",
];

/// Runs a command against a fault and counts its requests.
fn try_out(fault: &str, run: Run, world: &World) {
    world.fault(&[fault]);
    let (before, started) = (world.ledger(), Instant::now());
    let output = run.go(world);
    let (after, took) = (world.ledger(), started.elapsed() + output.skipped);
    for endpoint in [Endpoint::Token, Endpoint::Exchange, Endpoint::Sts] {
        let tries = after.count(endpoint) - before.count(endpoint);
        assert!(tries <= TRIES, "{fault}: {tries} requests to {endpoint:?}: {output}");
    }
    assert!(took < LONG, "{fault}: {took:?}: {output}");
}

#[test]
fn no_command_sends_a_request_more_than_three_times() {
    // A token that has to be refreshed, one that is exchanged, and one that the server does not know.
    let lives = [("fresh", 0), ("fresh", 7200), ("unknown", 7200)];
    let cases = FAULTS.iter().flat_map(|fault| lives.iter().map(move |life| (*fault, *life)));
    at_once(cases, |(fault, (token, life))| {
        for args in [&["credentials"][..], &["whoami"], &["exec", "--profile", "demo", "--", "true"]] {
            let world = World::new();
            world.signed_in(life);
            if token == "unknown" {
                world.edit("demo", |item| item["oauth_access_token"] = "unknown".into());
            }
            try_out(fault, Run::new(args).env("ALIBABACLOUD_PROFILE", "demo"), &world);
        }
    });
}

#[test]
fn no_sign_in_sends_a_request_more_than_three_times() {
    let _turn = ports::turn_at_one();
    for fault in FAULTS {
        let args = ["configure", "--mode", "OAuth", "--profile", "demo", "--oauth-site-type", "CN"];
        try_out(fault, Run::new(&args), &World::new());
    }
}
