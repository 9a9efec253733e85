//! How long a visitor may take at the loopback server, in paused time.

use std::future::pending;
use std::time::Duration;

use aliyun_rs::host::Host;
use aliyun_rs::loopback_server::{Handler, Rejection, Request, Response, Server, bind};
use hyper::HeaderMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// Never answers.
struct Silent;

impl Handler for Silent {
    fn handle(&self, _: Request) -> impl Future<Output = Response> + Send {
        pending()
    }

    fn reject(&self, rejection: Rejection, _: &HeaderMap) -> Response {
        unreachable!("{rejection:?}")
    }
}

/// How long it takes until a server whose handler never answers hangs up on a visitor who sends `bytes`.
fn time_to_hang_up(bytes: &str) -> Duration {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let listener = bind(0).unwrap();
        let address = listener.local_addr().unwrap();
        let mut visitor = TcpStream::connect(address).await.unwrap();
        visitor.write_all(bytes.replace("ADDRESS", &address.to_string()).as_bytes()).await.unwrap();
        // Paused time runs on when everyone waits: only now, when the bytes have arrived, does anything end.
        let _server = Server::start(&Host::from_os(), listener, Silent).unwrap();
        let started = Instant::now();
        let mut answer = Vec::new();
        visitor.read_to_end(&mut answer).await.ok();
        assert!(answer.is_empty(), "{}", answer.escape_ascii());
        Duration::from_secs(started.elapsed().as_secs())
    })
}

#[test]
fn a_client_has_five_seconds_to_send_the_head() {
    for head in ["", "GET", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: ADDRESS\r\nX-Slow: "] {
        assert_eq!(time_to_hang_up(head), Duration::from_secs(5), "{head}");
    }
}

#[test]
fn a_connection_ends_after_a_minute_whatever_it_waits_for() {
    let request = "GET / HTTP/1.1\r\nHost: ADDRESS\r\n\r\n";
    assert_eq!(time_to_hang_up(request), Duration::from_secs(60));
}
