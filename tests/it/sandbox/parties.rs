//! Programs that others wrote, as clients of the sandbox: the official SDK of IMS, and Authlib.
//! `tests/parties/install target/parties` installs them.
#![expect(clippy::disallowed_methods, reason = "the parties are programs of their own")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use aliyun_rs::host::Host;
use serde_json::{Value, json};

use super::api::Call;
use super::app::{App, CALLBACK};
use super::client::World;

const APP_ID: &str = "4038181954557748008";

/// A world by the time of this machine, in which others sign and judge.
fn world() -> World {
    let clock = Host::from_os().clock;
    World::with(move |options| options.clock = Arc::new(move || clock.now()))
}

/// A running program that is asked by lines.
struct Party {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Party {
    fn start(program: &str, setup: &Value) -> Self {
        let target = Path::new(env!("CARGO_BIN_EXE_aliyun-rs")).ancestors().nth(2).unwrap();
        let mut child = Command::new(target.join("parties/python/bin/python"))
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parties/python").join(program))
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{error}; run tests/parties/install target/parties"));
        let (questions, answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut party = Self { child, questions, answers };
        writeln!(party.questions, "{setup}").unwrap();
        party
    }

    fn ask(&mut self, question: &str, argument: &Value) -> Value {
        writeln!(self.questions, "{}", json!([question, argument])).unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("{question}: {line}"))
    }
}

impl Drop for Party {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The official SDK of IMS with a key of `user`.
fn ims(world: &World, user: &str) -> Party {
    let (id, secret) = world.sandbox.access_key(user);
    Party::start("ims.py", &json!({"endpoint": world.address(), "id": id, "secret": secret}))
}

#[test]
#[ignore = "needs the official SDK of IMS"]
fn the_sdk_of_ims_administers_an_application() {
    let world = world();
    let mut sdk = ims(&world, "alice");
    let fields = json!({
        "app_name": "gitlab", "app_type": "WebApp", "display_name": "GitLab",
        "predefined_scopes": "aliuid;profile", "redirect_uris": CALLBACK,
    });
    let created = sdk.ask("create_application", &fields)["Application"].clone();
    let id = json!({"app_id": created["AppId"]});
    let change = json!({"app_id": created["AppId"], "new_display_name": "Our GitLab", "new_is_multi_tenant": false});
    let changed = sdk.ask("update_application", &change);
    assert_eq!(changed["Application"]["DisplayName"], "Our GitLab", "{changed}");
    let read = sdk.ask("get_application", &id)["Application"].clone();
    let mut call = Call::new(
        &world.sandbox.access_key("root"),
        "GetApplication",
        &[("AppId", created["AppId"].as_str().unwrap())],
    );
    call.date = Host::from_os().clock.now().to_string();
    assert_eq!(*world.call(&call).succeeds().at("Application"), read, "the SDK loses and invents nothing");
    assert_eq!(sdk.ask("list_applications", &json!({}))["Applications"]["Application"], json!([read]));

    let secret = sdk.ask("create_app_secret", &id)["AppSecret"].clone();
    let both = json!({"app_id": created["AppId"], "app_secret_id": secret["AppSecretId"]});
    assert_eq!(sdk.ask("get_app_secret", &both)["AppSecret"], secret);
    let listed = sdk.ask("list_app_secret_ids", &id);
    assert_eq!(listed["AppSecrets"]["AppSecret"][0]["AppSecretId"], secret["AppSecretId"]);
    assert!(sdk.ask("delete_app_secret", &both)["RequestId"].is_string());
    let scopes = sdk.ask("list_predefined_scopes", &json!({"app_type": "WebApp"}));
    assert_eq!(scopes["PredefinedScopes"]["PredefinedScope"][0]["Name"], "openid");
    assert!(sdk.ask("delete_application", &id)["RequestId"].is_string());
    let gone = json!({"Error": "EntityNotExist.Application", "Status": 404});
    assert_eq!(sdk.ask("get_application", &id), gone);
    let refused = ims(&world, "bob").ask("create_application", &fields);
    assert_eq!(refused, json!({"Error": "NoPermission", "Status": 403}));
}

#[test]
#[ignore = "needs the official SDK of IMS"]
fn the_sdk_of_ims_installs_official_cli() {
    let world = world();
    let mut sdk = ims(&world, "root");
    let id = json!({"app_id": APP_ID});
    assert_eq!(sdk.ask("deprovision_external_application", &id)["Error"], Value::Null);
    assert_eq!(sdk.ask("get_application_provision_info", &id)["Error"], "EntityNotExist.Application");
    let installed = sdk.ask("provision_external_application", &id)["ExternalApplication"].clone();
    assert_eq!(installed["AppPrincipalName"], "alibabacloud-cli@app.1263926834388048.onaliyun.com");
    assert_eq!(sdk.ask("get_external_application", &id)["ExternalApplication"], installed);
    let info = sdk.ask("get_application_provision_info", &id)["ApplicationProvisionInfo"].clone();
    assert_eq!((&info["AppCategory"], &info["AssignmentType"]), (&json!("Official"), &json!("OnDemand")));
    let listed = sdk.ask("list_application_provision_infos", &json!({"source_type": "external"}));
    let listed = listed["ApplicationProvisionInfos"]["ApplicationProvisionInfo"].as_array().unwrap().clone();
    assert!(listed.contains(&info), "{listed:?}");

    let mut names = Vec::new();
    let mut page = sdk.ask("list_users", &json!({"max_items": 1}));
    loop {
        names.push(page["Users"]["User"][0]["UserPrincipalName"].clone());
        let Some(marker) = page["Marker"].as_str() else { break };
        page = sdk.ask("list_users", &json!({"max_items": 1, "marker": marker}));
    }
    assert_eq!(names.len(), 3, "{names:?}");
    let user = sdk.ask("get_user", &json!({"user_principal_name": names[1]}));
    assert_eq!((&user["User"]["UserName"], &user["User"]["UserId"]), (&json!("bob"), &json!("200000000000000002")));
}

#[test]
#[ignore = "needs Authlib"]
fn authlib_signs_in_renews_and_signs_out() {
    for method in ["client_secret_post", "client_secret_basic"] {
        let world = world();
        let app = App::gitlab_at(&world, &Host::from_os().clock.now().to_string(), CALLBACK);
        let setup = json!({
            "site": world.sandbox.url(), "id": app.id, "secret": app.secret, "method": method,
            "scope": "openid aliuid profile", "redirect": CALLBACK,
        });
        let mut client = Party::start("oauth.py", &setup);
        let page = client.ask("begin", &Value::Null);
        let page = url::Url::parse(page.as_str().unwrap()).unwrap();
        let callback = app.authorize(page.query().unwrap(), "alice");
        let tokens = client.ask("finish", &json!(callback));
        assert_eq!(tokens["scope"], "aliuid openid profile", "{method}: {tokens}");
        let (claims, info) = (client.ask("claims", &Value::Null), client.ask("userinfo", &Value::Null));
        assert_eq!((&claims["sub"], &claims["upn"]), (&info["sub"], &info["upn"]), "{claims}");
        assert_eq!(info["upn"], "alice@1234567890123456.onaliyun.com");
        let renewed = client.ask("refresh", &Value::Null);
        assert_ne!(renewed["access_token"], tokens["access_token"]);
        assert_eq!(client.ask("revoke", &Value::Null), json!(200));
        assert_eq!(client.ask("refresh", &Value::Null), json!({"Error": "invalid_grant"}), "{method}");
    }
}
