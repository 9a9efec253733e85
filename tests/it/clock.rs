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
        world.run(&["whoami", "--profile", "demo"]).done().says("alice").warns("this machine's clock is 2h");
        assert_eq!(world.ledger().count(Endpoint::Sts), asked + 2);
    }
}

#[test]
fn a_wrong_date_of_the_server_is_no_clock() {
    for hours in [10, 34, -10, -34] {
        let world = World::new();
        let date = format!("date:{}", hours * 3600);
        world.fault(&[&format!("token={date}"), &format!("exchange={date}")]);
        let args = ["credentials", "--profile", "demo", "--min-ttl", "1h"];
        let runs: [&dyn Fn() -> Output; 2] = [&|| world.sign_in("demo"), &|| world.run(&args)];
        for run in runs {
            let output = run();
            assert_eq!(output.stderr, "", "{hours}: {output}");
            assert_eq!(world.value("demo", "sts_expiration"), world.now() + 3600, "{hours}: {output}");
            world.pass(HOUR);
        }
    }
}

#[test]
fn an_end_beyond_every_lifetime_is_believed_by_no_command() {
    for hours in [5, 12, 30, 9000] {
        for args in [&["credentials", "--profile", "demo"][..], &["whoami", "--profile", "demo"]] {
            let world = World::new();
            world.signed_in(7200);
            world.has_sts("demo", hours * 3600);
            world.run(&["list"]).done().says("| STS unknown");
            let json = world.run(&["list", "--format", "json"]).done();
            assert!(!json.stdout.contains("sts_expiration"), "{json}");
            world.run(args).done();
            assert_eq!(world.value("demo", "sts_expiration"), world.now() + 3600, "{hours} {args:?}");
            world.has_sts("demo", hours * 3600);
            world.edit("demo", |item| item["oauth_refresh_token"] = Value::Null);
            std::fs::remove_file(world.journal_path()).unwrap();
            world.run(&["list"]).done().says("| Invalid |");
        }
    }
}

#[test]
fn an_end_of_another_tools_token_is_believed_for_half_a_day() {
    const HALF_DAY: i64 = 12 * 3600;
    for (left, valid, shown) in [
        (HALF_DAY, "Valid", "STS in 12h"),
        (HALF_DAY + 3601, "Invalid", "STS unknown"),
        (30 * 3600, "Invalid", "STS unknown"),
        (0, "Invalid", "STS expired"),
    ] {
        let world = World::new();
        world.has_sts("demo", left);
        world.edit("demo", |item| item["mode"] = "StsToken".into());
        let list = world.run(&["list"]).done();
        assert!(list.stdout.contains(&format!("| {valid} ")) && list.stdout.contains(shown), "{left}: {list}");
        let answer = world.run(&["credentials", "--profile", "demo"]).done().stdout;
        assert_eq!(answer.contains("expiration"), left <= HALF_DAY, "{left}: {answer}");
    }
}

#[test]
fn long_credentials_that_were_received_here_are_believed() {
    let world = World::with(|options| options.lifetimes.sts = HOUR * 12);
    world.sign_in("demo").done();
    for left in [12, 5, 2] {
        let output = world.run(&["credentials", "--profile", "demo"]).done();
        assert_eq!((life(&world, &output), world.ledger().count(Endpoint::Exchange)), (left * 3600, 1));
        world.pass(HOUR * if left == 12 { 7 } else { 3 });
    }
}

#[test]
fn whoami_renews_once_what_the_service_says_is_over() {
    let world = World::new();
    world.sign_in("demo").done();
    world.pass(HOUR * 2);
    world.edit("demo", |item| item["sts_expiration"] = (world.now() + 3000).into());
    let asked = world.ledger().count(Endpoint::Sts);
    world.run(&["whoami", "--profile", "demo"]).done().says("alice");
    assert_eq!((world.ledger().count(Endpoint::Sts), world.ledger().count(Endpoint::Exchange)), (asked + 2, 2));

    world.fault(&["sts=api:403:InvalidSecurityToken.Expired"]);
    world.run(&["whoami", "--profile", "demo"]).exits(3);
    assert_eq!((world.ledger().count(Endpoint::Sts), world.ledger().count(Endpoint::Exchange)), (asked + 4, 3));

    world.edit("demo", |item| item["mode"] = "StsToken".into());
    world.run(&["whoami", "--profile", "demo"]).exits(3);
    assert_eq!((world.ledger().count(Endpoint::Sts), world.ledger().count(Endpoint::Exchange)), (asked + 5, 3));
}
