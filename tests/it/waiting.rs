//! What a renewal waits for, how long, and what it does not wait for; all of it in paused time.

use std::time::Duration;

use aliyun_rs::credentials::Error;
use aliyun_rs::sandbox::Endpoint;

use crate::support::World;

const NO_TIME: Duration = Duration::ZERO;
/// How long a renewal goes on trying, and how long it watches the file for another tool's tokens.
const RETRIES: Duration = Duration::from_secs(5);

/// A world whose access token has to be refreshed (`life` 0) or only to be exchanged, with credentials that serve
/// for ten more minutes.
fn due(life: i64) -> World {
    let world = World::new();
    world.signed_in(life);
    world.has_sts("demo", 600);
    world
}

/// How many requests the renewal sent to the endpoint that `fault` is for.
fn tries(world: &World, fault: &str) -> usize {
    let ledger = world.ledger();
    if fault.starts_with("token") { ledger.grants("refresh_token") } else { ledger.count(Endpoint::Exchange) }
}

#[test]
fn nothing_is_retried_while_the_credentials_are_valid() {
    for (life, fault) in [
        (0, "token=503"),
        (0, "token=429"),
        (0, "token=drop"),
        (0, "token=drop-after"),
        (0, "token=cut"),
        (3600, "exchange=503"),
        (3600, "exchange=429"),
        (3600, "exchange=500"),
        (3600, "exchange=drop"),
    ] {
        let world = due(life);
        world.fault(&[fault]);
        world.obtain_paused().served_the_old().after(NO_TIME);
        assert_eq!(tries(&world, fault), 1, "{fault}");

        let world = World::new();
        world.signed_in(life);
        world.fault(&[fault]);
        let waited = world.obtain_paused();
        assert!(waited.outcome.is_err() && (6..70).contains(&waited.tenths), "{fault}: {waited:?}");
        let most = if fault.starts_with("token=drop") || fault == "token=cut" { 2 } else { 3 };
        assert_eq!(tries(&world, fault), most, "{fault}: without old ones it is");
    }
}

#[test]
fn the_file_is_not_watched_while_credentials_are_valid() {
    let world = due(0);
    world.fault(&["token=400:invalid_grant"]);
    world.obtain_paused().served_the_old().after(NO_TIME);

    let world = World::new();
    world.signed_in(0);
    world.fault(&["token=400:invalid_grant"]);
    assert!(world.obtain_paused().after(RETRIES).outcome.is_err(), "without old ones it is watched");
}

#[test]
fn only_a_true_refusal_says_that_a_person_has_to_sign_in() {
    for code in ["invalid_grant", "invalid_client", "unauthorized_client", "invalid_token"] {
        for status in [400, 401, 403, 404, 409, 429, 500, 502, 503] {
            let world = World::new();
            world.signed_in(0);
            let fault = format!("token={status}:{code}");
            world.fault(&[&fault]);
            let waited = world.obtain_paused();
            let is_final = matches!(waited.outcome, Err(Error::SignIn { .. }));
            assert_eq!(is_final, matches!(status, 400 | 401), "{fault}: {waited:?}");
        }
    }
    for code in ["invalid_request", "invalid_scope", "access_denied", "server_error", "slow_down"] {
        let world = World::new();
        world.signed_in(0);
        world.fault(&[&format!("token=400:{code}")]);
        let waited = world.obtain_paused();
        assert!(matches!(waited.outcome, Err(Error::Refresh(_))), "{code}: {waited:?}");
    }
}

#[test]
fn a_server_that_asks_for_patience_gets_it_within_reason() {
    for (retry_after, pause) in [
        (None, Duration::from_millis(300)),
        (Some("0"), Duration::from_millis(300)),
        (Some("2"), Duration::from_secs(2)),
        (Some("4"), Duration::from_secs(4)),
        (Some("86400"), RETRIES),
        (Some("99999999999999999999"), Duration::from_millis(300)),
        (Some("-1"), Duration::from_millis(300)),
        (Some("soon"), Duration::from_millis(300)),
    ] {
        for (life, fault) in [(0, "token=503x1"), (3600, "exchange=503x1")] {
            let world = World::new();
            world.signed_in(life);
            world.fault(&[fault]);
            world.obtain_asked_to_wait(retry_after).renewed().after(pause);
            assert_eq!(tries(&world, fault), 2, "{fault} {retry_after:?}");
        }
    }
    // The sandbox asks for a second by itself.
    let world = World::new();
    world.signed_in(0);
    world.fault(&["token=429x1"]);
    world.obtain_paused().renewed().after(Duration::from_secs(1));
}
