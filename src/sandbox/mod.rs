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
mod users;
mod visitor;

use std::fs::File;
use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

pub use faults::{Endpoint, Fault, FaultKind, NoFault};
pub use ledger::{Entry, Ledger, fingerprint};
pub use options::{Casing, Clock, Lifetimes, Options, Rotation};
pub use users::{Kind, User};
pub use visitor::{Decision, visit};

use gate::{Clients, Gate};
use routes::Desk;

/// A running sandbox. It ends, with its port, its connections and its threads, when dropped.
pub struct Sandbox {
    desk: Arc<Desk>,
    server: Arc<tiny_http::Server>,
    gate: Option<Gate>,
    answering: Option<JoinHandle<()>>,
    port: u16,
    _claim: Option<File>,
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
    },
    /// The port or the folder cannot be used.
    #[error("the sandbox could not {attempt}")]
    Io {
        /// What was attempted.
        attempt: &'static str,
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
        let io = |attempt| move |source| StartError::Io { attempt, source };
        let server = tiny_http::Server::http((Ipv4Addr::LOCALHOST, 0))
            .map_err(|error| StartError::Io { attempt: "serve", source: io::Error::other(error.to_string()) })?;
        let inner = server.server_addr().to_ip().expect("the server is bound to an IP address");
        let gate = Gate::open(options.port, inner).map_err(io("bind its port"))?;
        let port = gate.port();
        let claim = match &options.folder {
            None => None,
            Some(folder) => match state::claim(folder, &url(port)).map_err(io("use its folder"))? {
                Ok(claim) => Some(claim),
                Err(url) => return Err(StartError::Running { folder: folder.clone(), url }),
            },
        };
        let (server, desk) = (Arc::new(server), Arc::new(Desk::new(options)));
        let answering = {
            let (server, desk, clients) = (Arc::clone(&server), Arc::clone(&desk), gate.clients());
            thread::Builder::new().spawn(move || answer_all(&server, &desk, &clients)).map_err(io("serve"))?
        };
        Ok(Self { desk, server, gate: Some(gate), answering: Some(answering), port, _claim: claim })
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

/// Answers until the server is unblocked, each request on a thread of its own, so that a delayed answer holds up
/// nobody else.
fn answer_all(server: &tiny_http::Server, desk: &Desk, clients: &Clients) {
    thread::scope(|scope| {
        while let Ok(request) = server.recv() {
            scope.spawn(|| desk.answer(request, clients));
        }
    });
}

fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn url(port: u16) -> String {
    format!("http://{}:{port}", Ipv4Addr::LOCALHOST)
}
