//! Where requests go: to a real host over TLS only, to the sandbox on this machine past every proxy.

use std::io::ErrorKind;
use std::net::TcpListener;

use aliyun_rs::host::TransportKind;
use aliyun_rs::sandbox::Endpoint;

use crate::support::World;
use crate::support::process::ALIYUN_RS;
use crate::support::tool::send;

/// A socket that nobody should come to.
struct Trap(TcpListener);

impl Trap {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    /// Expects that nobody came.
    #[track_caller]
    fn is_untouched(&self) {
        assert_eq!(self.0.accept().map_err(|error| error.kind()).err(), Some(ErrorKind::WouldBlock), "somebody came");
    }
}

#[test]
fn a_request_to_the_sandbox_passes_every_proxy() {
    let world = World::real();
    world.signed_in(0);
    let trap = Trap::new();
    for args in [
        &["credentials", "--profile", "demo"][..],
        &["whoami", "--profile", "demo"],
        &["configure", "delete", "--profile", "demo", "--revoke"],
    ] {
        let mut command = world.command(ALIYUN_RS);
        for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            command.env(name, format!("http://127.0.0.1:{}", trap.port()));
        }
        let output = command.args(args).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        trap.is_untouched();
    }
    let ledger = world.ledger();
    for endpoint in [Endpoint::Token, Endpoint::Exchange, Endpoint::Sts, Endpoint::Revoke] {
        assert_ne!(ledger.count(endpoint), 0, "{endpoint:?}");
    }
}

#[test]
fn only_local_hosts_are_contacted_without_tls() {
    let trap = Trap::new();
    // To the program every name but the sandbox's address is a host of the outer world.
    for host in ["localhost", "LOCALHOST", "localhost.", "127.0.0.1."] {
        let request = http::Request::post(format!("http://{host}:{}/v1/token", trap.port()));
        let error = send(request.body(b"refresh_token=secret".to_vec()).unwrap()).unwrap_err();
        assert_eq!(error.kind, TransportKind::NotSent, "{error}");
        trap.is_untouched();
    }
}
