//! The callback listener when other programs and web pages attack it.

mod callback;
mod crowd;
mod ports;
mod requests;
mod server;
mod users;

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread::{self, JoinHandle};

use aliyun_rs::host::Host;
use aliyun_rs::language::Language;
use aliyun_rs::oauth::callback::{Callback, Expected, PATH};
use aliyun_rs::oauth::loopback::{CallbackEvent, CallbackRefusal, Listener, Waiting};
use aliyun_rs::oauth::page::{Page, Words};
use aliyun_rs::secret::Secret;
use tokio::sync::oneshot;

use crate::support::PATIENCE;

const STATE: &str = "J7h3kQ-x_9uWZ1l2Tn0RbYc5Ve8Ms4Pa6Gd7Fi9Ho3A";
const ISSUER: &str = "https://oauth.aliyun.com";
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
    refused: Vec<CallbackRefusal>,
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
                        CallbackEvent::Callback(callback) => break callback,
                        CallbackEvent::Refused(refusal) => refused.push(refusal),
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

    fn refused(self) -> Vec<CallbackRefusal> {
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
    let expected = Expected { path: PATH.to_owned(), state: Secret::new(STATE), issuer: Some(ISSUER.to_owned()) };
    listener.start(host, expected, wording).unwrap()
}

fn wording(page: Page, language: Language) -> Words {
    let heading = match page {
        Page::Success | Page::Checked => SUCCESS,
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

const ME: u32 = 1000;
const SOMEBODY_ELSE: u32 = 1001;
