//! A local stand-in for Alibaba Cloud's sign-in, OAuth, STS, IMS and RAM, on one loopback port.
//!
//! It is an independent implementation: it shares no protocol code with the client, has its own wire types, computes
//! every proof itself and refuses what the real site refuses, so that a mistake in the client cannot cancel itself
//! out. It serves people who try or test this tool on their own machine; its users and secrets are made up.
//! [`Options`] sets lifetimes and faults; the [`Ledger`] lists the requests it received.

mod account;
mod answer;
mod authorization;
mod browser;
mod clients;
mod digest;
mod faults;
mod folder;
mod gate;
mod identity;
mod ledger;
mod openapi;
mod options;
mod pages;
mod provider;
mod request;
mod routes;
mod sign_in;
mod signing_keys;
mod state;
mod tokens;
mod users;

use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

pub use browser::{Decision, VisitError, visit};
pub use faults::{Endpoint, FORMS, Fault, FaultKind, Form, InvalidFault};
pub use folder::FolderError;
pub use ledger::{Entry, Ledger, fingerprint};
pub use options::{Casing, Clock, ImsVariants, Lifetimes, Options, Paging, Rotation, Sites, UnknownUser};
pub use users::{Kind, User};

use folder::{FolderLock, RunningInstance};
use gate::{AcceptGate, OpenConnections};
use routes::Handler;

/// A running sandbox. Dropping it closes its port and connections and ends its threads.
pub struct Sandbox {
    handler: Arc<Handler>,
    server: Arc<tiny_http::Server>,
    gate: Option<AcceptGate>,
    answering: Option<JoinHandle<()>>,
    port: u16,
    // Dropped last: then the next instance may use the folder.
    _lock: Option<FolderLock>,
}

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another instance uses the folder.
    #[error("sandbox-folder-in-use")]
    Running {
        /// The folder.
        folder: PathBuf,
        /// The other instance's address, if it is known.
        url: Option<String>,
        /// Whether the other instance serves until it is stopped, so that it can be used instead.
        long_lived: bool,
    },
    /// The folder cannot be used.
    #[error("sandbox-folder-unusable")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The cause.
        source: FolderError,
    },
    /// The port cannot be served.
    #[error("sandbox-port-unusable")]
    Port {
        /// The port on 127.0.0.1; 0 stands for any.
        port: u16,
        /// The cause.
        source: io::Error,
    },
}

impl Sandbox {
    /// Starts serving.
    ///
    /// # Errors
    /// [`StartError`]
    pub fn start(options: Options) -> Result<Self, StartError> {
        let lock = options.folder.as_deref().map(FolderLock::acquire).transpose()?;
        let (port, long_lived) = (options.port, options.long_lived);
        let sandbox = Self::serve(options, lock).map_err(|source| StartError::Port { port, source })?;
        if let Some(lock) = &sandbox._lock {
            lock.announce(&RunningInstance { url: Some(sandbox.url()), long_lived })?;
        }
        Ok(sandbox)
    }

    fn serve(options: Options, lock: Option<FolderLock>) -> io::Result<Self> {
        let server = tiny_http::Server::http((Ipv4Addr::LOCALHOST, 0));
        let server = Arc::new(server.map_err(|error| io::Error::other(error.to_string()))?);
        let inner = server.server_addr().to_ip().expect("the server is bound to an IP address");
        let gate = AcceptGate::open(options.port, inner)?;
        let (port, handler) = (gate.port(), Arc::new(Handler::new(options, url(gate.port()))));
        let answering = {
            let (server, handler, connections) = (Arc::clone(&server), Arc::clone(&handler), gate.connections());
            thread::Builder::new().spawn(move || answer_all(&server, &handler, &connections))?
        };
        Ok(Self { handler, server, gate: Some(gate), answering: Some(answering), port, _lock: lock })
    }

    /// Its address: the value of the variable that points the client at it.
    pub fn url(&self) -> String {
        url(self.port)
    }

    /// Signs a user in without the sign-in page and returns an access and a refresh token, for tests and benchmarks
    /// of something else.
    pub fn sign_in(&self, user: &str, client_id: &str) -> (String, String) {
        self.handler.sign_in(user, client_id)
    }

    /// Creates a long-term AccessKey of a user: its id and secret.
    pub fn access_key(&self, user: &str) -> (String, String) {
        self.handler.access_key(user)
    }

    /// The requests so far.
    pub fn ledger(&self) -> Ledger {
        self.handler.ledger()
    }

    /// Replaces the pending faults.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.handler.set_faults(faults);
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.handler.stop();
        self.gate.take();
        self.server.unblock();
        if let Some(answering) = self.answering.take() {
            answering.join().ok();
        }
    }
}

/// Answers until the server is unblocked. Each request has a thread of its own, so that a delayed answer does not
/// delay others.
fn answer_all(server: &tiny_http::Server, handler: &Handler, connections: &OpenConnections) {
    thread::scope(|scope| {
        while let Ok(request) = server.recv() {
            scope.spawn(|| handler.answer(request, connections));
        }
    });
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn url(port: u16) -> String {
    format!("http://{}:{port}", Ipv4Addr::LOCALHOST)
}
