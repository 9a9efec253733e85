//! A test client without any SDK: plain sockets, a clock that is moved by hand.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aliyun_rs::sandbox::{Decision, Options, Sandbox, StartError, VisitError, visit};
use aliyun_rs::time::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde_json::Value;

pub(super) const CLIENT: &str = "4038181954557748008";
pub(super) const REDIRECT: &str = "http://127.0.0.1:12345/cli/callback";
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(super) const START: &str = "2026-01-02T03:04:05Z";
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// A sandbox and its clock.
pub(super) struct World {
    pub(super) sandbox: Sandbox,
    options: Options,
    seconds: Arc<AtomicI64>,
}

pub(super) fn options() -> Options {
    Options::new(Arc::new(|| Timestamp::parse_rfc3339(START).unwrap()))
}

/// A response, with its body read as JSON if it is JSON.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    head: String,
    pub(super) body: String,
    pub(super) json: Value,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    #[track_caller]
    pub(super) fn text(&self, name: &str) -> &str {
        self.json[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.body))
    }

    #[track_caller]
    pub(super) fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.text("error")), (status, code), "{}", self.body);
        assert_eq!(self.header("x-acs-request-id"), self.json["requestId"].as_str());
    }
}

impl World {
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(super) fn with(change: impl FnOnce(&mut Options)) -> Self {
        let seconds = Arc::new(AtomicI64::new(Timestamp::parse_rfc3339(START).unwrap().as_unix()));
        let clock = Arc::clone(&seconds);
        let mut options = Options::new(Arc::new(move || Timestamp::from_unix(clock.load(Ordering::SeqCst))));
        change(&mut options);
        Self { sandbox: Sandbox::start(options.clone()).unwrap(), options, seconds }
    }

    pub(super) fn restart(self) -> Self {
        let Self { sandbox, options, seconds } = self;
        drop(sandbox);
        Self { sandbox: start_again(&options), options, seconds }
    }

    pub(super) fn advance(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(super) fn address(&self) -> String {
        self.sandbox.url().strip_prefix("http://").unwrap().to_owned()
    }

    fn begin(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            text += "Host: oauth.aliyun.com\r\n";
        }
        headers.iter().for_each(|(name, value)| text += &format!("{name}: {value}\r\n"));
        stream.write_all((text + "\r\n" + body).as_bytes()).unwrap();
        stream
    }

    /// Sends a request. An incomplete answer is an error that holds the bytes received.
    fn try_send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer, String> {
        let mut bytes = Vec::new();
        let read = self.begin(method, path, headers, body).read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = read.ok().and_then(|_| text.split_once("\r\n\r\n")) else { return Err(text) };
        let Some(Ok(status)) = head.strip_prefix("HTTP/1.1 ").map(|head| head[..3].parse()) else { return Err(text) };
        let json = serde_json::from_str(body).unwrap_or(Value::Null);
        let answer = Answer { status, head: head.to_owned(), body: body.to_owned(), json };
        let whole = match answer.header("content-length") {
            Some(length) => length.parse() == Ok(bytes.len() - head.len() - 4),
            None => body.ends_with("0\r\n\r\n"),
        };
        if whole { Ok(answer) } else { Err(text) }
    }

    pub(super) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.try_send(method, path, headers, body).unwrap()
    }

    pub(super) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers, "")
    }

    pub(super) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send("POST", path, &[FORM], &form(fields))
    }

    /// The authorization request of the official client, with some parameters replaced or, if empty, left out.
    pub(super) fn authorize_path(&self, changes: &[(&str, &str)]) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()));
        let usual = [
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("redirect_uri", REDIRECT),
            ("state", "xyz"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        format!("/oauth2/v1/auth?{}", form(&changed(&usual, changes)))
    }

    /// Decides as `user` in the scripted browser and returns the address it was redirected to.
    pub(super) fn visit(&self, user: &str, decision: Decision) -> Result<String, VisitError<String>> {
        let target = Mutex::new(String::new());
        let fetch = |request: http::Request<Vec<u8>>| {
            let response = self.fetch(&request, &target);
            async move { response }
        };
        let url = self.sandbox.url() + &self.authorize_path(&[]);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let shown = runtime.block_on(visit(&url, user, decision, fetch))?;
        assert_eq!(shown, (200, "welcome back".to_owned()));
        Ok(target.into_inner().unwrap())
    }

    /// Stands in for the network and, at the redirect URI, for the client's listener.
    fn fetch(
        &self,
        request: &http::Request<Vec<u8>>,
        target: &Mutex<String>,
    ) -> Result<http::Response<Vec<u8>>, String> {
        let uri = request.uri();
        if uri.to_string().starts_with(REDIRECT) {
            assert_eq!(request.headers()["sec-fetch-mode"], "navigate");
            assert!(!request.headers().contains_key("origin"));
            *target.lock().unwrap() = uri.to_string();
            return Ok(http::Response::new(b"welcome back".to_vec()));
        }
        assert_eq!(uri.authority().unwrap().as_str(), self.address());
        let headers: Vec<_> =
            request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        let body = std::str::from_utf8(request.body()).unwrap();
        let answer =
            self.try_send(request.method().as_str(), uri.path_and_query().unwrap().as_str(), &headers, body)?;
        let mut response = http::Response::builder().status(answer.status);
        if let Some(location) = answer.header("location") {
            response = response.header("Location", location);
        }
        Ok(response.body(answer.body.into_bytes()).unwrap())
    }

    /// A new authorization code for `user`.
    pub(super) fn code(&self, user: &str) -> String {
        let target = self.visit(user, Decision::Authorize).unwrap();
        assert!(target.contains("state="), "{target}");
        target.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned()
    }

    pub(super) fn redeem(&self, code: &str, changes: &[(&str, &str)]) -> Answer {
        let usual = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", CLIENT),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        self.post("/v1/token", &changed(&usual, changes))
    }

    pub(super) fn sign_in(&self, user: &str) -> Answer {
        self.redeem(&self.code(user), &[])
    }

    pub(super) fn refresh(&self, token: &str) -> Answer {
        self.try_refresh(token).unwrap()
    }

    pub(super) fn try_refresh(&self, token: &str) -> Result<Answer, String> {
        self.try_send("POST", "/v1/token", &[FORM], &refresh_form(token))
    }

    /// Sends a refresh without waiting for the answer.
    pub(super) fn begin_refresh(&self, token: &str) -> TcpStream {
        self.begin("POST", "/v1/token", &[FORM], &refresh_form(token))
    }

    pub(super) fn exchange(&self, access: &str) -> Answer {
        let bearer = format!("Bearer {access}");
        self.send("POST", "/v1/exchange", &[("Authorization", &bearer), ("Content-Type", "application/json")], "")
    }
}

/// Starts a sandbox whose folder another one has just left. A program that another test starts at that moment holds
/// the folder's lock until it is executed.
fn start_again(options: &Options) -> Sandbox {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match Sandbox::start(options.clone()) {
            Err(StartError::Running { .. }) if Instant::now() < deadline => std::thread::yield_now(),
            started => return started.unwrap(),
        }
    }
}

fn refresh_form(token: &str) -> String {
    form(&[("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", CLIENT)])
}

pub(super) fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn changed<'a>(usual: &[(&'a str, &'a str)], changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = usual.iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    let added = changes.iter().filter(|(_, value)| !value.is_empty());
    kept.chain(added).copied().collect()
}
