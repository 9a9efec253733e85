//! Other tools write the shared file at any moment: what they put back is healed, what they renewed is kept.

use std::fs;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::tool::{Tokens, assert_no_reuse, presentations};
use crate::support::{Run, World};

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
fn meanwhile(world: &World, act: impl FnOnce() + Send) -> crate::support::Output {
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
fn a_sign_in_by_another_tool_during_a_renewal_is_never_undone() {
    let world = World::new();
    world.signed_in(0);
    let theirs = world.tool_signs_in("bob");
    let output = meanwhile(&world, || world.tool_saves("demo", &theirs, 3600)).done();
    assert_eq!(output.stderr, "");
    assert_eq!(world.refresh_token("demo"), theirs.refresh);
    let who = world.run(&["whoami", "--profile", "demo"]).done();
    assert!(who.stdout.contains("user/bob"), "{who}");
    world.pass(HOUR);
    world.run(&ARGS).done();
    assert_eq!(presentations(&world.ledger(), &theirs.refresh), 1);
    assert_no_reuse(&world.ledger());
}

#[test]
fn credentials_are_not_saved_beside_another_login() {
    for life in [0, 3600] {
        let world = Arc::new(World::new());
        let ours = world.signed_in(life);
        let theirs = world.tool_signs_in("bob");
        let (other, saved) = (Arc::clone(&world), theirs.clone());
        let run = Run::new(&ARGS).meanwhile("/v1/exchange", move || other.tool_saves("demo", &saved, 3600));
        assert!(run.go(&world).done().stdout.contains(r#""mode":"StsToken""#));
        assert_eq!(world.refresh_token("demo"), theirs.refresh);
        assert_eq!(world.value("demo", "sts_token"), json!(null), "{}", world.config());
        world.run(&["whoami", "--profile", "demo"]).done().says("user/bob");
        assert_eq!(presentations(&world.ledger(), &ours.refresh), usize::from(life == 0));
    }
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

#[test]
fn another_mode_set_during_a_renewal_stays() {
    let world = World::new();
    world.signed_in(0);
    let output = meanwhile(&world, || {
        world.edit("demo", |item| {
            *item = json!({"name": "demo", "mode": "AK", "access_key_id": "LTAI", "access_key_secret": "s"});
        });
    });
    assert!(output.done().stdout.contains(r#""mode":"AK","access_key_id":"LTAI""#));
    assert_eq!(world.refresh_token("demo"), "");
    assert!(!world.journal_path().exists(), "nothing of the old login is kept");
}

#[test]
fn another_profile_changed_during_a_renewal_keeps_its_change() {
    let world = World::new();
    world.signed_in(0);
    meanwhile(&world, || world.edit("other", |item| item["mode"] = json!("AK"))).done();
    assert_eq!(world.value("other", "mode"), "AK");
    assert_eq!(world.ledger().grants("refresh_token"), 1);
}

#[test]
fn a_profile_that_was_deleted_during_a_renewal_stays_deleted() {
    let world = World::new();
    world.signed_in(0);
    let output = meanwhile(&world, || world.replace_config(r#"{"current":"","profiles":[]}"#)).exits(2);
    assert!(output.stderr.contains("there is no profile `demo`"), "{output}");
    assert_eq!(world.config(), r#"{"current":"","profiles":[]}"#);
    assert!(!world.journal_path().exists(), "no token outlives the profile");
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
fn a_file_that_could_not_be_written_is_repaired_later() {
    let world = World::new();
    let tokens = world.signed_in(0);
    let before = world.config();
    let draft = world.config_path().with_file_name(".config.json.aliyun-rs.tmp");
    let output = meanwhile(&world, || {
        fs::remove_file(&draft).unwrap();
        fs::create_dir(&draft).unwrap();
    });
    let output = output.done();
    assert!(output.stderr.starts_with("warning: the new credentials could not be saved in full"), "{output}");
    assert!(output.stdout.contains(r#""mode":"StsToken""#), "{output}");
    assert_eq!(world.config(), before);
    fs::remove_dir(&draft).unwrap();
    let output = world.run(&ARGS).done();
    assert_eq!(output.stderr, "");
    assert_ne!(world.refresh_token("demo"), tokens.refresh);
    assert_eq!(world.ledger().grants("refresh_token"), 1);
}

#[test]
fn the_loss_of_both_reservations_loses_no_login() {
    let world = World::new();
    let tokens = world.signed_in(0);
    let remove = |name: &str| fs::remove_file(world.config_path().with_file_name(name)).unwrap();
    meanwhile(&world, || {
        remove(".config.json.aliyun-rs.tmp");
        remove(".config.json.aliyun-rs.journal.tmp");
    })
    .done();
    assert_ne!(world.refresh_token("demo"), tokens.refresh);
    world.pass(HOUR);
    assert_eq!(world.run(&ARGS).done().stderr, "");
}

#[test]
fn a_journal_that_cannot_be_read_is_replaced() {
    for text in ["", "{", "[]", r#"{"version":2,"logins":[]}"#, r#"{"version":1,"logins":[{}]}"#, "\0\0\0"] {
        let (world, _, _) = renewed();
        fs::write(world.journal_path(), text).unwrap();
        world.pass(HOUR);
        let output = world.run(&ARGS).done();
        assert!(output.stderr.contains("the journal of rotated tokens is ignored"), "{text}: {output}");
        world.pass(HOUR);
        assert_eq!(world.run(&ARGS).done().stderr, "", "{text}: it is written again");
    }
}

#[test]
fn an_interrupt_during_a_refresh_waits_for_the_save() {
    let world = World::new();
    let tokens = world.signed_in(0);
    world.fault(&["token=delay:300x1"]);
    let (run, interrupt) = Run::new(&ARGS).interruptible();
    interrupt.send(()).unwrap();
    let output = run.go(&world);
    // Before the request there is nothing to wait for either.
    if presentations(&world.ledger(), &tokens.refresh) == 1 {
        assert_ne!(world.refresh_token("demo"), tokens.refresh);
    }
    assert_eq!((output.code, output.stdout.as_str()), (130, ""), "{output}");

    let world = World::new();
    let tokens = world.signed_in(0);
    world.fault(&["token=delay:300x1"]);
    let (run, interrupt) = Run::new(&ARGS).interruptible();
    let output = thread::scope(|scope| {
        let running = scope.spawn(|| run.go(&world));
        let draft = world.config_path().with_file_name(".config.json.aliyun-rs.tmp");
        while !draft.exists() && !running.is_finished() {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_millis(50));
        interrupt.send(()).unwrap();
        running.join().unwrap()
    });
    assert_eq!((output.code, output.stdout.as_str()), (130, ""), "{output}");
    assert_ne!(world.refresh_token("demo"), tokens.refresh);
    world.run(&ARGS).done();
    assert_eq!(world.ledger().grants("refresh_token"), 1);
}

#[test]
fn an_interrupt_during_the_exchange_ends_the_run_at_once() {
    let world = World::new();
    world.signed_in(3600);
    world.fault(&["exchange=delay:60000x1"]);
    let (run, interrupt) = Run::new(&ARGS).interruptible();
    let started = std::time::Instant::now();
    let output = thread::scope(|scope| {
        let running = scope.spawn(|| run.go(&world));
        thread::sleep(Duration::from_millis(200));
        interrupt.send(()).unwrap();
        running.join().unwrap()
    });
    assert_eq!(output.code, 130, "{output}");
    assert!(started.elapsed() < Duration::from_secs(10));
    world.run(&ARGS).done();
}

#[test]
fn an_interrupt_ends_the_wait_for_another_process() {
    let world = World::new();
    let tokens = world.signed_in(0);
    let held = fs::File::create(world.config_path().with_file_name("config.json.lock")).unwrap();
    held.lock().unwrap();
    let (run, interrupt) = Run::new(&ARGS).interruptible();
    let output = thread::scope(|scope| {
        let running = scope.spawn(|| run.go(&world));
        thread::sleep(Duration::from_millis(100));
        interrupt.send(()).unwrap();
        running.join().unwrap()
    });
    assert_eq!(output.code, 130, "{output}");
    assert_eq!(presentations(&world.ledger(), &tokens.refresh), 0);
    drop(held);
    world.run(&ARGS).done();
}

#[test]
fn an_emptied_file_is_restored_from_the_journal() {
    let (world, _, _) = renewed();
    let newest = world.refresh_token("demo");
    for emptied in ["", " \n"] {
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
        world.run(args).done();
        world.has_forgotten(&secrets);
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
