//! What other tools write, what breaks and who interrupts while a renewal is under way.

use std::fs;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::{ARGS, HOUR, meanwhile};
use crate::support::tool::{assert_no_reuse, presentations};
use crate::support::{Run, World};

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
    let output = meanwhile(&world, || world.replace_config(r#"{"current":"","profiles":[]}"#)).exits(3);
    assert!(output.stderr.contains("there is no profile `demo`"), "{output}");
    assert_eq!(world.config(), r#"{"current":"","profiles":[]}"#);
    assert!(!world.journal_path().exists(), "no token outlives the profile");
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
