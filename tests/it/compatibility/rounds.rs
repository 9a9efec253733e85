//! The SDKs and `aliyun-rs` renew and save at the same moment, over and over, and no login is lost.
//!
//! A login is lost when afterwards no tool can get credentials without a person. A refresh that comes second is
//! refused to an SDK, which then fails until its next try: that is its own way, and is counted.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

use aliyun_rs::sandbox::fingerprint;

use super::OLD;
use super::twin::{Twin, inside, printed};
use super::workers::{Sdk, Worker, shown};

const ROUNDS: usize = 201;
/// Either side starts up to this many milliseconds after the other.
const LEAD: u64 = 48;
/// The way to the cloud takes its time, so that one side's steps fall between the other's.
const DISTANCE: [&str; 2] = ["token=delay:10", "exchange=delay:20"];
/// What is left of an access token that we refresh and the SDKs only exchange.
const AGEING: i64 = 1500;

/// What happens at the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Both renew one profile: the refresh token is good for one of them.
    SameProfile,
    /// We renew a profile; the SDK exchanges its access token, and saves the tokens that it read before.
    StaleCopy,
    /// Each renews another profile of the same file.
    OtherProfile,
}

#[derive(Default)]
struct Tally {
    rounds: usize,
    refused: usize,
    healed: usize,
}

#[test]
#[ignore = "needs the official SDKs, unshare and ip"]
fn two_hundred_concurrent_renewals_lose_no_login() {
    let test = "rounds::two_hundred_concurrent_renewals_lose_no_login";
    let distance = DISTANCE.map(|delay| delay.parse().unwrap());
    inside(
        test,
        |options| {
            options.casing = super::EVERY_SDK;
            options.faults = distance.into();
        },
        |twin| {
            for profile in ["shared", "other"] {
                twin.sign_in(profile, "CN");
            }
            let mut workers = Sdk::WITH_OAUTH.map(|sdk| sdk.start(twin));
            let mut tallies: BTreeMap<(Sdk, Kind), Tally> = BTreeMap::new();
            for round in 0..ROUNDS {
                let kind = [Kind::SameProfile, Kind::StaleCopy, Kind::OtherProfile][round / 3 % 3];
                let worker = &mut workers[round % 3];
                let tally = tallies.entry((worker.sdk, kind)).or_default();
                play(twin, worker, kind, round, tally);
            }
            for ((sdk, kind), Tally { rounds, refused, healed }) in &tallies {
                twin.report(&format!(
                "{sdk:?} {kind:?}: {rounds} rounds, 0 lost logins, {refused} refused to the SDK, {healed} stale copies healed"
            ));
            }
            twin.report(&format!("{ROUNDS} rounds: {:?}", twin.ledger().totals()));
        },
    );
}

fn play(twin: &Twin, worker: &mut Worker, kind: Kind, round: usize, tally: &mut Tally) {
    let left = if kind == Kind::StaleCopy { AGEING } else { OLD };
    let theirs = if kind == Kind::OtherProfile { "other" } else { "shared" };
    twin.age("shared", left);
    twin.age("other", left);
    let (first, lead) = ((round / 9).is_multiple_of(2), Duration::from_millis(round as u64 / 18 * 5 % LEAD));
    let mut ours = twin.ours(&["credentials", "--profile", "shared"]);
    let (ours, answer) = if first {
        worker.send(&format!("profile {theirs}"));
        sleep(lead);
        (ours.output().unwrap(), worker.answer())
    } else {
        let child = ours.spawn().unwrap();
        sleep(lead);
        let answer = worker.ask(&format!("profile {theirs}"));
        (child.wait_with_output().unwrap(), answer)
    };
    let what = format!("round {round}, {:?}, {kind:?}", worker.sdk);
    assert!(ours.status.success(), "{what}: {}", String::from_utf8_lossy(&ours.stderr));
    shown(&printed(ours));
    tally.rounds += 1;
    match answer {
        Ok(_) => {}
        Err(_) if kind == Kind::SameProfile => tally.refused += 1,
        Err(reason) => panic!("{what}: {reason}"),
    }
    prove(twin, &what, tally);
}

/// Renews both profiles once more, at rest: whatever the file shows, no token is presented that is spent.
fn prove(twin: &Twin, what: &str, tally: &mut Tally) {
    for profile in ["shared", "other"] {
        twin.age(profile, OLD);
        let (before, shown) = (twin.ledger().entries.len(), twin.value(profile, "oauth_refresh_token"));
        let ours = twin.ours(&["credentials", "--profile", profile]).output().unwrap();
        let entries = &twin.ledger().entries[before..];
        assert!(
            ours.status.success() && entries.iter().all(|entry| entry.outcome == "ok"),
            "{what}, then {profile}: {entries:?} {}",
            String::from_utf8_lossy(&ours.stderr)
        );
        // Only what the journal knows to be good is not refreshed.
        let spent = entries.iter().all(|entry| entry.presented != Some(fingerprint(shown.as_str().unwrap())));
        tally.healed += usize::from(spent);
    }
}
