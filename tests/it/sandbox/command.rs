//! `aliyun-rs sandbox -- ARGS` next to other sandboxes, and with a user who is not allowed to sign in.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use aliyun_rs::host::Clock as _;
use aliyun_rs::sandbox::{Endpoint, FORMS, Options, Sandbox};

use crate::support::{World, ports};

/// Starts a sandbox in the folder of `world` before the command does.
fn instance(world: &World, long_lived: bool) -> Sandbox {
    let folder: PathBuf = world.config_path().parent().unwrap().to_owned();
    let clock = Arc::clone(&world.clock);
    Sandbox::start(Options { folder: Some(folder), long_lived, ..Options::new(Arc::new(move || clock.now())) }).unwrap()
}

#[test]
fn a_command_uses_the_sandbox_that_is_already_running() {
    let world = World::new();
    let served = instance(&world, true);
    let turn = ports::turn();
    let args = ["sandbox", "--as", "bob", "--", "configure", "--mode", "OAuth", "--profile", "demo"];
    let output = world.run(&args).done().says("user/bob");
    drop(turn);
    output.warns(&format!("note: using the sandbox that is running at {}", served.url()));
    assert_eq!(served.ledger().count(Endpoint::Exchange), 1);
    world.run(&["sandbox", "--", "list"]).done().says("demo");
}

#[test]
fn a_command_waits_for_the_sandbox_of_another_command() {
    let world = World::new();
    let other = instance(&world, false);
    world.write_config("{\"current\": \"demo\", \"profiles\": [{\"name\": \"demo\", \"mode\": \"AK\"}]}");
    let output = thread::scope(|scope| {
        let waiting = scope.spawn(|| world.run(&["sandbox", "--", "list"]));
        // Nothing tells from outside that it waits; that it has not ended for a while must do.
        let until = Instant::now() + Duration::from_millis(300);
        while Instant::now() < until {
            assert!(!waiting.is_finished());
            thread::sleep(Duration::from_millis(5));
        }
        drop(other);
        waiting.join().unwrap().done()
    });
    assert_eq!(output.says("demo").stderr, "");
}

#[test]
fn a_second_sandbox_in_the_same_folder_is_refused() {
    let world = World::new();
    let served = instance(&world, true);
    world.run(&["sandbox"]).exits(5).warns(&format!("ALIYUN_RS_SANDBOX={}", served.url()));
}

#[test]
fn a_refused_user_leaves_the_sign_in_waiting_with_a_warning() {
    let world = World::new();
    let _turn = ports::turn();
    let args = ["sandbox", "--as", "mallory", "--", "configure", "--mode", "OAuth", "--profile", "demo"];
    let output = world.run(&[&args[..], &["--timeout", "2s"]].concat()).exits(5);
    let output = output.warns("the sandbox could not sign in as `mallory`: ");
    output.warns("The call is not authorized").warns("nobody signed in within 2s");
    assert!(!world.config_path().exists());
}

#[test]
fn a_denial_is_reported_once() {
    let world = World::new();
    let _turn = ports::turn();
    let args = ["sandbox", "--as", "alice", "--deny", "--", "configure", "--mode", "OAuth", "--profile", "demo"];
    let output = world.run(&args).exits(4).warns("signs in as `alice` for you.");
    assert!(!output.stderr.contains("goes no further"), "{output}");
}

#[test]
fn the_help_lists_every_form_of_fault() {
    let world = World::new();
    let help = world.run(&["sandbox", "--help"]).done();
    for form in FORMS {
        help.clone().says(form.syntax);
    }
    world.run(&["sandbox", "--fault", "token=sometimes"]).exits(2).warns("ENDPOINT=FAULTxTIMES");
}
