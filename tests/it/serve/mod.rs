//! The credentials endpoint: which programs it serves, what it does when credentials expire, and how it stops.

mod process;
mod renewals;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use aliyun_rs::credentials::{Provider, Standing, Wanted};
use aliyun_rs::host::Host;
use aliyun_rs::serve::{Endpoint, EndpointSettings, Refused};
use tokio::sync::oneshot;

use crate::support::fetch::{Answer, ask, get};
use crate::support::{PATIENCE, World};

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
        let wanted = Wanted { profile: "demo".parse().unwrap(), min_ttl: None, refused: None };
        let (Standing::Ready(credentials) | Standing::Due(credentials, _)) =
            provider.cached(&wanted.find(&provider.logins.read().unwrap().config).unwrap(), &wanted).unwrap()
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
                let mut endpoint =
                    Endpoint::open(&host, provider, wanted, credentials, EndpointSettings::default(), describe)
                        .unwrap();
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
