//! `app check` against the sandbox: an application that works, and many that do not.

use std::fs;
use std::net::TcpListener;

use serde_json::{Value, json};

use crate::support::ims::{Ims, done};
use crate::support::{Output, Run, World};

const GITLAB: &str = "https://gitlab.example.com";
const CALLBACK: &str = "https://gitlab.example.com/users/auth/alicloud/callback";

/// An account with an administrator.
pub(super) struct Account(pub(super) World);

impl Account {
    pub(super) fn new() -> Self {
        Self::of(World::new())
    }

    pub(super) fn of(world: World) -> Self {
        let (id, secret) = world.sandbox.access_key("root");
        let profile = json!({"name": "admin", "mode": "AK", "access_key_id": id, "access_key_secret": secret});
        world.write_config(&json!({"current": "admin", "profiles": [profile]}).to_string());
        Self(world)
    }

    fn path(&self, name: &str) -> String {
        self.0.home.path().join(name).to_str().unwrap().to_owned()
    }

    pub(super) fn app(&self, args: &[&str]) -> Output {
        self.0.run(&[&["app"], args].concat())
    }

    /// Creates an application; its id, and the file with its secret.
    fn create(&self, name: &str, args: &[&str]) -> (String, String) {
        let file = self.path(&format!("{name}-secret"));
        self.app(&[&["create", name, "--yes", "--secret-file", &file], args].concat()).done();
        let shown: Value = serde_json::from_str(&self.app(&["show", name, "--format", "json"]).done().stdout).unwrap();
        (shown["id"].as_str().unwrap().to_owned(), file)
    }

    fn gitlab(&self) -> (String, String) {
        self.create("gitlab", &["--gitlab-url", GITLAB])
    }

    fn check(&self, args: &[&str]) -> Output {
        self.app(&[&["check"], args].concat())
    }

    /// The findings that are problems.
    fn problems(&self, args: &[&str]) -> Vec<(String, String)> {
        let output = self.check(&[args, &["--format", "json"]].concat());
        let json: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output}"));
        let findings = json["findings"].as_array().unwrap().iter().filter(|line| line["verdict"] == "problem");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let found: Vec<_> = findings.map(|line| (text(&line["check"]), text(&line["message"]))).collect();
        assert_eq!(output.code, if found.is_empty() { 0 } else { 4 }, "{output}");
        found
    }
}

/// A callback on this machine that is nobody's at the moment.
fn loopback() -> String {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    format!("http://127.0.0.1:{port}/callback")
}

#[test]
fn an_application_that_works_is_signed_in_to() {
    let account = Account::new();
    let (id, secret) = account.gitlab();
    account.app(&["update", "gitlab", "--callback-url", &loopback(), "--yes"]).done();
    for (user, uid, email) in [
        ("alice", "200000000000000001", "alice@1234567890123456.onaliyun.com"),
        ("root", "1234567890123456", "root@example.com"),
        ("developer", "300000000000000003", "temp-email-for-oauth-developer@gitlab.localhost"),
    ] {
        let args = ["app", "check", "gitlab", "--client-secret-file", &secret, "--gitlab-url", GITLAB];
        let run = Run::new(&args).browser(user, aliyun_rs::sandbox::Decision::Authorize);
        let output = run.go(&account.0).done().shows("The sign-in works");
        let output = output
            .says(&format!("accepts the ID with the callback {CALLBACK}"))
            .says("accepts the secret and refuses a wrong one")
            .says("granted: aliuid openid profile")
            .says("signature, issuer, audience and expiry of the id_token are right")
            .says("the tokens of this check were revoked")
            .says(&format!("extern_uid    {uid} (omniauth-alicloud 2.x)"))
            .says(email);
        assert!(!output.stdout.contains("problem"), "{output}");
    }
    let without = ["--client-id", &id, "--client-secret-file", &secret, "--callback-url", CALLBACK, "--no-sign-in"];
    assert_eq!(account.problems(&without), []);
    let left = fs::read_to_string(account.0.config_path()).unwrap();
    assert!(!left.contains("sandbox-at") && !left.contains("sandbox-app-secret"), "nothing is stored");
}

#[test]
fn each_fault_of_an_application_is_named() {
    let account = Account::new();
    let (id, secret) = account.gitlab();
    let file = |name: &str, text: &str| {
        fs::write(account.path(name), text).unwrap();
        account.path(name)
    };
    let value = fs::read_to_string(&secret).unwrap();
    let shown: Value = serde_json::from_str(&account.app(&["show", "gitlab", "--format", "json"]).stdout).unwrap();
    let (native, _) = account.create("native", &["--type", "native", "--callback-url", CALLBACK]);
    account.create("bare", &["--type", "web", "--callback-url", CALLBACK]);
    account.create("none", &["--type", "web", "--scope", "aliuid", "--scope", "profile"]);
    account.create("plain", &["--gitlab-url", "http://gitlab.example.com"]);
    account.create("root", &["--gitlab-url", "https://gitlab.example.com/git"]);
    let wrong = file("wrong", "sandbox-app-secret-of-another");
    let pasted = file("id", shown["secret_ids"][0].as_str().unwrap());
    let blanks = file("blanks", &format!(" {value} \n"));
    let newline = file("newline", &format!("{value}\r\n"));
    for (args, check, words) in [
        (vec!["gitlab", "--client-secret-file", &wrong], "secret", "the token endpoint refuses the secret"),
        (vec!["gitlab", "--client-secret-file", &pasted], "secret", "the ID of the secret, not its value"),
        (vec!["gitlab", "--client-secret-file", &blanks], "secret", "blanks around the secret"),
        (vec!["gitlab", "--callback-url", &format!("{CALLBACK}/")], "callback", "differs in the slash at the end"),
        (vec!["gitlab", "--callback-url", &CALLBACK.replace("https", "http")], "callback", "differs in scheme"),
        (vec!["gitlab", "--callback-url", &CALLBACK.replace(".com", ".com:8443")], "callback", "differs in port"),
        (vec!["gitlab", "--callback-url", &CALLBACK.replace("gitlab.", "git.")], "callback", "differs in host"),
        (vec!["root", "--gitlab-url", GITLAB], "callback", "differs in path"),
        (vec!["plain", "--gitlab-url", GITLAB], "callback", "differs in scheme"),
        (vec!["none", "--gitlab-url", GITLAB], "callback", "the application has none"),
        (vec!["bare", "--gitlab-url", GITLAB], "application", "it lacks the scope aliuid, profile"),
        (vec!["native", "--gitlab-url", GITLAB], "application", "its type is NativeApp, not WebApp"),
        (vec!["native", "--gitlab-url", GITLAB], "secret", "the application has no secret"),
        (
            vec!["--client-id", "1234567890123456789", "--callback-url", CALLBACK],
            "application",
            "no application of this ID",
        ),
        (vec!["--client-id", "1234567890123456789", "--callback-url", CALLBACK], "callback", "refuses the ID"),
    ] {
        let args = [&args[..], &["--no-sign-in"]].concat();
        let found = account.problems(&args);
        assert!(found.iter().any(|(of, text)| of == check && text.contains(words)), "{args:?}: {found:#?}");
    }
    for args in
        [vec!["gitlab", "--client-secret-file", &secret], vec!["--client-id", &id, "--client-secret-file", &newline]]
    {
        assert_eq!(account.problems(&[&args[..], &["--gitlab-url", GITLAB, "--no-sign-in"]].concat()), [], "{args:?}");
    }
    assert_eq!(account.problems(&["--client-id", &native, "--callback-url", CALLBACK, "--no-sign-in"]).len(), 2);
}

#[test]
fn an_application_that_nobody_here_would_create_is_judged() {
    for (change, code, words) in [
        (json!({"ProtocolVersion": "2.1"}), 4, "problem       its protocol is OAuth 2.1"),
        (json!({"AppType": "ServerApp"}), 4, "problem       its type is ServerApp, not WebApp"),
        (json!({"IsMultiTenant": true}), 4, "problem       other accounts may install it"),
        (
            json!({"CreateDate": "2024-09-09T23:59:59Z"}),
            0,
            "inconclusive  the application was created before 2024-09-10",
        ),
    ] {
        let ims = Ims::start(move |call| {
            let mut application = json!({"AppId": "4567890123456789012", "AppName": "gitlab", "AppType": "WebApp",
                "ProtocolVersion": "2.0", "RedirectUris": {"RedirectUri": [CALLBACK]}, "IsMultiTenant": false,
                "CreateDate": "2026-10-23T08:06:57Z"});
            change.as_object().unwrap().iter().for_each(|(name, value)| application[name] = value.clone());
            Some(match call.action.as_str() {
                "GetApplication" => done(json!({"Application": application})),
                "ListAppSecretIds" => done(json!({"AppSecrets": {"AppSecret": [{"AppSecretId": "s-1"}]}})),
                // The authorization endpoint, which is asked without an action.
                "" => (302, json!({})),
                _ => return None,
            })
        });
        ims.go(&["app", "check", "4567890123456789012", "--no-sign-in"]).exits(code).says(words);
    }
}

#[test]
fn a_gitlab_is_asked_whether_it_offers_the_provider() {
    let account = Account::new();
    account.gitlab();
    for (status, page, code, words) in [
        (
            200,
            "<form action=\"/git/users/auth/alicloud\">",
            0,
            "ok            the GitLab's sign-in page offers the provider",
        ),
        (200, "<form action=\"/users/sign_in\">", 4, "problem       the GitLab's sign-in page does not offer"),
        (502, "<h1>Deploy in progress</h1>", 0, "inconclusive  the GitLab answered with status 502"),
    ] {
        let server = tiny_http::Server::http("127.0.0.1:0").unwrap();
        let url = format!("http://127.0.0.1:{}/git", server.server_addr().to_ip().unwrap().port());
        let answering = std::thread::spawn(move || {
            let request = server.recv().unwrap();
            assert_eq!(request.url(), "/git/users/sign_in");
            request.respond(tiny_http::Response::from_string(page).with_status_code(status)).unwrap();
        });
        account.app(&["update", "gitlab", "--gitlab-url", &url, "--yes"]).done();
        account.check(&["gitlab", "--gitlab-url", &url, "--online", "--no-sign-in"]).exits(code).says(words);
        answering.join().unwrap();
    }
}

#[test]
fn a_secret_is_read_from_a_file_a_pipe_or_nowhere() {
    let account = Account::new();
    let (_, file) = account.gitlab();
    let value = fs::read_to_string(&file).unwrap();
    let check = ["app", "check", "gitlab", "--no-sign-in"];
    for run in [Run::new(&check).input(&format!("{value}\n")), Run::new(&check).input(&format!("{value}\n")).terminal()]
    {
        let output = run.go(&account.0).done().says("accepts the secret");
        assert!(!output.to_string().contains(&value), "{output}");
    }
    account.check(&["gitlab", "--no-sign-in"]).done().says("no secret was given");
    account.check(&["gitlab", "--client-secret-file", &account.path("absent")]).exits(6).warns("cannot be read");
    let real = account.path("real");
    fs::write(&real, "a-secret-of-the-real-service").unwrap();
    let output = account.check(&["gitlab", "--client-secret-file", &real, "--no-sign-in"]).exits(4);
    output.says("no sandbox has issued this secret; it was not sent");
}

#[test]
fn a_server_that_looks_at_the_code_first_proves_nothing() {
    let account = Account::of(World::with(|options| options.grant_before_secret = true));
    let (_, secret) = account.gitlab();
    let output = account.check(&["gitlab", "--client-secret-file", &secret, "--no-sign-in"]).done();
    output.says("inconclusive  the token endpoint answers this secret and a wrong one alike (`invalid_grant`)");
}

#[test]
fn scopes_that_are_not_granted_are_named() {
    let account = Account::new();
    let callback = loopback();
    let (_, secret) = account.create("old", &["--type", "web", "--scope", "aliuid", "--callback-url", &callback]);
    let check = ["check", "old", "--client-secret-file", &secret, "--scope", "aliuid"];
    account.app(&check).done().says("granted: aliuid openid");
    account.app(&["update", "old", "--scope", "profile", "--yes"]).done();
    // The consent of before does not cover it.
    let output = account.app(&[&check[..], &["--scope", "profile"]].concat()).exits(4);
    output.says("not granted: profile").says("prompt=admin_consent");
}

#[test]
fn what_a_sign_in_shows_is_judged() {
    for (fault, words) in [
        ("token=without:id_tokenx3", "inconclusive  the token endpoint sent no id_token"),
        ("userinfo=401:invalid_token", "problem       userinfo does not say who signed in"),
        ("keys=503x9", "inconclusive  the site's keys could not be fetched"),
        ("revoke=503x9", "inconclusive  the tokens of this check were not revoked"),
    ] {
        let account = Account::new();
        let (_, secret) = account.create("one", &["--type", "web", "--callback-url", &loopback()]);
        account.0.fault(&[fault]);
        account.check(&["one", "--client-secret-file", &secret]).says(words);
    }
    let account = Account::new();
    let (_, secret) = account.create("one", &["--type", "web", "--callback-url", &loopback()]);
    let denied = Run::new(&["app", "check", "one", "--client-secret-file", &secret])
        .browser("alice", aliyun_rs::sandbox::Decision::Deny);
    denied.go(&account.0).exits(4).says("refused in the browser: `access_denied`");
    let issuer = Account::of(World::with(|options| options.issuer = Some("https://evil.example".to_owned())));
    let (_, secret) = issuer.create("one", &["--type", "web", "--callback-url", &loopback()]);
    issuer.check(&["one", "--client-secret-file", &secret]).exits(4).says("its issuer is `https://evil.example`");
}

#[test]
fn without_an_account_an_id_can_still_be_checked() {
    let account = Account::new();
    let (id, secret) = account.gitlab();
    fs::remove_file(account.0.config_path()).unwrap();
    let args = ["--client-id", &id, "--client-secret-file", &secret, "--gitlab-url", GITLAB, "--no-sign-in"];
    let output = account.check(&args).done();
    output.says("no profile gives credentials").says("accepts the secret").says("In GitLab, a RAM role will be");
    account.check(&["gitlab", "--no-sign-in"]).exits(3);
}
