//! The official SDKs and `aliyun-rs` on one machine, with one shared file, against one cloud.
//!
//! All programs are the released ones, unpatched, and talk TLS to the real names. `tests/sdk/install target/sdk`
//! installs them.

mod front;
mod rounds;
mod served;
mod twin;
mod workers;

use aliyun_rs::sandbox::Casing;
use serde_json::json;

use twin::inside;
use workers::{Sdk, shown};

/// What is left of an access token, in seconds, that nobody wants to refresh, and that everybody does.
const YOUNG: i64 = 3500;
const OLD: i64 = 1000;
/// The spelling that every SDK can read. The real service answers in PascalCase, which Node's (up to 2.4.7) cannot.
const EVERY_SDK: Casing = Casing::Both;

#[test]
#[ignore = "needs the official SDKs, unshare and ip"]
fn the_sdks_read_a_login_that_we_made_and_renewed() {
    inside(
        "the_sdks_read_a_login_that_we_made_and_renewed",
        |options| options.casing = EVERY_SDK,
        |twin| {
            twin.sign_in("china", "CN");
            twin.sign_in("abroad", "INTL");
            for sdk in Sdk::WITH_OAUTH {
                let mut worker = sdk.start(twin);
                for profile in ["china", "abroad"] {
                    let question = format!("profile {profile}");
                    worker.ask(&question).unwrap();
                    twin.age(profile, OLD);
                    let ours = twin.run(&["credentials", "--profile", profile]);
                    let theirs = worker.ask(&question).unwrap();
                    // Node and Go exchange in every process and save what they got: then it is ours as well.
                    assert_eq!(theirs == shown(&ours), sdk == Sdk::Python, "{sdk:?}");
                    assert_eq!(shown(&twin.run(&["credentials", "--profile", profile])), theirs, "{sdk:?}");
                    assert!(twin.run(&["whoami", "--profile", profile]).contains("user/alice"), "{sdk:?}");
                }
            }
            assert_eq!(twin.ledger().grants("refresh_token"), 6, "ours, and none of theirs");
        },
    );
}

#[test]
#[ignore = "needs the official SDKs, unshare and ip"]
fn the_python_sdk_calls_sts_with_our_login() {
    inside(
        "the_python_sdk_calls_sts_with_our_login",
        |_| (),
        |twin| {
            twin.sign_in("demo", "CN");
            assert_eq!(Sdk::Python.start(twin).ask("identity demo").unwrap(), "acs:ram::1234567890123456:user/alice");
        },
    );
}

#[test]
#[ignore = "needs the official SDKs, unshare and ip"]
fn the_sdks_run_us_as_their_external_process() {
    inside(
        "the_sdks_run_us_as_their_external_process",
        |options| options.casing = EVERY_SDK,
        |twin| {
            twin.sign_in("demo", "CN");
            let command = format!("{} credentials --profile demo", env!("CARGO_BIN_EXE_aliyun-rs"));
            twin.edit("external", |item| {
                item["mode"] = json!("External");
                item["process_command"] = json!(command);
            });
            for sdk in Sdk::WITH_OAUTH {
                let before = twin.ledger().grants("refresh_token");
                twin.age("demo", OLD);
                let theirs = sdk.start(twin).ask("profile external").unwrap();
                assert_eq!(theirs, shown(&twin.run(&["credentials", "--profile", "demo"])), "{sdk:?}");
                assert_eq!(twin.ledger().grants("refresh_token"), before + 1, "{sdk:?}");
            }
        },
    );
}

#[test]
#[ignore = "needs the official SDKs, unshare and ip"]
fn a_token_that_an_sdk_rotated_is_adopted() {
    inside(
        "a_token_that_an_sdk_rotated_is_adopted",
        |options| options.casing = EVERY_SDK,
        |twin| {
            twin.sign_in("demo", "CN");
            for sdk in Sdk::WITH_OAUTH {
                let mut worker = sdk.start(twin);
                let before = twin.value("demo", "oauth_refresh_token");
                twin.age("demo", OLD);
                let theirs = worker.ask("profile demo").unwrap();
                assert_ne!(twin.value("demo", "oauth_refresh_token"), before, "{sdk:?} rotates by itself");
                assert_eq!(shown(&twin.run(&["credentials", "--profile", "demo"])), theirs, "{sdk:?}");
                twin.age("demo", YOUNG);
                twin.run(&["credentials", "--profile", "demo"]);
                twin.age("demo", OLD);
                twin.run(&["credentials", "--profile", "demo"]);
            }
            let ledger = twin.ledger();
            assert_eq!(ledger.totals()["token/refresh_token: ok"], 6);
            assert_eq!(ledger.grants("refresh_token"), 6);
        },
    );
}

#[test]
#[ignore = "needs the official SDKs, unshare and ip"]
fn keys_in_camel_case_alone_serve_us_and_all_sdks_but_python() {
    let test = "keys_in_camel_case_alone_serve_us_and_all_sdks_but_python";
    only_in(test, Casing::Camel, Sdk::Python);
}

#[test]
#[ignore = "needs the official SDKs, unshare and ip"]
fn keys_in_pascal_case_alone_serve_us_and_all_sdks_but_node() {
    let test = "keys_in_pascal_case_alone_serve_us_and_all_sdks_but_node";
    only_in(test, Casing::Pascal, Sdk::Node);
}

/// Signs in and renews where the keys of the exchange come in one spelling, which one SDK cannot read; that one
/// gets its credentials through us.
fn only_in(test: &str, casing: Casing, unserved: Sdk) {
    inside(
        test,
        |options| options.casing = casing,
        |twin| {
            twin.sign_in("demo", "CN");
            let command = format!("{} credentials --profile demo", env!("CARGO_BIN_EXE_aliyun-rs"));
            twin.edit("external", |item| {
                item["mode"] = json!("External");
                item["process_command"] = json!(command);
            });
            for sdk in Sdk::WITH_OAUTH {
                let mut worker = sdk.start(twin);
                twin.age("demo", YOUNG);
                assert_eq!(worker.ask("profile demo").is_ok(), sdk != unserved, "{sdk:?}");
                worker.ask("profile external").unwrap();
            }
        },
    );
}
