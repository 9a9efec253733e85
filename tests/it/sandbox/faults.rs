//! Faults: what each one sends, and whether the request was carried out.

use std::io::{ErrorKind, Read as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use aliyun_rs::sandbox::{Endpoint, Fault};

use super::client::{Answer, World};

fn faults(texts: &[&str]) -> Vec<Fault> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// Refreshes once under `fault`; the answer, and whether the refresh token is used up.
fn refresh(fault: &str) -> (Result<Answer, String>, bool) {
    let world = World::new();
    let token = world.sign_in("alice").text("refresh_token").to_owned();
    world.sandbox.set_faults(faults(&[&format!("token={fault}x1")]));
    let answer = world.try_refresh(&token);
    (answer, world.refresh(&token).status == 400)
}

#[test]
fn a_fault_instead_of_the_work_leaves_the_token_unused() {
    for (fault, status, body) in [
        ("503", 503, "temporarily_unavailable"),
        ("429", 429, "throttled"),
        ("400:invalid_grant", 400, "invalid_grant"),
        ("api:403:NoPermission", 403, r#""Code":"NoPermission","Message":"#),
        ("status:502:<h1>Bad Gateway</h1>", 502, "<h1>Bad Gateway</h1>"),
        ("status:200:{}", 200, "{}"),
        ("html", 200, "Hotel Wi-Fi"),
        ("redirect", 307, ""),
    ] {
        let (answer, used) = refresh(fault);
        let answer = answer.unwrap();
        assert!(answer.status == status && answer.body.contains(body) && !used, "{fault}: {answer:?}");
    }
    assert_eq!(refresh("drop"), (Err(String::new()), false));
}

#[test]
fn a_fault_after_the_work_uses_up_the_token() {
    for (fault, status, body) in [
        ("delay-after:1", 200, "access_token"),
        ("slow:1", 200, "access_token"),
        ("status-after:502:<h1>Bad Gateway</h1>", 502, "<h1>Bad Gateway</h1>"),
        ("body:not JSON", 200, "not JSON"),
        ("huge", 200, "        "),
        ("with:expires_in:99999999999999999999", 200, r#""expires_in":1e+20"#),
        ("with:expires_in:-5", 200, r#""expires_in":-5"#),
        ("with:access_token:[]", 200, r#""access_token":[]"#),
        ("with:Data.Token.x:1", 200, r#""Data":{"Token":{"x":1}}"#),
        (r#"append:{"refresh_token":"other"}"#, 200, r#","refresh_token":"other"}"#),
        (r#"append:{"refresh_expires_in":1,"refresh_token_expires_in":"2"}"#, 200, r#"_expires_in":"2"}"#),
    ] {
        let (answer, used) = refresh(fault);
        let answer = answer.unwrap();
        assert!(answer.status == status && answer.body.contains(body) && used, "{fault}: {answer:?}");
    }
    let (answer, used) = refresh("without:expires_in");
    assert!(answer.unwrap().json["expires_in"].is_null() && used);
}

#[test]
fn an_answer_can_be_late_or_slow() {
    for fault in ["delay-after:200", "slow:1"] {
        let start = Instant::now();
        refresh(fault).0.unwrap();
        assert!(start.elapsed() >= Duration::from_millis(200), "{fault}");
    }
}

#[test]
fn a_repeated_name_is_really_there_twice() {
    let body = refresh(r#"append:{"refresh_token":"other"}"#).0.unwrap().body;
    assert_eq!(body.matches(r#""refresh_token""#).count(), 2, "{body}");
}

#[test]
fn a_connection_broken_after_the_work_uses_up_the_token() {
    for (fault, beginning) in [("drop-after", ""), ("garbage", "SSH-"), ("cut", "HTTP/1.1 200")] {
        let (answer, used) = refresh(fault);
        let partial = answer.unwrap_err();
        assert!(partial.starts_with(beginning) && partial.is_empty() == beginning.is_empty(), "{fault}: {partial}");
        assert!(partial.contains("access_token") == (fault == "cut") && used, "{fault}: {partial}");
    }
}

#[test]
fn a_field_is_left_out_in_both_spellings() {
    let world = World::new();
    let access = world.sign_in("alice").text("access_token").to_owned();
    world.sandbox.set_faults(faults(&["exchange=without:securityToken"]));
    let sts = world.exchange(&access);
    assert!(sts.json["securityToken"].is_null() && sts.json["SecurityToken"].is_null());
    assert!(sts.json["AccessKeyId"].is_string());
}

#[test]
fn a_date_can_be_off_by_an_hour() {
    for (fault, date) in [("date:+3600", "04:04:05"), ("date:-3600", "02:04:05")] {
        let (answer, _) = refresh(fault);
        let answer = answer.unwrap();
        assert_eq!(answer.header("date"), Some(format!("Fri, 02 Jan 2026 {date} GMT").as_str()));
    }
}

#[test]
fn a_revocation_can_be_answered_with_a_web_page() {
    let world = World::new();
    world.sandbox.set_faults(faults(&["revoke=html"]));
    let answer = world.post("/v1/revoke", &[("token", "x"), ("client_id", super::client::CLIENT)]);
    assert!(answer.status == 200 && answer.body.starts_with("<!doctype html>"), "{answer:?}");
}

#[test]
fn a_port_can_refuse_connections_after_an_answer() {
    let world = World::new();
    let token = world.sign_in("alice").text("refresh_token").to_owned();
    let mut idle = TcpStream::connect(world.address()).unwrap();
    world.sandbox.set_faults(faults(&["token=refused-after:300x1"]));
    assert_eq!(world.refresh(&token).status, 200);
    assert_eq!(TcpStream::connect(world.address()).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    let read = idle.read(&mut [0]);
    assert!(matches!(read, Ok(0) | Err(_)), "other connections end: {read:?}");
    let deadline = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(world.address()).is_err() {
        assert!(Instant::now() < deadline, "the port stays closed");
        std::thread::sleep(Duration::from_millis(5));
    }
    world.refresh(&token).refused(400, "invalid_grant");
    assert_eq!(world.sandbox.ledger().count(Endpoint::Token), 3);
}
