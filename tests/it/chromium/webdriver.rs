//! One headless Chromium, driven through `chromedriver` by as much of WebDriver (W3C) as the stories need.
#![expect(clippy::disallowed_methods, reason = "a driver is a program to start")]

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::PATIENCE;

const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser of its own, with an empty profile.
pub(crate) struct Browser {
    driver: Child,
    port: u16,
    session: String,
    folder: TempDir,
}

impl Browser {
    /// Starts a browser that asks for pages in `language`.
    pub(crate) fn start(language: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .env("HOME", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed");
        let port = port_of(&mut driver);
        let mut browser = Self { driver, port, session: String::new(), folder };
        let session = browser.post("/session", &browser.capabilities(language));
        browser.session = session["sessionId"].as_str().unwrap().to_owned();
        browser
    }

    fn capabilities(&self, language: &str) -> Value {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let arguments = [
            "--headless".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-quic".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            "--no-first-run".to_owned(),
            "--window-size=1000,800".to_owned(),
            format!("--user-data-dir={}", path("profile")),
            format!("--log-net-log={}", path("net.json")),
        ];
        json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "args": arguments, "prefs": { "intl.accept_languages": language } },
            "goog:loggingPrefs": { "browser": "ALL" },
        } } })
    }

    /// Goes to `url` and waits for the page.
    pub(crate) fn open(&self, url: &str) {
        self.command("/url", &json!({ "url": url }));
    }

    /// Clicks the element at `xpath` as soon as there is one.
    pub(crate) fn click(&self, xpath: &str) {
        let found = self.wait(xpath, || {
            let elements = self.command("/elements", &json!({ "using": "xpath", "value": xpath }));
            elements[0][ELEMENT].as_str().map(str::to_owned)
        });
        self.command(&format!("/element/{found}/click"), &json!({}));
    }

    /// Waits until the page shows `text`.
    pub(crate) fn wait_for(&self, text: &str) {
        self.wait(text, || self.text().contains(text).then_some(()));
    }

    /// What the page shows.
    pub(crate) fn text(&self) -> String {
        self.evaluate("return document.body ? document.body.innerText : ''")
    }

    /// The result, a text, of running `script` in the page.
    pub(crate) fn evaluate(&self, script: &str) -> String {
        self.command("/execute/sync", &json!({ "script": script, "args": [] })).as_str().unwrap().to_owned()
    }

    /// What the browser complained about since the last time, its own pages apart: errors, violations of a policy,
    /// what pages logged.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = self.command("/se/log", &json!({ "type": "browser" }));
        let messages = log.as_array().unwrap().iter().map(|entry| entry["message"].as_str().unwrap().to_owned());
        messages.filter(|message| !message.starts_with("chrome://")).collect()
    }

    /// A picture of the page, in PNG, in the colours of `scheme`: `light` or `dark`.
    pub(crate) fn picture(&self, scheme: &str) -> Vec<u8> {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        let emulate = json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "features": features } });
        self.command("/goog/cdp/execute", &emulate);
        let picture = self.request("GET", &format!("/session/{}/screenshot", self.session), "");
        BASE64_STANDARD.decode(picture.as_str().unwrap()).unwrap()
    }

    /// Ends the browser and returns the head of every HTTP request it ever sent.
    pub(crate) fn requests(mut self) -> Vec<String> {
        self.quit();
        let log = std::fs::read(self.folder.path().join("net.json")).unwrap();
        let log: Value = serde_json::from_slice(&log).expect("Chromium has finished its log");
        let sent = &log["constants"]["logEventTypes"]["HTTP_TRANSACTION_SEND_REQUEST_HEADERS"];
        let events = log["events"].as_array().unwrap().iter();
        events.filter(|event| event["type"] == *sent).map(|event| head_of(&event["params"])).collect()
    }

    /// Closes the browser; the driver alone would leave it running.
    fn quit(&mut self) {
        if !self.session.is_empty() {
            let session = std::mem::take(&mut self.session);
            self.try_request("DELETE", &format!("/session/{session}"), "").ok();
        }
    }

    fn wait<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(start.elapsed() < PATIENCE, "no {what} in: {}", self.text());
            sleep(Duration::from_millis(20));
        }
    }

    fn command(&self, command: &str, body: &Value) -> Value {
        self.post(&format!("/session/{}{command}", self.session), body)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.request("POST", path, &body.to_string())
    }

    /// Sends one request to the driver and returns the `value` of its answer.
    fn request(&self, method: &str, path: &str, body: &str) -> Value {
        let answer = self.try_request(method, path, body).unwrap();
        assert!(answer["error"].is_null(), "{method} {path}: {answer}");
        answer
    }

    fn try_request(&self, method: &str, path: &str, body: &str) -> io::Result<Value> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let length = body.len();
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{body}")?;
        let mut answer: Value = serde_json::from_slice(&read_body(BufReader::new(stream))?)?;
        Ok(answer["value"].take())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.quit();
        self.driver.kill().ok();
        self.driver.wait().ok();
    }
}

/// Reads the port that the driver chose from what it says at its start.
fn port_of(driver: &mut Child) -> u16 {
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map(Result::unwrap);
    let said = lines.find_map(|line| Some(line.split_once("successfully on port ")?.1.to_owned()));
    said.expect("chromedriver says its port").trim_end_matches('.').parse().unwrap()
}

fn read_body(mut stream: impl BufRead) -> io::Result<Vec<u8>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(body)
}

fn head_of(request: &Value) -> String {
    let headers = request["headers"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let line = request["line"].as_str().unwrap_or_default().trim_end();
    std::iter::once(line).chain(headers).collect::<Vec<_>>().join("\n")
}
