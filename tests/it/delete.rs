//! `configure delete`: a profile and every secret of it leave this machine.

use std::time::Duration;

use aliyun_rs::sandbox::Endpoint;

use crate::support::world::SEVERAL;
use crate::support::{Run, World, story};

const HOUR: Duration = Duration::from_secs(3600);

/// A world where `demo` has signed in and renewed, so that there is a journal, with all tokens it ever had.
fn renewed() -> (World, Vec<String>) {
    let world = World::new();
    world.sign_in("demo").done();
    let mut canaries = world.canaries();
    world.pass(HOUR);
    world.run(&["credentials", "--profile", "demo"]).done();
    canaries.extend(world.canaries());
    (world, canaries)
}

#[test]
fn the_last_profile_goes_with_every_trace_of_its_secrets() {
    let (world, canaries) = renewed();
    let output = world.run(&["configure", "delete", "--profile", "demo"]).done().hides(&canaries);
    story!(output, @"
    exit code: 0
    --- stdout
    The profile `demo` and its tokens were deleted.
    The current profile is now `default`.
    --- stderr
    Its STS credentials cannot be revoked: whoever has them can use them for 1h.
    The app `official-cli` is still authorized in RAM; an administrator can revoke that in the RAM console.
    ");
    assert!(world.config().contains("\"current\": \"default\""), "{}", world.config());
    assert_eq!(world.value("demo", "name"), serde_json::Value::Null);
    world.has_forgotten(&canaries);
    assert_eq!(world.ledger().count(Endpoint::Revoke), 0);
}

#[test]
fn only_the_bytes_of_the_profile_go() {
    for args in [&["delete", "robot"][..], &["configure", "delete", "robot"], &["delete", "--profile", "robot"]] {
        let world = World::new();
        world.write_config(SEVERAL);
        let output = world.run(args).done();
        assert_eq!(output.stdout, "The profile `robot` and its tokens were deleted.\n");
        assert_eq!(output.stderr, "", "a profile that never was in RAM has nothing to revoke there");
        let start = SEVERAL.find("\n\t\t{\n\t\t\t\"name\": \"robot\"").unwrap();
        let end = SEVERAL.find("\n\t\t{\n\t\t\t\"name\": \"chained\"").unwrap();
        assert_eq!(world.config(), format!("{}{}", &SEVERAL[..start], &SEVERAL[end..]));
    }
}

#[test]
fn deleting_the_current_profile_selects_the_first_one() {
    let world = World::new();
    world.write_config(SEVERAL);
    story!(world.run(&["delete", "work"]).done(), @"
    exit code: 0
    --- stdout
    The profile `work` and its tokens were deleted.
    The current profile is now `robot`.
    --- stderr
    warning: the profile `chained` gets its credentials from `work`, which was deleted
    ");
    assert!(world.config().contains("\"current\": \"robot\""));
    assert!(!world.config().contains("a-long-lived-key-of-work"));
}

#[test]
fn a_profile_that_signs_in_again_after_a_deletion_works() {
    let (world, _) = renewed();
    world.run(&["delete", "demo"]).done();
    world.sign_in("demo").done();
    world.run(&["credentials", "--profile", "demo"]).done();
}

#[test]
fn revoking_asks_the_server_before_deleting() {
    let (world, canaries) = renewed();
    let output = world.run(&["delete", "demo", "--revoke"]).done().hides(&canaries);
    story!(output, @"
    exit code: 0
    --- stdout
    The profile `demo` and its tokens were deleted.
    The current profile is now `default`.
    --- stderr
    The refresh token was revoked.
    Its STS credentials cannot be revoked: whoever has them can use them for 1h.
    The app `official-cli` is still authorized in RAM; an administrator can revoke that in the RAM console.
    ");
    assert_eq!(world.ledger().count(Endpoint::Revoke), 1);
    world.has_forgotten(&canaries);
}

#[test]
fn whatever_the_server_says_the_profile_is_removed() {
    for (fault, code, words) in [
        ("revoke=503", 5, "The refresh token could not be revoked: 127.0.0.1"),
        ("revoke=400:invalid_request", 4, "refused: `invalid_request` (status 400)"),
        ("revoke=drop", 5, "The refresh token could not be revoked: no answer from 127.0.0.1"),
        (
            "revoke=html",
            5,
            "The refresh token could not be revoked: 127.0.0.1 answered with a web page instead of JSON",
        ),
    ] {
        let (world, canaries) = renewed();
        world.fault(&[fault]);
        world.run(&["delete", "demo", "--revoke"]).exits(code).warns(words).hides(&canaries);
        world.has_forgotten(&canaries);
    }
}

#[test]
fn revoking_waits_at_most_ten_seconds() {
    let (world, canaries) = renewed();
    let output = Run::new(&["delete", "demo", "--revoke"]).unanswered("/v1/revoke").go(&world).exits(5);
    output.warns("The refresh token could not be revoked: no answer within 10s");
    world.has_forgotten(&canaries);
}

#[test]
fn there_may_be_nothing_to_revoke() {
    let world = World::new();
    world.write_config(SEVERAL);
    world.run(&["delete", "work", "--revoke"]).done().warns("The profile has no refresh token to revoke.");
    assert_eq!(world.ledger().count(Endpoint::Revoke), 0);
}

#[test]
fn an_unknown_or_missing_name_lists_the_profiles() {
    let world = World::new();
    world.write_config(SEVERAL);
    for args in [&["delete"][..], &["delete", "nobody"], &["delete", "nobody", "--revoke"]] {
        world.run(args).exits(2).warns("hint: the profiles are `work`, `robot`, `chained`");
    }
    assert_eq!(world.config(), SEVERAL);
}

#[test]
fn without_a_file_nothing_is_made() {
    let world = World::new();
    world.run(&["delete", "demo"]).exits(2).warns("aliyun-rs configure --mode OAuth --profile NAME");
    assert!(world.files().is_empty());
}

#[test]
fn an_empty_file_is_refused_and_left_alone() {
    let world = World::new();
    world.write_config("");
    world.run(&["delete", "demo"]).exits(6).warns("config.json` is empty").warns("hint: ");
    assert_eq!(world.config(), "");
}

#[test]
fn profiles_of_the_same_name_are_deleted_together() {
    let world = World::new();
    world.write_config(r#"{"current":"b","profiles":[{"name":"a","oauth_refresh_token":"one-of-two-secrets"},{"name":"b"},{"name":"a","oauth_refresh_token":"two-of-two-secrets"}]}"#);
    world.run(&["delete", "a"]).done();
    assert_eq!(world.config(), r#"{"current":"b","profiles":[{"name":"b"}]}"#);
}

#[test]
fn a_login_that_another_tool_deleted_can_be_forgotten_and_revoked() {
    let (world, canaries) = renewed();
    world.replace_config(r#"{"current":"","profiles":[{"name":"other","mode":"AK"}]}"#);
    world.run(&["delete", "nobody"]).exits(2);
    let output = world.run(&["delete", "demo", "--revoke"]).done();
    output
        .says("The profile `demo` and its tokens were deleted.")
        .warns("The refresh token was revoked.")
        .hides(&canaries);
    assert_eq!(world.ledger().count(Endpoint::Revoke), 1);
    assert!(!world.journal_path().exists());
    world.run(&["delete", "demo"]).exits(2);
}

#[test]
fn a_login_that_another_profile_uses_is_not_revoked_by_the_way() {
    let (world, _) = renewed();
    let mut file: serde_json::Value = serde_json::from_str(&world.config()).unwrap();
    let mut copy = file["profiles"][0].clone();
    copy["name"] = "copy".into();
    file["profiles"].as_array_mut().unwrap().push(copy);
    world.replace_config(&file.to_string());
    let before = world.config();
    for name in ["copy", "demo"] {
        let refused = world.run(&["delete", name, "--revoke"]).exits(2);
        refused.warns("uses the login of").warns("hint: pass `--yes` to confirm");
        assert_eq!((world.config(), world.ledger().count(Endpoint::Revoke)), (before.clone(), 0));
    }
    world.run(&["delete", "copy"]).done();
    world.run(&["credentials", "--profile", "demo"]).done();
    world.replace_config(&before);
    world.run(&["delete", "copy", "--revoke", "--yes"]).done().warns("The refresh token was revoked.");
}
