//! The sandbox as a process: its port, its folder, its state, its ledger.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use aliyun_rs::sandbox::{Fault, Options, Sandbox, StartError, fingerprint};

use super::client::{self, World};
use crate::support::ports::ClosedPort;

fn faults(texts: &[&str]) -> Vec<Fault> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn a_delay_affects_one_request_and_ends_with_the_sandbox() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(|options| options.folder = Some(folder.path().to_owned()));
    let tokens = world.sign_in("alice");
    world.sandbox.set_faults(faults(&["token=delay:600000"]));
    let mut waiting: Vec<TcpStream> = (0..20).map(|_| world.begin_refresh(tokens.text("refresh_token"))).collect();
    assert_eq!(world.exchange(tokens.text("access_token")).status, 200);
    let start = Instant::now();
    let world = world.restart();
    assert!(start.elapsed() < Duration::from_secs(60));
    for stream in &mut waiting {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        assert_eq!(rest, b"");
    }
    assert_eq!(world.refresh(tokens.text("refresh_token")).status, 200);
}

#[test]
fn stopping_frees_the_port_despite_an_idle_connection() {
    let world = World::new();
    let address = world.address();
    let mut idle = TcpStream::connect(&address).unwrap();
    idle.write_all(b"GET /sandbox/ledger HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut byte = [0];
    idle.read_exact(&mut byte).unwrap();
    drop(world);
    let mut rest = Vec::new();
    let _ = idle.read_to_end(&mut rest);
    assert!(TcpStream::connect(&address).is_err());
}

#[test]
fn a_port_in_use_is_named_in_the_error() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = Sandbox::start(Options { port, ..client::options() }).err().unwrap();
    assert!(matches!(error, StartError::Port { port: named, .. } if named == port), "{error:?}");
}

#[test]
fn a_huge_body_is_refused_and_the_sandbox_goes_on() {
    let world = World::new();
    let mut hostile = TcpStream::connect(world.address()).unwrap();
    hostile.write_all(b"POST /v1/token HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n").unwrap();
    let mut answer = String::new();
    hostile.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert_eq!(world.sign_in("alice").status, 200);
}

#[test]
fn a_session_survives_a_restart_without_a_stored_token() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(|options| options.folder = Some(folder.path().join("state")));
    let tokens = world.sign_in("alice");
    let sts = world.exchange(tokens.text("access_token"));
    let spent = tokens.text("refresh_token");
    let successor = world.refresh(spent);
    let path = folder.path().join("state/state.json");
    let text = std::fs::read_to_string(&path).unwrap();
    for secret in [tokens.text("access_token"), spent, successor.text("refresh_token"), sts.text("SecurityToken")] {
        assert!(!text.contains(secret));
    }
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions()) & 0o777, 0o600);
    let again = world.restart();
    assert_eq!(again.caller_identity(&sts).status, 200);
    again.refresh(spent).refused(400, "invalid_grant");
    assert_eq!(again.refresh(successor.text("refresh_token")).status, 200);
}

#[test]
fn a_folder_has_one_sandbox_which_announces_its_address() {
    let folder = tempfile::tempdir().unwrap();
    let options = |long_lived| Options { folder: Some(folder.path().to_owned()), long_lived, ..client::options() };
    for long_lived in [true, false] {
        let first = Sandbox::start(options(long_lived)).unwrap();
        match Sandbox::start(options(false)) {
            Err(StartError::Running { url, long_lived: stays, .. }) => {
                assert_eq!((url, stays), (Some(first.url()), long_lived));
            }
            other => panic!("{:?}", other.err()),
        }
    }
    // The record of a crashed instance does not send others to a dead port.
    let closed = ClosedPort::new();
    let nobody = closed.url();
    let record = folder.path().join("running.json");
    std::fs::write(&record, format!(r#"{{"url":"{nobody}","long_lived":true}}"#)).unwrap();
    let last = Sandbox::start(options(false)).unwrap();
    assert!(std::fs::read_to_string(&record).unwrap().contains(&last.url()));
    std::fs::write(&record, format!(r#"{{"url":"{nobody}","long_lived":true}}"#)).unwrap();
    assert!(matches!(Sandbox::start(options(false)), Err(StartError::Running { long_lived: false, .. })));
}

#[test]
fn the_ledger_counts_requests_and_holds_no_token() {
    let world = World::new();
    let tokens = world.sign_in("alice");
    let sts = world.exchange(tokens.text("access_token"));
    world.caller_identity(&sts);
    world.refresh("made-up");
    let ledger = world.get("/sandbox/ledger", &[]);
    assert_eq!(ledger.json["totals"]["token/authorization_code: ok"], 1);
    assert_eq!(ledger.json["totals"]["sts/GetCallerIdentity: ok"], 1);
    let last = ledger.json["entries"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["grant"], &last["outcome"]), (&"refresh_token".into(), &"invalid_grant".into()));
    assert_eq!(last["presented"], fingerprint("made-up"));
    for secret in ["access_token", "refresh_token"].map(|name| tokens.text(name)) {
        assert!(!ledger.body.contains(secret));
    }
    for secret in ["AccessKeySecret", "SecurityToken"].map(|name| sts.text(name)) {
        assert!(!ledger.body.contains(secret));
    }
}

#[test]
fn every_answer_has_a_date_and_a_request_id() {
    let world = World::new();
    for path in ["/", "/nowhere", "/v1/userinfo"] {
        let answer = world.get(path, &[]);
        assert_eq!(answer.header("date"), Some("Fri, 02 Jan 2026 03:04:05 GMT"), "{path}");
        assert!(answer.header("x-acs-request-id").is_some_and(|id| id.len() > 20), "{path}");
    }
}
