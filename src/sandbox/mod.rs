//! Alibaba Cloud in small: sign-in page, OAuth and STS on one loopback port.
//!
//! An independent second party. It shares no protocol code with the client, has its own wire types, works out
//! every proof anew, and refuses what the real site refuses; so that a mistake of the client cannot cancel out.
//! It serves whoever tries or tests this tool on their own machine, with users of its own and no secret worth
//! stealing. Faults and lifetimes are [`Options`]; what was asked of it is in the [`Ledger`].

mod answer;
mod digest;
mod faults;
mod gate;
mod ledger;
mod options;
mod pages;
mod provider;
mod request;
mod routes;
mod state;
mod sts;
mod tenancy;
mod users;
mod visitor;

use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

pub use faults::{Endpoint, Fault, FaultKind, NoFault};
pub use ledger::{Entry, Ledger, fingerprint};
pub use options::{Casing, Clock, Lifetimes, Options, Rotation};
pub use users::{Kind, User};
pub use visitor::{Decision, visit};

use gate::{Connections, Gate};
use routes::Desk;
use tenancy::{Tenancy, Tenant};

/// A running sandbox. It ends, with its port, its connections and its threads, when dropped.
pub struct Sandbox {
    desk: Arc<Desk>,
    server: Arc<tiny_http::Server>,
    gate: Option<Gate>,
    answering: Option<JoinHandle<()>>,
    port: u16,
    // After everything else: whoever comes next may use the folder.
    _tenancy: Option<Tenancy>,
}

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another one uses the folder.
    #[error("another sandbox is using `{}`", folder.display())]
    Running {
        /// The folder.
        folder: PathBuf,
        /// Where that one is, if it says.
        url: String,
        /// Whether that one serves until it is told to stop, so that it can be used instead.
        long_lived: bool,
    },
    /// The port or the folder cannot be used.
    #[error("the sandbox could not {attempt}")]
    Io {
        /// What was attempted.
        attempt: String,
        /// What came of it.
        source: io::Error,
    },
}

impl Sandbox {
    /// Starts serving.
    ///
    /// # Errors
    /// [`StartError`]
    pub fn start(options: Options) -> Result<Self, StartError> {
        let tenancy = options.folder.as_deref().map(enter).transpose()?;
        let attempt = format!("serve on port {} of {}", options.port, Ipv4Addr::LOCALHOST);
        let io = |source| StartError::Io { attempt: attempt.clone(), source };
        let server = tiny_http::Server::http((Ipv4Addr::LOCALHOST, 0));
        let server = Arc::new(server.map_err(|error| io(io::Error::other(error.to_string())))?);
        let inner = server.server_addr().to_ip().expect("the server is bound to an IP address");
        let gate = Gate::open(options.port, inner).map_err(io)?;
        let (port, long_lived) = (gate.port(), options.long_lived);
        let desk = Arc::new(Desk::new(options));
        let answering = {
            let (server, desk, connections) = (Arc::clone(&server), Arc::clone(&desk), gate.connections());
            thread::Builder::new().spawn(move || answer_all(&server, &desk, &connections)).map_err(io)?
        };
        let sandbox = Self { desk, server, gate: Some(gate), answering: Some(answering), port, _tenancy: tenancy };
        if let Some(tenancy) = &sandbox._tenancy {
            let tenant = Tenant { url: sandbox.url(), long_lived };
            tenancy
                .announce(&tenant)
                .map_err(|source| StartError::Io { attempt: "say where it is".to_owned(), source })?;
        }
        Ok(sandbox)
    }

    /// Where it is: the value of `ALIYUN_RS_SANDBOX`.
    pub fn url(&self) -> String {
        url(self.port)
    }

    /// Signs a user in past the page: an access and a refresh token, for tests and benchmarks that are not about
    /// the sign-in.
    pub fn sign_in(&self, user: &str, client_id: &str) -> (String, String) {
        self.desk.sign_in(user, client_id)
    }

    /// What was asked of it so far.
    pub fn ledger(&self) -> Ledger {
        self.desk.ledger()
    }

    /// Replaces the faults that wait.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.desk.set_faults(faults);
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.desk.end();
        self.gate.take();
        self.server.unblock();
        if let Some(answering) = self.answering.take() {
            answering.join().ok();
        }
    }
}

fn enter(folder: &Path) -> Result<Tenancy, StartError> {
    let attempt = || format!("use its folder `{}`", folder.display());
    let taken = Tenancy::take(folder).map_err(|source| StartError::Io { attempt: attempt(), source })?;
    taken.map_err(|Tenant { url, long_lived }| StartError::Running { folder: folder.to_owned(), url, long_lived })
}

/// Answers until the server is unblocked, each request on a thread of its own, so that a delayed answer holds up
/// nobody else.
fn answer_all(server: &tiny_http::Server, desk: &Desk, connections: &Connections) {
    thread::scope(|scope| {
        while let Ok(request) = server.recv() {
            scope.spawn(|| desk.answer(request, connections));
        }
    });
}

fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn url(port: u16) -> String {
    format!("http://{}:{port}", Ipv4Addr::LOCALHOST)
}
