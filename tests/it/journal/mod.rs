//! Other tools write the shared file at any moment: what they put back is healed, what they renewed is kept.

mod copies;
mod during_renewal;
mod stale;

use std::fs;
use std::thread;
use std::time::Duration;

use crate::support::tool::{Tokens, assert_no_reuse};
use crate::support::{Output, World};

const HOUR: Duration = Duration::from_secs(3600);
const ARGS: [&str; 3] = ["credentials", "--profile", "demo"];

/// A world with a login that was renewed here, and the tokens it was renewed from.
fn renewed() -> (World, Tokens, String) {
    let world = World::new();
    let tokens = world.signed_in(0);
    let before = world.config();
    world.run(&ARGS).done();
    (world, tokens, before)
}

/// Does something while a refresh is on its way, and returns what the run said.
fn meanwhile(world: &World, act: impl FnOnce() + Send) -> Output {
    world.fault(&["token=delay:400x1"]);
    let draft = world.config_path().with_file_name(".config.json.aliyun-rs.tmp");
    thread::scope(|scope| {
        let run = scope.spawn(|| world.run(&ARGS));
        while !draft.exists() && !run.is_finished() {
            thread::sleep(Duration::from_millis(1));
        }
        // The reservation is made and the request is on its way.
        thread::sleep(Duration::from_millis(100));
        act();
        run.join().unwrap()
    })
}

#[test]
fn deleting_a_profile_purges_the_journal() {
    let (world, _, copy) = renewed();
    assert!(world.journal_path().exists());
    world.run(&["configure", "delete", "--profile", "demo"]).done();
    assert!(!world.journal_path().exists());
    world.replace_config(&copy);
    world.run(&ARGS).exits(3);
}

#[test]
fn a_journal_that_cannot_be_used_is_renamed_and_named() {
    for text in ["", "{", "[]", r#"{"version":1,"logins":[{}]}"#, "\0\0\0"] {
        let (world, _, _) = renewed();
        fs::write(world.journal_path(), text).unwrap();
        world.pass(HOUR);
        let output = world.run(&ARGS).done().warns("the journal of rotated tokens cannot be used: it is damaged");
        output.warns("journal.damaged`. Tokens in the file may be old copies that were already used");
        world.pass(HOUR);
        assert_eq!(world.run(&ARGS).done().stderr, "", "{text}: it is written again");
    }
}

#[test]
fn a_journal_of_a_later_version_stops_a_renewal() {
    let (world, _, _) = renewed();
    let asked = world.ledger().grants("refresh_token");
    let later = r#"{"version":2,"logins":[]}"#;
    fs::write(world.journal_path(), later).unwrap();
    world.pass(HOUR * 2);
    world.run(&ARGS).exits(6).warns("hint: use the newest version of aliyun-rs");
    assert_eq!(world.ledger().grants("refresh_token"), asked);
    assert_eq!(fs::read_to_string(world.journal_path()).unwrap(), later);
}

#[test]
fn a_file_without_profiles_is_not_taken_for_a_deletion() {
    for emptied in ["{}", r#"{"profiles":[]}"#, r#"{"current":"demo","profiles":null}"#] {
        let (world, _, _) = renewed();
        let newest = world.refresh_token("demo");
        world.replace_config(emptied);
        let output = world.run(&ARGS).exits(3);
        output
            .warns("the journal still has the logins of `demo`")
            .warns("to restore them: aliyun-rs configure restore");
        // Whoever signs in to another profile first loses nothing by that.
        world.sign_in("other").done().warns("still has the logins of `demo`");
        world.run(&["list"]).done().warns("still has the logins of `demo`");
        world.run(&["configure", "restore"]).done();
        assert_eq!(world.refresh_token("demo"), newest, "{emptied}");
        world.run(&ARGS).done();
        // It can also be forgotten.
        world.replace_config(emptied);
        world.run(&["delete", "demo"]).done();
        assert_eq!(world.run(&["configure", "restore"]).done().stdout.matches("demo").count(), 0);
    }
}

#[test]
fn a_broken_file_is_renamed_and_what_is_whole_is_kept() {
    let (world, _, _) = renewed();
    let newest = world.refresh_token("demo");
    let whole = r#"{"name":"work","mode":"AK","access_key_id":"LTAI","access_key_secret":"key-secret"}"#;
    for (number, end) in [r#","#, r#",{"name":"demo","mode":"OAu"#, "]"].into_iter().enumerate() {
        let broken = format!(r#"{{"current":"work","profiles":[{whole}{end}"#);
        world.replace_config(&broken);
        world.run(&ARGS).exits(6).warns("hint: repair it there, or rename it and restore the logins");
        assert_eq!(world.config(), broken);
        let output = world.run(&["configure", "restore"]).done();
        let name = if number == 0 { "config.json.broken".to_owned() } else { format!("config.json.broken.{number}") };
        output.says("The login of the profile `work` was restored.").says("`demo` was restored").warns(&name);
        assert_eq!(std::fs::read_to_string(world.config_path().with_file_name(name)).unwrap(), broken);
        assert!(world.config().contains(whole));
        assert_eq!(world.refresh_token("demo"), newest);
        world.run(&ARGS).done();
    }
}

#[test]
fn an_emptied_file_is_restored_from_the_journal() {
    let (world, _, _) = renewed();
    let newest = world.refresh_token("demo");
    for emptied in ["", " \n", "null", "\0\0\0\0"] {
        world.replace_config(emptied);
        let hint = "hint: the journal next to it still has its logins; restore them: aliyun-rs configure restore";
        world.run(&ARGS).exits(6).warns(hint);
        let output = world.run(&["configure", "restore"]).done();
        assert_eq!(output.stdout, "The login of the profile `demo` was restored.\n");
        assert_eq!(world.refresh_token("demo"), newest);
        world.run(&ARGS).done();
    }
    world.run(&["configure", "restore"]).done().warns("There is no login to restore.");
    assert_no_reuse(&world.ledger());
}

#[test]
fn a_file_that_is_empty_without_a_journal_is_not_promised_back() {
    let world = World::new();
    world.write_config("");
    world.run(&ARGS).exits(6).warns("hint: remove it, then sign in: rm ");
}
