//! The whole sign-in with a real browser: the binary, its sandbox, and a headless Chromium that clicks.
#![expect(clippy::disallowed_methods, reason = "the stories run the real binary as a person does")]

pub(crate) mod webdriver;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::{PATIENCE, ports};
use webdriver::Browser;

const SIGN_IN: [&str; 6] = ["--", "configure", "--mode", "OAuth", "--profile", "demo"];
const SUCCESS: &str = "Authorization successful. You can close this window.";

#[test]
#[ignore = "needs chromium and chromedriver"]
fn a_click_signs_in_and_the_profile_can_be_managed() {
    let person = Person::new();
    let browser = Browser::start("en-US,en");
    let turn = ports::turn();
    let sign_in = person.start(&SIGN_IN);
    let url = person.handed_over_url();
    browser.open(&url);
    keep_pictures(&browser, "sandbox-en");
    browser.click(&user("bob"));
    browser.click(&button("Authorize"));
    browser.wait_for(SUCCESS);
    assert!(person.stored().contains("\"demo\""), "the page is shown before the profile is saved");
    keep_pictures(&browser, "success-en");
    let ended = End::of(sign_in.wait_with_output().unwrap());
    ended.assert(0);
    assert!(ended.stdout.lines().any(|line| line == url), "{ended:?}");
    assert!(ended.stdout.contains("Configure Done!!!") && ended.stdout.contains("user/bob"), "{ended:?}");
    assert_eq!(browser.complaints(), [""; 0]);
    assert_eq!(after_the_callback(browser), [""; 0]);

    person.run(&["--as", "alice", "--", "configure", "--mode", "OAuth", "--profile", "other"], 0);
    drop(turn);
    assert_eq!(person.current(), "other");
    person.run(&["--", "switch", "demo"], 0);
    assert_eq!(person.current(), "demo");
    person.run(&["--", "delete", "demo"], 0);
    assert_eq!(person.current(), "other");
    assert!(!person.stored().contains("\"demo\""));
    person.run(&["--", "switch", "demo"], 2);
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn a_click_on_deny_ends_the_sign_in_and_saves_nothing() {
    let person = Person::new();
    let browser = Browser::start("en-US,en");
    let _turn = ports::turn();
    let sign_in = person.start(&SIGN_IN);
    browser.open(&person.handed_over_url());
    browser.click(&button("Deny"));
    browser.wait_for("Authorization was denied");
    assert!(!browser.text().contains("successful"));
    keep_pictures(&browser, "denied-en");
    let ended = End::of(sign_in.wait_with_output().unwrap());
    ended.assert(4);
    assert!(ended.stderr.contains("official-cli"), "{ended:?}");
    assert_eq!(browser.complaints(), [""; 0]);
    assert_eq!(person.run(&["--", "list", "--format", "json"], 0).trim(), "[]");
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn a_browser_that_prefers_chinese_is_answered_in_chinese() {
    let person = Person::new();
    let browser = Browser::start("zh-CN,zh");
    let _turn = ports::turn();
    let sign_in = person.start(&SIGN_IN);
    browser.open(&person.handed_over_url());
    assert_eq!(browser.evaluate("return document.documentElement.lang"), "zh-CN");
    keep_pictures(&browser, "sandbox-zh");
    browser.click(&button("授权"));
    browser.wait_for("授权成功，您可以关闭此窗口。");
    assert_eq!(browser.evaluate("return document.documentElement.lang"), "zh-CN");
    keep_pictures(&browser, "success-zh");
    End::of(sign_in.wait_with_output().unwrap()).assert(0);
    assert_eq!(browser.complaints(), [""; 0]);
}

/// Somebody at this machine with an empty home, whose `BROWSER` hands the address over to the test.
struct Person {
    home: TempDir,
}

impl Person {
    fn new() -> Self {
        let home = TempDir::new().unwrap();
        let browser = home.path().join("browser");
        let url = home.path().join("url");
        // Renamed into place, so that half an address is never read.
        let script = format!("#!/bin/sh\nprintf %s \"$1\" >'{0}.part' && mv '{0}.part' '{0}'\n", url.display());
        fs::write(&browser, script).unwrap();
        fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).unwrap();
        Self { home }
    }

    /// Starts `aliyun-rs sandbox ARGUMENTS...`.
    fn start(&self, arguments: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_aliyun-rs"))
            .arg("sandbox")
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.home.path())
            .env("XDG_DATA_HOME", self.home.path().join("data"))
            .env("BROWSER", self.home.path().join("browser"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Runs `aliyun-rs sandbox ARGUMENTS...` to its end, which must be `code`.
    fn run(&self, arguments: &[&str], code: i32) -> String {
        let ended = End::of(self.start(arguments).wait_with_output().unwrap());
        ended.assert(code);
        ended.stdout
    }

    /// Waits for the address that the browser was started with.
    fn handed_over_url(&self) -> String {
        let start = Instant::now();
        loop {
            match fs::read_to_string(self.home.path().join("url")) {
                Ok(url) => return url,
                Err(_) => assert!(start.elapsed() < PATIENCE, "no browser was started"),
            }
            sleep(Duration::from_millis(10));
        }
    }

    /// The sandbox's profiles, as they are on disk at this moment.
    fn stored(&self) -> String {
        assert!(!self.home.path().join(".aliyun").exists(), "the real folder was touched");
        fs::read_to_string(self.home.path().join("data/aliyun-rs/sandbox/config.json")).unwrap()
    }

    /// The only profile that `list` marks as current.
    fn current(&self) -> String {
        let list = self.run(&["--", "list", "--format", "json"], 0);
        let profiles: Vec<serde_json::Value> = serde_json::from_str(&list).unwrap();
        let mut current = profiles.iter().filter(|profile| profile["current"] == true);
        let name = current.next().unwrap()["name"].as_str().unwrap().to_owned();
        assert!(current.next().is_none(), "{list}");
        name
    }
}

/// How a run ended.
#[derive(Debug)]
struct End {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl End {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    #[track_caller]
    fn assert(&self, code: i32) {
        assert_eq!(self.code, Some(code), "{self:?}");
    }
}

fn button(text: &str) -> String {
    format!("//button[contains(., '{text}')]")
}

fn user(name: &str) -> String {
    format!("//label[contains(., '{name}')]")
}

/// Every request, other than the callback itself, that went to its address or carried its code anywhere.
fn after_the_callback(browser: Browser) -> Vec<String> {
    let mut requests = browser.requests();
    let callback =
        requests.iter().position(|head| head.starts_with("GET /cli/callback?")).expect("a callback was sent");
    let callback = requests.remove(callback);
    let host = callback.lines().find(|line| line.starts_with("Host: 127.0.0.1:")).expect("it went to this machine");
    let query = callback.split([' ', '?']).nth(2).unwrap();
    let code = query.split('&').find_map(|pair| pair.strip_prefix("code=")).expect("it has a code");
    requests.retain(|head| head.contains(host) || head.contains(code));
    requests
}

/// Leaves pictures of the page for a person in the folder `ALIYUN_RS_SCREENSHOTS`, if there is one.
fn keep_pictures(browser: &Browser, name: &str) {
    let Some(folder) = std::env::var_os("ALIYUN_RS_SCREENSHOTS").map(PathBuf::from) else { return };
    fs::create_dir_all(&folder).unwrap();
    for scheme in ["light", "dark"] {
        fs::write(folder.join(format!("{name}-{scheme}.png")), browser.picture(scheme)).unwrap();
    }
}
