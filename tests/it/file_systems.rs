//! File systems that cannot do what is usual, such as network folders: what they refuse is done another way, or said.

use std::fs;
use std::process::Command;

use serde_json::json;

use crate::support::World;
use crate::support::process::{ALIYUN_RS, Ended, end, start};
use crate::support::tool::assert_no_reuse;

const ARGS: [&str; 3] = ["credentials", "--profile", "demo"];
const NO_LOCKS: &str = "the file system does not support locks";

/// `ALIYUN_RS` on a system whose calls fail as `inject` says.
fn traced(world: &World, inject: &str, args: &[&str]) -> Command {
    let mut strace = world.command("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("inject={inject}"), ALIYUN_RS]).args(args);
    strace
}

fn run(world: &World, inject: &str, args: &[&str]) -> Ended {
    end(traced(world, inject, args))
}

fn due() -> World {
    let world = World::real();
    world.signed_in(0);
    world.edit("other", |item| item["mode"] = json!("AK"));
    world
}

fn names(world: &World) -> Vec<String> {
    let folder = fs::read_dir(world.config_path().parent().unwrap()).unwrap();
    let mut names: Vec<_> = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

const LEFT: [&str; 3] = [".config.json.aliyun-rs.journal", "config.json", "config.json.lock"];

#[test]
#[ignore = "needs strace"]
fn without_locks_a_lease_is_used_with_one_note() {
    for error in ["ENOLCK", "ENOSYS", "EOPNOTSUPP"] {
        let world = due();
        let stderr = run(&world, &format!("flock:error={error}"), &ARGS).exits(0).stderr;
        assert_eq!(stderr.matches(NO_LOCKS).count(), 1, "{error}: {stderr}");
        run(&world, &format!("flock:error={error}"), &["switch", "other"]).exits(0).warns(NO_LOCKS);
        assert_eq!(names(&world), LEFT, "{error}");
    }
}

#[test]
#[ignore = "needs strace"]
fn without_locks_programs_wait_for_each_other() {
    let world = due();
    let started: Vec<_> = (0..5).map(|_| start(traced(&world, "flock:error=ENOLCK", &ARGS))).collect();
    for ended in started {
        ended.finish().exits(0);
    }
    assert_eq!(world.ledger().grants("refresh_token"), 1);
    assert_no_reuse(&world.ledger());
    assert_eq!(names(&world), LEFT);
}

#[test]
#[ignore = "needs strace"]
fn modes_and_syncs_that_do_not_exist_are_done_without() {
    let refused = ["EPERM", "EINVAL", "EOPNOTSUPP", "ENOSYS"].map(|error| format!("fchmod:error={error}"));
    let unsynced = ["EINVAL", "EOPNOTSUPP", "ENOSYS"].map(|error| format!("fsync:error={error}"));
    for inject in refused.into_iter().chain(unsynced) {
        let world = due();
        let ended = run(&world, &inject, &ARGS).exits(0);
        assert_eq!((ended.stderr.as_str(), names(&world)), ("", LEFT.map(str::to_owned).to_vec()), "{inject}");
        run(&world, &inject, &["delete", "other"]).exits(0);
        run(&world, "fallocate:error=EOPNOTSUPP", &["switch", "demo"]).exits(0);
    }
}

#[test]
#[ignore = "needs strace"]
fn a_disk_that_fails_is_an_error_before_anything_is_spent() {
    for (inject, words) in [
        ("fsync:error=EIO", "cannot reserve space"),
        ("fchmod:error=EIO", "cannot "),
        ("flock:error=EIO", "cannot lock"),
        ("fallocate:error=ENOSPC", "cannot reserve space"),
    ] {
        let world = due();
        run(&world, inject, &ARGS).exits(6).warns(words);
        assert_eq!(world.ledger().grants("refresh_token"), 0, "{inject}");
    }
}

/// 4 MiB of logins once took more than a gibibyte, as room for tokens of the usual length.
#[test]
fn a_large_journal_takes_memory_in_proportion() {
    let world = due();
    let login = |number| format!(r#"{{"profile":"{number}","site":"CN","refresh_token":"{number}","superseded":[]}}"#);
    let logins: Vec<String> = (0..60_000).map(login).collect();
    fs::write(world.journal_path(), format!(r#"{{"version":1,"logins":[{}]}}"#, logins.join(","))).unwrap();
    let mut limited = world.command("prlimit");
    end(limited.args(["--as=400000000", ALIYUN_RS]).args(ARGS)).exits(0);
    assert!(fs::metadata(world.journal_path()).unwrap().len() < 9999, "the profiles of the others are gone");
}
