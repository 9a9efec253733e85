//! A shared file that is mounted by itself, as `docker -v ~/.aliyun/config.json:/root/.aliyun/config.json` does: it
//! cannot be replaced, and everything else works as ever.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Command;

use aliyun_rs::sandbox::Decision;
use serde_json::{Value, json};

use crate::support::process::{ALIYUN_RS, Ended, end, start};
use crate::support::tool::{assert_no_reuse, presentations};
use crate::support::{World, ports};

const ARGS: [&str; 3] = ["credentials", "--profile", "demo"];
const COPY: &str = ".config.json.aliyun-rs.copy";

/// Mounts `$1` on `$2` with options `$3` and then starts the rest.
const MOUNT: &str = r#"mount --bind "$1" "$2" && mount -o "remount,bind,$3" "$2" && shift 3 && exec "$@""#;

/// A world whose file is kept elsewhere, as on the host of a container.
struct Container {
    world: World,
    host: PathBuf,
}

impl Container {
    fn new() -> Self {
        let world = World::real();
        world.signed_in(0);
        world.edit("other", |item| item["mode"] = json!("AK"));
        let host = world.home.path().join("host.json");
        fs::rename(world.config_path(), &host).unwrap();
        fs::write(world.config_path(), "").unwrap();
        Self { world, host }
    }

    fn command(&self, options: &str, args: &[&str]) -> Command {
        let mut command = self.world.command("unshare");
        command.args(["--mount", "sh", "-ec", MOUNT, "sh"]).arg(&self.host).arg(self.world.config_path());
        command.args([options, ALIYUN_RS]).args(args);
        command
    }

    fn run(&self, args: &[&str]) -> Ended {
        end(self.command("rw", args))
    }

    fn config(&self) -> Value {
        serde_json::from_slice(&fs::read(&self.host).unwrap()).unwrap()
    }

    fn refresh_token(&self) -> String {
        self.config()["profiles"][0]["oauth_refresh_token"].as_str().unwrap().to_owned()
    }
}

#[test]
#[ignore = "needs root to mount"]
fn every_command_works_on_a_file_that_is_mounted_by_itself() {
    let container = Container::new();
    let (world, inode) = (&container.world, fs::metadata(&container.host).unwrap().ino());
    let first = container.refresh_token();
    container.run(&ARGS).exits(0);
    let second = container.refresh_token();
    assert_ne!(first, second);
    container.run(&["switch", "other"]).exits(0);
    assert_eq!(container.config()["current"], "other");
    container.run(&["delete", "other"]).exits(0);
    assert_eq!(container.config()["profiles"].as_array().unwrap().len(), 1);

    let turn = ports::turn();
    let sign_in = ["configure", "--profile", "new", "--oauth-site-type", "CN", "--region", "cn-hangzhou"];
    let mut started = start(container.command("rw", &[&sign_in[..], &["--language", "en"]].concat()));
    world.visit(&started.page(), "alice", Decision::Authorize).unwrap();
    started.finish().exits(0);
    drop(turn);
    assert_eq!(container.config()["profiles"][1]["name"], "new");

    assert_eq!(fs::metadata(&container.host).unwrap().ino(), inode);
    assert!(!world.config_path().with_file_name(COPY).exists());
    assert_eq!(presentations(&world.ledger(), &first), 1);
    assert_no_reuse(&world.ledger());
}

#[test]
#[ignore = "needs root to mount"]
fn a_read_only_mount_uses_no_token() {
    let container = Container::new();
    let before = fs::read(&container.host).unwrap();
    end(container.command("ro", &ARGS)).exits(6).warns("Read-only file system").warns("hint: ");
    assert_eq!(container.world.ledger().grants("refresh_token"), 0);
    assert_eq!(fs::read(&container.host).unwrap(), before);
}

#[test]
#[ignore = "needs root to mount"]
fn a_stale_file_that_cannot_be_repaired_blocks_no_login() {
    let container = Container::new();
    let stale = fs::read(&container.host).unwrap();
    container.run(&ARGS).exits(0);
    fs::write(&container.host, &stale).unwrap();
    let served = end(container.command("ro", &ARGS)).exits(0).says("\"StsToken\"");
    served.warns("warning: the new credentials could not be saved");
    assert_eq!(container.world.ledger().grants("refresh_token"), 1, "the newest access token is in the journal");
    container.run(&ARGS).exits(0);
    assert_ne!(fs::read(&container.host).unwrap(), stale);
    assert_no_reuse(&container.world.ledger());
}

/// Switches to `other` on a system that refuses to replace the file, and does something else at one more system call.
fn refused(world: &World, more: &str) -> (Ended, String) {
    let path = world.home.path().join("trace");
    let mut strace = world.command("strace");
    strace.args(["-f", "-qq", "-y", "-e", "trace=%file,%desc", "-e", "inject=renameat:error=EBUSY:when=1", "-o"]);
    strace.arg(&path).args((!more.is_empty()).then_some("-e")).args(Some(more).filter(|more| !more.is_empty()));
    let ended = end(strace.args([ALIYUN_RS, "switch", "other"]));
    (ended, fs::read_to_string(path).unwrap())
}

fn two_profiles() -> World {
    let world = World::real();
    world.signed_in(0);
    world.edit("other", |item| item["mode"] = json!("AK"));
    world
}

#[test]
#[ignore = "needs strace"]
fn a_torn_write_in_place_is_repaired_by_the_next_run() {
    let world = two_profiles();
    let inode = fs::metadata(world.config_path()).unwrap().ino();
    let (ended, trace) = refused(&world, "");
    ended.exits(0);
    assert_eq!(fs::metadata(world.config_path()).unwrap().ino(), inode);
    let mut seen = std::collections::BTreeMap::new();
    let mut points = Vec::new();
    let mut refused_yet = false;
    for call in trace.lines().filter_map(|line| line.split_once(' ')?.1.trim_start().split_once('(')) {
        *seen.entry(call.0).or_insert(0) += 1;
        if refused_yet && call.0 != "renameat" && call.0.chars().all(|c| c.is_ascii_alphanumeric()) {
            points.push((call.0, seen[call.0]));
        }
        refused_yet |= call.0 == "renameat";
    }
    assert!(points.iter().filter(|(name, _)| *name == "ftruncate").count() == 2, "{points:?}\n{trace}");
    let mut torn = 0;
    for (name, count) in points {
        let world = two_profiles();
        let (_, trace) = refused(&world, &format!("inject={name}:signal=KILL:when={count}"));
        torn += usize::from(serde_json::from_str::<Value>(&world.config()).is_err());
        world.start(&["list"]).finish().exits(0).says("demo");
        world.start(&["switch", "demo"]).finish().exits(0);
        assert_eq!(world.value("demo", "mode"), "OAuth", "{name} {count}\n{trace}");
        assert_eq!(world.value("other", "mode"), "AK", "{name} {count}");
        assert!(!world.config_path().with_file_name(COPY).exists(), "{name} {count}");
    }
    assert!(torn > 0, "a kill tore the file {torn} times");
}
