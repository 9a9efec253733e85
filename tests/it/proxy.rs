//! The real program behind a proxy, and with its own set of authorities: each variable is understood, or named
//! together with what is wrong with it. Nothing is ever sent past a proxy that was asked for.

use std::fs;
use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use aliyun_rs::sandbox::Endpoint;

use crate::support::World;
use crate::support::process::{Ended, Home, start};
use crate::tls::{Flaw, Server, message};

const KEY: &str = r#"{"current":"key","profiles":[
{"name":"key","mode":"AK","access_key_id":"LTAI5tExampleExample","access_key_secret":"a-long-lived-key"}]}"#;

/// A home with a profile that needs one request, to sts.aliyuncs.com.
fn home() -> Home {
    let home = Home::new();
    fs::create_dir(home.path(".aliyun")).unwrap();
    let file = home.path(".aliyun/config.json");
    fs::write(&file, KEY).unwrap();
    fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    home
}

fn whoami(home: &Home, variables: &[(&str, &str)]) -> Ended {
    start(home.command(&["whoami"]).envs(variables.iter().copied())).finish()
}

/// A proxy that answers every request with `answer`, and its address.
fn answering(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let (head, _) = message(&mut BufReader::new(client.try_clone().unwrap()));
            assert!(head.starts_with("CONNECT sts.aliyuncs.com:443 "), "{head}");
            client.write_all(answer.as_bytes()).ok();
        }
    });
    address
}

/// Greets a client as a SOCKS 5 proxy does that is to resolve the host's name (RFC 1928).
fn socks(client: &mut TcpStream) {
    let mut hello = [0; 2];
    client.read_exact(&mut hello).unwrap();
    client.read_exact(&mut vec![0; hello[1].into()]).unwrap();
    client.write_all(&[5, 0]).unwrap();
    let mut request = [0; 5];
    client.read_exact(&mut request).unwrap();
    assert_eq!(request[..4], [5, 1, 0, 3], "connect to a name");
    let mut host = vec![0; usize::from(request[4]) + 2];
    client.read_exact(&mut host).unwrap();
    assert_eq!(host, b"sts.aliyuncs.com\x01\xbb");
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
}

#[test]
fn a_proxy_that_does_not_connect_is_named_with_its_answer() {
    for (answer, words) in [
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "refused to connect (status 403)"),
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
            "requires a valid user name and password (status 407)",
        ),
        ("HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n", "refused to connect (status 302)"),
        ("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nbad", "refused to connect (status 502)"),
        ("HTTP/1.0 504 Gateway Timeout\r\n\r\n", "refused to connect (status 504)"),
        ("SSH-2.0-OpenSSH_9.6\r\n", "did not connect"),
        ("", "did not connect"),
    ] {
        for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            let address = answering(answer);
            let ended = whoami(&home(), &[(variable, &format!("http://me:secret-of-me@{address}"))]).exits(5);
            let ended = ended.warns(&format!("the proxy http://{address} ({variable}) {words}"));
            assert!(!ended.stderr.contains("secret-of-me"), "{ended:?}");
        }
    }
}

#[test]
fn a_dead_proxy_is_named() {
    // Port 9 (discard) is not listened at.
    for (scheme, words) in [
        ("http", "cannot be reached: Connection refused"),
        ("https", "cannot be reached: Connection refused"),
        ("socks5h", "did not connect"),
        ("socks4a", "did not connect"),
    ] {
        let ended = whoami(&home(), &[("all_proxy", &format!("{scheme}://127.0.0.1:9"))]).exits(5);
        let ended = ended.warns(&format!("the proxy {scheme}://127.0.0.1:9 (all_proxy) {words}"));
        ended.warns("hint: check the network, and HTTPS_PROXY");
    }
    let ended = whoami(&home(), &[("HTTPS_PROXY", "http://proxy.invalid:3128")]).exits(5);
    ended.warns("the proxy http://proxy.invalid:3128 (HTTPS_PROXY) cannot be reached");
}

#[test]
fn a_proxy_that_is_not_understood_is_refused() {
    for (value, words) in [
        ("quic://127.0.0.1:9", "has an unsupported protocol"),
        ("http://proxy example:80", "is not a proxy address"),
        ("http://corp\\me:secret-of-me@127.0.0.1:9", "is not a proxy address"),
    ] {
        for variable in ["HTTPS_PROXY", "all_proxy"] {
            let ended = whoami(&home(), &[(variable, value)]).exits(5).warns(&format!("{variable} {words}"));
            assert!(!ended.stderr.contains("secret-of-me"), "{ended:?}");
        }
    }
}

#[test]
fn every_spelling_of_a_socks_proxy_is_used() {
    let world = World::real();
    let server = Server::new(Flaw::None);
    let home = home();
    fs::write(home.path("authority.pem"), &server.authority).unwrap();
    let authority = home.path("authority.pem");
    let address = server.listen(world.sandbox.url(), socks);
    for (round, value) in
        ["socks://ADDRESS/", "SOCKS5H://ADDRESS", "\"socks5h://ADDRESS\"", " socks5h://ADDRESS "].iter().enumerate()
    {
        let value = value.replace("ADDRESS", &address);
        let variables = [("all_proxy", value.as_str()), ("SSL_CERT_FILE", authority.to_str().unwrap())];
        // The sandbox does not know the key, which proves that it was asked.
        whoami(&home, &variables).exits(3).warns("sts.aliyuncs.com refused: ");
        assert_eq!(world.ledger().count(Endpoint::Sts), round + 1, "{value}");
    }
}

/// Runs behind a proxy that leads to a server with an authority of its own.
fn with_roots(home: &Home, variables: &[(&str, &Path)]) -> Ended {
    let (world, server) = (World::real(), Server::new(Flaw::None));
    fs::write(home.path("authority.pem"), &server.authority).unwrap();
    let mut command: Command = home.command(&["whoami"]);
    command.env("HTTPS_PROXY", server.proxy(world.sandbox.url()));
    start(command.envs(variables.iter().copied())).finish()
}

#[test]
fn authorities_that_cannot_be_read_are_named() {
    let home = home();
    let path = |name: &str| home.path(name);
    fs::write(path("empty"), "").unwrap();
    fs::write(path("prose"), "-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n")
        .unwrap();
    fs::File::create(path("huge")).unwrap().set_len(1 << 40).unwrap();
    fs::create_dir(path("folder")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, path("fifo"), rustix::fs::Mode::RUSR).unwrap();
    std::os::unix::fs::symlink(path("nowhere"), path("dangling")).unwrap();
    for (name, words) in [
        ("missing", "does not exist"),
        ("dangling", "does not exist"),
        ("empty", "contains no certificate in PEM format"),
        ("prose", "contains no certificate in PEM format"),
        ("huge", "is larger than 8 MiB"),
        ("folder", "is not a regular file"),
        ("fifo", "is not a regular file"),
        ("/dev/zero", "is not a regular file"),
        ("/proc/self/mem", "cannot be read"),
    ] {
        let ended = with_roots(&home, &[("SSL_CERT_FILE", &path(name))]).exits(5);
        ended.warns(&format!("SSL_CERT_FILE names `{}`, which {words}", path(name).display()));
    }
    for (name, words) in [
        ("missing", "does not exist"),
        ("empty", "is not a folder"),
        ("folder", "contains no certificate in PEM format"),
    ] {
        let ended = with_roots(&home, &[("SSL_CERT_DIR", &path(name))]).exits(5);
        ended.warns(&format!("SSL_CERT_DIR names `{}`, which {words}", path(name).display()));
    }
    let both: PathBuf = path("missing");
    let ended = with_roots(&home, &[("SSL_CERT_FILE", &both), ("SSL_CERT_DIR", Path::new("/etc/ssl/certs"))]).exits(5);
    ended.warns("SSL_CERT_FILE names").warns("does not exist");
}

#[test]
fn a_folder_of_authorities_is_trusted() {
    let home = home();
    fs::create_dir(home.path("folder")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, home.path("folder/fifo"), rustix::fs::Mode::RUSR).unwrap();
    std::os::unix::fs::symlink(home.path("authority.pem"), home.path("folder/0a1b2c3d.0")).unwrap();
    let ended = with_roots(&home, &[("SSL_CERT_DIR", &home.path("folder"))]);
    ended.warns("sts.aliyuncs.com refused: ");
    let both = [("SSL_CERT_DIR", home.path("folder")), ("SSL_CERT_FILE", home.path("missing"))];
    let ended = with_roots(&home, &both.each_ref().map(|(name, path)| (*name, path.as_path())));
    ended.warns("sts.aliyuncs.com refused: ");
}
