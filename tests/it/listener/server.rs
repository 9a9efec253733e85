//! The server below the listener, with a handler of the tests.

use std::io::{self, Write};
use std::net::TcpListener;

use aliyun_rs::host::Host;
use aliyun_rs::loopback_server::{Handler, Rejection, Request, Response, Server, respond};
use hyper::{HeaderMap, StatusCode};

use super::{connect, get, read, runtime};
use crate::support::PATIENCE;

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
