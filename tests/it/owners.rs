//! Files of other users: only root trusts them, and what root writes belongs to the owner of the home.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, lchown, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::time::{Duration, Instant};

use aliyun_rs::config::Store;
use serde_json::json;

use crate::support::process::{ALIYUN_RS, Ended, command, end};
use crate::support::{World, named};

/// Two users that nothing else on the machine uses.
const ME: u32 = 61_234;
const OTHER: u32 = 61_235;
const ARGS: [&str; 3] = ["credentials", "--profile", "demo"];

/// A login that is due to be renewed, in a home of that user, and the files that a renewal leaves.
fn world() -> World {
    let world = World::real();
    world.signed_in(0);
    world.edit("other", |item| item["mode"] = json!("AK"));
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
fn a_journal_of_another_user_is_set_aside() {
    let world = world();
    end_credentials(&world);
    lend(&world.journal_path(), 0o644);
    run(&world, &ARGS)
        .exits(0)
        .warns("the journal of rotated tokens cannot be used: it belongs to another user; it was renamed");
    assert_eq!(fs::metadata(world.journal_path()).unwrap().uid(), ME);
}

#[test]
#[ignore = "needs root, to play two other users"]
fn a_lock_by_another_owner_of_the_file_is_not_waited_for() {
    let world = world();
    end_credentials(&world);
    lend(&world.config_path(), 0o644);
    let held = fs::File::open(world.config_path()).unwrap();
    held.lock().unwrap();
    let started = Instant::now();
    run(&world, &ARGS).exits(6).warns("warning: the file belongs to another user").warns("hint: run as the owner");
    run(&world, &["switch", "other"]).exits(6);
    assert!(started.elapsed() < Duration::from_secs(5));
}

/// Root works in a folder of mine, in which I put links. Nothing that is not mine may change.
#[test]
#[ignore = "needs root, to play two other users"]
fn root_follows_no_link_of_one_user_to_the_files_of_another() {
    for (victim, name, code) in [
        (OTHER, "", 6),
        (0, "", 6),
        (0, "config.json", 6),
        (OTHER, "config.json", 6),
        (0, "config.json.lock", 6),
        (0, ".config.json.aliyun-rs.tmp", 0),
        (0, ".config.json.aliyun-rs.journal", 0),
    ] {
        let world = World::real();
        world.signed_in(0);
        world.edit("other", |item| item["mode"] = json!("AK"));
        give_all(world.home.path());
        let place = world.config_path().with_file_name(name);
        let theirs = world.home.path().join("theirs");
        if name.is_empty() {
            fs::rename(place.parent().unwrap().join("sandbox"), &theirs).unwrap();
        } else {
            fs::write(&theirs, world.config()).unwrap();
            fs::remove_file(&place).ok();
        }
        let all = if name.is_empty() { vec![theirs.clone(), theirs.join("config.json")] } else { vec![theirs.clone()] };
        all.iter().for_each(|path| chown(path, Some(victim), Some(victim)).unwrap());
        let link = if name.is_empty() { place.parent().unwrap().join("sandbox") } else { place };
        symlink(&theirs, &link).unwrap();
        lchown(&link, Some(ME), Some(ME)).unwrap();
        let before: Vec<_> = all.iter().map(|path| state(path)).collect();
        let ended = end(world.command(ALIYUN_RS).args(["switch", "other"]));
        assert_eq!(ended.code, Some(code), "{name} of {victim}: {ended:?}");
        assert_eq!(all.iter().map(|path| state(path)).collect::<Vec<_>>(), before, "{name} of {victim}");
    }
}

/// Owner, mode, and content or names of what is in it.
fn state(path: &Path) -> (u32, u32, Vec<u8>) {
    let found = fs::metadata(path).unwrap();
    let names = || fs::read_dir(path).unwrap().flat_map(|entry| entry.unwrap().file_name().into_encoded_bytes());
    let content = if found.is_dir() { names().collect() } else { fs::read(path).unwrap() };
    (found.uid(), found.mode(), content)
}

#[test]
#[ignore = "needs root, to play two other users"]
fn root_changes_the_owner_of_nothing_that_it_did_not_create() {
    let world = World::real();
    world.signed_in(0);
    world.edit("other", |item| item["mode"] = json!("AK"));
    give_all(world.home.path());
    let lock = world.config_path().with_file_name("config.json.lock");
    let own = world.home.path().join("of-root");
    fs::write(&own, "secret").unwrap();
    fs::remove_file(&lock).ok();
    fs::hard_link(&own, &lock).unwrap();
    end(world.command(ALIYUN_RS).args(["switch", "other"])).exits(0);
    assert_eq!((fs::metadata(&own).unwrap().uid(), fs::read(&own).unwrap()), (0, b"secret".to_vec()));
}

#[test]
#[ignore = "needs root, to play two other users"]
fn files_that_root_creates_belong_to_the_homes_owner() {
    let home = tempfile::tempdir().unwrap();
    chown(home.path(), Some(ME), Some(ME)).unwrap();
    let store = Store::at(home.path().join("new/.aliyun/config.json"));
    store.lock(Duration::from_secs(9)).unwrap().edit(|config| config.set_current(&named("demo"))).unwrap();
    for name in ["new", "new/.aliyun", "new/.aliyun/config.json", "new/.aliyun/config.json.lock"] {
        let owner = fs::metadata(home.path().join(name)).unwrap();
        assert_eq!((owner.uid(), owner.gid()), (ME, ME), "{name}");
    }
}

#[test]
#[ignore = "needs root, to play two other users"]
fn files_that_root_writes_keep_their_owner() {
    let world = World::new();
    world.signed_in(0);
    give_all(world.home.path());
    world.run(&ARGS).done();
    for name in ["config.json", "config.json.lock", ".config.json.aliyun-rs.journal"] {
        let owner = fs::metadata(world.config_path().with_file_name(name)).unwrap();
        assert_eq!((owner.uid(), owner.gid()), (ME, ME), "{name}");
    }
}
