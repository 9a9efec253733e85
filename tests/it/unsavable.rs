//! That a login could not be saved is said before anybody is sent to a browser, with what helps, and leaves nothing.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::process::{ALIYUN_RS, Ended, Home, command, end};
use crate::support::{SIGN_IN, World};

/// Two users that nothing else on the machine uses.
const ME: u32 = 61_234;
const OTHER: u32 = 61_235;
const CHOWN: &str = "hint: run as the owner of the file, or change its owner with chown";
const ELSEWHERE: &str = "use `--config-path`";

/// A world with a folder for its file.
fn world() -> (World, PathBuf) {
    let world = World::real();
    let folder = world.config_path().parent().unwrap().to_owned();
    fs::create_dir_all(&folder).unwrap();
    (world, folder)
}

/// Signs in by way of another program, which starts this one after `before`.
fn by(world: &World, program: &str, before: &[&str]) -> Command {
    let mut command = world.command(program);
    command.args(before).arg(ALIYUN_RS).args(SIGN_IN);
    command
}

/// Expects that nobody was sent anywhere and that nothing but locks and folders is left.
fn refused(world: &World, ended: Ended, words: &[&str]) {
    let case = words.join(", ");
    assert!(ended.code == Some(6) && !ended.stdout.contains("http"), "{case}: {ended:?}");
    for words in words {
        assert!(ended.stderr.contains(words), "{case}: {ended:?}");
    }
    assert!(world.files().is_empty(), "{case}: {:?}", world.files().keys());
    assert!(world.ledger().entries.is_empty(), "{case}");
}

#[test]
fn a_limit_of_file_sizes_is_noticed_before_the_browser() {
    let (world, _) = world();
    let ended = end(by(&world, "prlimit", &["--fsize=4096"]));
    refused(&world, ended, &["cannot reserve space for `", "File too large"]);
}

#[test]
fn a_missing_folder_below_a_file_is_noticed_before_the_browser() {
    let world = World::real();
    let file = world.home.path().join("data");
    fs::write(&file, "").unwrap();
    let ended = end(by(&world, "env", &[]));
    fs::remove_file(file).unwrap();
    refused(&world, ended, &["Not a directory"]);
}

#[test]
fn a_read_only_folder_is_noticed_before_the_browser() {
    let home = Home::new();
    // Nobody may write there, root neither.
    let mut command = home.command(&SIGN_IN);
    let ended = end(command.args(["--config-path", "/proc/self/new/config.json"])).exits(6);
    assert!(!ended.stdout.contains("http"), "{ended:?}");
}

/// Starts the program with everything it needs as `user`.
fn run_as(world: &World, user: u32) -> Ended {
    let program = world.home.path().join("program");
    end(world.command("cp").args([ALIYUN_RS, program.to_str().unwrap()])).exits(0);
    fs::set_permissions(world.home.path(), Permissions::from_mode(0o755)).unwrap();
    let ended = end(world.command(program.to_str().unwrap()).args(SIGN_IN).uid(user).gid(user));
    fs::remove_file(program).unwrap();
    ended
}

#[test]
#[ignore = "needs root, to play two other users"]
fn foreign_and_closed_folders_are_noticed_before_the_browser() {
    for (owner, mode, words) in [
        (ME, 0o500, &["Permission denied", CHOWN, ELSEWHERE][..]),
        (OTHER, 0o755, &["belongs to another user", CHOWN, ELSEWHERE]),
        (OTHER, 0o777, &["belongs to another user", CHOWN, ELSEWHERE]),
        (OTHER, 0o700, &["Permission denied", CHOWN, ELSEWHERE]),
        (0, 0o755, &["Permission denied", CHOWN, ELSEWHERE]),
        (ME, 0o777, &["can be changed by any user", ELSEWHERE]),
    ] {
        let (world, folder) = world();
        chown(&folder, Some(owner), Some(owner)).unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(mode)).unwrap();
        refused(&world, run_as(&world, ME), words);
    }
    // No folder, in one that is not ours.
    let world = World::real();
    fs::create_dir(world.home.path().join("data")).unwrap();
    refused(&world, run_as(&world, ME), &["cannot create `", "Permission denied", CHOWN, ELSEWHERE]);
}

#[test]
#[ignore = "needs root, to play a user without a home"]
fn without_a_home_there_is_nowhere_to_save() {
    let home = Home::new();
    fs::set_permissions(home.path(""), Permissions::from_mode(0o755)).unwrap();
    let program = home.path("program");
    end(home.other("cp", &[ALIYUN_RS, program.to_str().unwrap()])).exits(0);
    let ended = end(command(program).args(SIGN_IN).uid(ME).gid(ME)).exits(6).warns(ELSEWHERE);
    assert_eq!(ended.stdout, "");
}

#[test]
#[ignore = "needs root to mount"]
fn a_full_or_read_only_disk_is_noticed_before_the_browser() {
    const MOUNT: &str = r#"mount -t tmpfs -o "$1" tmpfs "$2" && shift 2 && exec "$@""#;
    for (options, words) in [
        ("size=64k,mode=700", &["cannot reserve space for `", "No space left on device", ELSEWHERE][..]),
        ("ro,mode=700", &["Read-only file system", ELSEWHERE]),
    ] {
        let (world, folder) = world();
        let ended = end(by(&world, "unshare", &["-m", "sh", "-ec", MOUNT, "sh", options, folder.to_str().unwrap()]));
        refused(&world, ended, words);
    }
}

#[test]
#[ignore = "needs strace"]
fn a_disk_that_fails_is_noticed_before_the_browser() {
    for (inject, words) in [("fsync:error=EIO", "cannot "), ("flock:error=EIO", "cannot lock `")] {
        let (world, _) = world();
        let inject = format!("inject={inject}");
        let ended = end(by(&world, "strace", &["-f", "-qq", "-o", "/dev/null", "-e", &inject]));
        refused(&world, ended, &[words]);
    }
}

#[test]
#[ignore = "needs root, to play two other users"]
fn the_first_run_by_root_leaves_nothing_of_root_in_the_home() {
    let (world, folder) = world();
    fs::remove_dir_all(world.home.path().join("data")).unwrap();
    chown(world.home.path(), Some(ME), Some(ME)).unwrap();
    let ended = end(by(&world, "prlimit", &["--fsize=4096"]));
    assert_eq!(ended.code, Some(6), "{ended:?}");
    all_belong_to_me(world.home.path());
    world.sign_in("demo").done();
    world.pass(std::time::Duration::from_secs(4000));
    world.run(&["credentials", "--profile", "demo"]).done();
    assert!(folder.join(".config.json.aliyun-rs.journal").exists());
    all_belong_to_me(world.home.path());
}

fn all_belong_to_me(path: &Path) {
    let found = fs::symlink_metadata(path).unwrap();
    assert_eq!((found.uid(), found.gid()), (ME, ME), "{}", path.display());
    if found.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| all_belong_to_me(&entry.unwrap().path()));
    }
}
