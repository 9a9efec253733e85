//! Files of other users: nobody but root trusts them, and what root writes belongs to whom it is for.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;

use serde_json::json;

use crate::support::World;
use crate::support::process::{ALIYUN_RS, Ended, command, end};

/// Two users of whom nothing else on the machine has heard.
const ME: u32 = 61_234;
const OTHER: u32 = 61_235;
const ARGS: [&str; 3] = ["credentials", "--profile", "demo"];

/// A login that is due to be renewed, in a home of mine, and the files that a renewal leaves.
fn world() -> World {
    let world = World::real();
    world.signed_in(0);
    give_all(world.home.path());
    run(&world, &ARGS).exits(0);
    world
}

/// Runs the program as me, from where I may run it.
fn run(world: &World, args: &[&str]) -> Ended {
    let program = world.home.path().join("program");
    if !program.exists() {
        // Not by this process: a child of another test could hold what is written, and keep it from being run.
        end(command("cp").arg(ALIYUN_RS).arg(&program)).exits(0);
    }
    end(world.command(program.to_str().unwrap()).args(args).uid(ME).gid(ME))
}

/// Makes a folder and everything in it mine.
fn give_all(path: &Path) {
    chown(path, Some(ME), Some(ME)).unwrap();
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| give_all(&entry.unwrap().path()));
    }
}

/// Gives a file to the other user, who lets everybody use it.
fn lend(path: &Path, mode: u32) {
    chown(path, Some(OTHER), Some(OTHER)).unwrap();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn end_credentials(world: &World) {
    world.edit("demo", |item| {
        item["sts_expiration"] = json!(0);
        item["oauth_access_token_expire"] = json!(0);
    });
    give_all(&world.config_path());
}

#[test]
#[ignore = "needs root, to play two other users"]
fn nothing_is_written_to_what_belongs_to_another_user() {
    for (name, mode) in [("config.json", 0o666), ("config.json.lock", 0o666), ("", 0o1777)] {
        let world = world();
        world.edit("other", |item| item["mode"] = json!("AK"));
        end_credentials(&world);
        let config = world.config();
        lend(&world.config_path().with_file_name(name), mode);
        for args in [&ARGS[..], &["switch", "other"], &["delete", "demo"]] {
            let ended = run(&world, args);
            assert_eq!((ended.code, world.config()), (Some(6), config.clone()), "{name}: {args:?}: {ended:?}");
        }
        assert_eq!(world.ledger().grants("refresh_token"), 1, "{name}");
    }
}

#[test]
#[ignore = "needs root, to play two other users"]
fn a_journal_of_another_user_is_ignored() {
    let world = world();
    end_credentials(&world);
    lend(&world.journal_path(), 0o644);
    run(&world, &ARGS).exits(0).warns("the journal of rotated tokens is ignored");
    assert_eq!(fs::metadata(world.journal_path()).unwrap().uid(), ME);
}

#[test]
#[ignore = "needs root, to play two other users"]
fn what_root_writes_belongs_to_the_owner_of_the_file() {
    let world = World::new();
    world.signed_in(0);
    give_all(world.home.path());
    world.run(&ARGS).done();
    for name in ["config.json", "config.json.lock", ".config.json.aliyun-rs.journal"] {
        let owner = fs::metadata(world.config_path().with_file_name(name)).unwrap();
        assert_eq!((owner.uid(), owner.gid()), (ME, ME), "{name}");
    }
}
