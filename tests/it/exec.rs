//! Programs that run with the credentials of a profile: what they find, and what they leave behind.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
#[cfg(target_os = "linux")]
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::fetch::{get, is_closed};
use crate::support::ports;
use crate::support::process::{ALIYUN_RS, Home, end, start};
#[cfg(target_os = "linux")]
use crate::support::run::PATIENCE;
#[cfg(target_os = "linux")]
use crate::support::terminal::{CTRL_C, Terminal};

fn environment(text: &str) -> BTreeMap<String, String> {
    text.lines().filter_map(|line| line.split_once('=')).map(|(name, value)| (name.into(), value.into())).collect()
}

#[test]
fn exec_sets_every_key_variable_and_removes_all_others() {
    let home = Home::with_profiles();
    let mut command = home.command(&["exec", "--", "env"]);
    command.envs([
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "old"),
        ("SECURITY_TOKEN", "old"),
        ("ALIBABA_CLOUD_CREDENTIALS_URI", "http://127.0.0.1:9/old"),
        ("ALIBABA_CLOUD_ROLE_ARN", "old"),
        ("ALICLOUD_ASSUME_ROLE_ARN", "old"),
        ("ALIBABA_CLOUD_SECRET_ACCESS_KEY", "old"),
        ("ALICLOUD_SHARED_CREDENTIALS_FILE", "old"),
        ("ALIYUN_RS_MINE", "kept"),
        ("AWS_PROFILE", "kept"),
        ("OSS_ENDPOINT", "kept"),
    ]);
    let ended = end(command);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let found = environment(&ended.stdout);
    for (name, value) in [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "STS.id"),
        ("ALICLOUD_SECRET_KEY", "sts-secret"),
        ("OSS_SESSION_TOKEN", "sts-token"),
        ("ALICLOUD_REGION", "cn-beijing"),
        ("ALIYUN_RS_MINE", "kept"),
        ("AWS_PROFILE", "kept"),
        ("OSS_ENDPOINT", "kept"),
    ] {
        assert_eq!(found.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(!ended.stdout.contains("old"), "{}", ended.stdout);
    for token in ["access-token", "refresh-token"] {
        assert!(!ended.stdout.contains(token), "the {token} got out");
    }
}

#[test]
fn exec_with_a_long_lived_key_removes_foreign_tokens() {
    let home = Home::with_profiles();
    let mut command = home.command(&["exec", "--profile", "key", "env"]);
    command.envs([("ALIBABA_CLOUD_SECURITY_TOKEN", "old"), ("OSS_SESSION_TOKEN", "old"), ("SecurityToken", "old")]);
    let ended = end(command);
    let found = environment(&ended.stdout);
    assert_eq!(found.get("ALIBABA_CLOUD_ACCESS_KEY_ID").map(String::as_str), Some("LTAI.id"));
    assert!(found.keys().all(|name| !name.to_lowercase().contains("token")), "{found:?}");
}

#[test]
fn the_variable_that_chose_the_profile_is_not_handed_on() {
    let home = Home::with_profiles();
    let mut command = home.command(&["exec", "env"]);
    command.env("ALIBABA_CLOUD_PROFILE", "key");
    let found = environment(&end(command).stdout);
    assert_eq!(found.get("ALICLOUD_ACCESS_KEY").map(String::as_str), Some("LTAI.id"));
    assert!(!found.contains_key("ALIBABA_CLOUD_PROFILE"));
}

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
fn exec_serve_forwards_signals_and_reports_them() {
    let home = Home::with_profiles();
    let listen = r#"trap "exit 42" TERM; echo ready; while kill -0 $PPID; do sleep 0.02; done"#;
    let mut running = start(home.command(&["exec", "--serve", "--", "sh", "-c", listen]));
    assert_eq!(running.line(), "ready");
    running.signal(Signal::TERM);
    assert_eq!(running.finish().code, Some(42));
    let ended = home.run(&["exec", "--serve", "--", "sh", "-c", "kill -KILL $$"]);
    assert_eq!(ended.code, Some(137));
}

/// A program that counts interrupts until SIGTERM.
const COUNT: &str = r#"
    n=0; trap 'n=$((n+1)); echo interrupt $n' INT; trap 'exit $n' TERM
    echo ready; while kill -0 $PPID; do sleep 0.02; done"#;

#[test]
fn exec_serve_forwards_an_interrupt() {
    let home = Home::with_profiles();
    // Without a terminal, whoever runs the tests at one.
    let mut running = start(home.other("setsid", &[ALIYUN_RS, "exec", "--serve", "--", "sh", "-c", COUNT]));
    running.wait_for("ready");
    running.signal(Signal::INT);
    running.wait_for("interrupt 1");
    running.signal(Signal::TERM);
    running.finish().exits(1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_command_gets_each_ctrl_c_of_a_terminal_once() {
    let (home, mut terminal) = (Home::with_profiles(), Terminal::new());
    let mut job = terminal.start(&home, &["exec", "--serve", "--", "sh", "-c", COUNT]);
    terminal.wait_for("ready");
    // Two interrupts at almost the same time may count as one, but not every time.
    for number in 1..=10 {
        terminal.press(CTRL_C);
        terminal.wait_for(&format!("interrupt {number}\r\n"));
    }
    job.signal(Signal::TERM);
    assert_eq!(job.finish(), 10);
}

#[test]
fn the_sandbox_waits_for_the_command_of_exec() {
    let home = Home::with_profiles();
    let sandboxed = |args: &[&str]| home.run(&[&["sandbox", "--as", "alice", "--"], args].concat());
    let questions = ["--oauth-site-type", "CN", "--region", "cn-hangzhou", "--language", "en"];
    let turn = ports::turn();
    let ended = sandboxed(&[&["configure", "--mode", "OAuth", "--profile", "demo"][..], &questions].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    drop(turn);
    let ended = sandboxed(&["exec", "sh", "-c", "echo $ALIYUN_RS_SANDBOX $ALIBABA_CLOUD_ACCESS_KEY_ID; exit 5"]);
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    assert!(ended.stdout.starts_with("http://127.0.0.1:") && ended.stdout.contains(" STS."), "{}", ended.stdout);
}

/// What `exec --serve` forwards. Those that a key sends come first.
const SIGNALS: [Signal; 17] = [
    Signal::INT,
    Signal::QUIT,
    Signal::TERM,
    Signal::HUP,
    Signal::ABORT,
    Signal::ALARM,
    Signal::CONT,
    Signal::IO,
    Signal::PROF,
    Signal::SYS,
    Signal::TRAP,
    Signal::URG,
    Signal::USR1,
    Signal::USR2,
    Signal::VTALARM,
    Signal::WINCH,
    Signal::XCPU,
];

/// A command in a process group of its own, so that no key of the tester's terminal reaches it.
fn in_own_group(mut command: Command) -> Command {
    command.process_group(0);
    command
}

/// A command that starts `program` with some signals ignored and the others as usual.
fn ignoring(home: &Home, signals: &str, program: &[&str]) -> Command {
    let script = format!("trap '' {signals}; exec \"$@\"");
    in_own_group(home.other("sh", &[&["-c", &script, "sh", ALIYUN_RS], program].concat()))
}

#[test]
fn every_signal_reaches_the_command_only() {
    let home = Home::with_profiles();
    let numbers = SIGNALS.map(|signal| signal.as_raw().to_string()).join(" ");
    let listen = format!(
        "for n in {numbers}; do trap \"echo $n\" $n; done; echo ready; while kill -0 $PPID; do sleep 0.01; done"
    );
    let mut running = start(in_own_group(home.command(&["exec", "--serve", "--", "sh", "-c", &listen])));
    assert_eq!(running.line(), "ready");
    for signal in SIGNALS {
        running.signal(signal);
        assert_eq!(running.line(), signal.as_raw().to_string());
    }
    assert!(running.is_running());
}

#[cfg(target_os = "linux")]
#[test]
fn the_program_and_its_endpoint_stop_and_go_on_together() {
    let home = Home::with_profiles();
    let script =
        "trap 'echo on' CONT; echo $$ $ALIBABA_CLOUD_CREDENTIALS_URI; while kill -0 $PPID; do sleep 0.01; done";
    let mut running = start(in_own_group(home.command(&["exec", "--serve", "--", "sh", "-c", script])));
    let line = running.line();
    let (child, url) = line.split_once(' ').unwrap();
    for _ in 0..3 {
        running.signal(Signal::TSTP);
        wait_for_state(child, 'T');
        wait_for_state(&running.id().to_string(), 'T');
        running.signal(Signal::CONT);
        assert_eq!(running.line(), "on");
        assert_eq!(get(url).status, 200);
    }
}

/// A program without a shell to continue it, in a group of its own and without a parent in its session, goes on.
#[cfg(target_os = "linux")]
#[test]
fn an_endpoint_outlives_no_running_command() {
    let home = Home::with_profiles();
    let script =
        "trap 'echo heard' TSTP; echo $ALIBABA_CLOUD_CREDENTIALS_URI; while kill -0 $PPID; do sleep 0.01; done";
    let mut running = start(in_own_group(home.command(&["exec", "--serve", "--", "sh", "-c", script])));
    let url = running.line();
    for _ in 0..3 {
        running.signal(Signal::TSTP);
        assert_eq!(running.line(), "heard");
        assert_eq!(get(&url).status, 200);
    }
}

#[cfg(target_os = "linux")]
fn wait_for_state(process: &str, wanted: char) {
    let until = Instant::now() + PATIENCE;
    loop {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
        if stat.rsplit_once(") ").unwrap().1.starts_with(wanted) {
            return;
        }
        assert!(Instant::now() < until, "not in state {wanted}: {stat}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn ignored_signals_stay_ignored_here_and_in_the_program() {
    let home = Home::with_profiles();
    let script = "grep SigIgn /proc/self/status; read wait; exit 3";
    for how in [&["exec", "--serve", "--"][..], &["exec", "--"]] {
        let mut command = ignoring(&home, "INT QUIT TERM HUP USR1", &[how, &["sh", "-c", script]].concat());
        let mut running = start({
            command.stdin(Stdio::piped());
            command
        });
        let line = running.line();
        let ignored = u64::from_str_radix(line.split_whitespace().last().unwrap(), 16).unwrap();
        for signal in [Signal::INT, Signal::QUIT, Signal::TERM, Signal::HUP, Signal::USR1] {
            assert_ne!(ignored & (1 << (signal.as_raw() - 1)), 0, "{how:?} {signal:?} {line}");
            running.signal(signal);
        }
        running.hang_up();
        assert_eq!(running.finish().code, Some(3), "{how:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs unshare"]
fn as_the_first_process_it_collects_orphans() {
    let home = Home::with_profiles();
    let script = r#"
        orphan=$(sh -c 'sleep 0 & echo $!')
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
fn the_program_is_handed_the_profile_that_was_named() {
    let home = Home::with_profiles();
    for (how, profile_is_read) in
        [(&["exec", "--profile", "key"][..], false), (&["exec", "--serve", "--profile", "key"], true)]
    {
        let mut command = home.command(&[how, &["env"]].concat());
        command.envs([("ALIBABA_CLOUD_IGNORE_PROFILE", "old"), ("ALIBABACLOUD_IGNORE_PROFILE", "old")]);
        let found = environment(&end(command).stdout);
        let get = |name: &str| found.get(name).map(String::as_str);
        assert_eq!(get("ALIBABACLOUD_PROFILE"), Some("key"));
        assert_eq!(get("ALIBABA_CLOUD_IGNORE_PROFILE"), if profile_is_read { None } else { Some("TRUE") }, "{how:?}");
        assert_eq!(get("ALIBABACLOUD_IGNORE_PROFILE"), None);
        let file = get("ALIBABA_CLOUD_CREDENTIALS_FILE");
        assert_eq!(file.is_some(), profile_is_read, "{how:?}");
        assert!(file.is_none_or(|file| !fs::exists(file).unwrap()));
    }
    let copy = home.file().with_file_name("copy.json");
    fs::copy(home.file(), &copy).unwrap();
    let ended = end(home.command(&["exec", "--serve", "--config-path", copy.to_str().unwrap(), "env"]));
    let found = environment(&ended.stdout);
    assert_eq!(found.get("ALIBABA_CLOUD_IGNORE_PROFILE").map(String::as_str), Some("TRUE"), "it may have a namesake");
}

#[test]
fn a_proxy_does_not_see_the_endpoint() {
    let home = Home::with_profiles();
    let mut command = home.command(&["exec", "--serve", "env"]);
    command.envs([("HTTP_PROXY", "http://127.0.0.1:9"), ("NO_PROXY", "corp.example")]);
    let found = environment(&end(command).stdout);
    for name in ["NO_PROXY", "no_proxy"] {
        assert_eq!(found.get(name).map(String::as_str), Some("corp.example,127.0.0.1"), "{name}");
    }
}

#[test]
fn the_region_is_the_options_the_users_or_the_profiles() {
    let home = Home::with_profiles();
    for how in [&["exec"][..], &["exec", "--serve"]] {
        for (option, variable, expected) in [
            (None, None, "cn-beijing"),
            (None, Some("cn-shanghai"), "cn-shanghai"),
            (Some("--region=cn-chengdu"), Some("cn-shanghai"), "cn-chengdu"),
        ] {
            let option: Vec<&str> = option.into_iter().collect();
            let mut command = home.command(&[how, &option, &["env"]].concat());
            command.envs(variable.map(|region| ("ALICLOUD_REGION", region)));
            let found = environment(&end(command).stdout);
            for name in ["ALIBABA_CLOUD_REGION_ID", "ALICLOUD_REGION", "OSS_REGION"] {
                assert_eq!(found.get(name).map(String::as_str), Some(expected), "{how:?} {name}");
            }
        }
    }
    // Only the user's region is handed down; that of the profile around is not.
    let ours = ALIYUN_RS;
    let found = environment(&end(home.command(&["exec", ours, "exec", "--profile", "key", "env"])).stdout);
    assert_eq!(found.get("ALICLOUD_REGION"), None, "the profile `key` has no region");
}

#[test]
fn a_plain_number_of_seconds_is_a_lifetime() {
    let home = Home::with_profiles();
    assert_eq!(end(home.command(&["exec", "--min-ttl", "900", "true"])).code, Some(0));
    assert_eq!(end(home.command(&["exec", "--min-ttl", "soon", "true"])).code, Some(2));
}

/// The key that the official command line 3.4 signs with: the file's, unless it ignores profiles.
fn official_key(found: &BTreeMap<String, String>, file: &serde_json::Value) -> Option<String> {
    let first = |names: &[&str]| names.iter().find_map(|name| found.get(*name)).cloned();
    if first(&["ALIBABA_CLOUD_IGNORE_PROFILE", "ALIBABACLOUD_IGNORE_PROFILE"]).as_deref() == Some("TRUE") {
        return first(&["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABACLOUD_ACCESS_KEY_ID", "ALICLOUD_ACCESS_KEY_ID"]);
    }
    let named = first(&["ALIBABACLOUD_PROFILE", "ALIBABA_CLOUD_PROFILE", "ALICLOUD_PROFILE"]);
    let name = named.unwrap_or_else(|| file["current"].as_str().unwrap().to_owned());
    let profile = file["profiles"].as_array().unwrap().iter().find(|profile| profile["name"] == *name)?;
    profile["access_key_id"].as_str().map(str::to_owned)
}

#[test]
fn the_official_command_line_never_signs_as_another_profile() {
    let home = Home::with_profiles();
    let file: serde_json::Value = serde_json::from_slice(&fs::read(home.file()).unwrap()).unwrap();
    let copy = home.file().with_file_name("copy.json");
    // The same names in the file that the official command line does not read, with other keys.
    let other =
        fs::read_to_string(home.file()).unwrap().replace("LTAI.id", "LTAI.other").replace("STS.id", "STS.other");
    fs::write(&copy, other).unwrap();
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)).unwrap();
    let copied = ["--config-path", copy.to_str().unwrap()];
    for lures in [
        &[][..],
        &[("ALIBABACLOUD_PROFILE", "foreign"), ("ALICLOUD_PROFILE", "foreign")],
        &[("ALIBABA_CLOUD_IGNORE_PROFILE", "TRUE"), ("ALIBABA_CLOUD_ACCESS_KEY_ID", "stranger")],
        &[("ALIBABACLOUD_IGNORE_PROFILE", "TRUE"), ("ACCESS_KEY_ID", "stranger")],
    ] {
        for (how, options, expected) in [
            (&["exec"][..], &[][..], [Some("STS.id"), Some("LTAI.id")]),
            (&["exec", "--serve"], &[], [Some("STS.id"), Some("LTAI.id")]),
            (&["exec"], &copied, [Some("STS.other"), Some("LTAI.other")]),
            // It cannot use an endpoint, and what it could use is a namesake: no key at all.
            (&["exec", "--serve"], &copied, [None, None]),
        ] {
            for (profile, expected) in ["sts", "key"].into_iter().zip(expected) {
                let mut command = home.command(&[how, options, &["--profile", profile, "env"]].concat());
                command.envs(lures.iter().copied());
                let key = official_key(&environment(&end(command).stdout), &file);
                assert_eq!(key.as_deref(), expected, "{how:?} {options:?} {profile} {lures:?}");
            }
        }
    }
}

#[test]
fn a_shell_that_changes_profile_keeps_no_old_variable() {
    let home = Home::with_profiles();
    let script = r#"
        export ALIBABA_CLOUD_PROFILE=old ALICLOUD_CREDENTIALS_URI=old SecurityToken=old my_serverless_devs_key=old
        for profile in sts key; do eval "$("$0" credentials --profile $profile --format env)"; done
        env"#;
    let ended = end(home.other("sh", &["-c", script, ALIYUN_RS]));
    assert_eq!(ended.stderr, "");
    let found = environment(&ended.stdout);
    assert_eq!(found.get("ALICLOUD_ACCESS_KEY").map(String::as_str), Some("LTAI.id"));
    let left = |(name, value): &(&String, &String)| {
        value.as_str() == "old" || value.contains("sts-") || name.contains("TOKEN") || name.contains("REGION")
    };
    assert_eq!(found.iter().filter(left).collect::<Vec<_>>(), []);
}

#[test]
fn a_file_of_variables_can_be_read_without_a_shell() {
    let home = Home::with_profiles();
    let file = end(home.command(&["credentials", "--format", "dotenv"])).stdout;
    assert!(file.lines().any(|line| line == "ALIBABA_CLOUD_SECURITY_TOKEN=sts-token"), "{file}");
    assert!(!file.contains(['\'', '"']), "{file}");
}

#[test]
fn json_output_resolves_the_region_in_the_same_order() {
    let home = Home::with_profiles();
    for (args, variable, expected) in [
        (&[][..], "", "cn-beijing"),
        (&[], "cn-shanghai", "cn-shanghai"),
        (&["--region", "cn-chengdu"], "x", "cn-chengdu"),
    ] {
        let mut command = home.command(&[&["credentials"], args].concat());
        command.env("ALICLOUD_REGION", variable);
        let answer: serde_json::Value = serde_json::from_str(&end(command).stdout).unwrap();
        assert_eq!(answer["region_id"], expected);
    }
}
