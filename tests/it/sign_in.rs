//! How a sign-in ends: saved at once, or without a trace.

use std::fs;
use std::io::{self, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use aliyun_rs::sandbox::{Decision, Endpoint};

use crate::support::PATIENCE;
use crate::support::evidence::port_is_free;
#[cfg(target_os = "linux")]
use crate::support::open_files::{count, wait_until};
use crate::support::ports::turn;
use crate::support::{Run, World, story};

const DEMO: [&str; 9] =
    ["configure", "--mode", "OAuth", "--profile", "demo", "--oauth-site-type", "CN", "--language", "en"];
const OTHER: &str = "{ \"current\": \"other\",\n  \"profiles\": [{\"name\": \"other\", \"mode\": \"AK\"}] }\n";

/// Input that looks at a file when the first answer is read from it.
struct Peeking {
    path: PathBuf,
    seen: Arc<Mutex<Option<String>>>,
}

impl Read for Peeking {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        *self.seen.lock().unwrap() = fs::read_to_string(&self.path).ok();
        Ok(0)
    }
}

#[test]
fn the_tokens_are_saved_before_the_next_question() {
    let world = World::new();
    world.write_config(OTHER);
    let seen = Arc::default();
    let peeking = Peeking { path: world.config_path(), seen: Arc::clone(&seen) };
    Run::new(&DEMO[..7]).reader(BufReader::new(peeking)).sign_in(&world).done();
    let seen = seen.lock().unwrap().take().unwrap();
    for canary in world.canaries() {
        assert!(seen.contains(&canary), "{seen}");
    }
    let seen: serde_json::Value = serde_json::from_str(&seen).unwrap();
    assert_eq!(seen["current"], "other", "`current` follows later");
    assert_eq!(seen["profiles"][1]["region_id"], serde_json::Value::Null);
}

#[test]
fn the_end_of_an_earlier_session_does_not_outlive_it() {
    let world = World::new();
    world.signed_in(3600);
    world.edit("demo", |profile| profile["oauth_refresh_token_expire"] = world.now().into());
    Run::new(&DEMO).sign_in(&world).done();
    assert_eq!(world.value("demo", "oauth_refresh_token_expire"), serde_json::Value::Null, "{}", world.config());
    world.fault(&["token=with:refresh_expires_in:60"]);
    Run::new(&DEMO).sign_in(&world).done();
    assert_eq!(world.value("demo", "oauth_refresh_token_expire"), world.now() + 60, "the server's word counts");
}

#[test]
fn a_denial_exits_4_and_says_what_an_admin_can_do() {
    let world = World::new();
    world.write_config(OTHER);
    let before = world.files();
    let output = Run::new(&DEMO).browser("bob", Decision::Deny).sign_in(&world).exits(4);
    story!(output.clone().shows("Authorization was denied"), @"
    exit code: 4
    --- stdout
    Configuring profile 'demo' in 'OAuth' authenticate mode...
    Please open the following URL in your browser to authorize:
    SANDBOX/oauth2/v1/auth?response_type=code&client_id=4038181954557748008&state=STATE&code_challenge=CHALLENGE&code_challenge_method=S256&redirect_uri=http%3A%2F%2F127.0.0.1%3APORT%2Fcli%2Fcallback
    --- stderr
    error: the sign-in was refused in the browser: `access_denied`
    hint: a RAM administrator may have to install the app `official-cli` in the account (RAM console, Integrations > OAuth (Preview) > Third-party Application) and assign this user or role to it
    ");
    assert_eq!(world.files(), before);
    assert_eq!(world.ledger().count(Endpoint::Token), 0);
    assert!(output.page.unwrap().1.contains("<html"));
}

#[test]
fn a_sign_in_that_nobody_completes_times_out() {
    let world = World::new();
    world.write_config(OTHER);
    let before = world.files();
    let _turn = turn();
    let output = Run::new(&[&DEMO[..], &["--timeout", "300ms"]].concat()).no_browser().go(&world).exits(5);
    assert!(port_is_free());
    assert_eq!(world.files(), before);
    story!(output, @"
    exit code: 5
    --- stdout
    Configuring profile 'demo' in 'OAuth' authenticate mode...
    Please open the following URL in your browser to authorize:
    SANDBOX/oauth2/v1/auth?response_type=code&client_id=4038181954557748008&state=STATE&code_challenge=CHALLENGE&code_challenge_method=S256&redirect_uri=http%3A%2F%2F127.0.0.1%3APORT%2Fcli%2Fcallback
    --- stderr
    No browser is opened here: there is no graphical session. Open the address in any browser.
    If that browser is on another machine, run this there first:
      ssh -N -L PORT:127.0.0.1:PORT USER@machine
    error: nobody signed in within 0s
    hint: run the command again, with `--timeout 10m` to wait longer; if the browser is on another machine, paste the address on which it ends
    hint: a RAM administrator may have to install the app `official-cli` in the account (RAM console, Integrations > OAuth (Preview) > Third-party Application) and assign this user or role to it
    ");
}

#[test]
fn an_interrupt_during_the_browser_step_leaves_no_trace() {
    for before in [None, Some(OTHER)] {
        let world = World::new();
        if let Some(text) = before {
            world.write_config(text);
        }
        let files = world.files();
        let _turn = turn();
        let (run, interrupt) = Run::new(&DEMO).no_browser().interruptible();
        let running = run.start(&world);
        running.page();
        assert!(!port_is_free());
        interrupt.send(()).unwrap();
        running.finish().exits(130).warns("error: interrupted; nothing was changed");
        assert!(port_is_free());
        assert_eq!(world.files(), files);
    }
}

#[test]
fn an_interrupt_while_the_code_is_redeemed_leaves_no_trace() {
    let world = World::new();
    world.write_config(OTHER);
    world.fault(&["token=delay:60000"]);
    let files = world.files();
    let _turn = turn();
    let (run, interrupt) = Run::new(&DEMO).interruptible();
    let running = run.start(&world);
    running.wait_for("state=");
    // The browser brings the code by itself; the answer to it is delayed.
    thread::sleep(Duration::from_millis(300));
    interrupt.send(()).unwrap();
    running.finish().exits(130);
    assert!(port_is_free());
    assert_eq!(world.files(), files);
}

#[test]
fn an_interrupt_during_the_exchange_keeps_the_login() {
    let world = World::new();
    world.fault(&["exchange=delay:60000"]);
    let _turn = turn();
    let (run, interrupt) = Run::new(&DEMO).interruptible();
    let running = run.start(&world);
    let until = Instant::now() + PATIENCE;
    while world.ledger().count(Endpoint::Token) == 0 || !world.journal_path().exists() {
        assert!(Instant::now() < until, "nobody asks for tokens");
        thread::sleep(Duration::from_millis(2));
    }
    interrupt.send(()).unwrap();
    running.finish().exits(130).warns("`demo` is signed in and saved");
    world.fault(&[]);
    world.run(&["credentials", "--profile", "demo"]).done();
    assert_eq!(world.ledger().grants("refresh_token"), 0);
}

#[test]
fn an_interrupt_at_the_first_question_leaves_no_trace() {
    let world = World::new();
    world.write_config(OTHER);
    let files = world.files();
    let (reader, _writer) = io::pipe().unwrap();
    let run = Run::new(&["configure", "--mode", "OAuth", "--profile", "demo"]).terminal();
    let (run, interrupt) = run.reader(BufReader::new(reader)).interruptible();
    let running = run.start(&world);
    running.wait_for("OAuth Site Type");
    interrupt.send(()).unwrap();
    running.finish().exits(130);
    assert_eq!(world.files(), files);
}

#[test]
fn an_interrupt_at_a_later_question_keeps_what_was_saved() {
    let _turn = turn();
    // The first profile of a file is the current one from the moment it is saved.
    for (before, current) in [(Some(OTHER), "other"), (None, "demo"), (Some("{}"), "demo")] {
        let world = World::new();
        before.inspect(|before| world.write_config(before));
        let (reader, _writer) = io::pipe().unwrap();
        let (run, interrupt) = Run::new(&DEMO).terminal().reader(BufReader::new(reader)).interruptible();
        let running = run.start(&world);
        running.wait_for("Default Region Id");
        interrupt.send(()).unwrap();
        let output = running.finish().exits(130).shows("Authorization successful");
        output.warns("The profile `demo` is signed in and saved");
        assert!(port_is_free());
        world.run(&["credentials", "--profile", "demo"]).done();
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&world.config()).unwrap()["current"],
            current,
            "{before:?}: {}",
            world.config()
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_at_the_last_lock_keeps_what_was_saved() {
    let world = World::new();
    world.write_config(OTHER);
    let _turn = turn();
    let (reader, mut writer) = io::pipe().unwrap();
    let (run, interrupt) = Run::new(&DEMO).terminal().reader(BufReader::new(reader)).interruptible();
    let running = run.start(&world);
    running.wait_for("Default Region Id");
    let path = world.config_path().with_file_name("config.json.lock");
    let held = fs::File::open(&path).unwrap();
    held.lock().unwrap();
    writer.write_all(b"cn-beijing\n").unwrap();
    wait_until("the command waits for the lock", || count(&path) == 2);
    let config = world.config();
    interrupt.send(()).unwrap();
    running.finish().exits(130);
    assert_eq!(world.config(), config);
    drop(held);
    world.run(&["credentials", "--profile", "demo"]).done();
}

#[test]
fn the_next_free_port_is_taken() {
    let world = World::new();
    let _turn = turn();
    let _taken: Vec<_> = (12345..=12347).map(|port| TcpListener::bind(("127.0.0.1", port)).unwrap()).collect();
    let output = Run::new(&DEMO).go(&world).done();
    output.says("redirect_uri=http%3A%2F%2F127.0.0.1%3A12348%2Fcli%2Fcallback");
}

#[test]
fn with_all_five_ports_taken_each_is_named() {
    let world = World::new();
    let _turn = turn();
    let _taken: Vec<_> = (12345..=12349).map(|port| TcpListener::bind(("127.0.0.1", port)).unwrap()).collect();
    let output = Run::new(&DEMO).go(&world).exits(5);
    assert!(world.files().is_empty());
    for port in 12345..=12349 {
        assert!(output.stderr.contains(&format!("port {port} is in use by another program")), "{output}");
    }
    assert!(!output.stdout.contains("http://"), "nobody is sent to a page that cannot come back: {output}");
}

#[test]
fn hostile_visitors_do_not_end_a_sign_in() {
    let world = World::new();
    let _turn = turn();
    let running = Run::new(&DEMO).no_browser().start(&world);
    let page = running.page();
    let state = page.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let wrong = "A".repeat(state.len());
    let idle = TcpStream::connect(("127.0.0.1", 12345)).unwrap();
    for (request, status) in [
        (format!("GET /cli/callback?code=x&state={wrong} HTTP/1.1\r\nHost: 127.0.0.1:12345\r\n\r\n"), "400"),
        (
            format!("GET /cli/callback?error=access_denied&state={wrong} HTTP/1.1\r\nHost: 127.0.0.1:12345\r\n\r\n"),
            "400",
        ),
        ("GET /cli/callback?error=access_denied HTTP/1.1\r\nHost: 127.0.0.1:12345\r\n\r\n".to_owned(), "400"),
        (
            format!("GET /cli/callback?code=x&state={state}&state={state} HTTP/1.1\r\nHost: 127.0.0.1:12345\r\n\r\n"),
            "400",
        ),
        (format!("GET /cli/callback?code=x&state={state} HTTP/1.1\r\nHost: evil.example:12345\r\n\r\n"), "403"),
        (
            format!(
                "POST /cli/callback?code=x&state={state} HTTP/1.1\r\nHost: 127.0.0.1:12345\r\nContent-Length: 0\r\n\r\n"
            ),
            "405",
        ),
        ("GET /favicon.ico HTTP/1.1\r\nHost: 127.0.0.1:12345\r\n\r\n".to_owned(), "404"),
        ("SSH-2.0-hello\r\n\r\n".to_owned(), "400"),
    ] {
        let mut visitor = TcpStream::connect(("127.0.0.1", 12345)).unwrap();
        visitor.set_read_timeout(Some(PATIENCE)).unwrap();
        visitor.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        visitor.read_to_end(&mut answer).ok();
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request} got {answer}");
    }
    let (status, shown) = world.visit(&page, "alice", Decision::Authorize).unwrap();
    assert!(status == 200 && shown.contains("Authorization successful"), "{shown}");
    running.finish().done();
    drop(idle);
}

#[test]
fn changes_by_another_process_survive_a_sign_in() {
    let world = World::new();
    world.write_config(OTHER);
    let _turn = turn();
    let running = Run::new(&DEMO).no_browser().start(&world);
    let page = running.page();
    let theirs = OTHER.replace("\"AK\"", "\"AK\", \"access_key_id\": \"written-meanwhile\"");
    world.write_config(&theirs);
    world.visit(&page, "alice", Decision::Authorize).unwrap();
    running.finish().done();
    assert_eq!(world.value("other", "access_key_id"), "written-meanwhile");
    assert_eq!(world.value("demo", "mode"), "OAuth");
}

#[test]
fn a_file_that_breaks_during_a_sign_in_stays_as_it_is() {
    let world = World::new();
    world.write_config(OTHER);
    let _turn = turn();
    let running = Run::new(&DEMO).no_browser().start(&world);
    let page = running.page();
    world.write_config("{ broken");
    let (_, shown) = world.visit(&page, "alice", Decision::Authorize).unwrap();
    running.finish().exits(6).warns("is broken");
    assert!(!shown.contains("Authorization successful"), "{shown}");
    assert_eq!(world.config(), "{ broken");
    let journal = world.files().into_iter().find(|(path, _)| path.to_string_lossy().contains("journal"));
    assert!(journal.is_none(), "a sign-in that failed is not remembered");
}

#[test]
fn a_failed_check_of_the_identity_keeps_the_profile() {
    let world = World::new();
    world.fault(&["sts=500"]);
    let output = Run::new(&DEMO).sign_in(&world).exits(5).shows("Authorization successful");
    story!(output, @"
    exit code: 5
    --- stdout
    Configuring profile 'demo' in 'OAuth' authenticate mode...
    Please open the following URL in your browser to authorize:
    SANDBOX/oauth2/v1/auth?response_type=code&client_id=4038181954557748008&state=STATE&code_challenge=CHALLENGE&code_challenge_method=S256&redirect_uri=http%3A%2F%2F127.0.0.1%3APORT%2Fcli%2Fcallback
    Default Region Id [cn-hangzhou]:
    Default Output Format [json]: json (Only support json)
    Saving profile[demo] ...Done.
    --- stderr
    error: the profile `demo` is saved, but its identity could not be verified: SANDBOX refused: `server_error` (status 500), The sandbox injected this fault., request id ID
    hint: try again in a moment
    ");
    assert!(world.config().contains("\"current\": \"demo\""));
    world.fault(&[]);
    world.run(&["whoami", "--profile", "demo"]).done();
}
