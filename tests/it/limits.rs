//! Whatever the file, the environment or a limit of the system is like: an exit code of the table and a sentence, never
//! a panic and never a signal.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{PermissionsExt, chown};
use std::process::Command;

use crate::support::process::{ALIYUN_RS, Ended, Home, end};
use crate::support::{Run, World, at_once, ports};

/// An ordinary user that nothing else on the machine uses.
const ME: u32 = 61_236;
/// Each command, by its cached way, over the network, with a thread and with a child.
const COMMANDS: [&[&str]; 10] = [
    &["credentials"],
    &["credentials", "--min-ttl", "2h"],
    &["list"],
    &["whoami", "--profile", "key"],
    &["exec", "--profile", "key", "--", "true"],
    &["exec", "--serve", "--profile", "key", "--", "true"],
    &["configure", "--mode", "OAuth", "--profile", "new", "--no-browser", "--timeout", "1ms"],
    &["switch", "key"],
    &["switch", "sts"],
    &["delete", "foreign"],
];

/// `aliyun-rs`, started by a program that limits it first.
fn limited(home: &Home, by: &[&str], program: &str, args: &[&str]) -> Command {
    cut_off(home, home.other(by[0], &[&by[1..], &[program], args].concat()))
}

/// The network of the command is a name of this machine where nobody listens.
fn cut_off(home: &Home, mut command: Command) -> Command {
    // A relative path in a variable leads to nowhere else.
    command.env("HTTPS_PROXY", "http://localhost:1").env("RUST_BACKTRACE", "0").current_dir(home.path(""));
    command
}

/// Runs such a command to its end. One that signs in waits for a port first.
fn run(command: Command, args: &[&str]) -> Ended {
    let _turn = args.contains(&"configure").then(ports::turn_at_one);
    end(command)
}

/// Expects an exit code of the table.
#[track_caller]
fn ends_orderly(ended: Ended, case: &str) -> Ended {
    assert!(
        ended.code.is_some_and(|code| [0, 1, 2, 3, 4, 5, 6, 125, 126, 127, 130].contains(&code)),
        "{case}: {ended:#?}"
    );
    assert!(!ended.stderr.contains("panicked") && !ended.stderr.contains("internal error"), "{case}: {ended:#?}");
    ended
}

/// Expects the same, and the reason where it failed.
#[track_caller]
fn explains(ended: Ended, case: &str) {
    let ended = ends_orderly(ended, case);
    assert!(ended.code == Some(0) || ended.stderr.contains("error: "), "{case}: {ended:#?}");
}

#[test]
fn no_limit_on_descriptors_ends_in_a_panic() {
    at_once((4..14).chain([20, 40]), |limit| {
        let home = Home::with_profiles();
        for args in COMMANDS {
            let by = ["prlimit", &format!("--nofile={limit}")];
            explains(run(limited(&home, &by, ALIYUN_RS, args), args), &format!("{limit}: {args:?}"));
        }
    });
}

#[test]
#[ignore = "needs root, to play an ordinary user: no other has a limit on processes"]
fn no_limit_on_processes_ends_in_a_panic() {
    for limit in 1..6 {
        let home = Home::with_profiles();
        let program = home.path("program");
        fs::copy(ALIYUN_RS, &program).unwrap();
        for path in [home.path(""), home.path(".aliyun"), home.file(), program.clone()] {
            chown(path, Some(ME), Some(ME)).unwrap();
        }
        let (user, limit) = (ME.to_string(), format!("--nproc={limit}"));
        let by = ["setpriv", "--reuid", &user, "--regid", &user, "--clear-groups", "prlimit", &limit];
        for args in COMMANDS {
            explains(run(limited(&home, &by, program.to_str().unwrap(), args), args), &format!("{limit}: {args:?}"));
        }
    }
}

#[test]
fn no_limit_on_the_size_of_files_ends_in_a_signal() {
    at_once([0, 1, 100, 700], |limit| {
        let home = Home::with_profiles();
        for args in COMMANDS {
            let by = ["prlimit", &format!("--fsize={limit}")];
            // What it says goes to a file, too.
            ends_orderly(run(limited(&home, &by, ALIYUN_RS, args), args), &format!("{limit}: {args:?}"));
        }
    });
}

#[test]
fn no_token_is_spent_where_files_cannot_grow() {
    let world = World::real();
    world.signed_in(0);
    let args = ["credentials", "--profile", "demo"];
    for limit in ["--fsize=0", "--fsize=200"] {
        end(world.command("prlimit").args([limit, ALIYUN_RS]).args(args)).exits(6);
    }
    assert_eq!(world.ledger().grants("refresh_token"), 0);
    end(world.command(ALIYUN_RS).args(args)).exits(0);
}

#[test]
fn closed_streams_end_in_no_panic() {
    at_once(["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"], |closed| {
        let home = Home::with_profiles();
        for args in COMMANDS {
            let script = format!("exec \"$@\" {closed}");
            ends_orderly(run(limited(&home, &["sh", "-c", &script, "sh"], ALIYUN_RS, args), args), closed);
        }
    });
}

#[test]
fn a_device_at_a_question_costs_no_memory() {
    for (device, words) in [("/dev/zero", "error: the answer is longer than 64 KiB"), ("/dev/urandom", "error: ")] {
        let home = Home::new();
        let mut command = limited(&home, &["prlimit", "--as=200000000"], ALIYUN_RS, &["configure"]);
        end(command.stdin(fs::File::open(device).unwrap())).exits(2).warns(words);
    }
}

#[test]
fn no_variable_ends_in_a_panic() {
    let names = [
        ["ALIYUN_RS_SANDBOX", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "ALIBABACLOUD_PROFILE"],
        ["ALIBABA_CLOUD_CONFIG_FILE", "HOME", "XDG_DATA_HOME", "LANG", "LC_ALL", "BROWSER"],
        ["NO_COLOR", "ALIBABA_CLOUD_CLI_AI_MODE", "PATH", "TERM", "TZ", "ALIBABA_CLOUD_REGION_ID"],
    ];
    at_once(names.concat(), |name| {
        let home = Home::with_profiles();
        for value in
            [&b""[..], b"\xff\xfe", b"\x1b[2J\xe2\x80\xae", b"http://[", b"socks5h://\xff@:0", b"%", &[b'a'; 120_000]]
        {
            let value = OsString::from_vec(value.to_owned());
            for args in [&["whoami", "--profile", "key"][..], &["list"], COMMANDS[6], &["exec", "--", "/bin/true"]] {
                let mut command = cut_off(&home, home.command(args));
                let case = format!("{name}={:.20}: {args:?}", value.display().to_string());
                command.arg("--verbose").env(name, &value);
                ends_orderly(run(command, args), &case);
            }
        }
    });
}

#[test]
fn no_argument_ends_in_a_panic() {
    let home = Home::with_profiles();
    let odd = OsString::from_vec(b"\xff\x1b[2J".to_vec());
    for args in [&["credentials", "--profile"][..], &["list", "--config-path"], &["switch"], &["exec", "--"], &[]] {
        explains(end(home.command(args).arg(&odd)), &format!("{args:?}"));
    }
    for args in [["--min-ttl", "99999999999999999999y"], ["--min-ttl", "584554049253years"], ["--profile", ""]] {
        explains(end(home.command(&[&["credentials"], &args[..]].concat())), &format!("{args:?}"));
    }
}

#[test]
fn no_value_of_the_file_ends_in_a_panic() {
    let values = [
        r#""\r\nX: y""#,
        r#""\u0000""#,
        r#""\ud800""#,
        r#""é\u202e""#,
        r#""""#,
        "null",
        "[]",
        "{}",
        "true",
        "-1",
        "0",
        "1e308",
        "1e999",
        "-9223372036854775808",
        "9223372036854775807",
        "99999999999999999999999",
        "1.5",
        r#""1790000000""#,
    ];
    let keys = [
        "access_key_id",
        "access_key_secret",
        "sts_token",
        "sts_expiration",
        "oauth_access_token",
        "region_id",
        "language",
        "oauth_access_token_expire",
        "oauth_refresh_token",
        "oauth_refresh_token_expire",
        "oauth_site_type",
        "mode",
        "name",
    ];
    at_once(keys, |key| {
        for value in values {
            let world = World::new();
            let text = profile_with(&world, key, value);
            for args in [&["list"][..], &["credentials", "--profile", "demo"], &["whoami", "--profile", "demo"]] {
                world.write_config(&text);
                let output = Run::new(args).go(&world);
                assert_ne!(output.code, 1, "{key}: {value}: {args:?}: {output}");
            }
        }
    });
}

/// A file whose login is due, with one value of the profile replaced by any JSON.
fn profile_with(world: &World, key: &str, value: &str) -> String {
    world.signed_in(0);
    world.has_sts("demo", 0);
    world.edit("demo", |item| item[key] = "PLACE".into());
    world.config().replacen("\"PLACE\"", value, 1)
}

#[test]
fn a_file_of_any_shape_ends_in_no_panic() {
    let deep = "[".repeat(100_000);
    let long = format!(r#"{{"profiles":[{{"name":"{}","mode":"OAuth"}}]}}"#, "n".repeat(1_000_000));
    let shapes: [&[u8]; 8] = [
        b"",
        b"\0",
        b"\xff\xfe{",
        b"{\"profiles\":\"x\"}",
        b"{\"current\":1,\"profiles\":[1,null,[]]}",
        deep.as_bytes(),
        long.as_bytes(),
        b"{\"profiles\":[{\"name\":\"\\ud800\"}]}",
    ];
    at_once(shapes, |shape| {
        let home = Home::new();
        fs::create_dir(home.path(".aliyun")).unwrap();
        fs::write(home.file(), shape).unwrap();
        fs::set_permissions(home.file(), Permissions::from_mode(0o600)).unwrap();
        for args in [COMMANDS[0], COMMANDS[2], COMMANDS[3], COMMANDS[7]] {
            explains(end(home.command(args)), &format!("{:.40}: {args:?}", String::from_utf8_lossy(shape)));
        }
    });
}

#[test]
fn a_panic_is_a_failure_that_shows_no_secret() {
    let world = World::new();
    world.signed_in(0);
    let args = ["credentials", "--profile", "demo"];
    let output = Run::new(&args).meanwhile("/v1/token", || panic!("a secret")).go(&world).exits(1);
    let output = output.warns("error: internal error at ");
    assert!(!output.stderr.contains("secret") && output.stdout.is_empty(), "{output}");
}
