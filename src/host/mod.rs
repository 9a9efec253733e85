//! The one door to the operating system.
//!
//! Arguments, environment, folders, clock, randomness, streams, signals, programs, browser and network come in
//! through a [`Host`]; nothing else in this crate may reach for them (`.clippy.toml` says so to the compiler).
//! `main` builds one with [`Host::from_os`], tests build their own and enter by the same [`crate::run`].

mod blocking;
mod browser;
mod clock;
mod entropy;
mod env;
mod environment;
mod http;
mod limits;
mod listeners;
mod memory;
mod panics;
mod peers;
mod private_file;
mod process;
mod resolver;
mod runtime;
mod signals;
mod streams;
#[cfg_attr(not(unix), path = "terminal/other.rs")]
mod terminal;

use std::ffi::OsString;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

pub use blocking::blocking;
pub(crate) use browser::OPEN_COMMAND;
pub use browser::{Browser, Opened, open_here};
pub use clock::Clock;
pub use entropy::{Entropy, NoEntropy, draw};
pub use env::Env;
pub use environment::{NoBrowser, SshTarget};
pub use http::{
    CertificateProblem, Http, ProxyProblem, Request, Response, RootsError, RootsProblem, TimeLimit, TransportCause,
    TransportError, TransportKind,
};
pub(crate) use limits::open_files;
pub use listeners::{Holder, listener_on};
pub use panics::{Panicked, caught};
pub use peers::Peers;
pub use private_file::{NotPrivate, PrivateFile, read_private_file};
pub use process::{BlockedSignals, Process, Program, Staying};
pub use runtime::runtime;
pub use signals::{Interrupts, Signals};
pub use streams::{OutputError, Stream, Streams};
pub use terminal::{HiddenInput, KeptTerminal};

/// A future on the heap, so that traits with asynchronous methods can be used as objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Everything a run takes from outside.
#[derive(Clone)]
pub struct Host {
    /// The command line, program name first.
    pub args: Vec<OsString>,
    /// The environment as it was at the start.
    pub env: Env,
    /// The user's folders.
    pub folders: Folders,
    /// The name of this machine.
    pub name: Option<String>,
    /// The locale of the user's system where no variable says so, as on Windows and macOS; read when it is needed.
    pub locale: fn() -> Option<String>,
    /// The clock, read once a decision.
    pub clock: Arc<dyn Clock>,
    /// The operating system's random source.
    pub entropy: Arc<dyn Entropy>,
    /// Standard input, output and error.
    pub streams: Streams,
    /// Interrupt, terminate and hang-up.
    pub signals: Arc<dyn Signals>,
    /// The user who runs this process, where the system has numbers for users.
    pub user: Option<u32>,
    /// The user who logged in, whom `su` and `sudo` do not change, where the system keeps that.
    pub login_user: Option<u32>,
    /// The owners of connections on this machine.
    pub peers: Arc<dyn Peers>,
    /// Other programs.
    pub process: Arc<dyn Process>,
    /// The user's web browser.
    pub browser: Arc<dyn Browser>,
    /// The network as a client.
    pub http: Arc<dyn Http>,
}

/// The user's folders, each absent where the system knows none.
#[derive(Clone, Debug, Default)]
pub struct Folders {
    /// The home folder, which holds `.aliyun/config.json`.
    pub home: Option<PathBuf>,
    /// The folder for application data, which holds the sandbox's state.
    pub data: Option<PathBuf>,
}

/// Makes this process fit for secrets and for narrow limits: its memory is protected, no panic writes anything by
/// itself, and a file that would become too large is an error instead of the end.
pub fn prepare_process() {
    memory::protect_memory();
    panics::silence_panics();
    limits::outlive_file_size_limit();
}

impl Host {
    /// The real operating system.
    pub fn from_os() -> Self {
        let env = Env::from_os();
        Self {
            args: os_args(),
            folders: Folders { home: dirs::home_dir(), data: dirs::data_dir() },
            name: os_name(),
            locale: os_locale,
            clock: Arc::new(clock::OsClock),
            entropy: Arc::new(entropy::OsEntropy),
            streams: Streams::from_os(),
            signals: Arc::new(signals::OsSignals),
            user: os_user(),
            login_user: limits::login_user(),
            peers: Arc::new(peers::OsPeers::default()),
            process: Arc::new(process::OsProcess),
            browser: Arc::new(browser::OsBrowser::new(&env)),
            http: Arc::new(http::OsHttp::new(&env)),
            env,
        }
    }

    /// How a person reaches this machine with `ssh`.
    pub fn ssh_target(&self) -> SshTarget {
        SshTarget::of(&self.env, self.name.as_deref())
    }
}

#[cfg(unix)]
fn os_name() -> Option<String> {
    rustix::system::uname().nodename().to_str().ok().filter(|name| !name.is_empty()).map(str::to_owned)
}

#[cfg(not(unix))]
fn os_name() -> Option<String> {
    None
}

#[expect(clippy::disallowed_methods, reason = "this module is the door")]
fn os_args() -> Vec<OsString> {
    std::env::args_os().collect()
}

#[cfg(any(windows, target_os = "macos"))]
fn os_locale() -> Option<String> {
    sys_locale::get_locale()
}

#[cfg(not(any(windows, target_os = "macos")))]
fn os_locale() -> Option<String> {
    None
}

#[cfg(unix)]
fn os_user() -> Option<u32> {
    Some(rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
fn os_user() -> Option<u32> {
    None
}
