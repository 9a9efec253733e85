//! Programs that run with the credentials of a profile: how they start, what they inherit, how they end.

mod signals;
mod variables;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
#[cfg(target_os = "linux")]
use std::os::unix::process::CommandExt;
use std::process::Stdio;

use crate::support::SIGN_IN;
use crate::support::fetch::{get, is_closed};
use crate::support::ports;
use crate::support::process::{ALIYUN_RS, Home, end, start};

#[test]
fn exec_replaces_this_process_with_the_command() {
    let home = Home::with_profiles();
    let mut running = start(home.command(&["exec", "--", "sh", "-c", "echo $$; exit 7"]));
    assert_eq!(running.line(), running.id().to_string());
    assert_eq!(running.finish().code, Some(7));
    let ended = home.run(&["exec", "--", "sh", "-c", "kill -TERM $$"]);
    assert_eq!(ended.code, None, "it ended by the signal itself");
}

#[test]
fn the_command_inherits_no_open_files() {
    let home = Home::with_profiles();
    let list = ["-c", "ls /proc/$$/fd || ls /dev/fd"];
    let plain = end(home.other("sh", &list)).stdout;
    for args in [["exec", "--", "sh"].as_slice(), &["exec", "--serve", "--", "sh"]] {
        assert_eq!(end(home.command(&[args, &list].concat())).stdout, plain, "{args:?}");
    }
}

#[test]
fn a_command_that_cannot_run_exits_126_or_127() {
    let home = Home::with_profiles();
    let file = home.file();
    for args in [["exec"].as_slice(), &["exec", "--serve"]] {
        for (name, code, words) in [
            ("no-such-program", 127, "command not found: `no-such-program`"),
            (file.to_str().unwrap(), 126, "could not run `"),
        ] {
            let ended = end(home.command(&[args, &["--", name]].concat()));
            assert_eq!((ended.code, ended.stdout.as_str()), (Some(code), ""), "{args:?} {name}");
            assert!(ended.stderr.contains(words), "{}", ended.stderr);
        }
    }
}

#[test]
fn without_credentials_nothing_runs() {
    let home = Home::with_profiles();
    for (profile, code) in [("foreign", 2), ("nobody", 2)] {
        for args in [["exec"].as_slice(), &["exec", "--serve"]] {
            let ended = end(home.command(&[args, &["--profile", profile, "echo", "ran"]].concat()));
            assert_eq!((ended.code, ended.stdout.as_str()), (Some(code), ""), "{profile}");
            assert!(ended.stderr.contains(profile), "{}", ended.stderr);
        }
    }
    assert_eq!(home.run(&["exec"]).code, Some(2));
}

#[test]
fn exec_serve_passes_a_url_that_ends_with_the_command() {
    let home = Home::with_profiles();
    let script = "env | sort; echo $ALIBABA_CLOUD_CREDENTIALS_URI; read wait; exit 9";
    let mut command = home.command(&["exec", "--serve", "--", "sh", "-c", script]);
    command.env("ALIBABA_CLOUD_ACCESS_KEY_ID", "old").stdin(Stdio::piped());
    let mut running = start(command);
    let mut found = BTreeMap::new();
    let url = loop {
        let line = running.line();
        match line.split_once('=') {
            Some((name, value)) => drop(found.insert(name.to_owned(), value.to_owned())),
            None => break line,
        }
    };
    assert_eq!(found.get("ALICLOUD_CREDENTIALS_URI"), Some(&url));
    assert_eq!(found.get("ALIBABA_CLOUD_REGION_ID").map(String::as_str), Some("cn-beijing"));
    assert!(found.keys().all(|name| !name.contains("KEY") && !name.contains("TOKEN")), "{found:?}");
    let answer = get(&url);
    assert_eq!((answer.status, answer.field("SecurityToken").as_str()), (200, "sts-token"));
    running.hang_up();
    assert_eq!(running.finish().code, Some(9));
    assert!(is_closed(&url));
}

#[test]
fn the_sandbox_waits_for_the_command_of_exec() {
    let home = Home::with_profiles();
    let sandboxed = |args: &[&str]| home.run(&[&["sandbox", "--as", "alice", "--"], args].concat());
    let turn = ports::turn();
    let ended = sandboxed(&SIGN_IN);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    drop(turn);
    let ended = sandboxed(&["exec", "sh", "-c", "echo $ALIYUN_RS_SANDBOX $ALIBABA_CLOUD_ACCESS_KEY_ID; exit 5"]);
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    assert!(ended.stdout.starts_with("http://127.0.0.1:") && ended.stdout.contains(" STS."), "{}", ended.stdout);
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs unshare"]
fn as_the_first_process_it_collects_orphans() {
    let home = Home::with_profiles();
    let script = r#"
        orphan=$(setsid -w sh -c 'sleep 0 & echo $!')
        for i in $(seq 1 500); do
            [ -e /proc/$orphan ] || { echo collected; exit 4; }
            sleep 0.01
        done
        cat /proc/$orphan/status"#;
    let args = ["--pid", "--fork", "--mount-proc", ALIYUN_RS, "exec", "--serve", "--", "sh", "-c"];
    let map: &[&str] = if rustix::process::geteuid().is_root() { &[] } else { &["--map-root-user"] };
    let ended = end(home.other("unshare", &[map, &args, &[script]].concat()));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(4), "collected\n"), "{}", ended.stderr);
}

#[test]
fn a_script_without_an_interpreter_is_run_by_a_shell() {
    let home = Home::with_profiles();
    let folder = home.file().parent().unwrap().to_owned();
    let script = folder.join("plain");
    fs::write(&script, "echo $0: \"$@\"\nexit 6\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let path = script.to_str().unwrap();
    for how in [&["exec", "--"][..], &["exec", "--serve", "--"]] {
        for name in [path, "plain"] {
            let mut command = home.command(&[how, &[name, "a b", "--serve"]].concat());
            command.env("PATH", format!("/nowhere:{}:/usr/bin:/bin", folder.display()));
            let ended = end(command);
            assert_eq!(ended.stdout, format!("{path}: a b --serve\n"), "{how:?} {name}: {}", ended.stderr);
            assert_eq!(ended.code, Some(6));
        }
    }
}

#[test]
fn a_mistyped_option_is_not_a_program() {
    let home = Home::with_profiles();
    for args in [&["--profil", "key", "--", "echo", "ran"][..], &["-x"], &["--serve", "--min-tl", "1h", "echo"]] {
        let ended = end(home.command(&[&["exec"], args].concat()));
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{args:?}");
        assert!(ended.stderr.contains("unexpected argument"), "{}", ended.stderr);
    }
    let ended = end(home.command(&["exec", "echo", "--profil", "-x", "--", "--help"]));
    assert_eq!(ended.stdout, "--profil -x -- --help\n", "what follows the program is the program's");
    assert_eq!(end(home.command(&["exec", "--", "-x"])).code, Some(127));
}

#[cfg(target_os = "linux")]
#[test]
fn core_files_are_for_the_program_to_allow() {
    let home = Home::with_profiles();
    let own = "ulimit -S -c";
    // The endpoint raises its limit for the moment in which it starts the program.
    let endpoint = "ulimit -S -c; until grep '^Max core file size  *0 ' /proc/$PPID/limits; do sleep 0.01; done";
    for (how, report) in [(&["exec", "--"][..], own), (&["exec", "--serve", "--"], endpoint)] {
        let script = "ulimit -S -c 8 && exec \"$@\"";
        let args = [&["-c", script, "sh", ALIYUN_RS], how, &["sh", "-c", report]].concat();
        let ended = end(home.other("sh", &args));
        assert_eq!(ended.stdout.lines().next(), Some("8"), "{how:?} {}", ended.stderr);
        if how.contains(&"--serve") {
            assert!(ended.stdout.contains("Max core file size"), "{}", ended.stdout);
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs root"]
fn no_other_process_can_read_the_memory_of_the_endpoint() {
    use std::os::unix::fs::{MetadataExt, chown};
    const NOBODY: u32 = 65534;
    let home = Home::with_profiles();
    let folder = home.file().parent().unwrap().to_owned();
    for path in [folder.parent().unwrap(), &folder, &home.file()] {
        chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let script = "echo $$; read wait";
    let mut command = home.command(&["exec", "--serve", "--", "sh", "-c", script]);
    command.uid(NOBODY).gid(NOBODY).stdin(Stdio::piped());
    let mut running = start(command);
    let child = running.line();
    let owner = |process: &str| fs::metadata(format!("/proc/{process}/environ")).unwrap().uid();
    assert_eq!(owner(&running.id().to_string()), 0, "proc(5): what is not dumpable belongs to root");
    assert_eq!(owner(&child), NOBODY, "the program is as it would be without us");
    running.hang_up();
    running.finish();
}

#[test]
fn a_plain_number_of_seconds_is_a_lifetime() {
    let home = Home::with_profiles();
    assert_eq!(end(home.command(&["exec", "--min-ttl", "900", "true"])).code, Some(0));
    assert_eq!(end(home.command(&["exec", "--min-ttl", "soon", "true"])).code, Some(2));
}
