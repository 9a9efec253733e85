//! No secret is ever shown, whatever is asked and whatever goes wrong; only `credentials` prints them.

use std::time::Duration;

use aliyun_rs::sandbox::Endpoint;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE;

use crate::support::{Output, Run, World, at_once};

const HOUR: Duration = Duration::from_secs(3600);

/// A signed-in world, where also a long-lived key and a foreign session are kept.
fn signed_in() -> World {
    let world = World::new();
    world.write_config(
        r#"{"current":"work","profiles":[
{"name":"work","mode":"AK","access_key_id":"LTAI5tExampleExample","access_key_secret":"a-long-lived-key-of-work"},
{"name":"session","mode":"StsToken","access_key_id":"STS.x","access_key_secret":"a-secret-of-a-session","sts_token":"a-token-of-a-session"}]}"#,
    );
    world.sign_in("demo").done();
    world
}

fn hides_all(world: &World, output: Output, canaries: &[String]) {
    let now = std::fs::exists(world.config_path()).unwrap() && world.config().starts_with('{');
    let new = if now && world.config().contains("secret") { world.canaries() } else { Vec::new() };
    output.hides(canaries).hides(&new);
}

#[test]
fn no_command_shows_a_secret() {
    for args in [
        &["list"][..],
        &["list", "--format", "json"],
        &["configure", "list"],
        &["whoami", "--profile", "demo"],
        &["whoami", "--profile", "demo", "--format", "json"],
        &["whoami", "--profile", "work"],
        &["switch", "demo"],
        &["switch", "work"],
        &["switch"],
        &["switch", "nobody"],
        &["delete", "demo"],
        &["delete", "demo", "--revoke"],
        &["delete", "work"],
        &["delete", "nobody"],
        &["configure"],
        &["configure", "--mode", "AK"],
        &["configure", "--mode", "OAuth", "--profile", "work"],
        &["configure", "--mode", "OAuth", "--profile", "work", "--yes"],
        &["configure", "--mode", "OAuth", "--profile", "demo"],
        &["credentials", "--profile", "nobody"],
        &["credentials", "--profile", "demo", "--min-ttl", "12h"],
        &["--help"],
        &["--version"],
        &["nonsense"],
    ] {
        let world = signed_in();
        let canaries = world.canaries();
        hides_all(&world, Run::new(args).sign_in(&world), &canaries);
    }
}

#[test]
fn no_fault_of_the_server_shows_a_secret() {
    let configure = ["configure", "--profile", "demo", "--mode", "OAuth"];
    let asked = [
        ("token", Endpoint::Token, &configure[..]),
        ("exchange", Endpoint::Exchange, &configure),
        ("sts", Endpoint::Sts, &configure),
        ("sts", Endpoint::Sts, &["whoami", "--profile", "demo"]),
        ("revoke", Endpoint::Revoke, &["delete", "--revoke", "demo"]),
    ];
    at_once(asked, |(name, endpoint, args)| {
        for fault in ["400", "401", "403", "429", "500", "html", "huge", "garbage", "cut", "drop-after", "redirect"] {
            let world = signed_in();
            let (canaries, before) = (world.canaries(), world.ledger().count(endpoint));
            world.fault(&[&format!("{name}={fault}x1")]);
            hides_all(&world, Run::new(args).sign_in(&world), &canaries);
            assert_ne!(world.ledger().count(endpoint), before, "{fault} of {name} was not met");
        }
    });
}

#[test]
fn a_failing_renewal_shows_no_secret() {
    let faults = [
        "token=400:invalid_client",
        "token=html",
        "token=huge",
        "token=garbage",
        "token=with:access_token:1",
        "token=without:access_token",
        "exchange=400",
        "exchange=403",
        "exchange=html",
        "exchange=huge",
        "exchange=with:securityToken:\"a b\"",
    ];
    at_once(faults, |fault| {
        let world = signed_in();
        let canaries = world.canaries();
        world.pass(HOUR);
        world.fault(&[fault]);
        let output = world.run(&["whoami", "--profile", "demo"]);
        assert_ne!(output.code, 0, "{fault}: {output}");
        hides_all(&world, output, &canaries);
    });
}

#[test]
fn a_server_that_echoes_a_secret_in_any_encoding_is_not_quoted() {
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let escaped = |text: &str| text.replace('-', "%2D").replace('_', "%5F");
    let spaced = |text: &str| text.chars().map(|c| format!("{c}\n")).collect::<String>();
    let encodings: [&(dyn Fn(&str) -> String + Sync); 5] =
        [&hex, &escaped, &spaced, &|text| BASE64_URL_SAFE.encode(text), &|text| text.to_uppercase()];
    let echoes = [
        ("token", "oauth_refresh_token", HOUR),
        ("exchange", "oauth_access_token", Duration::ZERO),
        ("sts", "sts_token", Duration::ZERO),
        ("sts", "access_key_secret", Duration::ZERO),
    ];
    at_once(echoes, |(endpoint, field, span)| {
        let world = signed_in();
        world.pass(span);
        if endpoint == "exchange" {
            world.edit("demo", |item| item["sts_expiration"] = 0.into());
        }
        let secret = world.value("demo", field).as_str().unwrap().to_owned();
        for encode in encodings {
            let echo = encode(&secret);
            let words = format!("the secret {echo} is wrong");
            let body = serde_json::json!({"error": words, "error_description": words, "requestId": words});
            world.fault(&[&format!("{endpoint}=status:400:{body}")]);
            for format in ["text", "json"] {
                let args = ["--verbose", "--error-format", format, "whoami", "--profile", "demo"];
                let output = world.run(&args);
                assert!(output.code != 0 && output.stderr.contains("***"), "{endpoint}: {output}");
                assert!(!output.stderr.contains(&echo[echo.len() / 2..][..12]), "{endpoint}: {output}");
            }
        }
    });
}

#[test]
fn a_broken_file_is_not_quoted() {
    let world = signed_in();
    let (canaries, whole) = (world.canaries(), world.config());
    let start = whole.find("oauth_access_token").unwrap();
    let texts = [
        whole[..start + 40].to_owned(),
        whole.replace("\"oauth_refresh_token\":\"", "\"oauth_refresh_token\":"),
        whole.replace("\"oauth_refresh_token\":\"", "\"oauth_refresh_token\":\"\u{1}"),
        whole.replace("\"profiles\":[", "\"profiles\":{"),
    ];
    let commands = [&["list"][..], &["whoami"], &["switch", "demo"], &["delete", "demo"], &["credentials"]];
    for text in texts {
        assert_ne!(text, whole);
        world.write_config(&text);
        at_once(commands, |args| drop(world.run(args).exits(6).hides(&canaries)));
    }
}

#[test]
fn credentials_prints_the_key_but_never_what_renews_it() {
    let world = signed_in();
    for format in ["json", "uri", "env", "fish", "powershell", "cmd", "dotenv"] {
        let output = world.run(&["credentials", "--profile", "demo", "--format", format]).done();
        for (key, shown) in [
            ("access_key_secret", true),
            ("sts_token", true),
            ("oauth_access_token", false),
            ("oauth_refresh_token", false),
        ] {
            let value = world.value("demo", key).as_str().unwrap().to_owned();
            assert_eq!(output.stdout.contains(&value), shown, "{format}: {key}\n{output}");
        }
    }
}
