//! A login where nothing can be written, as in a container with a read-only mount: a living access token is exchanged,
//! which uses nothing up; with a dead one nobody is asked.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;

use aliyun_rs::sandbox::Endpoint;

use crate::support::World;
use crate::support::process::{ALIYUN_RS, Ended, command, end};

/// An ordinary user that nothing else on the machine uses.
const ME: u32 = 61_237;
const COMMANDS: [&[&str]; 3] = [
    &["credentials", "--profile", "demo"],
    &["exec", "--profile", "demo", "--", "true"],
    &["whoami", "--profile", "demo"],
];

/// How a folder is made read-only, and who reads it.
type Closed = fn(&World, &[&str]) -> Ended;

/// A folder of mine that I may not write.
fn closed_folder(world: &World, args: &[&str]) -> Ended {
    let folder = world.config_path().parent().unwrap().to_owned();
    chown(world.config_path(), Some(ME), Some(ME)).unwrap();
    chown(&folder, Some(ME), Some(ME)).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o500)).unwrap();
    run_as_me(world, args)
}

/// A volume as Kubernetes mounts a secret: root's, by way of two links, and read by me.
fn secret_volume(world: &World, args: &[&str]) -> Ended {
    let folder = world.config_path().parent().unwrap().to_owned();
    fs::create_dir(folder.join("..2026_11_25")).unwrap();
    fs::rename(world.config_path(), folder.join("..2026_11_25/config.json")).unwrap();
    fs::set_permissions(folder.join("..2026_11_25/config.json"), Permissions::from_mode(0o644)).unwrap();
    symlink("..2026_11_25", folder.join("..data")).unwrap();
    symlink("..data/config.json", world.config_path()).unwrap();
    run_as_me(world, args)
}

/// A read-only mount in a container, whose root reads it.
fn read_only_mount(world: &World, args: &[&str]) -> Ended {
    let script = r#"mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@""#;
    let folder = world.config_path().parent().unwrap().to_owned();
    let mut command = world.command("unshare");
    end(command.args(["--mount", "sh", "-c", script]).arg(folder).arg(ALIYUN_RS).args(args))
}

fn run_as_me(world: &World, args: &[&str]) -> Ended {
    let program = world.home.path().join("program");
    end(command("cp").arg(ALIYUN_RS).arg(&program)).exits(0);
    for folder in ["", "data", "data/aliyun-rs"].map(|name| world.home.path().join(name)) {
        fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
    }
    end(world.command(program.to_str().unwrap()).args(args).uid(ME).gid(ME))
}

fn names(folder: &Path) -> Vec<std::ffi::OsString> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect()
}

const WAYS: [(&str, Closed); 3] =
    [("folder", closed_folder), ("secret volume", secret_volume), ("read-only mount", read_only_mount)];

#[test]
#[ignore = "needs root, to mount and to play an ordinary user"]
fn a_living_access_token_serves_where_nothing_can_be_written() {
    // Two hours, and twenty minutes, at which it would be refreshed where that could be saved.
    for ((way, run), life) in WAYS.into_iter().flat_map(|way| [(way, 7200), (way, 1200)]) {
        for args in COMMANDS {
            let world = World::real();
            world.signed_in(life);
            let (before, asked) = (world.config(), world.ledger().count(Endpoint::Exchange));
            let ended = run(&world, args).exits(0).warns("could not be saved");
            assert!(!ended.stderr.contains("error: "), "{way}: {ended:#?}");
            assert_eq!(world.ledger().count(Endpoint::Exchange), asked + 1, "{way}");
            assert_eq!((world.config(), world.ledger().grants("refresh_token")), (before, 0), "{way}");
        }
    }
}

#[test]
#[ignore = "needs root, to mount and to play an ordinary user"]
fn nothing_is_renewed_where_nothing_can_be_written() {
    for (way, run) in WAYS {
        for args in COMMANDS {
            let world = World::real();
            world.signed_in(0);
            let asked = world.ledger().entries.len();
            let code = if args[0] == "exec" { 125 } else { 6 };
            let ended = run(&world, args).exits(code).warns("error: ").warns("hint: ");
            assert_eq!(world.ledger().entries.len(), asked, "{way}: {ended:#?}");
            let left = names(world.config_path().parent().unwrap());
            assert!(!left.iter().any(|name| name.to_string_lossy().contains("aliyun-rs")), "{way}: {left:?}");
        }
    }
}
