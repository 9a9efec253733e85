//! `configure list`: what there is and how long it lasts, without a character of a token.

use std::time::Duration;

use crate::support::world::SEVERAL;
use crate::support::{World, at_once, story};

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn the_table_has_the_official_columns_and_expiry() {
    let world = World::new();
    world.write_config(SEVERAL);
    world.fault(&["token=with:refresh_expires_in:2592000"]);
    world.sign_in("demo").done();
    let canaries = world.canaries();
    let output = world.run(&["configure", "list"]).done().hides(&canaries);
    story!(output, @"
    exit code: 0
    --- stdout
    Profile | Credential          | Valid | Region      | Language | Expires
    ------- | ------------------- | ----- | ----------- | -------- | -------------------------
    work    | AK:***ple           | Valid | cn-beijing  | en       |
    robot   | EcsRamRole          | Valid | cn-shanghai |          |
    chained | ChainableRamRoleArn | Valid |             |          |
    demo *  | OAuth:***@CN        | Valid | cn-hangzhou | en       | STS in 1h, session in 30d
    --- stderr
    ");
    world.pass(HOUR * 2);
    let later = world.run(&["list"]).done();
    later.says("demo *").says("STS expired, session in 29d 22h");
}

#[test]
fn json_says_the_same_to_a_program() {
    let world = World::new();
    world.write_config(SEVERAL);
    world.sign_in("demo").done();
    let output = world.run(&["list", "--format", "json"]).done().hides(&world.canaries());
    assert_eq!(output.stderr, "");
    serde_json::from_str::<serde_json::Value>(&output.stdout).unwrap();
    story!(output, @r#"
    exit code: 0
    --- stdout
    [
      {
        "name": "work",
        "current": false,
        "mode": "AK",
        "valid": true,
        "region_id": "cn-beijing",
        "language": "en"
      },
      {
        "name": "robot",
        "current": false,
        "mode": "EcsRamRole",
        "valid": true,
        "region_id": "cn-shanghai"
      },
      {
        "name": "chained",
        "current": false,
        "mode": "ChainableRamRoleArn",
        "valid": true
      },
      {
        "name": "demo",
        "current": true,
        "mode": "OAuth",
        "site": "CN",
        "valid": true,
        "region_id": "cn-hangzhou",
        "language": "en",
        "sts_expiration": "2026-09-21T15:13:20Z"
      }
    ]
    --- stderr
    "#);
}

#[test]
fn a_profile_that_cannot_serve_is_invalid() {
    let world = World::new();
    world.write_config(
        r#"{"current":"gone","profiles":[
{"name":"no key","mode":"AK"},
{"name":"half","mode":"StsToken","access_key_id":"LTAI","access_key_secret":"secret"},
{"name":"dead","mode":"OAuth","oauth_site_type":"CN","sts_expiration":1},
{"name":"later","mode":"Quantum"},
{"name":"no mode"},
{"name":"odd","mode":"OAuth","sts_expiration":"soon","oauth_refresh_token":12}]}"#,
    );
    story!(world.run(&["list"]).done(), @"
    exit code: 0
    --- stdout
    Profile | Credential      | Valid   | Region | Language | Expires
    ------- | --------------- | ------- | ------ | -------- | -----------
    no key  | AK              | Invalid |        |          |
    half    | StsToken:***TAI | Invalid |        |          |
    dead    | OAuth:***@CN    | Invalid |        |          | STS expired
    later   | Quantum         | Valid   |        |          |
    no mode |                 | Valid   |        |          |
    odd     | OAuth:***       | Invalid |        |          |
    --- stderr
    ");
}

#[test]
fn names_of_the_file_cannot_command_the_terminal() {
    let world = World::new();
    let hostile = r"a\u001b[2J\nb";
    let profile = format!(
        r#"{{"name":"{hostile}","mode":"{hostile}","region_id":"{hostile}","language":"{hostile}","access_key_id":"{hostile}"}}"#
    );
    world.write_config(&format!(r#"{{"current":"{hostile}","profiles":[{profile}]}}"#));
    for args in [&["list"][..], &["list", "--format", "json"]] {
        let output = world.run(args).done();
        assert!(!output.stdout.chars().any(|c| c.is_control() && c != '\n'), "{output:?}");
    }
    assert_eq!(world.run(&["list"]).stdout.lines().count(), 3);
}

#[test]
fn without_a_file_the_list_is_empty_and_names_the_sign_in() {
    let world = World::new();
    story!(world.run(&["list", "--format", "json"]).done(), @"
    exit code: 0
    --- stdout
    []
    --- stderr
    There are no profiles yet; to sign in: aliyun-rs configure --mode OAuth --profile NAME
    ");
    world.run(&["list"]).done().says("Profile").warns("There are no profiles yet");
    assert!(world.files().is_empty());
}

#[test]
fn an_empty_or_broken_file_is_refused_and_left_alone() {
    at_once([("", "config.json` is empty"), (" \n", "is empty"), ("{\"profiles\":", "is broken")], |(text, words)| {
        let world = World::new();
        world.write_config(text);
        world.run(&["list"]).exits(6).warns(words).warns("hint: ");
        assert_eq!(world.config(), text);
    });
}

#[test]
fn a_file_without_profiles_gives_an_empty_list() {
    for text in ["{}", "{\"profiles\":null}", "{\"profiles\":[]}"] {
        let world = World::new();
        world.write_config(text);
        let output = world.run(&["list"]).done();
        assert_eq!(output.stdout.lines().count(), 2, "{output}");
        assert_eq!(world.run(&["list", "--format", "json"]).done().stdout, "[]\n");
    }
}
