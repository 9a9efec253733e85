//! Variables: which ones a program finds, and which ones are taken away from it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::support::process::{ALIYUN_RS, Home, end};

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
fn the_shared_file_is_known_by_every_path_to_it() {
    let home = Home::with_profiles();
    fs::create_dir(home.path("dotfiles")).unwrap();
    fs::rename(home.file(), home.path("dotfiles/real.json")).unwrap();
    symlink("../dotfiles/real.json", home.file()).unwrap();
    symlink(".aliyun", home.path("folder")).unwrap();
    for path in [
        "dotfiles/real.json",
        ".aliyun/config.json",
        "folder/config.json",
        ".aliyun/../dotfiles/./real.json",
        "~/.aliyun/config.json",
    ] {
        let ended = end(home.command(&["exec", "--serve", &format!("--config-path={path}"), "env"])).exits(0);
        let found = environment(&ended.stdout);
        assert_eq!(found.get("ALIBABA_CLOUD_IGNORE_PROFILE"), None, "{path}: {}", ended.stderr);
    }
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
fn a_shell_can_be_rid_of_all_credentials_again() {
    let home = Home::with_profiles();
    let script = r#"
        set -e
        export ALIBABA_CLOUD_PROFILE=sts my_serverless_devs_key=old
        variables=$("$0" credentials --format env); eval "$variables"
        test -n "$ALIBABA_CLOUD_CREDENTIALS_EXPIRATION"
        variables=$("$0" credentials --format env --unset); eval "$variables"
        env"#;
    let ended = end(home.other("sh", &["-c", script, ALIYUN_RS]));
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let found = environment(&ended.stdout);
    let left = |name: &&String| name.to_uppercase().contains("ALI") || name.ends_with("_key");
    assert_eq!(found.keys().filter(left).collect::<Vec<_>>(), Vec::<&String>::new());
    for format in ["json", "uri", "dotenv"] {
        let refused = home.run(&["credentials", "--unset", "--format", format]).exits(2);
        assert!(refused.stderr.contains("needs a format that a shell reads"), "{refused:?}");
    }
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

#[test]
fn inside_exec_this_program_uses_the_same_login() {
    let home = Home::with_profiles();
    let file = fs::read_to_string(home.file()).unwrap();
    fs::write(home.path("other.json"), file.replace("LTAI.id", "LTAI.other").replace("STS.id", "STS.other")).unwrap();
    fs::set_permissions(home.path("other.json"), fs::Permissions::from_mode(0o600)).unwrap();
    let inside = "cd /; exec \"$0\" credentials";
    for how in [&["exec", "--config-path", "other.json"][..], &["exec", "--config-path", "other.json", "--serve"]] {
        for (profile, id) in [("key", "LTAI.other"), ("sts", "STS.other")] {
            let args = [how, &["--profile", profile, "sh", "-c", inside, ALIYUN_RS]].concat();
            let mut command = home.command(&args);
            command.env("ALIBABA_CLOUD_CONFIG_FILE", home.file());
            let ended = end(command);
            assert!(ended.stdout.contains(id), "{args:?} {} {}", ended.stdout, ended.stderr);
            // An option still names another file, and the next `exec` hands on its own.
            let named = "exec \"$0\" exec --config-path .aliyun/config.json \"$0\" credentials";
            let args = [how, &["--profile", profile, "sh", "-c", named, ALIYUN_RS]].concat();
            let ended = end(home.command(&args));
            assert!(ended.stdout.contains(&id.replace("other", "id")), "{args:?} {} {}", ended.stdout, ended.stderr);
        }
    }
}
