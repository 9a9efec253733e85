//! The callback listener when other programs and web pages attack it.

use std::collections::VecDeque;
#[cfg(unix)]
use std::io::BufRead;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use aliyun_rs::host::{Host, Peers};
use aliyun_rs::loopback_server::{Handler, Rejection, Request, Response, Server, respond};
use aliyun_rs::oauth::callback::{Callback, ErrorCode, Expected};
use aliyun_rs::oauth::loopback::{Event, Listener, Refusal, Waiting};
use aliyun_rs::oauth::page::{Language, Page, Words};
use aliyun_rs::secret::Secret;
use hyper::{HeaderMap, StatusCode};
use tokio::sync::oneshot;

const STATE: &str = "J7h3kQ-x_9uWZ1l2Tn0RbYc5Ve8Ms4Pa6Gd7Fi9Ho3A";
const ISSUER: &str = "https://oauth.aliyun.com";
/// Far more than anything here takes, so that a slow machine fails nothing.
const PATIENCE: Duration = Duration::from_secs(20);
const SUCCESS: &str = "the page of success";
const DENIED: &str = "the page of denial";
const FAILED: &str = "the page of failure";
const STRAY: &str = "the page of a stray request";

/// A sign-in that waits on its own thread, as the program does on its main one.
struct SignIn {
    port: u16,
    finish: Option<oneshot::Sender<Page>>,
    thread: JoinHandle<Ended>,
}

struct Ended {
    callback: Callback,
    refused: Vec<Refusal>,
}

impl SignIn {
    /// Waits for the callback, then shows `page` at once.
    fn ending_with(page: Page) -> Self {
        let mut sign_in = Self::held();
        sign_in.finish(page);
        sign_in
    }

    /// Waits for the callback, then lets its browser wait for [`SignIn::finish`].
    fn held() -> Self {
        Self::on(Host::from_os())
    }

    fn on(host: Host) -> Self {
        let listener = Listener::bind([0]).unwrap();
        let port = listener.port();
        let (finish, page) = oneshot::channel();
        let thread = thread::spawn(move || {
            runtime().block_on(async {
                let mut waiting = start(&host, listener);
                let mut refused = Vec::new();
                let callback = loop {
                    match waiting.event().await {
                        Event::Callback(callback) => break callback,
                        Event::Refused(refusal) => refused.push(refusal),
                    }
                };
                waiting.answer(page.await.unwrap()).await;
                Ended { callback, refused }
            })
        });
        Self { port, finish: Some(finish), thread }
    }

    fn finish(&mut self, page: Page) {
        self.finish.take().unwrap().send(page).unwrap();
    }

    fn callback(self) -> Callback {
        self.thread.join().unwrap().callback
    }

    fn refused(self) -> Vec<Refusal> {
        self.thread.join().unwrap().refused
    }

    fn ends_with_code(self, code: &str) {
        assert_eq!(self.callback(), Callback::Code(Secret::new(code)));
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn start(host: &Host, listener: Listener) -> Waiting {
    let expected = Expected { state: Secret::new(STATE), issuer: Some(ISSUER.to_owned()) };
    listener.start(host, expected, wording).unwrap()
}

fn wording(page: Page, language: Language) -> Words {
    let heading = match page {
        Page::Success => SUCCESS,
        Page::Denied => DENIED,
        Page::Failed => FAILED,
        Page::Stray(_) => STRAY,
    };
    let text = match language {
        Language::English => "in English",
        Language::Chinese => "用中文",
    };
    Words { heading, text, note: "" }
}

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends `bytes` and returns what comes back until the other side hangs up.
fn exchange(port: u16, bytes: &[u8]) -> String {
    let mut stream = connect(port);
    // The other side may have hung up in the middle, which is its right.
    let _ = stream.write_all(bytes);
    read(&mut stream)
}

fn read(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => panic!("no answer and no end in {PATIENCE:?}"),
        _ => String::from_utf8_lossy(&answer).into_owned(),
    }
}

fn request(port: u16, line: &str, fields: &str) -> String {
    exchange(port, format!("{line} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{fields}\r\n").as_bytes())
}

fn get(port: u16, target: &str) -> String {
    request(port, &format!("GET {target}"), "")
}

fn true_callback(port: u16) -> String {
    get(port, &format!("/cli/callback?code=the-code&state={STATE}"))
}

fn status(answer: &str) -> u16 {
    answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok()).unwrap_or_default()
}

fn assert_hardened(answer: &str) {
    let head = answer.split("\r\n\r\n").next().unwrap().to_lowercase() + "\r\n";
    for field in [
        "connection: close",
        "cache-control: no-store",
        "content-security-policy: default-src 'none'; ",
        "referrer-policy: no-referrer",
        "x-content-type-options: nosniff",
        "x-frame-options: deny",
        "cross-origin-opener-policy: same-origin",
    ] {
        assert!(head.contains(&format!("\r\n{field}")), "{field} is missing in {head}");
    }
}

#[test]
fn the_callback_hands_over_its_code_and_gets_the_page() {
    for (page, says) in [(Page::Success, SUCCESS), (Page::Denied, DENIED), (Page::Failed, FAILED)] {
        let sign_in = SignIn::ending_with(page);
        let answer = true_callback(sign_in.port);
        assert_eq!(status(&answer), 200);
        assert!(answer.contains(says), "{answer}");
        assert!(!answer.contains("the-code") && !answer.contains(STATE), "{answer}");
        assert!(answer.contains("style-src 'sha256-"), "{answer}");
        assert_hardened(&answer);
        sign_in.ends_with_code("the-code");
    }
}

#[test]
fn pages_are_in_the_language_of_the_browser() {
    let sign_in = SignIn::ending_with(Page::Success);
    let callback = format!("GET /cli/callback?code=c&state={STATE}");
    for line in ["GET /", "GET http://evil.example/", &callback] {
        let answer = request(sign_in.port, line, "Accept-Language: zh-CN,zh;q=0.9,en;q=0.8\r\n");
        assert!(answer.contains("用中文") && answer.contains(r#"<html lang="zh-CN">"#), "{line} got {answer}");
    }
    sign_in.ends_with_code("c");
}

#[test]
fn a_refusal_with_the_right_state_is_handed_over() {
    let sign_in = SignIn::ending_with(Page::Denied);
    let target = format!("/cli/callback?error=access_denied&error_description=%3Cb%3Eno%0A&state={STATE}&iss={ISSUER}");
    let answer = get(sign_in.port, &target);
    assert!(answer.contains(DENIED) && !answer.contains("<b>"), "{answer}");
    let description = Some("<b>no".to_owned());
    assert_eq!(sign_in.callback(), Callback::Refused { error: ErrorCode::AccessDenied, description });
}

#[test]
fn a_query_of_another_sign_in_gets_400_and_ends_nothing() {
    let shorter = &STATE[1..];
    let huge = "a".repeat(4097);
    let many = (0..40).map(|n| format!("&p{n}=")).collect::<String>();
    let hostile = [
        "".to_owned(),
        "?".into(),
        "?code=a".into(),
        "?state=&code=a".into(),
        "?state=wrong&code=a".into(),
        format!("?state={shorter}&code=a"),
        format!("?state={STATE}0&code=a"),
        format!("?state={STATE}%00&code=a"),
        format!("?state=%20{STATE}&code=a"),
        format!("?state={}&code=a", STATE.to_lowercase()),
        format!("?STATE={STATE}&code=a"),
        format!("?state[]={STATE}&code=a"),
        format!("?x=1;state={STATE};code=a"),
        format!("?code=a#state={STATE}"),
        format!("?state={STATE}"),
        format!("?state={STATE}&code="),
        format!("?state={STATE}&code"),
        format!("?state={STATE}&error="),
        format!("?state={STATE}&code=a&code=a"),
        format!("?state={STATE}&code=a&%63ode=b"),
        format!("?state={STATE}&state={STATE}&code=a"),
        format!("?state=wrong&state={STATE}&code=a"),
        format!("?state={STATE}&state=wrong&code=a"),
        format!("?state={STATE}&error=access_denied&error=server_error"),
        format!("?state={STATE}&code=a&error=access_denied"),
        format!("?state={STATE}&code=&error=access_denied"),
        format!("?state={STATE}&code=a&error="),
        "?error=access_denied".into(),
        "?error=access_denied&state=".into(),
        "?error=access_denied&state=wrong".into(),
        format!("?state={STATE}&code=%"),
        format!("?state={STATE}&code=%4"),
        format!("?state={STATE}&code=%zz"),
        format!("?state={STATE}&code=%+1"),
        format!("?state={STATE}&code=%u0061"),
        format!("?state={STATE}&code=%ff%fe"),
        format!("?state={STATE}&code=a%00b"),
        format!("?state={STATE}&code=a%0d%0aSet-Cookie:%20x=1"),
        format!("?state={STATE}&code=a%7f"),
        format!("?state={STATE}&code=%E2%80%AE"),
        format!("?state={STATE}&code={huge}"),
        format!("?state={STATE}&error={huge}"),
        format!("?state={STATE}&code=a&broken=%"),
        format!("?state={STATE}&code=a{many}"),
        format!("?state={STATE}&code=a&iss=https://oauth.alibabacloud.com"),
        format!("?state={STATE}&code=a&iss=https://oauth.aliyun.com.evil.example"),
        format!("?state={STATE}&code=a&iss=http://oauth.aliyun.com"),
        format!("?state={STATE}&code=a&iss="),
        format!("?state={STATE}&code=a&iss={ISSUER}&iss={ISSUER}"),
        "?code=%3Cscript%3Ealert(1)%3C/script%3E&state=%3Cscript%3E".into(),
    ];
    let sign_in = SignIn::ending_with(Page::Success);
    for query in &hostile {
        let answer = get(sign_in.port, &format!("/cli/callback{query}"));
        assert_eq!(status(&answer), 400, "{query} got {answer}");
        assert_hardened(&answer);
        assert!(!answer.contains("script") && !answer.contains("Set-Cookie"), "{query} got {answer}");
    }
    assert!(true_callback(sign_in.port).contains(SUCCESS));
    sign_in.ends_with_code("the-code");
}

#[test]
fn after_thousands_of_wrong_states_the_right_one_still_counts() {
    let sign_in = SignIn::ending_with(Page::Success);
    for n in 0..3000 {
        let answer = get(sign_in.port, &format!("/cli/callback?code=forged&state={n}"));
        assert_eq!(status(&answer), 400, "{answer}");
    }
    assert!(true_callback(sign_in.port).contains(SUCCESS));
    sign_in.ends_with_code("the-code");
}

#[test]
fn only_navigations_to_the_callback_are_accepted() {
    let sign_in = SignIn::ending_with(Page::Success);
    let port = sign_in.port;
    let target = format!("/cli/callback?code=the-code&state={STATE}");
    for (method, expected) in
        [("HEAD", 405), ("POST", 405), ("PUT", 405), ("OPTIONS", 405), ("TRACE", 405), ("get", 405), ("BREW", 405)]
    {
        let answer = request(port, &format!("{method} {target}"), "");
        assert_eq!(status(&answer), expected, "{method} got {answer}");
        assert!(answer.contains("\r\nallow: GET\r\n"), "{answer}");
        assert_hardened(&answer);
    }
    for target in
        ["/", "/favicon.ico", "/cli/callback/x", "/cli", "/%63li/callback", "/../cli/callback", "/x/../cli/callback"]
    {
        let answer = get(port, &format!("{target}?code=the-code&state={STATE}"));
        assert_eq!(status(&answer), 404, "{target} got {answer}");
        assert_hardened(&answer);
    }
    assert_eq!(status(&request(port, "OPTIONS *", "")), 404);
    for fields in [
        "Origin: null\r\n",
        "Origin: https://signin.aliyun.com\r\n",
        "Sec-Purpose: prefetch\r\n",
        "Sec-Purpose: prefetch;prerender\r\n",
        "Purpose: prefetch\r\n",
        "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n",
        "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n",
        "Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n",
    ] {
        let answer = request(port, &format!("GET {target}"), fields);
        assert_eq!(status(&answer), 403, "{fields} got {answer}");
        assert_hardened(&answer);
    }
    assert!(true_callback(port).contains(SUCCESS));
    sign_in.ends_with_code("the-code");
}

#[test]
fn only_the_literal_address_is_served() {
    let sign_in = SignIn::ending_with(Page::Success);
    let port = sign_in.port;
    let query = format!("/cli/callback?code=the-code&state={STATE}");
    let hosts = [
        String::new(),
        "Host:\r\n".into(),
        "Host: 127.0.0.1\r\n".into(),
        "Host: 127.0.0.1:\r\n".into(),
        format!("Host: localhost:{port}\r\n"),
        format!("Host: [::1]:{port}\r\n"),
        format!("Host: 127.0.0.1:{}\r\n", port.wrapping_add(1)),
        format!("Host: 127.0.0.1.evil.example:{port}\r\n"),
        format!("Host: 127.1:{port}\r\n"),
        format!("Host: 127.0.0.1:{port}, evil.example\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nHost: 127.0.0.1:{port}\r\n"),
        format!("Host: evil.example\r\nHost: 127.0.0.1:{port}\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n"),
        format!("X-Forwarded-Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n"),
    ];
    for host in &hosts {
        let answer = exchange(port, format!("GET {query} HTTP/1.1\r\n{host}\r\n").as_bytes());
        assert_eq!(status(&answer), 403, "{host} got {answer}");
        assert_hardened(&answer);
    }
    for target in [format!("http://evil.example{query}"), format!("http://127.0.0.1:{port}{query}")] {
        let answer = get(port, &target);
        assert_eq!(status(&answer), 403, "{target} got {answer}");
    }
    assert_eq!(status(&request(port, &format!("CONNECT 127.0.0.1:{port}"), "")), 403);
    let old = exchange(port, format!("GET {query} HTTP/1.0\r\n\r\n").as_bytes());
    assert!(old.starts_with("HTTP/1.0 403 "), "{old}");
    assert!(true_callback(port).contains(SUCCESS));
    sign_in.ends_with_code("the-code");
}

#[test]
fn garbage_never_ends_the_sign_in() {
    let sign_in = SignIn::ending_with(Page::Success);
    let port = sign_in.port;
    let head = format!("GET /cli/callback?code=a&state=wrong HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n");
    let mut hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec();
    hello.extend([0x5a; 600]);
    let garbage = [
        b"\0\0\0\0\r\n\r\n".to_vec(),
        b"\r\n\r\n\r\n\r\nx\r\n\r\n".to_vec(),
        (0..=255).cycle().take(4096).collect(),
        hello,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec(),
        b"GET /cli/callback\r\n\r\n".to_vec(),
        b"GET /cli/callback HTTP/9.9\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n".to_vec(),
        b"GET /\0 HTTP/1.1\r\n\r\n".to_vec(),
        format!("{head}X: {}\r\n\r\n", "a".repeat(1 << 20)).into_bytes(),
        format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(1 << 20)).into_bytes(),
        format!("{head}{}\r\n", "X: y\r\n".repeat(1000)).into_bytes(),
        format!("{head}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n").into_bytes(),
        format!("{head}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n").into_bytes(),
        format!("{head}Content-Length: 99999999999\r\n\r\n").into_bytes(),
        format!("{head}Content-Length: -1\r\n\r\n").into_bytes(),
        format!("{head}Expect: 100-continue\r\nContent-Length: 10\r\n\r\n").into_bytes(),
        format!("{head}Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n").into_bytes(),
    ];
    for bytes in &garbage {
        let answer = exchange(port, bytes);
        assert!(!(200..400).contains(&status(&answer)), "{} got {answer}", bytes.escape_ascii());
    }
    // Nothing after the first request of a connection is served.
    let second = format!("GET /cli/callback?code=b&state={STATE} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    let answer = exchange(port, format!("{head}\r\n{second}").as_bytes());
    assert!(!answer.contains("200 OK"), "{answer}");
    assert!(true_callback(port).contains(SUCCESS));
    sign_in.ends_with_code("the-code");
}

#[test]
fn a_thousand_idle_or_slow_clients_delay_no_request() {
    // More than some systems let a program open before it asks.
    #[cfg(unix)]
    limit_files(|maximum| maximum.min(4096));
    let sign_in = SignIn::ending_with(Page::Success);
    let mut visitors = (0..1000).map(|_| connect(sign_in.port)).collect::<Vec<_>>();
    for visitor in visitors.iter_mut().step_by(2) {
        // Most have been shown out by now.
        let _ = visitor.write_all(b"GET /cli/callback?code=a HTTP/1.1\r\nX-Slow: ");
    }
    let asked = Instant::now();
    assert!(true_callback(sign_in.port).contains(SUCCESS));
    assert!(asked.elapsed() < Duration::from_secs(5), "answered after {:?}", asked.elapsed());
    sign_in.ends_with_code("the-code");
    drop(visitors);
}

#[test]
fn a_browser_that_waits_for_its_page_is_never_closed() {
    #[cfg(unix)]
    limit_files(|maximum| maximum.min(4096));
    let mut sign_in = SignIn::held();
    let target = format!("GET /cli/callback?code=the-code&state={STATE} HTTP/1.1");
    let mut browser = connect(sign_in.port);
    write!(browser, "{target}\r\nHost: 127.0.0.1:{}\r\n\r\n", sign_in.port).unwrap();
    // Once a stray that came later is answered, the callback has been received.
    assert_eq!(status(&get(sign_in.port, "/")), 404);
    let mut idle = (0..600).map(|_| connect(sign_in.port)).collect::<Vec<_>>();
    assert_eq!(read(&mut idle[0]), "", "the one that was idle the longest is closed");
    sign_in.finish(Page::Success);
    assert!(read(&mut browser).contains(SUCCESS));
    sign_in.ends_with_code("the-code");
}

#[test]
fn at_most_64_requests_are_read_at_a_time() {
    let sign_in = SignIn::ending_with(Page::Success);
    let mut slow = (0..100).map(|_| connect(sign_in.port)).collect::<Vec<_>>();
    for client in &mut slow {
        client.write_all(b"GET /cli/callback?code=a HTTP/1.1\r\nX-Slow: ").unwrap();
    }
    // The first 36 make room for the others, well before their time is up.
    for client in &mut slow[..36] {
        client.set_read_timeout(Some(Duration::from_secs(4))).unwrap();
        assert_eq!(read(client), "");
    }
    assert!(true_callback(sign_in.port).contains(SUCCESS));
    sign_in.ends_with_code("the-code");
}

#[test]
fn a_browser_that_asks_late_is_served_in_a_flood() {
    #[cfg(unix)]
    limit_files(|maximum| maximum.min(4096));
    let sign_in = SignIn::ending_with(Page::Success);
    let asked = flood(sign_in.port, |_| (), |_| thread::sleep(Duration::from_millis(50)));
    assert!(asked < PATIENCE, "answered after {asked:?}");
    sign_in.ends_with_code("the-code");
}

#[test]
fn a_flood_closes_only_connections_of_its_own_user() {
    #[cfg(unix)]
    limit_files(|maximum| maximum.min(4096));
    let mut host = Host::from_os();
    host.user = Some(ME);
    let peers = Arc::new(TwoUsers::default());
    host.peers = peers.clone();
    let mut sign_in = SignIn::on(host);
    sign_in.finish(Page::Success);
    let asked = flood(
        sign_in.port,
        |browser| *peers.browser.lock().unwrap() = Some(browser),
        |flooded| flooded.recv().unwrap(),
    );
    assert!(asked < Duration::from_secs(5), "answered after {asked:?}");
    sign_in.ends_with_code("the-code");
}

const ME: u32 = 1000;
const SOMEBODY_ELSE: u32 = 1001;

/// A machine on which one connection is ours and every other is somebody else's.
#[derive(Default)]
struct TwoUsers {
    browser: Mutex<Option<SocketAddr>>,
}

impl Peers for TwoUsers {
    fn owner(&self, peer: SocketAddr, local: SocketAddr) -> io::Result<Option<u32>> {
        Ok(self.owner_at_once(peer, local))
    }

    fn owner_at_once(&self, peer: SocketAddr, _: SocketAddr) -> Option<u32> {
        Some(if *self.browser.lock().unwrap() == Some(peer) { ME } else { SOMEBODY_ELSE })
    }
}

#[test]
fn only_our_own_user_login_and_root_finish_a_sign_in() {
    let on = |uid: Owner| {
        let mut host = Host::from_os();
        (host.user, host.login_user) = (Some(ME), Some(501));
        let peers = Arc::new(OneUser(Mutex::new(uid)));
        host.peers = peers.clone();
        let mut sign_in = SignIn::on(host);
        sign_in.finish(Page::Success);
        (sign_in, peers)
    };
    let targets = [format!("code=the-code&state={STATE}"), format!("error=access_denied&state={STATE}")];
    for uid in [Ok(Some(ME)), Ok(Some(501)), Ok(Some(0)), Ok(None), Err(io::ErrorKind::Unsupported)] {
        let (sign_in, _) = on(uid);
        assert!(true_callback(sign_in.port).contains(SUCCESS), "{uid:?}");
        sign_in.ends_with_code("the-code");
    }
    let (sign_in, peers) = on(Ok(Some(SOMEBODY_ELSE)));
    for target in targets.iter().chain(&targets) {
        let answer = get(sign_in.port, &format!("/cli/callback?{target}"));
        assert_eq!(status(&answer), 403, "{answer}");
        assert!(answer.contains(STRAY), "{answer}");
        assert_hardened(&answer);
    }
    *peers.0.lock().unwrap() = Ok(Some(ME));
    assert!(true_callback(sign_in.port).contains(SUCCESS));
    assert_eq!(sign_in.refused(), [Refusal::OtherUser(SOMEBODY_ELSE)]);
}

type Owner = Result<Option<u32>, io::ErrorKind>;

/// A machine on which every connection is one user's.
struct OneUser(Mutex<Owner>);

impl Peers for OneUser {
    fn owner(&self, _: SocketAddr, _: SocketAddr) -> io::Result<Option<u32>> {
        (*self.0.lock().unwrap()).map_err(io::Error::from)
    }

    fn owner_at_once(&self, _: SocketAddr, _: SocketAddr) -> Option<u32> {
        (*self.0.lock().unwrap()).ok().flatten()
    }
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs root, setpriv and curl, to ask as a second user"]
#[expect(clippy::disallowed_methods, reason = "a second user needs a second program")]
fn a_second_user_can_neither_finish_nor_abort_a_sign_in() {
    const NOBODY: u32 = 65534;
    assert_eq!(rustix::process::getuid().as_raw(), 0, "this test needs root");
    let mut host = Host::from_os();
    (host.user, host.login_user) = (Some(ME), None);
    let mut sign_in = SignIn::on(host);
    sign_in.finish(Page::Success);
    for parameter in ["code=stolen", "error=access_denied"] {
        let url = format!("http://127.0.0.1:{}/cli/callback?{parameter}&state={STATE}", sign_in.port);
        let asked = std::process::Command::new("setpriv")
            .args(["--reuid=65534", "--clear-groups", "curl", "--silent", "--noproxy", "*", &url])
            .output()
            .unwrap();
        assert!(String::from_utf8_lossy(&asked.stdout).contains(STRAY), "{asked:?}");
    }
    // This test runs as root, who may.
    assert!(true_callback(sign_in.port).contains(SUCCESS));
    assert_eq!(sign_in.refused(), [Refusal::OtherUser(NOBODY)]);
}

/// Opens 10 000 connections, at most 700 at a time. In the middle of that a browser connects from the address given
/// to `introduce`, does what `wait` says and sends its request. Returns how long the response then took.
///
/// `wait` gets a channel that tells when more connections have been opened since than can wait or be open.
fn flood(port: u16, introduce: impl FnOnce(SocketAddr), wait: impl FnOnce(&mpsc::Receiver<()>)) -> Duration {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let (started, is_flooded) = mpsc::channel();
    let flooder = thread::spawn(move || {
        let mut open = VecDeque::new();
        for number in 0..10_000 {
            // Nobody accepts any more once the sign-in is over.
            let Ok(stream) = TcpStream::connect(address) else { break };
            open.push_back(stream);
            if open.len() > 700 {
                open.pop_front();
            }
            if number == 1000 || number == 7000 {
                started.send(()).ok();
            }
        }
    });
    is_flooded.recv().unwrap();
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    introduce(socket.local_addr().unwrap().as_socket().unwrap());
    socket.connect(&address.into()).unwrap();
    let mut browser = TcpStream::from(socket);
    browser.set_read_timeout(Some(PATIENCE)).unwrap();
    wait(&is_flooded);
    let asked = Instant::now();
    let target = format!("GET /cli/callback?code=the-code&state={STATE} HTTP/1.1");
    write!(browser, "{target}\r\nHost: {address}\r\n\r\n").unwrap();
    let answer = read(&mut browser);
    let took = asked.elapsed();
    assert!(answer.contains(SUCCESS), "{answer:?}");
    flooder.join().unwrap();
    took
}

#[test]
fn other_applications_cookies_do_not_stop_a_sign_in() {
    for kilobytes in [15, 16, 17, 64, 250] {
        let sign_in = SignIn::ending_with(Page::Success);
        let cookies = format!("Cookie: other={}\r\n", "x".repeat(kilobytes * 1024));
        let answer = request(sign_in.port, &format!("GET /cli/callback?code=the-code&state={STATE}"), &cookies);
        assert!(answer.contains(SUCCESS), "{kilobytes} KB got {answer}");
        sign_in.ends_with_code("the-code");
    }
    let sign_in = SignIn::ending_with(Page::Success);
    let fields: String = (0..400).map(|number| format!("Cookie: c{number}=1\r\n")).collect();
    let answer = request(sign_in.port, &format!("GET /cli/callback?code=the-code&state={STATE}"), &fields);
    assert!(answer.contains(SUCCESS), "{answer}");
    sign_in.ends_with_code("the-code");
}

#[test]
fn a_head_beyond_the_bounds_gets_a_page_and_is_reported_once() {
    let sign_in = SignIn::ending_with(Page::Success);
    let line = format!("GET /cli/callback?code=the-code&state={STATE}");
    let language = "Accept-Language: zh-CN\r\n";
    for fields in [
        format!("{language}Cookie: other={}\r\n", "x".repeat(600 * 1024)),
        format!("{language}Cookie: other={}\r\n", "x".repeat(1200 * 1024)),
        format!("{language}{}", "X: y\r\n".repeat(1000)),
    ] {
        let answer = request(sign_in.port, &line, &fields);
        assert_eq!(status(&answer), 431, "{answer}");
        assert!(answer.contains(STRAY) && answer.contains("用中文"), "{answer}");
        assert_hardened(&answer);
    }
    assert!(true_callback(sign_in.port).contains(SUCCESS));
    assert_eq!(sign_in.refused(), [Refusal::HeadTooLarge]);
}

#[test]
fn malformed_requests_get_hardened_answers() {
    let sign_in = SignIn::ending_with(Page::Success);
    for bytes in
        ["\0\r\n\r\n", "GET /cli/callback\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nHost : x\r\n\r\n"]
    {
        let answer = exchange(sign_in.port, bytes.as_bytes());
        assert_eq!(status(&answer), 400, "{bytes:?} got {answer}");
        assert!(answer.contains(STRAY), "{answer}");
        assert_hardened(&answer);
    }
    assert!(true_callback(sign_in.port).contains(SUCCESS));
    sign_in.ends_with_code("the-code");
}

#[test]
fn a_reload_waits_for_the_same_page_while_strays_are_answered() {
    let mut sign_in = SignIn::held();
    let port = sign_in.port;
    let line = format!("GET /cli/callback?code=the-code&state={STATE} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    let mut browsers = [connect(port), connect(port), connect(port)];
    for browser in &mut browsers {
        browser.write_all(line.as_bytes()).unwrap();
    }
    assert_eq!(status(&get(port, "/favicon.ico")), 404);
    assert_eq!(status(&get(port, "/cli/callback?error=access_denied&state=x")), 400);
    sign_in.finish(Page::Failed);
    for browser in &mut browsers {
        assert!(read(browser).contains(FAILED));
    }
    sign_in.ends_with_code("the-code");
}

#[test]
fn a_browser_that_leaves_early_delays_nothing() {
    let mut sign_in = SignIn::held();
    let mut browser = connect(sign_in.port);
    let port = sign_in.port;
    write!(browser, "GET /cli/callback?code=c&state={STATE} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n").unwrap();
    // Once a stray that came later is answered, the callback has been handed over.
    assert_eq!(status(&get(port, "/")), 404);
    drop(browser);
    sign_in.finish(Page::Success);
    sign_in.ends_with_code("c");
}

#[test]
fn the_port_is_free_once_a_sign_in_is_dropped_or_over() {
    let first = Listener::bind([0]).unwrap();
    let port = first.port();
    runtime().block_on(async {
        let waiting = start(&Host::from_os(), first);
        let mut silent = connect(port);
        drop(waiting);
        let second = Listener::bind([port]).expect("free although the runtime has not run since");
        let mut waiting = start(&Host::from_os(), second);
        let browser = thread::spawn(move || true_callback(port));
        assert_eq!(waiting.event().await, Event::Callback(Callback::Code(Secret::new("the-code"))));
        waiting.answer(Page::Success).await;
        assert!(browser.join().unwrap().contains(SUCCESS));
        assert_eq!(read(&mut silent), "", "whoever came to the first is hung up on");
        Listener::bind([port]).expect("free again right after a sign-in");
    });
}

#[test]
fn the_first_free_port_is_taken_and_kept() {
    let squatter = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = squatter.local_addr().unwrap().port();
    let listener = Listener::bind([taken, 0]).unwrap();
    assert_ne!(listener.port(), taken);
    assert_eq!(listener.redirect_uri(), format!("http://127.0.0.1:{}/cli/callback", listener.port()));
    assert!(TcpListener::bind(("127.0.0.1", listener.port())).is_err());
}

#[test]
fn when_no_port_is_free_each_is_listed_with_its_reason() {
    let squatters = [(); 5].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let ports = squatters.each_ref().map(|squatter| squatter.local_addr().unwrap().port());
    let error = Listener::bind(ports).unwrap_err();
    let tried: Vec<_> = error.tried().iter().map(|(port, cause)| (*port, cause.kind())).collect();
    assert_eq!(tried, ports.map(|port| (port, io::ErrorKind::AddrInUse)));
}

#[test]
fn only_127_0_0_1_is_bound() {
    let sign_in = SignIn::ending_with(Page::Success);
    // On Linux all of 127/8 is this machine, so that the wildcard address would answer there.
    #[cfg(target_os = "linux")]
    {
        let elsewhere = std::net::SocketAddr::from(([127, 0, 0, 2], sign_in.port));
        let error = TcpStream::connect_timeout(&elsewhere, PATIENCE).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        let tables =
            ["/proc/self/net/tcp", "/proc/self/net/tcp6"].map(|path| std::fs::read_to_string(path).unwrap_or_default());
        let port = format!(":{:04X}", sign_in.port);
        let rows = tables.iter().flat_map(|table| table.lines().map(|row| row.split_whitespace().collect::<Vec<_>>()));
        let listening = rows.filter(|row| row[3] == "0A" && row[1].ends_with(&port)).map(|row| row[1].to_owned());
        let loopback = u32::from_ne_bytes([127, 0, 0, 1]);
        assert_eq!(listening.collect::<Vec<_>>(), [format!("{loopback:08X}{port}")]);
    }
    true_callback(sign_in.port);
    sign_in.ends_with_code("the-code");
}

#[cfg(unix)]
#[test]
#[expect(clippy::disallowed_methods, reason = "the limit is the whole process's: this test listens in a second one")]
fn a_lack_of_file_descriptors_is_survived() {
    const ROLE: &str = "ALIYUN_RS_TEST_LISTENS";
    if std::env::var_os(ROLE).is_some() {
        let sign_in = SignIn::ending_with(Page::Success);
        assert_eq!(status(&get(sign_in.port, "/")), 404, "the runtime has the files that it needs");
        limit_files(|_| 24);
        writeln!(io::stderr(), "port {}", sign_in.port).unwrap();
        return sign_in.ends_with_code("the-code");
    }
    let mut second = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "listener::a_lack_of_file_descriptors_is_survived"])
        .env(ROLE, "1")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = io::BufReader::new(second.stderr.take().unwrap()).lines();
    let port = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("port ")?.parse().ok()).unwrap();
    let visitors = (0..50).map(|_| connect(port)).collect::<Vec<_>>();
    let asked = Instant::now();
    assert!(true_callback(port).contains(SUCCESS));
    assert!(asked.elapsed() < Duration::from_secs(4), "waited for others to be shown out: {:?}", asked.elapsed());
    assert!(second.wait().unwrap().success());
    drop(visitors);
}

/// Answers with the client's end of the connection.
struct NamesPeer;

impl Handler for NamesPeer {
    async fn handle(&self, request: Request) -> Response {
        assert_ne!(request.path(), "/panic");
        assert_eq!(request.local().ip(), std::net::Ipv4Addr::LOCALHOST);
        respond(StatusCode::OK, "text/plain", request.peer().to_string())
    }

    fn reject(&self, rejection: Rejection, _: &HeaderMap) -> Response {
        respond(rejection.status(), "text/plain", "rejected")
    }
}

#[test]
fn a_handler_learns_its_peer_and_may_panic() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let local = socket.local_addr().unwrap();
    runtime().block_on(async {
        let server = Server::start(&Host::from_os(), socket, NamesPeer).unwrap();
        let visit = move || {
            assert_eq!(get(local.port(), "/panic"), "");
            let mut stream = connect(local.port());
            write!(stream, "GET / HTTP/1.1\r\nHost: {local}\r\n\r\n").unwrap();
            (stream.local_addr().unwrap(), read(&mut stream))
        };
        let (visitor, answer) = tokio::task::spawn_blocking(visit).await.unwrap();
        assert!(answer.contains(&visitor.to_string()), "{answer}");
        server.finish(PATIENCE).await;
    });
}

#[test]
fn the_server_refuses_a_socket_that_the_network_can_reach() {
    let socket = TcpListener::bind("0.0.0.0:0").unwrap();
    let refused = runtime().block_on(async { Server::start(&Host::from_os(), socket, NamesPeer).err() });
    assert_eq!(refused.map(|error| error.kind()), Some(io::ErrorKind::InvalidInput));
}

/// Changes how many files this process may have open, given how many it may have at most.
#[cfg(unix)]
fn limit_files(choose: impl FnOnce(u64) -> u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    let current = Some(choose(maximum.unwrap_or(u64::MAX)));
    setrlimit(Resource::Nofile, Rlimit { current, maximum }).unwrap();
}
