//! One writer at a time: threads, processes, and the SDKs that lock the file itself.

#[cfg(unix)]
use std::fs::File;
use std::time::Duration;

use aliyun_rs::config::StoreError;

use super::{AMPLE, Place, REALISTIC, count, counted, update};

#[test]
fn no_update_of_many_threads_is_lost() {
    let place = Place::with(REALISTIC);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    update(&place.store(), |config| count(config, "生产")).unwrap();
                }
            });
        }
    });
    assert_eq!(counted(&place.store(), "生产"), 400);
    assert_eq!(place.names(), ["config.json", "config.json.lock"]);
}

#[cfg(unix)]
mod processes {
    #![expect(clippy::disallowed_methods, reason = "the test starts itself again as other processes")]

    use std::process::{Child, Command, Stdio};
    use std::time::Instant;

    use super::*;
    use aliyun_rs::config::Store;

    const FILE: &str = "ALIYUN_RS_TEST_COUNTED_FILE";
    const EACH: i64 = 40;

    fn counting_process(place: &Place) -> Child {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::locking::processes::count_in_another_process", "--ignored"])
            .env(FILE, place.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }

    #[test]
    #[ignore = "the body of a process that the next test starts"]
    fn count_in_another_process() {
        let Some(path) = std::env::var_os(FILE) else { return };
        let store = Store::at(path);
        for _ in 0..EACH {
            update(&store, |config| count(config, "生产")).unwrap();
        }
    }

    #[test]
    fn many_processes_lose_no_update_even_if_one_is_killed() {
        let place = Place::with(REALISTIC);
        let children: Vec<_> = (0..4).map(|_| counting_process(&place)).collect();
        let mut killed = counting_process(&place);
        let started = Instant::now();
        while place.text() == REALISTIC && started.elapsed() < AMPLE {
            std::thread::yield_now();
        }
        killed.kill().unwrap();
        killed.wait().unwrap();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        update(&place.store(), |config| count(config, "生产")).unwrap();
        let total = counted(&place.store(), "生产");
        assert!((4 * EACH + 1..=5 * EACH + 1).contains(&total), "{total}");
        assert_eq!(place.names(), ["config.json", "config.json.lock"]);
    }
}

#[test]
fn the_deadline_of_the_lock_is_kept() {
    let place = Place::with(REALISTIC);
    let _held = place.store().lock(AMPLE).unwrap();
    let error = place.store().lock(Duration::from_millis(50)).unwrap_err();
    assert!(matches!(error, StoreError::Busy { .. }) && error.is_temporary(), "{error}");
    assert!(place.store().read().unwrap().exists);
}

#[cfg(unix)]
#[test]
fn writers_that_lock_the_file_itself_are_respected() {
    let place = Place::with(REALISTIC);
    let theirs = File::open(place.path()).unwrap();
    theirs.lock().unwrap();
    let mut short = place.store().lock(Duration::from_millis(50)).unwrap();
    let refused = short.edit(|config| count(config, "生产"));
    assert!(matches!(refused, Err(StoreError::Busy { .. })));
    drop(short);
    theirs.unlock().unwrap();

    let mut ours = place.store().lock(AMPLE).unwrap();
    assert!(theirs.try_lock().is_ok(), "between two edits the file is free for a writer we may wait for");
    theirs.unlock().unwrap();
    let written = ours.edit(|config| {
        assert!(theirs.try_lock().is_err());
        count(config, "生产");
    });
    written.unwrap();
    assert_eq!(counted(&place.store(), "生产"), 1);
}

/// A lock on a file that is no longer in its place protects nothing, however long it was waited for.
#[cfg(target_os = "linux")]
mod replaced {
    use std::fs;
    use std::path::Path;
    use std::thread::ScopedJoinHandle;

    use aliyun_rs::config::Config;

    use super::*;
    use crate::support::open_files::{count, count_gone, wait_until};

    fn locked(path: &Path) -> File {
        let file = File::create(path).unwrap();
        file.lock().unwrap();
        file
    }

    /// Plays a writer that waits for the lock on `path`, which is then replaced and locked by another.
    fn waits_for_the_successor(place: &Place, path: &Path) {
        let first = locked(path);
        fs::write(place.path(), REALISTIC).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| update(&place.store(), count_up));
            let goes_on = |waiting: &ScopedJoinHandle<'_, _>| {
                assert!(!waiting.is_finished(), "the writer went on under a lock that protects nobody");
            };
            wait_until("the writer waits", || count(path) == 2);
            let second = locked(&place.at("successor"));
            fs::write(place.at("successor"), fs::read(path).unwrap()).unwrap();
            fs::rename(place.at("successor"), path).unwrap();
            drop(first);
            wait_until("the writer waits for the successor", || {
                goes_on(&waiting);
                count_gone(path) == 0 && count(path) == 2
            });
            goes_on(&waiting);
            drop(second);
            waiting.join().unwrap().unwrap();
        });
        assert_eq!(counted(&place.store(), "生产"), 1);
        assert_eq!(place.names(), ["config.json", "config.json.lock"]);
    }

    fn count_up(config: &mut Config) {
        super::count(config, "生产");
    }

    #[test]
    fn a_removed_lock_file_protects_nothing() {
        let place = Place::with(REALISTIC);
        waits_for_the_successor(&place, &place.at("config.json.lock"));
    }

    #[test]
    fn a_shared_file_that_was_replaced_is_locked_again() {
        let place = Place::with(REALISTIC);
        waits_for_the_successor(&place, &place.path());
    }
}
