//! `credentials` from the file: what is handed out, what is renewed first, and what is refused.

use std::fs;

use serde_json::{Value, json};

use crate::support::Output;
use crate::support::{World, at_once};

const ARGS: [&str; 3] = ["credentials", "--profile", "demo"];

fn answer(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output}"))
}

#[test]
fn fresh_credentials_come_from_the_file_and_nothing_is_touched() {
    for left in [900, 901, 3600] {
        let world = World::new();
        world.signed_in(0);
        world.has_sts("demo", left);
        let (before, asked) = (world.config(), world.ledger().entries.len());
        let output = world.run(&ARGS).done();
        assert_eq!(answer(&output)["access_key_id"], "STS.old");
        assert_eq!(answer(&output)["region_id"], "cn-hangzhou");
        assert_eq!((output.stderr.as_str(), world.config()), ("", before));
        assert_eq!(world.ledger().entries.len(), asked, "no network");
        let files = fs::read_dir(world.config_path().parent().unwrap()).unwrap().count();
        assert_eq!(files, 1, "no lock, no journal");
    }
}

/// What a damaged file may hold in place of a key, and no header, variable or line can.
const UNFIT: [&str; 6] = ["a\nb", "a\0b", "a b", "\u{1b}[2J", "schlüssel", "a\u{7f}"];

#[test]
fn credentials_that_no_header_can_carry_are_renewed() {
    let formats = ["json", "uri", "env", "fish", "powershell", "cmd", "dotenv"];
    let formats = formats.map(|format| vec!["credentials", "--profile", "demo", "--format", format]);
    let others =
        [&["exec", "--profile", "demo", "--", "true"][..], &["whoami", "--profile", "demo"]].map(<[_]>::to_vec);
    let commands: Vec<_> = formats.into_iter().chain(others).collect();
    at_once(["access_key_id", "access_key_secret", "sts_token"], |field| {
        for (number, unfit) in UNFIT.into_iter().enumerate() {
            let world = World::new();
            world.signed_in(3600);
            for args in commands.iter().skip(number % 2).step_by(2) {
                world.has_sts("demo", 3600);
                world.edit("demo", |item| item[field] = json!(unfit));
                let output = world.run(args).done();
                assert!(!output.stdout.contains(unfit), "{field} {unfit:?} {args:?}: {output}");
                assert!(!world.value("demo", field).as_str().unwrap().contains(unfit), "{field} {unfit:?} {args:?}");
            }
        }
    });
}

#[test]
fn a_key_that_no_header_can_carry_is_named() {
    for (mode, field) in [("AK", "access_key_id"), ("AK", "access_key_secret"), ("StsToken", "sts_token")] {
        for unfit in UNFIT {
            let world = World::new();
            let mut profile = json!({"name": "demo", "mode": mode, "access_key_id": "id", "access_key_secret": "s",
                "sts_token": "t"});
            profile[field] = json!(unfit);
            world.write_config(&json!({"profiles": [profile]}).to_string());
            let exec = &["exec", "--profile", "demo", "--", "true"];
            for (args, code) in [(&ARGS[..], 6), (exec, 125), (&["whoami", "--profile", "demo"], 6)] {
                world.run(args).exits(code).warns(&format!("has no usable `{field}`"));
            }
        }
    }
}

#[test]
fn a_region_that_no_variable_can_hold_is_left_out() {
    for unfit in UNFIT {
        let world = World::new();
        world.signed_in(3600);
        world.has_sts("demo", 3600);
        world.edit("demo", |item| item["region_id"] = json!(unfit));
        let output = world.run(&ARGS).done();
        assert!(answer(&output)["region_id"].is_null(), "{output}");
        world.run(&["exec", "--profile", "demo", "--", "true"]).done();
    }
}

#[test]
fn due_and_ended_credentials_are_renewed() {
    for left in [899, 180, 179, 1, 0, -1, -100_000] {
        let world = World::new();
        world.signed_in(3600);
        world.has_sts("demo", left);
        let output = world.run(&ARGS).done();
        assert_ne!(answer(&output)["access_key_id"], "STS.old", "{left} s left");
        assert_eq!(world.value("demo", "sts_expiration"), world.now() + 3600);
        assert_eq!(world.ledger().grants("refresh_token"), 0, "the access token is young");
    }
}

#[test]
fn the_access_token_is_refreshed_at_half_an_hour() {
    for (left, refreshes) in [(1801, 0), (1800, 1), (900, 1), (0, 1), (-5, 1)] {
        let world = World::new();
        world.signed_in(left);
        world.run(&ARGS).done();
        assert_eq!(world.ledger().grants("refresh_token"), refreshes, "{left} s left");
        assert_eq!(
            world.value("demo", "oauth_access_token_expire"),
            world.now() + 3600.min(left.max(3600 * refreshes as i64))
        );
    }
}

#[test]
fn due_credentials_are_used_if_renewal_fails() {
    for fault in [
        "token=503",
        "token=429",
        "token=500",
        "token=html",
        "token=redirect",
        "token=400:invalid_grant",
        "exchange=500",
        "exchange=403",
        "exchange=without:securityToken",
        "exchange=drop",
    ] {
        let world = World::new();
        world.signed_in(if fault.starts_with("token") { 0 } else { 3600 });
        world.has_sts("demo", 600);
        world.fault(&[fault]);
        let output = world.run(&ARGS).done();
        assert_eq!(answer(&output)["access_key_id"], "STS.old", "{fault}");
        assert_eq!(output.stderr.lines().count(), 1, "{fault}: {output}");
        assert!(
            output.stderr.starts_with("warning: could not renew; the current credentials are still valid"),
            "{fault}: {output}"
        );
    }
}

#[test]
fn a_longer_life_can_be_asked_for() {
    let world = World::new();
    world.signed_in(3600);
    world.has_sts("demo", 2000);
    let with = |ttl: &str| world.run(&[&ARGS[..], &["--min-ttl", ttl]].concat());
    assert_eq!(answer(&with("2000s").done())["access_key_id"], "STS.old");
    assert_ne!(answer(&with("2001s").done())["access_key_id"], "STS.old");
    let output = with("2h").exits(2);
    assert_eq!(output.stdout, "");
    assert!(output.stderr.contains("`--min-ttl 2h` cannot be met: new credentials last 1h"), "{output}");
    for bad in ["", "soon", "-5m", "1e9h", "99999999999999999999h"] {
        assert_eq!(with(bad).exits(2).stdout, "", "{bad}");
    }
}

#[test]
fn long_lived_keys_and_tokens_of_others_pass_through() {
    let world = World::new();
    world.edit("demo", |item| {
        item["mode"] = json!("AK");
        item["access_key_id"] = json!("LTAI");
        item["access_key_secret"] = json!("s");
        item["sts_token"] = json!("left-behind");
    });
    let output = world.run(&ARGS).done();
    assert_eq!(answer(&output), json!({"mode": "AK", "access_key_id": "LTAI", "access_key_secret": "s"}));
    world.edit("demo", |item| item["mode"] = json!("StsToken"));
    let output = world.run(&ARGS).done();
    assert_eq!(answer(&output)["sts_token"], "left-behind");
    assert_eq!(world.ledger().entries, []);
}

#[test]
fn other_modes_are_a_clear_error() {
    for mode in ["RamRoleArn", "EcsRamRole", "CloudSSO", "External", "ChainableRamRoleArn", "Surprise", ""] {
        let world = World::new();
        world.edit("demo", |item| item["mode"] = json!(mode));
        let output = world.run(&ARGS).exits(2);
        assert!(output.stderr.contains("`demo` has the mode"), "{mode}: {output}");
        assert_eq!((output.stdout.as_str(), world.ledger().entries.len()), ("", 0));
    }
}

#[test]
fn where_nobody_has_signed_in_a_sign_in_is_needed() {
    let commands = [
        (&["whoami"][..], 3),
        (&["credentials"], 3),
        (&["serve"], 3),
        (&["exec", "true"], 125),
        (&["exec", "--serve", "true"], 125),
    ];
    for text in [None, Some("{}"), Some(r#"{"current":"work","profiles":[]}"#)] {
        let world = World::new();
        text.into_iter().for_each(|text| world.write_config(text));
        for (command, code) in commands {
            let output = world.run(command).exits(code).warns("hint: aliyun-rs configure --mode OAuth --profile ");
            assert_eq!(output.stdout, "", "{command:?}");
        }
    }
}

#[test]
fn the_error_for_an_unknown_profile_lists_all() {
    let world = World::new();
    world.signed_in(0);
    let output = world.run(&["credentials", "--profile", "dem"]).exits(2);
    assert!(output.stderr.contains("there is no profile `dem`") && output.stderr.contains("`demo`"), "{output}");
}

#[test]
fn half_a_profile_is_a_clear_error_and_stays_as_it_is() {
    let half = |mode: &'static str, missing: &'static str, code: u8, words: &'static str| (mode, missing, code, words);
    for (mode, missing, code, words) in [
        half("AK", "access_key_id", 6, "no usable `access_key_id`"),
        half("AK", "access_key_secret", 6, "no usable `access_key_secret`"),
        half("StsToken", "sts_token", 6, "no usable `sts_token`"),
        half("OAuth", "oauth_site_type", 3, "its sign-in site is unknown"),
        half("OAuth", "oauth_refresh_token", 3, "it has no refresh token"),
    ] {
        for bad in [Value::Null, json!(""), json!(7), json!([])] {
            let world = World::new();
            world.signed_in(0);
            world.has_sts("demo", if mode == "OAuth" { 0 } else { 3600 });
            world.edit("demo", |item| {
                item["mode"] = json!(mode);
                item[missing] = bad.clone();
            });
            let (before, asked) = (world.config(), world.ledger().entries.len());
            let output = world.run(&ARGS).exits(code);
            assert!(output.stderr.contains(words), "{mode} {missing} {bad}: {output}");
            assert_eq!((world.config(), world.ledger().entries.len()), (before, asked), "{mode} {missing} {bad}");
        }
    }
}

#[test]
fn half_the_credentials_of_a_login_are_renewed_away() {
    for missing in ["access_key_id", "access_key_secret", "sts_token", "sts_expiration"] {
        for bad in [Value::Null, json!(""), json!([]), json!("soon"), json!(-1)] {
            let world = World::new();
            world.signed_in(3600);
            world.has_sts("demo", 3600);
            let usable = missing != "sts_expiration" && bad == "soon";
            world.edit("demo", |item| item[missing] = bad.clone());
            let output = world.run(&ARGS).done();
            let old = answer(&output)["access_key_id"] == "STS.old" || usable;
            assert_eq!(old, usable, "{missing} {bad}: {output}");
        }
    }
}

#[test]
fn without_an_access_token_the_refresh_token_is_enough() {
    for key in ["oauth_access_token", "oauth_access_token_expire"] {
        let world = World::new();
        world.signed_in(3600);
        world.edit("demo", |item| drop(item.as_object_mut().unwrap().remove(key)));
        world.run(&ARGS).done();
        assert_eq!(world.ledger().grants("refresh_token"), 1, "{key}");
    }
}

#[test]
fn what_is_wrong_in_the_profile_in_use_is_told() {
    let world = World::new();
    let long = (0..30).map(|at| format!(r#""{}":1,"#, FIELDS[at % FIELDS.len()])).collect::<String>();
    world.write_config(&format!(
        r#"{{"profiles":[{{"name":"other","region_id":[]}},
{{"name":"key","mode":"AK","access_key_id":"LTAI","access_key_secret":"a","access_key_secret":"s","region_id":7}},
{{{long}"name":"many","mode":"AK","access_key_id":"LTAI","access_key_secret":"s"}}]}}"#,
    ));
    for command in [&["credentials"][..], &["exec"]] {
        let args = [command, &["--profile", "key"], if command == ["exec"] { &["--", "true"] } else { &[] }].concat();
        let output = world.run(&args).done();
        assert_eq!(
            output.stderr,
            "warning: `access_key_secret` is there more than once in the profile `key`; the last value is used\n\
             warning: `region_id` of the profile `key` has a value that cannot be used; ignored\n",
        );
    }
    let output = world.run(&["credentials", "--profile", "many"]).done();
    assert_eq!(output.stderr.lines().count(), 10, "{output}");
}

/// Keys whose values are texts.
const FIELDS: [&str; 8] = [
    "region_id",
    "language",
    "output_format",
    "sts_token",
    "oauth_access_token",
    "oauth_refresh_token",
    "oauth_site_type",
    "source_profile",
];

#[test]
fn an_output_file_is_private_and_replaced_at_once() {
    let world = World::new();
    world.signed_in(3600);
    let path = world.home.path().join("credentials.env");
    let args = ["credentials", "--profile", "demo", "--format", "env", "--output", path.to_str().unwrap()];
    fs::write(&path, "old").unwrap();
    let mut reader = fs::File::open(&path).unwrap();
    let printed = world.run(&args[..5]).done().stdout;
    let output = world.run(&args).done();
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
    assert_eq!(fs::read_to_string(&path).unwrap(), printed);
    assert_eq!(std::io::read_to_string(&mut reader).unwrap(), "old", "who has the old file keeps it whole");
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&path.metadata().unwrap()) & 0o7777, 0o600);
    let names = || fs::read_dir(world.home.path()).unwrap().count();
    let before = names();
    world.run(&["credentials", "--profile", "nobody", "--output", path.to_str().unwrap()]).exits(2);
    assert_eq!((fs::read_to_string(&path).unwrap(), names()), (printed, before), "a failure leaves it as it was");
}

#[test]
fn an_output_file_that_cannot_be_replaced_is_an_error() {
    let world = World::new();
    world.signed_in(3600);
    let folder = world.home.path().join("folder");
    fs::create_dir(&folder).unwrap();
    let mut paths = vec![folder.join("missing/file"), folder.clone(), folder.join("..")];
    #[cfg(unix)]
    {
        // As a device or a pipe, it is for others to reach.
        paths.push(folder.join("socket"));
        std::os::unix::net::UnixListener::bind(&paths[3]).unwrap();
    }
    for path in &paths {
        world.run(&["credentials", "--profile", "demo", "--output", path.to_str().unwrap()]).exits(6);
    }
    assert!(paths[3..].iter().all(|path| !fs::metadata(path).unwrap().is_file()));
}
