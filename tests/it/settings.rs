//! `configure get` and `configure set`: one profile's settings, without its secrets and without a sign-in.

use crate::support::world::SEVERAL;
use crate::support::{Run, World, story};

fn signed_in() -> World {
    let world = World::new();
    world.write_config(SEVERAL);
    world.sign_in("demo").done();
    world
}

#[test]
fn get_prints_a_profile_and_masks_its_secrets() {
    let world = signed_in();
    story!(world.run(&["configure", "get", "-p", "work"]).done(), @r#"
    exit code: 0
    --- stdout
    {
      "name": "work",
      "mode": "AK",
      "access_key_id": "LTAI5tExampleExample",
      "access_key_secret": "***",
      "region_id": "cn-beijing",
      "output_format": "json",
      "language": "en"
    }
    --- stderr
    "#);
    let output = world.run(&["configure", "get"]).done().hides(&world.canaries());
    let shown: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    for secret in ["access_key_secret", "sts_token", "oauth_access_token", "oauth_refresh_token"] {
        assert_eq!(shown[secret], "***", "{secret}");
    }
    assert_eq!((&shown["name"], &shown["mode"]), (&"demo".into(), &"OAuth".into()));
    assert!(shown["sts_expiration"].is_number());
}

#[test]
fn get_prints_one_line_for_each_key() {
    let world = signed_in();
    let keys = ["profile", "mode", "region", "region-id", "oauth_site_type", "oauth-refresh-token", "ram-role-arn"];
    let output = world.run(&[&["configure", "get"], &keys[..]].concat()).done().hides(&world.canaries());
    story!(output, @"
    exit code: 0
    --- stdout
    profile=demo
    mode=OAuth
    region=cn-hangzhou
    region-id=cn-hangzhou
    oauth_site_type=CN
    oauth-refresh-token=***
    ram-role-arn=
    --- stderr
    ");
    world.run(&["configure", "get", "regoin"]).exits(2).warns("regoin");
    world.run(&["configure", "get", "-p", "nobody"]).exits(2).warns("nobody");
}

#[test]
fn get_shows_secrets_where_that_is_asked_for() {
    let world = signed_in();
    let token = world.value("demo", "oauth_refresh_token").as_str().unwrap().to_owned();
    let shown = format!("oauth_refresh_token={token}\n");
    let get = ["configure", "get", "--show-secrets", "oauth_refresh_token"];
    assert_eq!(world.run(&get).done().stdout, shown);
    // A person is asked first.
    let yes = Run::new(&get).terminal().input("y\n").go(&world).done();
    assert!(yes.stdout.ends_with(&shown), "{yes}");
    for answer in ["n\n", "\n", ""] {
        Run::new(&get).terminal().input(answer).go(&world).exits(2).hides(&world.canaries());
    }
}

#[test]
fn set_changes_one_profile_and_switches_nothing() {
    let world = signed_in();
    world.run(&["switch", "work"]).done();
    let before = world.config();
    let set = ["configure", "set", "-p", "demo", "--region", "EU-central-1", "--language", "zh"];
    world.run(&set).done().says("`demo`");
    let after = world.config();
    let (was, now) = ("\"region_id\": \"cn-hangzhou\"", "\"region_id\": \"eu-central-1\"");
    let (rest, demo) = before.split_at(before.rfind("\"name\": \"demo\"").unwrap());
    let demo = demo.replace(was, now).replace("\"language\": \"en\"", "\"language\": \"zh\"");
    assert_eq!(after, rest.to_owned() + &demo);
    // What is there already is not written again.
    world.run(&set).done();
    assert_eq!(world.config(), after);
}

#[test]
fn set_refuses_what_would_break_a_profile() {
    let world = signed_in();
    let before = world.config();
    for (options, code, word) in [
        (&[][..], 2, "--region"),
        (&["--region", "cn hangzhou"], 2, "region"),
        (&["--language", "de"], 2, "language"),
        (&["--output-format", "table"], 2, "table"),
        (&["--oauth-site-type", "INTL"], 2, "--oauth-site-type INTL"),
        (&["-p", "nobody", "--language", "zh"], 2, "nobody"),
        (&["--access-key-secret", "x"], 2, "--access-key-secret"),
    ] {
        world.run(&[&["configure", "set"], options].concat()).exits(code).warns(word);
        assert_eq!(world.config(), before, "{options:?}");
    }
    // The site that issued the tokens, and the site of a profile that has none.
    world.run(&["configure", "set", "--oauth-site-type", "CN"]).done();
    world.run(&["configure", "set", "-p", "work", "--oauth-site-type", "1"]).done();
}

#[test]
fn an_unknown_region_is_taken_with_a_warning() {
    let world = signed_in();
    let set = |region| world.run(&["configure", "set", "--region", region]).done();
    set("cn-hangzou").warns("did you mean `cn-hangzhou`?");
    set("moon-1").warns("`moon-1` is not a known one");
    assert_eq!(set("cn-beijing").stderr, "");
    world.run(&["credentials", "--region", "cn-beijng"]).done().warns("did you mean `cn-beijing`?");
}
