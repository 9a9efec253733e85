//! One run of the program in a world, and what it leaves behind.

use std::fmt;
use std::io::{self, BufRead, Cursor, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use aliyun_rs::host::{
    BoxFuture, Browser, Env, Folders, Host, Http, Interrupts, NoBrowser, Opened, Request, Response, Signals, Staying,
    Streams, TransportError,
};
use aliyun_rs::sandbox::{Decision, visit};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::pauses::{NoAnswer, NoPauses};
use super::{PATIENCE, World, ports};

/// One run of the program, before it starts.
#[must_use]
pub(crate) struct Run {
    args: Vec<String>,
    input: Box<dyn BufRead + Send>,
    terminals: [bool; 3],
    env: Vec<(String, String)>,
    user: Option<String>,
    /// Why there is no browser, if nobody has one.
    reason: NoBrowser,
    decision: Decision,
    interrupts: Arc<Mutex<Option<UnboundedReceiver<()>>>>,
    meanwhile: Option<(&'static str, Act)>,
    unanswered: Option<&'static str>,
    pauses: bool,
}

impl Run {
    pub(crate) fn new(args: &[&str]) -> Self {
        Self {
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            input: Box::new(io::empty()),
            terminals: [false; 3],
            env: Vec::new(),
            user: Some("alice".to_owned()),
            reason: NoBrowser::NoDisplay,
            decision: Decision::Authorize,
            interrupts: Arc::default(),
            meanwhile: None,
            unanswered: None,
            pauses: false,
        }
    }

    /// Answers from a pipe.
    pub(crate) fn input(self, text: &str) -> Self {
        self.reader(Cursor::new(text.to_owned()))
    }

    /// Answers from anywhere.
    pub(crate) fn reader(mut self, input: impl BufRead + Send + 'static) -> Self {
        self.input = Box::new(input);
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

    pub(crate) fn no_browser(self) -> Self {
        self.no_browser_because(NoBrowser::NoDisplay)
    }

    pub(crate) fn no_browser_because(mut self, reason: NoBrowser) -> Self {
        (self.user, self.reason) = (None, reason);
        self
    }

    /// Interrupts the run when something is sent, once.
    pub(crate) fn interruptible(self) -> (Self, UnboundedSender<()>) {
        let (sender, receiver) = unbounded_channel();
        *self.interrupts.lock().unwrap() = Some(receiver);
        (self, sender)
    }

    /// Acts once after the first request for `path` has been answered, and before the run hears of it.
    pub(crate) fn meanwhile(mut self, path: &'static str, act: impl FnOnce() + Send + 'static) -> Self {
        self.meanwhile = Some((path, Box::new(act)));
        self
    }

    /// Nobody ever answers a request for `path`, and how long the run waits for that passes at once.
    pub(crate) fn unanswered(mut self, path: &'static str) -> Self {
        self.unanswered = Some(path);
        self
    }

    /// Pauses between its attempts as it does outside of tests; otherwise these pass at once.
    pub(crate) fn with_pauses(mut self) -> Self {
        self.pauses = true;
        self
    }

    pub(crate) fn go(self, world: &World) -> Output {
        self.start(world).finish()
    }

    /// Runs a command that needs a callback port, when it is its turn.
    pub(crate) fn sign_in(self, world: &World) -> Output {
        let _turn = ports::turn_at_one();
        self.go(world)
    }

    /// Runs in parallel with the test. A test that starts a sign-in this way waits for its turn at the ports first.
    pub(crate) fn start(self, world: &World) -> Running {
        let (stdout, stderr) = (Sink::default(), Sink::default());
        let mut host = Host::from_os();
        host.args = std::iter::once("aliyun-rs".to_owned()).chain(self.args).map(Into::into).collect();
        host.env = [("ALIYUN_RS_SANDBOX".to_owned(), world.sandbox.url())].into_iter().chain(self.env).collect::<Env>();
        host.folders =
            Folders { home: Some(world.home.path().join("home")), data: Some(world.home.path().join("data")) };
        host.name = Some("machine".to_owned());
        host.clock = world.clock.clone();
        let skipped = Arc::default();
        if !self.pauses {
            host.clock = Arc::new(NoPauses { clock: host.clock, skipped: Arc::clone(&skipped) });
        }
        host.streams = Streams::new(self.input, stdout.clone(), stderr.clone(), self.terminals);
        host.signals = Arc::new(Channel(self.interrupts));
        host.process = Arc::new(Staying(host.process));
        if let Some(path) = self.unanswered {
            host.http = Arc::new(NoAnswer { http: host.http, path });
        }
        if let Some((path, act)) = self.meanwhile {
            host.http = Arc::new(Meanwhile { http: host.http, path, act: Mutex::new(Some(act)) });
        }
        let visit = Arc::default();
        host.browser = Arc::new(Program {
            http: host.http.clone(),
            user: self.user,
            reason: self.reason,
            decision: self.decision,
            visit: Arc::clone(&visit),
        });
        let thread = std::thread::spawn(move || {
            let code = aliyun_rs::run(&host);
            (0..=u8::MAX).find(|number| ExitCode::from(*number) == code).unwrap()
        });
        Running { stdout, stderr, thread, visit, skipped, sandbox: world.sandbox.url() }
    }
}

/// A run that has started.
#[must_use]
pub(crate) struct Running {
    stdout: Sink,
    stderr: Sink,
    thread: JoinHandle<u8>,
    visit: Arc<Mutex<Option<Visit>>>,
    skipped: Arc<AtomicU64>,
    sandbox: String,
}

impl Running {
    /// Waits until standard output holds `text`, and returns all of it.
    pub(crate) fn wait_for(&self, text: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let stdout = self.stdout.text();
            if stdout.contains(text) {
                return stdout;
            }
            assert!(!self.thread.is_finished() && Instant::now() < until, "no `{text}` in {stdout}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits until standard error holds `text`.
    pub(crate) fn wait_for_error(&self, text: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.stderr.text().contains(text) {
            assert!(!self.thread.is_finished() && Instant::now() < until, "no `{text}` in {}", self.stderr.text());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits for the address of the sign-in page. The callback is listened for by then.
    pub(crate) fn page(&self) -> String {
        let stdout = self.wait_for("state=");
        let url = stdout.lines().find(|line| line.starts_with("http")).unwrap();
        url.to_owned()
    }

    pub(crate) fn finish(self) -> Output {
        let code = self.thread.join().unwrap();
        let visit = self.visit.lock().unwrap().take();
        let page = visit.and_then(|visit| visit.join().unwrap().ok());
        let said = |sink: &Sink| sink.text().replace(&self.sandbox, "SANDBOX");
        let skipped = Duration::from_millis(self.skipped.load(Ordering::SeqCst));
        Output { stdout: said(&self.stdout), stderr: said(&self.stderr), code, page, skipped }
    }
}

/// What a run left behind. Shows everything together.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: u8,
    /// The status and text of the page that the browser ended on.
    pub(crate) page: Option<(u16, String)>,
    /// How long it would have paused between its attempts.
    pub(crate) skipped: Duration,
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

    /// Expects a text on standard output.
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "no `{text}` in\n{self}");
        self
    }

    /// Expects a text on standard error.
    pub(crate) fn warns(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no `{text}` in\n{self}");
        self
    }

    /// Expects that the browser ended on a page with a text.
    pub(crate) fn shows(self, text: &str) -> Self {
        assert!(self.page.as_ref().is_some_and(|(_, page)| page.contains(text)), "no `{text}` in\n{:?}", self.page);
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

type Act = Box<dyn FnOnce() + Send>;

/// The network, on which an answer takes as long as something else happens.
struct Meanwhile {
    http: Arc<dyn Http>,
    path: &'static str,
    act: Mutex<Option<Act>>,
}

impl Http for Meanwhile {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let act = (request.uri().path() == self.path).then(|| self.act.lock().unwrap().take()).flatten();
        Box::pin(async {
            let answer = self.http.send(request).await;
            if let Some(act) = act {
                act();
            }
            answer
        })
    }
}

type Visit = JoinHandle<Result<(u16, String), String>>;

/// A browser that goes through the sandbox's page by itself, over real HTTP.
struct Program {
    http: Arc<dyn Http>,
    user: Option<String>,
    reason: NoBrowser,
    decision: Decision,
    visit: Arc<Mutex<Option<Visit>>>,
}

impl Browser for Program {
    fn unavailable(&self) -> Option<NoBrowser> {
        self.user.is_none().then_some(self.reason)
    }

    fn open(&self, url: &str) -> BoxFuture<'_, io::Result<Opened>> {
        let (http, url, decision) = (Arc::clone(&self.http), url.to_owned(), self.decision);
        let user = self.user.clone().unwrap();
        let visit = std::thread::spawn(move || browse(&*http, &url, &user, decision));
        *self.visit.lock().unwrap() = Some(visit);
        Box::pin(async { Ok(Opened::Person) })
    }
}

pub(super) fn browse(http: &dyn Http, url: &str, user: &str, decision: Decision) -> Result<(u16, String), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let fetch = |request| async move { http.send(request).await.map_err(|error| error.to_string()) };
    runtime.block_on(visit(url, user, decision, fetch)).map_err(|error| format!("{error:?}"))
}
