//! Profiles that another tool copied, renamed or deleted.

use std::fs;

use aliyun_rs::sandbox::Endpoint;
use serde_json::{Value, json};

use super::{ARGS, HOUR, renewed};
use crate::support::World;
use crate::support::tool::assert_no_reuse;

/// What another tool does to the list of profiles, and to which one it is current.
fn rearrange(world: &World, change: impl FnOnce(&mut Vec<Value>)) {
    let mut file: Value = serde_json::from_str(&world.config()).unwrap();
    change(file["profiles"].as_array_mut().unwrap());
    world.replace_config(&file.to_string());
}

#[test]
fn a_login_that_was_copied_to_another_name_is_renewed_for_both() {
    let world = World::with(|options| options.revoke_family = true);
    world.signed_in(0);
    world.run(&ARGS).done();
    rearrange(&world, |profiles| {
        let mut copy = profiles[0].clone();
        copy["name"] = json!("copy");
        profiles.push(copy);
    });
    for turn in ["demo", "copy", "copy", "demo", "copy", "demo", "demo"] {
        world.pass(HOUR);
        world.run(&["credentials", "--profile", turn]).done();
        assert_no_reuse(&world.ledger());
    }
    let who = |profile| world.run(&["whoami", "--profile", profile]).done().stdout;
    assert_eq!(who("demo"), who("copy"));
    assert_eq!(world.ledger().grants("refresh_token"), 8);
}

#[test]
fn a_copy_of_a_login_is_renewed_with_the_original() {
    let world = World::with(|options| options.revoke_family = true);
    let tokens = world.signed_in(0);
    world.tool_saves("copy", &tokens, 0);
    for turn in ["demo", "copy", "demo", "copy"] {
        world.run(&["credentials", "--profile", turn]).done();
        assert_no_reuse(&world.ledger());
        world.pass(HOUR);
    }
}

#[test]
fn a_login_that_was_renamed_goes_on_under_its_new_name() {
    for stale in [false, true] {
        let (world, _, copy) = renewed();
        if stale {
            world.replace_config(&copy);
        }
        rearrange(&world, |profiles| profiles[0]["name"] = json!("new"));
        world.edit("other", |item| item["mode"] = json!("AK"));
        world.run(&["switch", "other"]).done();
        world.pass(HOUR);
        world.run(&["credentials", "--profile", "new"]).done();
        assert_no_reuse(&world.ledger());
        assert!(!fs::read_to_string(world.journal_path()).unwrap().contains("\"demo\""));
    }
}

#[test]
fn a_login_that_another_tool_deleted_is_forgotten_by_any_write() {
    let writes: [&[&str]; 3] = [&["switch", "second"], &["delete", "second"], &["credentials", "--profile", "second"]];
    for args in writes {
        let (world, old, _) = renewed();
        let mut secrets = world.canaries();
        secrets.push(old.refresh);
        world.edit("second", |item| *item = json!({"name": "second", "mode": "AK"}));
        let tokens = world.tool_signs_in("bob");
        world.tool_saves("second", &tokens, 0);
        rearrange(&world, |profiles| profiles.retain(|profile| profile["name"] != "demo"));
        assert!(fs::read_to_string(world.journal_path()).unwrap().contains("\"demo\""));
        world.run(args).done().warns("the login of `demo` was forgotten: another program deleted the profile");
        world.has_forgotten(&secrets);
    }
}

#[test]
fn a_switch_to_the_current_profile_forgets_a_deleted_login() {
    let (world, ..) = renewed();
    let secrets = world.canaries();
    let without = r#"{"current":"other","profiles":[{"name":"other","mode":"AK"}]}"#;
    world.replace_config(without);
    world.run(&["switch", "other"]).done().warns("the login of `demo` was forgotten");
    world.has_forgotten(&secrets);
    assert_eq!(world.config(), without);
}

#[test]
fn a_login_that_is_only_in_the_journal_can_be_deleted() {
    let others = json!({"name": "second", "mode": "AK"});
    for (left, args, revoked) in [
        (json!([others]), &["delete", "demo"][..], 0),
        (json!([others]), &["delete", "demo", "--revoke"], 1),
        (json!([]), &["delete", "demo"], 0),
        (json!([]), &["delete", "--profile", "demo", "--revoke"], 1),
    ] {
        let (world, ..) = renewed();
        let secrets = world.canaries();
        rearrange(&world, |profiles| *profiles = left.as_array().unwrap().clone());
        let output = world.run(args).done();
        assert!(output.stdout.starts_with("The profile `demo` and its tokens were deleted."), "{output}");
        world.has_forgotten(&secrets);
        assert_eq!(world.ledger().count(Endpoint::Revoke), revoked, "{output}");
        world.run(args).exits(2);
    }
}

#[test]
fn a_login_is_forgotten_when_all_profiles_are_gone() {
    let (world, _, _) = renewed();
    let secrets = world.canaries();
    rearrange(&world, |profiles| *profiles = vec![json!({"name": "other", "mode": "AK"})]);
    world.run(&["switch", "other"]).done();
    world.has_forgotten(&secrets);
    assert!(!world.journal_path().exists());
}
