//! GitLab's own strategy, in a small web application and a real browser, against an application of the account.
#![expect(clippy::disallowed_methods, reason = "GitLab is a program of its own")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use aliyun_rs::host::Host;
use aliyun_rs::sandbox::Options;
use serde_json::{Value, json};

use super::app::App;
use super::client::World;
use crate::chromium::webdriver::Browser;

/// A running web application, not configured yet.
struct Gitlab {
    child: Child,
    url: String,
}

impl Gitlab {
    fn start() -> Self {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parties/ruby/gitlab.rb");
        let mut child = Command::new("ruby")
            .arg(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("ruby is installed");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let port: u16 = line.trim().parse().expect("ruby-omniauth-alicloud and ruby-webrick are installed");
        Self { child, url: format!("http://127.0.0.1:{port}") }
    }

    fn callback(&self) -> String {
        format!("{}/users/auth/alicloud/callback", self.url)
    }

    fn configure(&mut self, world: &World, id: &str, secret: &str, strategy: u8) {
        let setup = json!({"site": world.sandbox.url(), "app_id": id, "app_secret": secret, "strategy": strategy});
        writeln!(self.child.stdin.as_mut().unwrap(), "{setup}").unwrap();
    }

    /// Signs `user` in and returns what GitLab sees.
    fn sign_in(&self, browser: &Browser, user: &str) -> Value {
        browser.open(&self.url);
        browser.click("//button[contains(., 'Sign in with AliCloud')]");
        browser.click(&format!("//label[contains(., '{user}')]"));
        browser.click("//button[contains(., 'Authorize')]");
        browser.wait_for("GitLab sees ");
        let text = browser.text();
        serde_json::from_str(text.split_once("GitLab sees ").unwrap().1).unwrap()
    }
}

impl Drop for Gitlab {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
#[ignore = "needs ruby-omniauth-alicloud, ruby-webrick, chromium and chromedriver"]
fn gitlab_signs_a_user_the_account_and_a_role_in() {
    let browser = Browser::start("en-US,en");
    for strategy in [2, 3] {
        let world = world(|_| ());
        let mut gitlab = Gitlab::start();
        let app = App::gitlab_at(&world, &now(), &gitlab.callback());
        gitlab.configure(&world, &app.id, &app.secret, strategy);
        for (user, uid, name, email, username) in [
            ("alice", "200000000000000001", Some("alice"), Some("alice@1234567890123456.onaliyun.com"), Some("alice")),
            ("root", "1234567890123456", Some("root@example.com"), Some("root@example.com"), None),
            ("developer", "300000000000000003", Some("developer"), None, Some("developer")),
        ] {
            let mut seen = gitlab.sign_in(&browser, user);
            let found = seen["uid"].take();
            if strategy == 2 {
                assert_eq!(found, uid, "{user}");
            } else {
                assert!(found != uid && found.as_str().is_some_and(|sub| sub.len() == 32), "{user}: {found}");
            }
            assert_eq!(seen, json!({"uid": null, "name": name, "email": email, "username": username}), "{user}");
        }
    }
}

#[test]
#[ignore = "needs ruby-omniauth-alicloud, ruby-webrick, chromium and chromedriver"]
fn gitlab_calls_every_refusal_invalid_credentials() {
    let browser = Browser::start("en-US,en");
    for (is_secret_wrong, strategy, refusal) in
        [(true, 2, Some("invalid_client")), (false, 2, Some("invalid_grant")), (false, 3, None)]
    {
        // Version 2 sends the callback with its query to the token endpoint, which a strict site refuses.
        let world = world(|options| options.strict_redirect = true);
        let mut gitlab = Gitlab::start();
        let app = App::gitlab_at(&world, &now(), &gitlab.callback());
        gitlab.configure(&world, &app.id, if is_secret_wrong { &app.secret_id } else { &app.secret }, strategy);
        let seen = gitlab.sign_in(&browser, "alice");
        let expected = refusal.map_or(Value::Null, |_| json!("invalid_credentials"));
        assert_eq!(seen["failed"], expected, "{seen}");
        let outcome = format!("token/authorization_code: {}", refusal.unwrap_or("ok"));
        assert_eq!(world.sandbox.ledger().totals()[&outcome], 1);
    }
}

/// A world by the time of this machine, with a login page.
fn world(change: impl FnOnce(&mut Options)) -> World {
    let clock = Host::from_os().clock;
    World::with(move |options| {
        options.clock = Arc::new(move || clock.now());
        options.login_page = true;
        change(options);
    })
}

fn now() -> String {
    Host::from_os().clock.now().to_string()
}
