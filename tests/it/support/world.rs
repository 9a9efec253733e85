//! One user on one machine with one sandbox.

use std::fmt;
use std::io::{self, Cursor, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aliyun_rs::host::{Browser, Clock, Env, Folders, Host, Interrupts, Opened, Signals, Streams};
use aliyun_rs::sandbox::{Decision, Fault, Ledger, Options, Sandbox, visit};
use aliyun_rs::time::Timestamp;
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::ports;

/// Noon of some day.
pub(crate) const START: i64 = 1_790_000_000;

/// A home, a sandbox and a clock.
pub(crate) struct World {
    pub(crate) home: TempDir,
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: Arc<TurnedClock>,
}

/// A clock that moves only when told to.
pub(crate) struct TurnedClock(AtomicI64);

impl Clock for TurnedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::SeqCst))
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| ())
    }

    /// A world whose sandbox behaves as `change` says.
    pub(crate) fn with(change: impl FnOnce(&mut Options)) -> Self {
        let clock = Arc::new(TurnedClock(AtomicI64::new(START)));
        let theirs = Arc::clone(&clock);
        let mut options = Options::new(Arc::new(move || theirs.now()));
        change(&mut options);
        Self { home: tempfile::tempdir().unwrap(), sandbox: Sandbox::start(options).unwrap(), clock }
    }

    /// Where the profiles of this world are.
    pub(crate) fn config_path(&self) -> PathBuf {
        self.home.path().join("data/aliyun-rs/sandbox/config.json")
    }

    pub(crate) fn config(&self) -> String {
        std::fs::read_to_string(self.config_path()).unwrap()
    }

    pub(crate) fn write_config(&self, text: &str) {
        let path = self.config_path();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// One key of one profile, as the file has it.
    pub(crate) fn value(&self, profile: &str, key: &str) -> serde_json::Value {
        let file: serde_json::Value = serde_json::from_str(&self.config()).unwrap();
        let profiles = file["profiles"].as_array().unwrap();
        profiles.iter().find(|item| item["name"] == profile).map(|item| item[key].clone()).unwrap_or_default()
    }

    pub(crate) fn pass(&self, span: Duration) {
        self.clock.0.fetch_add(i64::try_from(span.as_secs()).unwrap(), Ordering::SeqCst);
    }

    pub(crate) fn fault(&self, faults: &[&str]) {
        self.sandbox.set_faults(faults.iter().map(|fault| fault.parse::<Fault>().unwrap()).collect());
    }

    pub(crate) fn ledger(&self) -> Ledger {
        self.sandbox.ledger()
    }

    /// Runs a command that needs no callback port.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        Run::new(args).go(self)
    }

    /// Signs a profile in as `alice`, with every question answered by an option.
    pub(crate) fn sign_in(&self, profile: &str) -> Output {
        let args = ["configure", "--mode", "OAuth", "--profile", profile, "--oauth-site-type", "CN"];
        let answers = ["--region", "cn-hangzhou", "--language", "en"];
        let _turn = ports::turn();
        Run::new(&[&args[..], &answers[..]].concat()).go(self)
    }
}

/// One run of the program, before it starts.
#[must_use]
pub(crate) struct Run {
    args: Vec<String>,
    input: String,
    terminals: [bool; 3],
    env: Vec<(String, String)>,
    user: Option<String>,
    decision: Decision,
    interrupts: Arc<Mutex<Option<UnboundedReceiver<()>>>>,
}

impl Run {
    pub(crate) fn new(args: &[&str]) -> Self {
        Self {
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            input: String::new(),
            terminals: [false; 3],
            env: Vec::new(),
            user: Some("alice".to_owned()),
            decision: Decision::Authorize,
            interrupts: Arc::default(),
        }
    }

    /// Answers from a pipe.
    pub(crate) fn input(mut self, text: &str) -> Self {
        text.clone_into(&mut self.input);
        self
    }

    /// A person sits at all three streams.
    pub(crate) fn terminal(mut self) -> Self {
        self.terminals = [true; 3];
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Whose browser it is, and what they click.
    pub(crate) fn browser(mut self, user: &str, decision: Decision) -> Self {
        (self.user, self.decision) = (Some(user.to_owned()), decision);
        self
    }

    pub(crate) fn no_browser(mut self) -> Self {
        self.user = None;
        self
    }

    /// Interrupts the run when something is sent, once.
    pub(crate) fn interruptible(self) -> (Self, UnboundedSender<()>) {
        let (sender, receiver) = unbounded_channel();
        *self.interrupts.lock().unwrap() = Some(receiver);
        (self, sender)
    }

    pub(crate) fn go(self, world: &World) -> Output {
        let (stdout, stderr) = (Sink::default(), Sink::default());
        let mut host = Host::from_os();
        host.args = std::iter::once("aliyun-rs".to_owned()).chain(self.args.clone()).map(Into::into).collect();
        host.env = [("ALIYUN_RS_SANDBOX".to_owned(), world.sandbox.url())].into_iter().chain(self.env).collect::<Env>();
        host.folders =
            Folders { home: Some(world.home.path().join("home")), data: Some(world.home.path().join("data")) };
        host.clock = world.clock.clone();
        host.streams = Streams::new(Cursor::new(self.input), stdout.clone(), stderr.clone(), self.terminals);
        host.signals = Arc::new(Channel(self.interrupts));
        let browser = Program { http: host.http.clone(), user: self.user, decision: self.decision };
        host.browser = Arc::new(browser);
        let code = aliyun_rs::run(&host);
        let code = (0..=u8::MAX).find(|number| ExitCode::from(*number) == code).unwrap();
        let url = world.sandbox.url();
        Output { stdout: stdout.text().replace(&url, "SANDBOX"), stderr: stderr.text().replace(&url, "SANDBOX"), code }
    }
}

/// What a run left behind. Shows everything together.
#[must_use = "look at the output or at least at its exit code"]
#[derive(Debug, Clone)]
pub(crate) struct Output {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: u8,
}

impl Output {
    /// Expects success.
    pub(crate) fn done(self) -> Self {
        self.exits(0)
    }

    /// Expects an exit code.
    pub(crate) fn exits(self, code: u8) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit code: {}\n--- stdout\n{}--- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Channel(Arc<Mutex<Option<UnboundedReceiver<()>>>>);

impl Signals for Channel {
    fn hold(&self) -> io::Result<Interrupts> {
        let receiver = self.0.lock().unwrap().take();
        Ok(Interrupts::from_channel(receiver.unwrap_or_else(|| unbounded_channel().1)))
    }
}

/// A browser that goes through the sandbox's page by itself, over real HTTP.
struct Program {
    http: Arc<dyn aliyun_rs::host::Http>,
    user: Option<String>,
    decision: Decision,
}

impl Browser for Program {
    fn is_available(&self) -> bool {
        self.user.is_some()
    }

    fn open(&self, url: &str) -> io::Result<Opened> {
        let (http, url, decision) = (self.http.clone(), url.to_owned(), self.decision);
        let user = self.user.clone().unwrap();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let fetch = |request| {
                let http = http.clone();
                async move { http.send(request).await.map_err(|error| error.to_string()) }
            };
            runtime.block_on(visit(&url, &user, decision, fetch)).ok();
        });
        Ok(Opened::Person)
    }
}
