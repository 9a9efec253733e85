//! A clock that is wrong, or was: what it wrote is not believed, and what it says is corrected for.

use std::time::Duration;

use aliyun_rs::sandbox::Endpoint;
use serde_json::Value;

use crate::support::{Output, World};

const HOUR: Duration = Duration::from_secs(3600);

/// A world in which `demo` was signed in while the user's clock was ahead by `span`, and the clock is right now.
fn signed_in_ahead(span: Duration) -> World {
    let world = World::with_right_clock();
    world.pass(span);
    world.sign_in("demo").done().warns("this machine's clock is");
    world.turn_back(span);
    world
}

/// Seconds that the credentials of `output` last by the right clock.
fn life(world: &World, output: &Output) -> i64 {
    let answer: Value = serde_json::from_str(&output.stdout).unwrap();
    let end = answer["expiration"].as_str().unwrap();
    aliyun_rs::time::Timestamp::parse_rfc3339(end).unwrap().as_unix() - world.now()
}

#[test]
fn credentials_that_a_fast_clock_dated_are_renewed() {
    for span in [HOUR / 6, HOUR * 3, HOUR * 24 * 400] {
        let world = signed_in_ahead(span);
        let output = world.run(&["credentials", "--profile", "demo"]).done();
        assert_eq!((life(&world, &output), world.ledger().count(Endpoint::Exchange)), (3600, 2), "{span:?}");
        world.run(&["credentials", "--profile", "demo"]).done();
        assert_eq!(world.ledger().count(Endpoint::Exchange), 2, "{span:?}");
    }
}

#[test]
fn every_command_renews_what_a_fast_clock_dated() {
    for args in [&["whoami", "--profile", "demo"][..], &["exec", "--profile", "demo", "--", "true"]] {
        let world = signed_in_ahead(HOUR * 3);
        world.run(args).done();
        assert_eq!(world.ledger().count(Endpoint::Exchange), 2, "{args:?}");
        assert_eq!(world.value("demo", "sts_expiration"), world.now() + 3600, "{args:?}");
    }
}

#[test]
fn a_list_believes_no_more_than_the_other_commands() {
    let world = signed_in_ahead(HOUR * 3);
    world.run(&["list"]).done().says("| Valid | cn-hangzhou | en       | STS unknown");
    world.edit("demo", |item| item["oauth_refresh_token"] = Value::Null);
    // The journal still has the login.
    world.run(&["list"]).done().says("| Valid | cn-hangzhou | en       | STS unknown");
    world.edit("demo", |item| item["oauth_access_token"] = Value::Null);
    world.run(&["list"]).done().says("| Invalid | cn-hangzhou | en       | STS unknown");
    world.edit("demo", |item| item["sts_expiration"] = (world.now() + 3600).into());
    world.run(&["list"]).done().says("| Valid | cn-hangzhou | en       | STS in 1h");
}

#[test]
fn whoami_asks_again_in_the_time_of_the_server() {
    for turn in [World::pass, World::turn_back] {
        let world = World::with_right_clock();
        world.sign_in("demo").done();
        let asked = world.ledger().count(Endpoint::Sts);
        // The credentials are good by either clock, so that nothing but STS itself tells the time.
        turn(&world, HOUR * 2);
        world.edit("demo", |item| item["sts_expiration"] = (world.now() + 3600).into());
        world.run(&["whoami", "--profile", "demo"]).done().says("alice");
        assert_eq!(world.ledger().count(Endpoint::Sts), asked + 2);
    }
}
