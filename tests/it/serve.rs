//! The credentials endpoint: which programs it serves, what it does when credentials expire, and how it stops.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use aliyun_rs::credentials::{Provider, Standing, Wanted};
use aliyun_rs::host::{BoxFuture, Host, Http, Request, Response, TransportError};
use aliyun_rs::sandbox::Endpoint as Asked;
use aliyun_rs::serve::{Endpoint, Refused};
use tokio::sync::oneshot;

use crate::support::fetch::{Answer, ask, get, is_closed};
use crate::support::run::PATIENCE;
use crate::support::{Run, World};

const HOUR: Duration = Duration::from_secs(3600);

/// An endpoint on a thread of its own, as the program has it on its main one.
struct Served {
    url: String,
    reports: Arc<AtomicUsize>,
    last: Arc<Mutex<String>>,
    end: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Served {
    /// Serves whatever the file has for `demo`.
    fn by(world: &World) -> Self {
        Self::on(world, host(world))
    }

    fn on(world: &World, host: Host) -> Self {
        let provider = Provider { clock: host.clock.clone(), http: host.http.clone(), ..world.provider() };
        let wanted = Wanted { profile: "demo".parse().unwrap(), min_ttl: None };
        let (Standing::Ready(credentials) | Standing::Due(credentials, _)) =
            provider.cached(&provider.logins.read().unwrap().config, &wanted).unwrap()
        else {
            panic!("nothing to serve");
        };
        let (reports, last) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(String::new())));
        let (counter, words) = (Arc::clone(&reports), Arc::clone(&last));
        let (opened, url) = std::sync::mpsc::channel();
        let (end, mut ended) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let describe = Arc::new(|refused: &Refused<'_>| match refused {
                    Refused::Failed(error) => error.to_string(),
                    refused => format!("{refused:?}"),
                });
                let mut endpoint = Endpoint::open(&host, provider, wanted, credentials, (0, None), describe).unwrap();
                opened.send(endpoint.url().expose().to_owned()).unwrap();
                loop {
                    tokio::select! {
                        _ = &mut ended => break,
                        report = endpoint.report() => {
                            *words.lock().unwrap() = format!("{report:?}");
                            counter.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                }
                endpoint.close().await;
            });
        });
        Self { url: url.recv().unwrap(), reports, last, end, thread }
    }

    fn get(&self) -> Answer {
        get(&self.url)
    }

    fn key(&self) -> String {
        let answer = self.get();
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.field("AccessKeyId")
    }

    fn close(self) {
        self.end.send(()).unwrap();
        self.thread.join().unwrap();
    }
}

fn host(world: &World) -> Host {
    let mut host = Host::from_os();
    host.clock = world.clock.clone();
    host
}

fn signed_in() -> World {
    let world = World::new();
    world.sign_in("demo").done();
    world
}

#[track_caller]
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "never: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_url_returns_credentials_in_the_format_of_the_sdks() {
    let world = signed_in();
    let served = Served::by(&world);
    let answer = served.get();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.field("Code"), "Success");
    for (name, key) in
        [("AccessKeyId", "access_key_id"), ("AccessKeySecret", "access_key_secret"), ("SecurityToken", "sts_token")]
    {
        assert_eq!(answer.field(name), world.value("demo", key).as_str().unwrap());
    }
    let end = aliyun_rs::time::Timestamp::parse_rfc3339(&answer.field("Expiration")).unwrap();
    assert_eq!(end.as_unix(), world.value("demo", "sts_expiration").as_i64().unwrap());
    assert!(answer.field("Expiration").ends_with('Z'));
    assert!(answer.head.contains("cache-control: no-store") && !answer.head.contains("access-control"));
    served.close();
}

#[test]
fn the_url_is_on_loopback_with_256_random_bits() {
    let world = signed_in();
    let (one, other) = (Served::by(&world), Served::by(&world));
    let token = |served: &Served| {
        assert!(served.url.starts_with("http://127.0.0.1:"), "{}", served.url);
        served.url.rsplit('/').next().unwrap().to_owned()
    };
    assert_eq!(token(&one).len(), 43, "256 bits in base64url");
    assert_ne!(token(&one), token(&other));
    one.close();
    other.close();
}

#[test]
fn nobody_else_gets_anything() {
    let world = signed_in();
    let served = Served::by(&world);
    let url = &served.url;
    let root = url.rsplit_once('/').unwrap().0;
    let almost = format!("{}{}", &url[..url.len() - 1], if url.ends_with('A') { 'B' } else { 'A' });
    let cases = [
        (almost.as_str(), "GET", "", 404),
        (&format!("{root}/"), "GET", "", 404),
        (&format!("{url}/"), "GET", "", 404),
        (&format!("{url}?x=1"), "GET", "", 404),
        (&format!("{root}/credentials"), "GET", "", 404),
        (url, "POST", "content-length: 0\r\n", 405),
        (url, "HEAD", "", 405),
        (url, "OPTIONS", "", 405),
        (url, "GET", "Origin: http://127.0.0.1\r\n", 403),
        (url, "GET", "Origin: null\r\n", 403),
        (url, "GET", "Referer: http://127.0.0.1/\r\n", 403),
        (url, "GET", "Sec-Fetch-Site: none\r\n", 403),
        (url, "GET", "sec-fetch-something-new: ?1\r\n", 403),
        (url, "GET", "Host: evil.test\r\n", 403),
    ];
    for (url, method, fields, status) in cases {
        let answer = ask(url, method, fields);
        assert_eq!(answer.status, status, "{method} {fields}{answer:?}");
        assert!(!answer.body.contains("Secret"), "{answer:?}");
    }
    assert_eq!(served.get().status, 200);
    served.close();
}

#[cfg(target_os = "linux")]
#[test]
fn another_user_gets_nothing_even_with_the_url() {
    let world = signed_in();
    let mut host = host(&world);
    host.user = host.user.map(|user| user + 1);
    let served = Served::on(&world, host);
    let answer = served.get();
    assert_eq!((answer.status, answer.field("Code").as_str()), (403, "Forbidden"));
    served.close();
}

#[test]
fn fresh_credentials_are_served_from_memory() {
    let world = signed_in();
    let served = Served::by(&world);
    let before = world.ledger().entries.len();
    // A file that another tool is rewriting in place.
    std::fs::write(world.config_path(), "{").unwrap();
    for _ in 0..20 {
        assert_eq!(served.get().status, 200);
    }
    assert_eq!(world.ledger().entries.len(), before);
    served.close();
}

#[test]
fn a_deleted_profile_is_not_served_any_more() {
    type Deletion = fn(&World);
    let deletions: [Deletion; 4] = [
        |world| drop(world.run(&["delete", "demo"]).done()),
        |world| world.replace_config("{\"profiles\": []}"),
        |world| std::fs::remove_file(world.config_path()).unwrap(),
        |world| world.edit("demo", |item| item["mode"] = "CloudSSO".into()),
    ];
    for delete in deletions {
        let world = signed_in();
        let served = Served::by(&world);
        assert_eq!(served.get().status, 200);
        delete(&world);
        let answer = served.get();
        assert_eq!((answer.status, answer.field("Code").as_str()), (503, "ProfileUnusable"), "{answer:?}");
        served.close();
    }
}

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

#[cfg(unix)]
mod as_a_process {
    use std::io::Write;
    use std::net::TcpStream;

    use rustix::process::Signal;

    use crate::support::fetch::{get, is_closed};
    use crate::support::process::{Home, start};

    #[test]
    fn a_signal_frees_the_port_despite_open_connections() {
        for signal in [Signal::TERM, Signal::INT] {
            let home = Home::with_profiles();
            let mut running = start(home.command(&["serve", "--profile", "sts"]));
            let url = running.line();
            assert_eq!(get(&url).field("AccessKeyId"), "STS.id");
            let authority = url.strip_prefix("http://").unwrap().split('/').next().unwrap();
            let mut silent = TcpStream::connect(authority).unwrap();
            silent.write_all(b"GET / HTTP/1.1\r\n").unwrap();
            running.signal(signal);
            let ended = running.finish();
            assert_eq!((ended.code, ended.stdout, ended.stderr.as_str()), (Some(0), format!("{url}\n"), ""));
            assert!(is_closed(&url));
        }
    }

    #[test]
    fn what_nohup_started_survives_a_hang_up() {
        let home = Home::with_profiles();
        let script = format!("trap '' HUP; exec {} serve", env!("CARGO_BIN_EXE_aliyun-rs"));
        let mut running = start(home.other("sh", &["-c", &script]));
        let url = running.line();
        running.signal(Signal::HUP);
        assert_eq!(get(&url).status, 200);
        assert!(running.is_running());
    }

    #[test]
    fn a_long_lived_key_is_served_without_a_token_or_an_end() {
        let home = Home::with_profiles();
        let mut running = start(home.command(&["serve", "--profile", "key"]));
        let answer = get(&running.line());
        assert_eq!(answer.body, r#"{"Code":"Success","AccessKeyId":"LTAI.id","AccessKeySecret":"key-secret"}"#);
    }

    #[test]
    fn a_port_that_is_taken_is_a_clear_failure() {
        let home = Home::with_profiles();
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let ended = home.run(&["serve", "--port", &port.to_string()]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(5), ""));
        assert!(ended.stderr.contains(&format!("could not listen on port {port} of 127.0.0.1")), "{}", ended.stderr);
    }

    #[test]
    fn a_profile_without_credentials_is_not_served() {
        let home = Home::with_profiles();
        let ended = home.run(&["serve", "--profile", "foreign"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
        assert!(ended.stderr.contains("EcsRamRole"), "{}", ended.stderr);
    }
}
