//! A sign-in from anywhere: the address that the browser ends on is pasted, and races the callback.

use std::io::{self, BufReader, PipeWriter, Write};

use aliyun_rs::sandbox::Endpoint;

use crate::support::ports::{turn, turn_at_one};
use crate::support::run::Running;
use crate::support::{Output, Run, World};

const PASTE: [&str; 8] =
    ["configure", "--mode", "OAuth", "--profile", "demo", "--oauth-site-type", "CN", "--no-browser"];

/// Where the browser of `user` ends, who clicks Authorize or Deny on `page`.
fn end_of(world: &World, page: &str, decision: &str) -> String {
    let page = url::Url::parse(page).unwrap();
    let mut form: Vec<(String, String)> = page.query_pairs().into_owned().collect();
    form.extend([("user", "alice"), ("decision", decision)].map(|(name, value)| (name.to_owned(), value.to_owned())));
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    world.post("/oauth2/v1/auth", &form).headers()["location"].to_str().unwrap().to_owned()
}

/// A sign-in whose standard input is ours.
fn start(world: &World) -> (Running, PipeWriter) {
    let (input, keyboard) = io::pipe().unwrap();
    (Run::new(&PASTE).reader(BufReader::new(input)).no_browser().start(world), keyboard)
}

fn is_signed_in(world: &World, output: &Output) {
    assert!(output.code == 0 && output.stdout.contains("Configure Done!!!"), "{output}");
    assert_eq!(world.value("demo", "mode"), "OAuth");
}

#[test]
fn an_address_from_a_pipe_signs_in() {
    let world = World::new();
    let _turn = turn_at_one();
    let (running, mut keyboard) = start(&world);
    let end = end_of(&world, &running.page(), "authorize");
    running.wait_for("Callback URL: ");
    writeln!(keyboard, "{end}").unwrap();
    drop(keyboard);
    let output = running.finish();
    is_signed_in(&world, &output);
    assert!(!output.stdout.contains(&end), "a paste is not repeated: {output}");
}

#[test]
fn the_callback_wins_if_it_comes_first() {
    let world = World::new();
    let _turn = turn_at_one();
    let (running, keyboard) = start(&world);
    let page = running.page();
    let (status, _) = world.visit(&page, "alice", aliyun_rs::sandbox::Decision::Authorize).unwrap();
    assert_eq!(status, 200);
    drop(keyboard);
    is_signed_in(&world, &running.finish());
}

#[test]
fn a_bad_paste_is_named_and_asked_for_again() {
    let world = World::new();
    let _turn = turn_at_one();
    let (running, mut keyboard) = start(&world);
    let page = running.page();
    let end = end_of(&world, &page, "authorize");
    let (path, query) = end.split_once('?').unwrap();
    let earlier = end.replace("state=", "state=x");
    for (pasted, words) in [
        ("what do you want?", "this is not an address"),
        ("0123456789abcdef", "this is only a code"),
        (&page, "this is the page to sign in at"),
        ("https://www.aliyun.com/cli/callback?code=x&state=y", "this is another page"),
        (&format!("http://127.0.0.1:1/cli/callback?{query}"), "has port 1"),
        (&format!("{end}&code=again"), "is in the address twice"),
        (path, "it has no state"),
        (&earlier, "belongs to another sign-in"),
        (&format!("{path}?{}", query.split('&').find(|pair| pair.starts_with("state=")).unwrap()), "has no code"),
    ] {
        writeln!(keyboard, "{pasted}").unwrap();
        running.wait_for_error(words);
    }
    writeln!(keyboard, "{end}").unwrap();
    drop(keyboard);
    let output = running.finish();
    is_signed_in(&world, &output);
    assert!(output.stdout.matches("Callback URL: ").count() >= 9, "{output}");
    assert_eq!(world.ledger().count(Endpoint::Token), 1, "only the right address reaches the server");
}

#[test]
fn a_refusal_that_is_pasted_ends_the_sign_in() {
    let world = World::new();
    let _turn = turn_at_one();
    let (running, mut keyboard) = start(&world);
    let end = end_of(&world, &running.page(), "deny");
    writeln!(keyboard, "{end}").unwrap();
    running.finish().exits(4).warns("access_denied");
}

#[test]
fn without_a_free_port_the_paste_is_enough() {
    let world = World::new();
    let _turn = turn();
    let _taken: Vec<_> =
        (12345..=12349).map(|port| std::net::TcpListener::bind(("127.0.0.1", port)).unwrap()).collect();
    let (running, mut keyboard) = start(&world);
    let page = running.page();
    assert!(page.contains("redirect_uri=http%3A%2F%2F127.0.0.1%3A12345%2F"), "{page}");
    writeln!(keyboard, "{}", end_of(&world, &page, "authorize")).unwrap();
    drop(keyboard);
    let output = running.finish();
    is_signed_in(&world, &output);
    assert!(output.stderr.contains("paste the address on which the browser ends"), "{output}");
}

#[test]
fn without_port_and_paste_the_sign_in_fails_at_once() {
    let world = World::new();
    let _turn = turn();
    let _taken: Vec<_> =
        (12345..=12349).map(|port| std::net::TcpListener::bind(("127.0.0.1", port)).unwrap()).collect();
    Run::new(&PASTE).input("").no_browser().go(&world).exits(5).warns("cannot listen for the browser");
}

#[test]
fn a_remote_shell_is_told_both_ways_back() {
    let world = World::new();
    let _turn = turn();
    let (input, mut keyboard) = io::pipe().unwrap();
    let running = Run::new(&PASTE[..7])
        .reader(BufReader::new(input))
        .terminal()
        .no_browser_because(aliyun_rs::host::NoBrowser::Ssh)
        .env("SSH_CONNECTION", "192.0.2.7 50000 192.0.2.1 2222")
        .env("USER", "alice")
        .start(&world);
    let end = end_of(&world, &running.page(), "authorize");
    writeln!(keyboard, "{end}").unwrap();
    running.wait_for("Default Region Id");
    drop(keyboard);
    let output = running.finish();
    is_signed_in(&world, &output);
    for words in
        ["this is a remote shell", "ssh -N -L 12345:127.0.0.1:12345 -p 2222 alice@192.0.2.1", "Or paste the address"]
    {
        assert!(output.stderr.contains(words), "{words}: {output}");
    }
}

#[test]
fn a_visitor_of_another_host_is_pointed_out_once() {
    use std::io::Read;
    let world = World::new();
    let _turn = turn_at_one();
    let (running, keyboard) = start(&world);
    let page = running.page();
    let port: u16 = page.split("127.0.0.1%3A").nth(1).unwrap().split('%').next().unwrap().parse().unwrap();
    for _ in 0..3 {
        let mut visitor = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        visitor.write_all(b"GET /cli/callback HTTP/1.1\r\nHost: box.example\r\nConnection: close\r\n\r\n").unwrap();
        visitor.read_to_end(&mut Vec::new()).unwrap();
    }
    running.wait_for_error("a request for another host was refused");
    // The name of a port forwarder that was swapped in by hand.
    let end = end_of(&world, &page, "authorize").replace("127.0.0.1", "localhost");
    let answer = crate::support::fetch::get(&end);
    assert!(answer.body.contains("Authorization successful"), "{answer:?}");
    drop(keyboard);
    let output = running.finish();
    is_signed_in(&world, &output);
    assert_eq!(output.stderr.matches("a request for another host").count(), 1, "{output}");
}

#[cfg(unix)]
mod at_a_terminal {
    use super::*;
    use crate::support::terminal::{CTRL_C, ENTER, Terminal};

    /// Shows the address at a terminal so many columns wide.
    fn at(columns: u16, world: &World) -> (Terminal, crate::support::terminal::Job, String) {
        let mut terminal = Terminal::new();
        terminal.resize(columns);
        let job = terminal.start_in(world, &PASTE);
        terminal.wait_for("browser to authorize:");
        terminal.wait_for("http://127.0.0.1:");
        let url = terminal.read_until(&['\r', '\x1b']);
        (terminal, job, format!("http://127.0.0.1:{url}"))
    }

    #[test]
    fn a_paste_is_taken_and_leaves_no_trace() {
        for columns in [40, 80, 200] {
            let world = World::real();
            let _turn = turn_at_one();
            let (mut terminal, mut job, page) = at(columns, &world);
            let before = terminal.modes();
            let end = end_of(&world, &page, "authorize");
            terminal.wait_for("Callback URL: ");
            terminal.wait_for_silence();
            // As a terminal pastes an address that it has broken into lines.
            let (first, second) = end.split_at(end.len() / 2);
            terminal.press(&format!("\x1b[200~{first}{ENTER}{second}\x1b[201~{ENTER}"));
            for question in ["Default Region Id", "Default Language"] {
                terminal.wait_for(question);
                terminal.press(ENTER);
            }
            terminal.wait_for("Configure Done!!!");
            assert_eq!(job.finish(), 0, "{columns}");
            assert!(!terminal.all().contains(&second[1..]), "{columns}: the paste is not shown");
            let _ = before;
            world.run(&["whoami", "--profile", "demo"]).done();
        }
    }

    #[test]
    fn an_interrupt_restores_the_terminal() {
        let world = World::real();
        let _turn = turn_at_one();
        let (mut terminal, mut job, _) = at(80, &world);
        terminal.wait_for("Callback URL: ");
        terminal.wait_for_silence();
        terminal.press(CTRL_C);
        assert_eq!(job.finish(), 130);
        assert!(terminal.echoes(), "what is typed is shown again");
    }
}
