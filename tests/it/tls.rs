//! The real program speaks to the real hosts over TLS: through a proxy that leads to a server with a private
//! authority, behind which the sandbox answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use aliyun_rs::sandbox::{Decision, Endpoint};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::World;
use crate::support::ports::turn;
use crate::support::process::{Ended, Home, start};

const HOSTS: [&str; 2] = ["oauth.aliyun.com", "sts.aliyuncs.com"];

/// What is wrong with the server's certificate.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Flaw {
    None,
    OtherName,
    Expired,
    NotYetValid,
    OtherAuthority,
}

/// An authority of its own and a server that it vouches for.
pub(crate) struct Server {
    pub(crate) authority: String,
    config: Arc<ServerConfig>,
}

impl Server {
    pub(crate) fn new(flaw: Flaw) -> Self {
        let (authority, issuer) = authority();
        let stranger = self::authority().1;
        let names: &[&str] = if flaw == Flaw::OtherName { &["oauth.aliyun.com.evil.example"] } else { &HOSTS };
        let mut params =
            CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
        if flaw == Flaw::Expired {
            params.not_after = date_time_ymd(2020, 1, 1);
        }
        if flaw == Flaw::NotYetValid {
            (params.not_before, params.not_after) = (date_time_ymd(4000, 1, 1), date_time_ymd(4001, 1, 1));
        }
        let key = KeyPair::generate().unwrap();
        let signer = if flaw == Flaw::OtherAuthority { &stranger } else { &issuer };
        let certificate = params.signed_by(&key, signer).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Self { authority, config: Arc::new(config) }
    }

    /// Starts an HTTP proxy all of whose tunnels end here, and returns its address.
    pub(crate) fn proxy(&self, sandbox: String) -> String {
        format!("http://{}", self.listen(sandbox, connected))
    }

    /// Listens for clients, each of which is to be greeted by `greet` before it speaks TLS; returns `HOST:PORT`.
    pub(crate) fn listen(&self, sandbox: String, greet: fn(&mut TcpStream)) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let config = Arc::clone(&self.config);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (config, sandbox) = (Arc::clone(&config), sandbox.clone());
                thread::spawn(move || {
                    let mut client = client.unwrap();
                    greet(&mut client);
                    serve(client, config, &sandbox);
                });
            }
        });
        address
    }
}

fn authority() -> (String, Issuer<'static, KeyPair>) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    (certificate.pem(), Issuer::new(params, key))
}

/// Takes one `CONNECT`.
fn connected(client: &mut TcpStream) {
    let (head, _) = message(&mut BufReader::new(client.try_clone().unwrap()));
    assert!(HOSTS.iter().any(|host| head.starts_with(&format!("CONNECT {host}:443 HTTP/1.1\r\n"))), "{head}");
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
}

/// Takes one request over TLS, which the sandbox answers. A client that does not trust us hangs up before.
fn serve(client: TcpStream, config: Arc<ServerConfig>, sandbox: &str) {
    let mut tls = StreamOwned::new(ServerConnection::new(config).unwrap(), client);
    if tls.conn.complete_io(&mut tls.sock).is_err() {
        return;
    }
    let (head, body) = message(&mut BufReader::new(&mut tls));
    let mut server = TcpStream::connect(sandbox.strip_prefix("http://").unwrap()).unwrap();
    let head = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    server.write_all(&[head.as_bytes(), &body].concat()).unwrap();
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).unwrap();
    // A client that is not told would keep the connection, and could send its next request into a tunnel that ends.
    let fields = answer.windows(2).position(|bytes| bytes == b"\r\n").unwrap() + 2;
    answer.splice(fields..fields, *b"Connection: close\r\n");
    tls.write_all(&answer).unwrap();
    tls.conn.send_close_notify();
    tls.flush().ok();
}

/// The head and the body of an HTTP request.
pub(crate) fn message(reader: &mut impl BufRead) -> (String, Vec<u8>) {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0, "the request ends early: {head}");
    }
    let lower = head.to_ascii_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (head, body)
}

/// Signs in to Alibaba Cloud itself, as far as the program knows.
fn sign_in(world: &World, flaw: Flaw, trusted: bool) -> Ended {
    let (server, home) = (Server::new(flaw), Home::new());
    std::fs::write(home.path("authority.pem"), &server.authority).unwrap();
    let mut command = home.command(&["configure", "--mode", "OAuth", "--oauth-site-type", "CN", "--no-browser"]);
    command.env("HTTPS_PROXY", server.proxy(world.sandbox.url()));
    if trusted {
        command.env("SSL_CERT_FILE", home.path("authority.pem"));
    }
    let _turn = turn();
    let mut started = start(&mut command);
    let page = started.page();
    assert!(page.starts_with("https://signin.aliyun.com/oauth2/v1/auth?"), "{page}");
    let page = page.replace("https://signin.aliyun.com", &world.sandbox.url());
    let (_, shown) = world.visit(&page, "alice", Decision::Authorize).unwrap();
    let ended = started.finish();
    assert_eq!(ended.code == Some(0), shown.contains("Authorization successful"), "{ended:?}\n{shown}");
    assert_eq!(home.path(".aliyun/config.json").exists(), ended.code == Some(0));
    ended
}

#[test]
fn a_company_s_authority_in_ssl_cert_file_is_trusted() {
    let world = World::new();
    sign_in(&world, Flaw::None, true).exits(0).says("You are acs:ram::1234567890123456:user/alice.");
    assert_eq!(world.ledger().count(Endpoint::Exchange), 1);
    assert_eq!(world.ledger().count(Endpoint::Sts), 1);
}

#[test]
fn an_untrusted_certificate_gets_no_code() {
    for (flaw, trusted, words) in [
        (Flaw::None, false, "its certificate was refused: no trusted authority issued it (UnknownIssuer)"),
        (Flaw::OtherAuthority, true, "its certificate was refused: its signature is wrong (BadSignature)"),
        (
            Flaw::OtherName,
            true,
            "its certificate was refused: it was issued for another host (oauth.aliyun.com.evil.example)",
        ),
        (
            Flaw::Expired,
            true,
            "its certificate was refused: it expired 2020-01-01T00:00:00Z; this machine's clock shows 20",
        ),
    ] {
        let world = World::new();
        let ended = sign_in(&world, flaw, trusted).exits(5).warns("no answer from oauth.aliyun.com").warns(words);
        ended.warns(match flaw {
            Flaw::Expired | Flaw::NotYetValid => "hint: check the date and time of this machine",
            _ => "hint: if a company proxy inspects connections",
        });
        assert_eq!(world.ledger().count(Endpoint::Token), 0, "the code was not sent");
    }
}
