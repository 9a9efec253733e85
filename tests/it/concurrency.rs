//! Any number of threads and processes at expiry: one refresh, one exchange, everybody is served.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use aliyun_rs::config::{Store, StoreError};
use aliyun_rs::host::{BoxFuture, Http, Request, Response, TransportError};
use aliyun_rs::logins::{LoginStore, SharedFile};
use aliyun_rs::sandbox::Endpoint;
use tokio::task::spawn_blocking;

#[cfg(target_os = "linux")]
use crate::support::open_files::{count, wait_until};
use crate::support::tool::{assert_no_reuse, send};
#[cfg(target_os = "linux")]
use crate::support::world::SEVERAL;
use crate::support::{Run, World};

const ARGS: [&str; 3] = ["credentials", "--profile", "demo"];

fn assert_one_renewal(world: &World) {
    let ledger = world.ledger();
    assert_eq!((ledger.grants("refresh_token"), ledger.count(Endpoint::Exchange)), (1, 1), "{:?}", ledger.totals());
}

#[test]
fn thirty_two_threads_at_expiry_need_one_refresh() {
    let world = World::new();
    world.signed_in(0);
    let barrier = Barrier::new(32);
    let answers: BTreeSet<String> = thread::scope(|scope| {
        let run = || {
            barrier.wait();
            world.run(&ARGS).done().stdout
        };
        let runs: Vec<_> = (0..32).map(|_| scope.spawn(run)).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert_eq!(answers.len(), 1, "all have the same credentials");
    assert_one_renewal(&world);
}

#[test]
fn sixty_processes_at_expiry_need_one_refresh() {
    for life in [0, 3600] {
        let world = World::real();
        world.signed_in(life);
        world.has_sts("demo", -10);
        let runs: Vec<_> = (0..60).map(|_| world.start(&ARGS)).collect();
        let mut answers = BTreeSet::new();
        for run in runs {
            answers.insert(run.finish().exits(0).stdout);
        }
        assert_eq!(answers.len(), 1, "all have the same credentials");
        let ledger = world.ledger();
        let refreshes = usize::from(life == 0);
        assert_eq!((ledger.grants("refresh_token"), ledger.count(Endpoint::Exchange)), (refreshes, 1));
    }
}

#[test]
fn due_credentials_are_used_while_another_process_renews() {
    let world = World::real();
    world.signed_in(0);
    world.has_sts("demo", 600);
    world.fault(&["token=delay:3000x1"]);
    let runs: Vec<_> = (0..20).map(|_| world.start(&ARGS)).collect();
    let runs: Vec<_> = runs.into_iter().map(|run| run.finish().exits(0)).collect();
    assert!(runs.iter().all(|run| run.stderr.is_empty()), "{runs:?}");
    let old = runs.iter().filter(|run| run.stdout.contains("STS.old")).count();
    assert!(old >= 10, "{old} of 20; all but the one that renews, unless this machine is very busy");
    assert_one_renewal(&world);
}

#[test]
fn two_profiles_renewed_at_once_do_not_lose_each_other() {
    let world = World::new();
    let names: Vec<String> = (0..8).map(|number| format!("p{number}")).collect();
    for name in &names {
        let tokens = world.tool_signs_in("alice");
        world.tool_saves(name, &tokens, 0);
    }
    for round in 1..=5 {
        thread::scope(|scope| {
            for name in names.iter().chain(&names) {
                scope.spawn(|| world.run(&["credentials", "--profile", name]).done());
            }
        });
        assert_eq!(world.ledger().grants("refresh_token"), 8 * round);
        world.pass(Duration::from_secs(3600));
    }
    assert_no_reuse(&world.ledger());
}

/// The network, watched by another program that wants the lock whenever a refresh token is sent.
struct Watched {
    config: PathBuf,
    /// For each refresh, whether the lock was held.
    locked: Mutex<Vec<bool>>,
}

impl Http for Watched {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        if request.uri().path() == "/v1/token" {
            let got = SharedFile::new(Store::at(&self.config)).lock(Duration::ZERO);
            self.locked.lock().unwrap().push(matches!(got, Err(StoreError::Busy { .. })));
        }
        Box::pin(async { spawn_blocking(|| send(request)).await.unwrap() })
    }
}

#[test]
fn no_refresh_token_is_sent_without_the_lock() {
    for (life, sts, fault, refreshes) in [
        (0, -10, None, 1),
        (0, 600, None, 1),
        (0, -10, Some("token=503x1"), 2),
        (0, -10, Some("token=dropx1"), 2),
        (3600, -10, Some("exchange=401x1"), 1),
    ] {
        let world = World::new();
        world.signed_in(life);
        world.has_sts("demo", sts);
        world.fault(fault.as_slice());
        let watched = Arc::new(Watched { config: world.config_path(), locked: Mutex::default() });
        world.obtain_over(watched.clone()).renewed();
        assert_eq!(*watched.locked.lock().unwrap(), vec![true; refreshes], "{fault:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_profile_that_is_gone_when_the_lock_is_had_is_refused() {
    for args in [&["switch", "robot"], &["delete", "robot"]] {
        let world = World::new();
        world.write_config(SEVERAL);
        let path = world.config_path().with_file_name("config.json.lock");
        let held = File::create(&path).unwrap();
        held.lock().unwrap();
        let run = Run::new(args).start(&world);
        wait_until("the command waits for the lock", || count(&path) == 2);
        let without = SEVERAL.replace("\"robot\"", "\"other\"");
        world.replace_config(&without);
        drop(held);
        run.finish().exits(2).warns("there is no profile `robot`");
        assert_eq!(world.config(), without, "{args:?}");
    }
}

#[cfg(unix)]
mod signals {
    use std::time::Instant;

    use rustix::process::Signal;

    use super::*;

    #[test]
    fn valid_credentials_do_not_wait_for_a_held_lock() {
        let world = World::real();
        world.signed_in(0);
        world.has_sts("demo", 600);
        world.fault(&["token=delay:1000x1"]);
        let holder = world.start(&ARGS);
        let draft = world.config_path().with_file_name(".config.json.aliyun-rs.tmp");
        while !draft.exists() {
            thread::sleep(Duration::from_millis(1));
        }
        holder.signal(Signal::STOP);
        let started = Instant::now();
        for _ in 0..5 {
            world.start(&ARGS).finish().says("STS.old");
        }
        assert!(started.elapsed() < Duration::from_secs(8));
        holder.signal(Signal::CONT);
        holder.finish().exits(0);
        assert_one_renewal(&world);
    }

    #[test]
    fn a_killed_lock_holder_releases_the_lock_at_once() {
        let world = World::real();
        world.signed_in(3600);
        world.fault(&["exchange=delay:60000x1"]);
        let holder = world.start(&ARGS);
        while world.config_path().with_file_name("config.json.lock").metadata().is_err() {
            thread::sleep(Duration::from_millis(1));
        }
        let waiters: Vec<_> = (0..10).map(|_| world.start(&ARGS)).collect();
        thread::sleep(Duration::from_millis(200));
        world.fault(&[]);
        drop(holder);
        for waiter in waiters {
            waiter.finish().exits(0);
        }
        assert_eq!(world.ledger().grants("refresh_token"), 0);
    }
}
