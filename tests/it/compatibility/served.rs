//! Credentials handed on: by the endpoint, and to a program that runs under `exec`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::twin::{Twin, inside, printed};
use super::workers::{Sdk, shown};

/// What a provider of Terraform or Pulumi does first: it looks around, and fetches what it was pointed to.
const TERRAFORM_LIKE: &str =
    r#"env; test -z "$ALICLOUD_CREDENTIALS_URI" || curl --silent --fail "$ALICLOUD_CREDENTIALS_URI""#;

/// A running endpoint.
struct Served {
    child: Child,
    url: String,
}

impl Served {
    fn start(twin: &Twin, profile: &str) -> Self {
        let mut child = twin.ours(&["serve", "--profile", profile]).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
        Self { child, url: url.trim().to_owned() }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
#[ignore = "needs the official SDKs, unshare and ip"]
fn the_sdks_of_all_languages_read_the_endpoint() {
    inside(
        "served::the_sdks_of_all_languages_read_the_endpoint",
        |_| (),
        |twin| {
            twin.sign_in("demo", "CN");
            let served = Served::start(twin, "demo");
            let ours = shown(&twin.run(&["credentials", "--profile", "demo"]));
            for sdk in Sdk::ALL {
                assert_eq!(sdk.start(twin).ask(&format!("uri {}", served.url)).as_ref(), Ok(&ours), "{sdk:?}");
            }
            assert_eq!(twin.ledger().grants("refresh_token"), 0);
        },
    );
}

#[test]
#[ignore = "needs the official SDKs, unshare and ip"]
fn the_sdks_of_all_languages_find_what_exec_hands_them() {
    inside(
        "served::the_sdks_of_all_languages_find_what_exec_hands_them",
        |_| (),
        |twin| {
            twin.sign_in("demo", "CN");
            twin.sign_in("current", "CN");
            let ours = shown(&twin.run(&["credentials", "--profile", "demo"]));
            for sdk in Sdk::ALL {
                for how in [&["exec", "--profile", "demo", "--"][..], &["exec", "--profile", "demo", "--serve", "--"]] {
                    let mut child = sdk.run(under(twin, how, &sdk.program(twin)));
                    assert_eq!(child.ask("default").as_ref(), Ok(&ours), "{sdk:?} under {how:?}");
                }
            }
        },
    );
}

/// What a machine can have that leads an SDK to somebody else's key.
const LURES: [(&str, &str); 9] = [
    ("ALIBABA_CLOUD_PROFILE", "current"),
    ("ALIBABACLOUD_PROFILE", "current"),
    ("ALIBABA_CLOUD_CREDENTIALS_FILE", "/etc/hostname"),
    ("ALIBABA_CLOUD_CREDENTIALS_URI", "http://127.0.0.1:9/stranger"),
    ("ALIBABA_CLOUD_ECS_METADATA", "stranger"),
    ("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1:role/stranger"),
    ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1:oidc-provider/stranger"),
    ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "/etc/hostname"),
    ("ALIBABA_CLOUD_SECURITY_TOKEN", "stranger"),
];

#[test]
#[ignore = "needs the official SDKs, unshare and ip"]
fn no_old_file_and_no_variable_leads_an_sdk_to_another_key() {
    inside(
        "served::no_old_file_and_no_variable_leads_an_sdk_to_another_key",
        |_| (),
        |twin| {
            twin.sign_in("demo", "CN");
            twin.sign_in("current", "CN");
            let ours = shown(&twin.run(&["credentials", "--profile", "demo"]));
            for old_files in [false, true] {
                if old_files {
                    twin.has_old_files("stranger");
                }
                for lures in [&[][..], &LURES] {
                    for how in [&["exec"][..], &["exec", "--serve"]] {
                        let how = [how, &["--profile", "demo", "--"]].concat();
                        for sdk in Sdk::ALL {
                            let mut program = under(twin, &how, &sdk.program(twin));
                            program.envs(lures.iter().copied());
                            let case = format!("{sdk:?} under {how:?}, old files: {old_files}, {lures:?}");
                            assert_eq!(sdk.run(program).ask("default").as_ref(), Ok(&ours), "{case}");
                        }
                    }
                }
            }
        },
    );
}

/// The Python SDK ignores NO_PROXY, asks the proxy of HTTP_PROXY and so finds no credentials.
#[test]
#[ignore = "needs the official SDKs, unshare and ip"]
fn the_sdks_do_not_ask_a_proxy_for_the_endpoint_but_for_python() {
    inside(
        "served::the_sdks_do_not_ask_a_proxy_for_the_endpoint_but_for_python",
        |_| (),
        |twin| {
            twin.sign_in("demo", "CN");
            for sdk in Sdk::ALL {
                let mut program = under(twin, &["exec", "--serve", "--"], &sdk.program(twin));
                for name in ["HTTP_PROXY", "http_proxy"] {
                    program.env(name, "http://127.0.0.1:9");
                }
                assert_eq!(sdk.run(program).ask("default").is_ok(), sdk != Sdk::Python, "{sdk:?}");
            }
        },
    );
}

#[test]
#[ignore = "needs unshare, ip and curl"]
fn terraform_like_children_find_a_key_or_an_endpoint() {
    let test = "served::terraform_like_children_find_a_key_or_an_endpoint";
    inside(
        test,
        |_| (),
        |twin| {
            twin.sign_in("demo", "CN");
            let ours: Value = serde_json::from_str(&twin.run(&["credentials", "--profile", "demo"])).unwrap();
            let tokens = ["oauth_access_token", "oauth_refresh_token"].map(|key| twin.value("demo", key));

            let found = printed(child(twin, &["exec", "--profile", "demo"]).output().unwrap());
            for (name, key) in [
                ("ALICLOUD_ACCESS_KEY", "access_key_id"),
                ("ALICLOUD_SECRET_KEY", "access_key_secret"),
                ("ALICLOUD_SECURITY_TOKEN", "sts_token"),
                ("ALIBABA_CLOUD_ACCESS_KEY_ID", "access_key_id"),
                ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "access_key_secret"),
                ("ALIBABA_CLOUD_SECURITY_TOKEN", "sts_token"),
                ("ALICLOUD_REGION", "region_id"),
            ] {
                let line = format!("{name}={}", ours[key].as_str().unwrap());
                assert!(found.lines().any(|found| found == line), "{name} in {found}");
            }
            assert!(!found.contains("stranger"), "{found}");

            let served = printed(child(twin, &["exec", "--profile", "demo", "--serve"]).output().unwrap());
            let answer: Value = serde_json::from_str(served.lines().last().unwrap()).unwrap();
            assert_eq!((&answer["Code"], &answer["SecurityToken"]), (&Value::from("Success"), &ours["sts_token"]));
            let environment = served.rsplit_once('\n').map_or("", |(environment, _)| environment);
            assert!(
                !environment.contains(ours["access_key_secret"].as_str().unwrap()),
                "only the endpoint has the key"
            );
            for output in [&found, &served] {
                assert!(
                    !output.contains("stranger")
                        && !tokens.iter().any(|token| output.contains(token.as_str().unwrap()))
                );
            }
        },
    );
}

/// The child under `exec`, in an environment that has the credentials of somebody else.
fn child(twin: &Twin, how: &[&str]) -> Command {
    let mut script = twin.program("sh");
    script.args(["-c", TERRAFORM_LIKE]);
    for name in ["ALICLOUD_ACCESS_KEY", "ALIBABA_CLOUD_SECURITY_TOKEN", "ALICLOUD_PROFILE", "ALICLOUD_CREDENTIALS_URI"]
    {
        script.env(name, "stranger");
    }
    under(twin, how, &script)
}

/// A program as the child of ours.
fn under(twin: &Twin, how: &[&str], program: &Command) -> Command {
    let mut ours = twin.ours(how);
    ours.arg(program.get_program()).args(program.get_args()).stdin(Stdio::inherit());
    ours.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    ours
}
