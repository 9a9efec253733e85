//! Own applications: create, list, show, update, rotate-secret, delete.

use std::sync::Mutex;

use serde_json::{Value, json};

use crate::support::ims::{Call, Ims, done, refused};

const ID: &str = "4567890123456789012";
const CALLBACK: &str = "https://gitlab.example.com/users/auth/alicloud/callback";
const GITLAB: [&str; 5] = ["app", "create", "gitlab", "--gitlab-url", "https://gitlab.example.com"];

/// The one application that the account may have, and its secrets.
#[derive(Default)]
struct Account {
    application: Option<Value>,
    secrets: Vec<String>,
    issued: usize,
}

fn application(kind: &str, uris: &[&str], scopes: &[&str]) -> Value {
    let scopes: Vec<Value> =
        scopes.iter().map(|scope| json!({"Name": scope, "Required": *scope == "openid"})).collect();
    json!({"AppId": ID, "AppName": "gitlab", "DisplayName": "GitLab", "AppType": kind, "ProtocolVersion": "2.0",
        "IsMultiTenant": false, "SecretRequired": true, "CreateDate": "2026-10-23T08:06:57Z",
        "AccessTokenValidity": 3600, "RedirectUris": {"RedirectUri": uris},
        "DelegatedScope": {"PredefinedScopes": {"PredefinedScope": scopes}}})
}

impl Account {
    fn answer(&mut self, call: &Call) -> Option<(u16, Value)> {
        let list = |name: &str| call.get(name).split(';').map(str::to_owned).collect::<Vec<_>>();
        let known = call.get("AppId") == ID && self.application.is_some();
        Some(match call.action.as_str() {
            "ListApplications" => {
                done(json!({"Applications": {"Application": self.application.iter().collect::<Vec<_>>()}}))
            }
            "CreateApplication" => {
                let (uris, scopes) = (call.get("RedirectUris"), format!("openid;{}", call.get("PredefinedScopes")));
                let split = |text: &'_ str| text.split(';').map(str::to_owned).collect::<Vec<_>>();
                let (uris, scopes) = (split(uris), split(&scopes));
                let [uris, scopes] = [&uris, &scopes].map(|items| items.iter().map(String::as_str).collect::<Vec<_>>());
                self.application = Some(application(call.get("AppType"), &uris, &scopes));
                done(json!({"Application": self.application}))
            }
            _ if !known => refused(404, "EntityNotExist.Application"),
            "GetApplication" => done(json!({"Application": self.application})),
            "UpdateApplication" => {
                let application = self.application.as_mut().unwrap();
                if call.parameters.contains_key("NewRedirectUris") {
                    application["RedirectUris"]["RedirectUri"] = json!(list("NewRedirectUris"));
                }
                if call.parameters.contains_key("NewPredefinedScopes") {
                    let scopes: Vec<Value> =
                        list("NewPredefinedScopes").iter().map(|one| json!({"Name": one})).collect();
                    application["DelegatedScope"]["PredefinedScopes"]["PredefinedScope"] = json!(scopes);
                }
                done(json!({"Application": application}))
            }
            "DeleteApplication" => {
                self.application = None;
                done(json!({}))
            }
            "CreateAppSecret" => {
                self.issued += 1;
                let id = format!("secret-id-{}", self.issued);
                self.secrets.push(id.clone());
                done(
                    json!({"AppSecret": {"AppId": ID, "AppSecretId": id, "AppSecretValue": format!("value-{}", self.issued)}}),
                )
            }
            "DeleteAppSecret" => {
                self.secrets.retain(|id| id != call.get("AppSecretId"));
                done(json!({}))
            }
            "ListAppSecretIds" => {
                let secrets: Vec<Value> = self.secrets.iter().map(|id| json!({"AppSecretId": id})).collect();
                done(json!({"AppSecrets": {"AppSecret": secrets}}))
            }
            _ => return None,
        })
    }
}

fn account(account: Account) -> Ims {
    let account = Mutex::new(account);
    Ims::start(move |call| account.lock().unwrap().answer(call))
}

fn with_application(application: Value) -> Ims {
    account(Account { application: Some(application), ..Account::default() })
}

fn gitlab() -> Ims {
    with_application(application("WebApp", &[CALLBACK], &["openid", "aliuid", "profile"]))
}

/// A path in the home of the administrator.
fn path(ims: &Ims, name: &str) -> String {
    ims.world().home.path().join(name).to_str().unwrap().to_owned()
}

#[test]
fn an_application_for_gitlab_is_one_command() {
    let ims = account(Account::default());
    let file = path(&ims, "secret");
    let output = ims.go(&[&GITLAB[..], &["--secret-file", &file, "--yes"]].concat()).done();
    output
        .says(&format!("callback      {CALLBACK}"))
        .says(&format!("app_id: \"{ID}\""))
        .says("app_secret: \"YOUR_APP_SECRET\"")
        .says(&format!("app_id: '{ID}'"))
        .warns("secret-id-1");
    let create = ims.calls()[1].clone();
    for (name, value) in [
        ("AppType", "WebApp"),
        ("AppName", "gitlab"),
        ("DisplayName", "GitLab"),
        ("RedirectUris", CALLBACK),
        ("PredefinedScopes", "aliuid;profile"),
        ("IsMultiTenant", "false"),
    ] {
        assert_eq!(create.get(name), value, "{name}");
    }
    assert_eq!(create.parameters.len(), 6, "the protocol stays the service's default, 2.0");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "value-1");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn an_international_gitlab_is_told_its_addresses() {
    let ims = account(Account::default());
    let file = path(&ims, "secret");
    let output = ims.go(&[&GITLAB[..], &["--site", "INTL", "--secret-file", &file, "--yes"]].concat()).done();
    output.says("client_options").says("/oauth2/v1/auth").says("/v1/token");
}

#[test]
fn a_dry_run_prints_the_calls() {
    let ims = account(Account::default());
    let output = ims.go(&[&GITLAB[..], &["--dry-run"]].concat()).done();
    assert_eq!(
        output.stdout,
        "aliyun ims CreateApplication --AppType WebApp --AppName gitlab --DisplayName GitLab --RedirectUris \
         'https://gitlab.example.com/users/auth/alicloud/callback' --PredefinedScopes 'aliuid;profile' \
         --IsMultiTenant false\naliyun ims CreateAppSecret --AppId '<AppId>'\n"
    );
    assert_eq!(ims.actions(), ["ListApplications"]);
}

#[test]
fn a_secret_needs_a_place_before_there_is_one() {
    let ims = account(Account::default());
    ims.go(&[&GITLAB[..], &["--yes"]].concat()).exits(2).warns("--secret-file");
    let file = path(&ims, "secret");
    std::fs::write(&file, "precious").unwrap();
    let taken = [&GITLAB[..], &["--secret-file", &file, "--yes"]].concat();
    ims.go(&taken).exits(6).warns("never goes to an existing file");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
    std::fs::remove_file(&file).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", &file).unwrap();
        ims.go(&taken).exits(6).warns("never goes to an existing file");
    }
    let nowhere = path(&ims, "no/such/folder");
    ims.go(&[&GITLAB[..], &["--secret-file", &nowhere, "--yes"]].concat()).exits(6).warns("cannot be created");
    ims.run(&GITLAB).terminal().input("y\nn\n").go(ims.world()).exits(2).warns("nothing was changed");
    assert!(!ims.actions().contains(&"CreateApplication".to_owned()));
    let shown = ims.run(&GITLAB).terminal().input("y\ny\n").go(ims.world()).done();
    shown.says("cannot be shown again:\nvalue-1\n");
}

#[test]
fn an_application_that_exists_is_compared() {
    for (existing, code, words) in [
        (application("WebApp", &[CALLBACK], &["openid", "aliuid", "profile"]), "", "and is as wanted"),
        (application("NativeApp", &[CALLBACK], &["openid", "aliuid", "profile"]), "", "its type is NativeApp"),
        (application("WebApp", &[], &["openid", "aliuid", "profile"]), "update", "it lacks the callback"),
        (application("WebApp", &[CALLBACK], &["openid", "aliuid"]), "update", "it lacks the scope profile"),
    ] {
        let ims = with_application(existing);
        let output = ims.go(&[&GITLAB[..], &["--yes"]].concat()).exits(2).warns("exists already").warns(words);
        let offered = "aliyun-rs app update gitlab --gitlab-url 'https://gitlab.example.com'";
        assert_eq!(output.stderr.contains(offered), code == "update", "{output}");
    }
}

#[test]
fn nothing_is_left_half_done_in_silence() {
    let account = Mutex::new(Account::default());
    let ims = Ims::start(move |call| match call.action.as_str() {
        "CreateAppSecret" => Some(refused(403, "NoPermission")),
        _ => account.lock().unwrap().answer(call),
    });
    let file = path(&ims, "secret");
    ims.go(&[&GITLAB[..], &["--secret-file", &file, "--yes"]].concat())
        .exits(4)
        .says("was created")
        .warns(&format!("the application `gitlab` ({ID}) exists, but was given no new secret"))
        .warns("aliyun-rs app rotate-secret gitlab --secret-file FILE")
        .warns("ram:CreateAppSecret");
    assert!(!std::path::Path::new(&file).exists(), "an empty file is no secret");
}

#[test]
fn names_and_addresses_are_checked_before_anything_is_asked() {
    let ims = account(Account::default());
    let long = "n".repeat(65);
    for (args, words) in [
        (&["app", "create", &long, "--type", "web"][..], "at most 64 characters"),
        (&["app", "create", "a b", "--type", "web"], "letters, digits"),
        (&["app", "create", &long[..40], "--type", "web"], "add `--display-name`"),
        (&["app", "create", "a", "--type", "web", "--display-name", &long[..25]], "1 to 24 characters"),
        (
            &["app", "create", "a", "--type", "web", "--callback-url", "https://a;https://b"],
            "without blanks, semicolons",
        ),
        (&["app", "create", "a", "--type", "web", "--callback-url", " https://a"], "without blanks"),
        (&["app", "create", "a", "--type", "web", "--callback-url", "meeting://authorize/"], "use http or https"),
        (&["app", "create", "a", "--type", "web", "--scope", "aliuid profile"], "a scope has no blanks"),
        (&["app", "create", "gitlab", "--gitlab-url", "gitlab.example.com"], "not the address of a GitLab"),
        (&["app", "create", "a"], "--type"),
    ] {
        ims.go(args).exits(2).warns(words);
    }
    assert!(ims.calls().is_empty());
    let native = ["--type", "native", "--callback-url", "meeting://authorize/", "--yes"];
    ims.go(&[&["app", "create", "desk"][..], &native].concat()).done();
    assert!(!ims.actions().contains(&"CreateAppSecret".to_owned()), "a native application has no secret");
}

#[test]
fn an_update_keeps_what_it_does_not_name() {
    let ims = with_application(application("WebApp", &["https://old.example.com/cb"], &["openid", "/acs/alidns"]));
    let args = ["app", "update", "gitlab", "--gitlab-url", "https://gitlab.example.com", "--yes"];
    ims.go(&args)
        .done()
        .says(&format!("+ {CALLBACK}"))
        .says("+ aliuid")
        .says("callback      https://old.example.com/cb");
    let update = ims.calls().into_iter().find(|call| call.action == "UpdateApplication").unwrap();
    assert_eq!(update.get("NewRedirectUris"), format!("https://old.example.com/cb;{CALLBACK}"));
    assert_eq!(update.get("NewPredefinedScopes"), "openid;/acs/alidns;aliuid;profile");
    ims.go(&args).done().says("as wanted already");
    let remove = ["app", "update", ID, "--remove-callback-url", "https://old.example.com/cb", "--yes"];
    ims.go(&remove).done().says("- https://old.example.com/cb");
}

#[test]
fn a_secret_is_rotated_in_two_steps() {
    let ims = gitlab();
    let (first, second) = (path(&ims, "first"), path(&ims, "second"));
    let rotate = ["app", "rotate-secret", "gitlab", "--yes"];
    ims.go(&[&rotate[..], &["--secret-file", &first]].concat()).done();
    let again = ims.go(&[&rotate[..], &["--secret-file", &second]].concat()).done();
    again.warns("aliyun-rs app rotate-secret gitlab --drop secret-id-1");
    let third = ims.go(&[&rotate[..], &["--secret-file", &path(&ims, "third")]].concat()).exits(2);
    third.warns("has two secrets").warns("--drop secret-id-1").warns("--drop secret-id-2");
    ims.go(&[&rotate[..], &["--drop", "value-1"]].concat()).exits(2).warns("it has secret-id-1 and secret-id-2");
    ims.go(&[&rotate[..], &["--drop", "secret-id-1"]].concat()).done().says("was deleted");
    ims.go(&["app", "rotate-secret", "gitlab", "--drop", "secret-id-2"]).exits(2).says("the only secret");
    ims.go(&["app", "show", "gitlab"]).done().says("secret        secret-id-2");
}

#[test]
fn applications_are_listed_shown_and_deleted() {
    let ims = gitlab();
    let list = ims.go(&["app", "list"]).done();
    assert_eq!(
        list.stdout,
        format!(
            "Name   | ID                  | Type   | Display name\n------ | {0} | ------ | ------------\n\
             gitlab | {ID} | WebApp | GitLab\n",
            "-".repeat(19)
        )
    );
    let json = |args: &[&str]| -> Value { serde_json::from_str(&ims.go(args).done().stdout).unwrap() };
    assert_eq!(json(&["app", "list", "--format", "json"])[0]["id"], ID);
    let shown = json(&["app", "show", ID, "--format", "json"]);
    assert_eq!(shown["callback_urls"], json!([CALLBACK]));
    assert_eq!((&shown["type"], &shown["protocol"]), (&json!("WebApp"), &json!("2.0")));
    ims.go(&["app", "delete", "gitlab"]).exits(2).says("nobody can sign in");
    ims.go(&["app", "delete", "gitlab", "--yes"]).done();
    ims.go(&["app", "delete", "gitlab", "--yes"]).exits(2).warns("there is no application `gitlab`");
}

#[test]
fn an_unexpected_answer_never_shows_a_secret() {
    let account = Mutex::new(Account::default());
    let ims = Ims::start(move |call| match call.action.as_str() {
        "CreateAppSecret" => Some(done(json!({"Secret": {"Value": "value-in-another-place"}}))),
        _ => account.lock().unwrap().answer(call),
    });
    let file = path(&ims, "secret");
    let output = ims.go(&[&GITLAB[..], &["--secret-file", &file, "--yes"]].concat()).exits(1);
    let output = output.warns("no usable `AppSecret`, request id R-DONE").warns("in the RAM console");
    assert!(!format!("{output}").contains("another-place"), "{output}");
}
