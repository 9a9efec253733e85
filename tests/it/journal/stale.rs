//! Old copies of the file are repaired, and what another tool renewed or signed in is adopted.

use serde_json::json;

use super::{ARGS, HOUR, renewed};
use crate::support::World;
use crate::support::tool::{assert_no_reuse, presentations};

#[test]
fn a_stale_copy_is_repaired_and_never_presented() {
    let (world, old, copy) = renewed();
    let newest = world.refresh_token("demo");
    world.replace_config(&copy);
    world.run(&ARGS).done();
    assert_eq!(world.refresh_token("demo"), newest);
    assert_eq!(world.ledger().grants("refresh_token"), 1, "the newest access token still lives");
    world.replace_config(&copy);
    world.pass(HOUR);
    world.run(&ARGS).done();
    assert_eq!(presentations(&world.ledger(), &old.refresh), 1);
    assert_eq!(presentations(&world.ledger(), &newest), 1);
    assert_no_reuse(&world.ledger());
}

#[test]
fn a_very_old_stale_copy_is_repaired() {
    let world = World::new();
    world.signed_in(0);
    let copy = world.config();
    for _ in 0..60 {
        world.run(&ARGS).done();
        world.pass(HOUR);
    }
    world.replace_config(&copy);
    world.run(&ARGS).done();
    assert_no_reuse(&world.ledger());
}

#[test]
fn a_stale_copy_is_repaired_when_its_credentials_expire() {
    let (world, _, _) = renewed();
    let copy = world.config();
    world.pass(HOUR * 2 / 3);
    world.edit("demo", |item| item["sts_expiration"] = json!(0));
    world.run(&ARGS).done();
    world.replace_config(&copy);
    world.run(&ARGS).done();
    world.pass(HOUR / 3);
    world.run(&ARGS).done();
    assert_eq!(world.ledger().grants("refresh_token"), 2);
    assert_no_reuse(&world.ledger());
}

#[test]
fn what_another_tool_renewed_is_adopted() {
    let (world, _, _) = renewed();
    let ours = world.refresh_token("demo");
    let copy = world.config();
    let theirs = world.tool_renews(&ours).unwrap();
    world.tool_saves("demo", &theirs, 3600);
    world.run(&ARGS).done();
    assert_eq!(world.refresh_token("demo"), theirs.refresh);
    world.replace_config(&copy);
    world.pass(HOUR);
    world.run(&ARGS).done();
    assert_eq!(presentations(&world.ledger(), &ours), 1, "only theirs");
    assert_eq!(presentations(&world.ledger(), &theirs.refresh), 1);
}

#[test]
fn a_sign_in_by_another_tool_is_never_undone() {
    let (world, _, _) = renewed();
    let theirs = world.tool_signs_in("bob");
    world.tool_saves("demo", &theirs, 3600);
    world.run(&ARGS).done();
    assert_eq!(world.refresh_token("demo"), theirs.refresh);
    world.pass(HOUR);
    world.run(&ARGS).done();
    assert_eq!(presentations(&world.ledger(), &theirs.refresh), 1);
    let who = world.run(&["whoami", "--profile", "demo"]).done();
    assert!(who.stdout.contains("user/bob"), "{who}");
}

#[test]
fn what_a_sign_in_supersedes_is_never_presented() {
    let world = World::new();
    // Another tool's login, of which nothing is known here.
    let theirs = world.signed_in(0);
    let copy = world.config();
    world.sign_in("demo").done();
    let ours = world.refresh_token("demo");
    world.replace_config(&copy);
    world.run(&ARGS).done();
    assert_eq!(world.refresh_token("demo"), ours, "the old copy is healed");
    assert_eq!(presentations(&world.ledger(), &theirs.refresh), 0);
}
