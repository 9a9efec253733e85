//! A renewal that is killed, interrupted or failed by the system at any of its system calls loses no login, outside
//! the one window that no client can close: from the server's answer to our first durable write.
#![expect(clippy::print_stdout, reason = "how many points there were is worth reading")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;

use crate::support::World;
use crate::support::process::{ALIYUN_RS, Ended, end};
use crate::support::tool::{Tokens, presentations};

const ARGS: [&str; 3] = ["credentials", "--profile", "demo"];
/// Everything that touches a file, a socket or a lock.
const CALLS: &str = "trace=%file,%desc,%network";
const THREADS: usize = 12;

/// A system call of a renewal: its name, and the how manieth of that name it is in its thread, which is how `strace`
/// counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Point {
    name: String,
    count: usize,
}

/// A login that is due to be renewed.
fn due() -> (World, Tokens) {
    let world = World::real();
    let tokens = world.signed_in(0);
    (world, tokens)
}

/// A renewal that ran under `strace`.
struct Traced {
    ended: Ended,
    trace: String,
}

impl Traced {
    fn run(world: &World, inject: Option<String>) -> Self {
        Self::command(world, &ARGS, inject)
    }

    fn command(world: &World, args: &[&str], inject: Option<String>) -> Self {
        let path = world.home.path().join("trace");
        let mut strace = world.command("strace");
        strace.args(["-f", "-qq", "-y", "-s", "24", "-e", CALLS, "-e", "signal=none", "-o"]).arg(&path);
        strace.args(inject.iter().flat_map(|inject| ["-e", inject]));
        let ended = end(strace.arg(ALIYUN_RS).args(args));
        Self { ended, trace: fs::read_to_string(path).unwrap() }
    }

    /// Each call with its thread.
    fn calls(&self) -> impl Iterator<Item = (&str, &str)> {
        self.trace.lines().filter_map(|line| line.split_once(' ')).map(|(thread, call)| (thread, call.trim_start()))
    }

    /// Whether it ended inside the window: the request for tokens went out, and the journal with the new pair was
    /// not yet renamed into its place.
    fn ended_inside_the_window(&self) -> bool {
        let sent = self.calls().any(|(_, call)| is_request(call) && !call.contains("= ?"));
        let kept =
            self.calls().any(|(_, call)| call.starts_with("rename") && is_journal(call) && call.ends_with("= 0"));
        sent && !kept
    }
}

fn is_request(call: &str) -> bool {
    ["write", "send"].iter().any(|name| call.starts_with(name)) && call.contains("POST /v1/token")
}

fn is_journal(call: &str) -> bool {
    call.contains("aliyun-rs.journal")
}

/// The system calls of a clean renewal that are wanted, from the first that is about the shared file.
fn points(wanted: impl Fn(&str) -> bool) -> Vec<Point> {
    let (world, _) = due();
    let clean = Traced::run(&world, None);
    assert!(clean.ended.code == Some(0), "{:?}", clean.ended);
    assert!(!clean.ended_inside_the_window(), "{}", clean.trace);
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let (mut points, mut unwanted) = (BTreeSet::new(), BTreeSet::new());
    let mut ours = false;
    for (thread, call) in clean.calls() {
        let Some((name, _)) = call.split_once('(').filter(|(name, _)| !name.contains([' ', '<'])) else { continue };
        let count = counts.entry((thread, name)).or_default();
        *count += 1;
        ours |= call.contains("config.json");
        if ours {
            let place = if wanted(call) { &mut points } else { &mut unwanted };
            place.insert(Point { name: name.to_owned(), count: *count });
        }
    }
    assert!(points.len() > 50, "a renewal has more system calls than that:\n{}", clean.trace);
    points.difference(&unwanted).cloned().collect()
}

/// Plays all cases on a few threads and returns how often each thing happened.
fn play<T: Sync>(cases: &[T], case: impl Fn(&T) -> &'static str + Sync) -> BTreeMap<&'static str, usize> {
    let (next, totals) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(one) = cases.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let what = case(one);
                    *totals.lock().unwrap().entry(what).or_default() += 1;
                }
            });
        }
    });
    totals.into_inner().unwrap()
}

/// What became of the login.
fn afterwards(world: &World, tokens: &Tokens, case: &str) -> bool {
    let config: Value = serde_json::from_str(&world.config()).unwrap_or_else(|error| panic!("{case}: {error}"));
    assert_eq!(config["profiles"][0]["name"], "demo", "{case}");
    let spent = presentations(&world.ledger(), &tokens.refresh);
    let ended = world.start(&ARGS).finish();
    if ended.code == Some(0) {
        assert!(spent + presentations(&world.ledger(), &tokens.refresh) <= 2, "{case}: presented again");
        return true;
    }
    let stderr = ended.exits(3).stderr;
    assert!(stderr.contains("needs a new sign-in") && stderr.contains("hint: aliyun-rs configure"), "{case}");
    false
}

fn assert_presented_once(world: &World, tokens: &Tokens, case: &str) {
    let ledger = world.ledger();
    assert_eq!(presentations(&ledger, &tokens.refresh), 1, "{case}: {:#?}", ledger.entries);
}

#[test]
#[ignore = "needs strace"]
fn a_renewal_killed_at_any_call_keeps_the_login() {
    let points = points(|_| true);
    let totals = play(&points, |point| {
        let (world, tokens) = due();
        let killed = Traced::run(&world, Some(format!("inject={}:signal=KILL:when={}", point.name, point.count)));
        let case = format!("killed at {point:?}\n{}", killed.trace);
        if killed.ended.code == Some(0) {
            return "not reached";
        }
        if afterwards(&world, &tokens, &case) {
            // A request that was sent may still be on its way when the next run has presented the token.
            if !killed.ended_inside_the_window() {
                assert_presented_once(&world, &tokens, &case);
            }
            return "login kept";
        }
        assert!(killed.ended_inside_the_window(), "the login was lost outside the window: {case}");
        "login lost inside the window"
    });
    println!("killed at {} points: {totals:?}", points.len());
    assert!(totals["login kept"] > points.len() / 2, "{totals:?}");
}

#[test]
#[ignore = "needs strace"]
fn a_renewal_interrupted_at_any_call_keeps_the_login() {
    let points = points(|_| true);
    let signals = ["INT", "TERM", "HUP"];
    let cases: Vec<(Point, &str)> = points.into_iter().zip(signals.into_iter().cycle()).collect();
    let totals = play(&cases, |(point, signal)| {
        let (world, tokens) = due();
        let run = Traced::run(&world, Some(format!("inject={}:signal={signal}:when={}", point.name, point.count)));
        let case = format!("SIG{signal} at {point:?}\n{}", run.trace);
        assert!(afterwards(&world, &tokens, &case), "the login was lost: {case}: {:?}", run.ended);
        assert_presented_once(&world, &tokens, &case);
        match run.ended.code {
            Some(0) => "finished",
            Some(130) => "ended as interrupted",
            // Before it holds interrupts back, the program ends as every other one does.
            None => "ended by the signal",
            _ => panic!("{case}: {:?}", run.ended),
        }
    });
    println!("interrupted at {} points: {totals:?}", cases.len());
}

/// How the program talks to itself: that fails on no machine.
const PLUMBING: [&str; 3] = ["anon_inode", "pipe:", "UNIX"];

/// What a system call may fail with.
fn errors(name: &str) -> &'static [&'static str] {
    match name {
        "openat" => &["EIO", "EACCES", "EINTR", "EMFILE", "EROFS"],
        "write" | "pwrite64" | "ftruncate" | "fallocate" => &["EIO", "ENOSPC", "EDQUOT", "EINTR"],
        "fsync" | "fdatasync" => &["EIO", "ENOSPC", "EINTR"],
        "rename" | "renameat" | "renameat2" => &["EIO", "EACCES", "EINTR", "EROFS"],
        "unlink" | "unlinkat" | "fchmod" | "chmod" | "fchown" => &["EIO", "EACCES", "EINTR"],
        "flock" => &["EINTR", "ENOLCK", "EIO"],
        "read" | "statx" | "fstat" | "newfstatat" | "lseek" | "readlink" => &["EIO", "EINTR"],
        "connect" | "socket" | "sendto" | "recvfrom" | "writev" | "setsockopt" => &["EIO", "EINTR", "ENOBUFS"],
        _ => &[],
    }
}

#[test]
#[ignore = "needs strace"]
fn a_renewal_that_fails_at_any_call_keeps_the_login() {
    let mut cases = Vec::new();
    for point in points(|call| !PLUMBING.iter().any(|plumbing| call.contains(plumbing))) {
        for error in errors(&point.name) {
            // No real system interrupts a call every time.
            let lasting = if *error == "EINTR" { [""].as_slice() } else { &["", "+"] };
            cases.extend(lasting.iter().map(|more| (point.clone(), *error, *more)));
        }
    }
    let totals = play(&cases, |(point, error, more)| {
        let (world, tokens) = due();
        let run = Traced::run(&world, Some(format!("inject={}:error={error}:when={}{more}", point.name, point.count)));
        let case = format!("{error}{more} at {point:?}\n{}\n{:?}", run.trace, run.ended);
        assert!(!run.ended.stderr.contains("panicked") && run.ended.code.is_some(), "{case}");
        match (afterwards(&world, &tokens, &case), run.ended.code) {
            (true, Some(0)) => "served",
            (true, _) => "refused, login kept",
            (false, _) => {
                let unread = ["read", "recvfrom"].contains(&point.name.as_str());
                let unwritten = *more == "+" && ["write", "pwrite64"].contains(&point.name.as_str());
                assert!(run.ended_inside_the_window() && (unread || unwritten), "the login was lost: {case}");
                "the answer could not be read, or nothing be written"
            }
        }
    });
    println!("failed in {} ways: {totals:?}", cases.len());
}

/// What a system call does to the files beside the shared one, in words; those files have no other names than these.
fn durable_step(call: &str) -> Option<String> {
    let (name, rest) = call.split_once('(')?;
    let open = rest.split(['<', '>']).filter(|part| part.contains("/aliyun-rs/sandbox"));
    let named = rest.split('"').skip(1).step_by(2);
    let (name, files) = match name {
        "renameat" | "unlinkat" if open.clone().next().is_some() => {
            (name.trim_end_matches("at"), named.collect::<Vec<_>>())
        }
        _ => (name, open.collect()),
    };
    let files: Vec<&str> = files.iter().map(|file| file.rsplit('/').next().unwrap().trim_start_matches('.')).collect();
    match name {
        _ if is_request(call) => Some("request".to_owned()),
        "pwrite64" if !files.is_empty() => Some(durable_step(&call.replacen("pwrite64", "write", 1))?),
        "fallocate" | "write" | "fsync" | "rename" | "unlink" if !files.is_empty() && !call.contains("ENOENT") => {
            Some(format!("{name} {}", files.join(" ")).replace("config.json.aliyun-rs.", ""))
        }
        _ => None,
    }
}

/// The steps of a command, without repetitions.
fn durable_steps(world: &World, args: &[&str]) -> Vec<String> {
    let traced = Traced::command(world, args, None);
    assert_eq!(traced.ended.code, Some(0), "{:?}", traced.ended);
    let mut steps: Vec<String> = traced.calls().filter_map(|(_, call)| durable_step(call)).collect();
    steps.dedup();
    steps
}

#[test]
#[ignore = "needs strace"]
fn what_is_relied_upon_is_durable() {
    let (world, _) = due();
    let renewal = "
        fallocate tmp, fsync tmp, fsync sandbox, fallocate journal.tmp, fsync journal.tmp, fsync sandbox,
        request,
        write journal.tmp, fsync journal.tmp, rename journal.tmp journal, fsync sandbox,
        write tmp, fsync tmp, rename tmp config.json, fsync sandbox,
        write tmp, fsync tmp, rename tmp config.json, fsync sandbox";
    let deletion = "
        write tmp, fsync tmp, rename tmp config.json, fsync sandbox, unlink journal, fsync sandbox";
    for (args, expected) in [(&ARGS[..], renewal), (&["delete", "demo"], deletion)] {
        let expected: Vec<&str> = expected.split(',').map(str::trim).collect();
        assert_eq!(durable_steps(&world, args), expected, "{args:?}");
    }
}

impl Traced {
    /// The first system call `name` that is wanted, as `strace` counts.
    fn first(&self, name: &str, wanted: impl Fn(&str) -> bool) -> usize {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let named = self.calls().filter(|(_, call)| call.split('(').next() == Some(name));
        for (thread, call) in named {
            let count = counts.entry(thread).or_default();
            *count += 1;
            if wanted(call) {
                return *count;
            }
        }
        panic!("no such {name} in\n{}", self.trace)
    }
}

/// The new pair is in a temporary file and can get no further: that file stays, and the next run goes on with it.
#[test]
#[ignore = "needs strace"]
fn tokens_that_cannot_be_put_in_their_place_are_kept_and_named() {
    for error in ["EACCES", "EIO", "EROFS"] {
        let (world, tokens) = due();
        let run = Traced::run(&world, Some(format!("inject=renameat:error={error}")));
        let left = world.journal_path().with_extension("journal.tmp");
        let stderr = run.ended.exits(6).stderr;
        assert!(stderr.contains("the only copy of the new tokens is in `"), "{error}: {stderr}");
        assert!(stderr.contains("aliyun-rs.journal.tmp`") && stderr.contains("hint: keep that file"), "{stderr}");
        assert!(left.exists(), "{error}\n{}", run.trace);
        world.start(&ARGS).finish().exits(0);
        assert!(!left.exists(), "{error}");
        assert_presented_once(&world, &tokens, error);
        assert_eq!(world.ledger().grants("refresh_token"), 1, "{error}");
    }
}

/// A journal that cannot be read may hold the only copy of a login: nothing is presented.
#[test]
#[ignore = "needs strace"]
fn a_journal_that_cannot_be_opened_is_not_an_empty_one() {
    let (world, tokens) = due();
    let copy = world.config();
    world.start(&ARGS).finish().exits(0);
    world.replace_config(&copy);
    let clean = Traced::run(&world, None);
    let opened = clean.first("openat", |call| call.contains("aliyun-rs.journal\""));
    clean.ended.exits(0);
    for error in ["EMFILE", "EACCES", "EIO"] {
        world.replace_config(&copy);
        let run = Traced::run(&world, Some(format!("inject=openat:error={error}:when={opened}")));
        // The access token still serves, and that spends nothing.
        run.ended.exits(0).warns("aliyun-rs.journal`: ");
        world.start(&ARGS).finish().exits(0);
    }
    assert_presented_once(&world, &tokens, "a copy of the old pair was in the file all the time");
}
