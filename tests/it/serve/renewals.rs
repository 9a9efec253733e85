//! Renewals behind the endpoint: who waits for them, how often they are tried, what is reported.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use aliyun_rs::host::{BoxFuture, Http, Request, Response, TransportError};
use aliyun_rs::sandbox::Endpoint as Asked;

use super::{Served, eventually, host, signed_in};
use crate::support::Run;
use crate::support::fetch::is_closed;

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn requests_do_not_wait_for_a_renewal_ahead() {
    let world = signed_in();
    let old = world.value("demo", "access_key_id").as_str().unwrap().to_owned();
    world.pass(50 * HOUR / 60);
    world.fault(&["exchange=delay:2000x1"]);
    let served = Served::by(&world);
    assert_eq!(served.key(), old, "the renewal is under way");
    eventually("new credentials", || served.key() != old);
    assert_eq!(world.ledger().grants("refresh_token"), 1);
    served.close();
}

#[test]
fn a_crowd_after_a_suspension_waits_for_one_renewal() {
    let world = signed_in();
    let served = Served::by(&world);
    let old = served.key();
    let exchanges = world.ledger().count(Asked::Exchange);
    world.pass(2 * HOUR);
    thread::scope(|scope| {
        let visitors: Vec<_> = (0..20).map(|_| scope.spawn(|| served.key())).collect();
        let keys: Vec<String> = visitors.into_iter().map(|visitor| visitor.join().unwrap()).collect();
        assert!(keys.iter().all(|key| *key == keys[0] && *key != old), "{keys:?}");
    });
    assert_eq!(world.ledger().grants("refresh_token"), 1);
    assert_eq!(world.ledger().count(Asked::Exchange), exchanges + 1);
    served.close();
}

#[test]
fn valid_credentials_are_served_while_renewals_fail() {
    let world = signed_in();
    let old = world.value("demo", "access_key_id").as_str().unwrap().to_owned();
    world.pass(50 * HOUR / 60);
    world.fault(&["exchange=400:invalid_request"]);
    let served = Served::by(&world);
    eventually("a failed renewal", || served.last.lock().unwrap().contains("Exchange"));
    assert_eq!(served.key(), old, "ten minutes are left");
    world.pass(HOUR);
    let answer = served.get();
    assert_eq!((answer.status, answer.field("Code").as_str()), (503, "RenewalFailed"));
    assert_eq!(answer.field("Message"), "exchange-failed", "{answer:?}");
    for key in ["access_key_secret", "sts_token", "oauth_access_token", "oauth_refresh_token"] {
        assert!(!answer.body.contains(world.value("demo", key).as_str().unwrap()), "{key}");
    }
    world.fault(&[]);
    eventually("served again", || served.get().status == 200);
    assert_ne!(served.key(), old);
    served.close();
}

#[test]
fn a_flood_of_requests_adds_no_renewals() {
    let world = signed_in();
    let served = Served::by(&world);
    world.pass(2 * HOUR);
    world.fault(&["token=400:invalid_grant"]);
    assert_eq!(served.get().field("Code"), "SignInNeeded");
    for _ in 0..50 {
        assert_eq!(served.get().status, 503);
    }
    assert_eq!(world.ledger().grants("refresh_token"), 1);
    assert_eq!(served.reports.load(Ordering::SeqCst), 1, "one report for one try, not for each visitor");
    served.close();
}

#[test]
fn a_new_sign_in_is_served_at_once() {
    let world = signed_in();
    let served = Served::by(&world);
    world.pass(2 * HOUR);
    world.fault(&["token=400:invalid_grant"]);
    assert_eq!(served.get().status, 503);
    world.fault(&[]);
    world.sign_in("demo").done();
    assert_eq!(served.key(), world.value("demo", "access_key_id").as_str().unwrap());
    served.close();
}

#[test]
fn a_refresh_under_way_is_saved_before_the_end() {
    let world = signed_in();
    let before = world.value("demo", "oauth_refresh_token");
    world.pass(50 * HOUR / 60);
    world.fault(&["token=delay:500x1"]);
    let mut host = host(&world);
    let sent = Arc::new(AtomicBool::new(false));
    host.http = Arc::new(Watched { inner: host.http, sent: Arc::clone(&sent) });
    let served = Served::on(&world, host);
    eventually("a refresh was sent", || sent.load(Ordering::SeqCst));
    let url = served.url.clone();
    served.close();
    assert!(is_closed(&url));
    assert_eq!(world.ledger().grants("refresh_token"), 1);
    assert_ne!(world.value("demo", "oauth_refresh_token"), before, "the new token is in the file");
}

#[test]
fn a_failure_is_reported_once_until_it_changes() {
    let world = signed_in();
    world.pass(50 * HOUR / 60);
    world.fault(&["exchange=400:invalid_request"]);
    let tries = || world.ledger().count(Asked::Exchange);
    let before = tries();
    let (run, interrupt) = Run::new(&["serve", "--profile", "demo"]).interruptible();
    let running = run.start(&world);
    running.wait_for("http://127.0.0.1:");
    eventually("several tries", || tries() >= before + 3);
    world.pass(HOUR);
    let before = tries();
    eventually("more tries", || tries() >= before + 2);
    interrupt.send(()).unwrap();
    let output = running.finish().done();
    assert_eq!(output.stdout.lines().count(), 1, "{output}");
    let warnings: Vec<&str> = output.stderr.lines().collect();
    assert_eq!(warnings.len(), 2, "{output}");
    assert!(warnings[0].contains("still valid") && warnings[0].contains("invalid_request"), "{output}");
    assert!(warnings[1].contains("no new credentials to serve"), "{output}");
}

/// The network, with an eye on it.
struct Watched {
    inner: Arc<dyn Http>,
    sent: Arc<AtomicBool>,
}

impl Http for Watched {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        self.sent.store(true, Ordering::SeqCst);
        self.inner.send(request)
    }
}
