//! Alibaba Cloud in small: sign-in page, OAuth and STS on one loopback port.
//!
//! An independent second party. It shares no protocol code with the client, has its own wire types, works out
//! every proof anew, and refuses what the real site refuses; so that a mistake of the client cannot cancel out.
//! It serves whoever tries or tests this tool on their own machine, with users of its own and no secret worth
//! stealing. Faults and lifetimes are [`Options`]; what was asked of it is in the [`Ledger`].

mod faults;
mod ledger;
mod options;
mod pages;
mod provider;
mod routes;
mod state;
mod sts;
mod users;
mod visitor;

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

pub use faults::{Endpoint, Fault, FaultKind, NoFault};
pub use ledger::{Entry, Ledger, fingerprint};
pub use options::{Casing, Clock, Lifetimes, Options, Rotation};
pub use users::{Kind, User};
pub use visitor::{Decision, visit};

use routes::Desk;

/// A running sandbox. It ends when dropped.
pub struct Sandbox {
    desk: Arc<Desk>,
    server: Arc<tiny_http::Server>,
    accepting: Option<JoinHandle<()>>,
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
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).map_err(io("bind its port"))?;
        let port = listener.local_addr().map_err(io("bind its port"))?.port();
        let claim = match &options.folder {
            None => None,
            Some(folder) => match state::claim(folder, &url(port)).map_err(io("use its folder"))? {
                Ok(claim) => Some(claim),
                Err(url) => return Err(StartError::Running { folder: folder.clone(), url }),
            },
        };
        let server = tiny_http::Server::from_listener(listener, None)
            .map_err(|error| StartError::Io { attempt: "serve", source: io::Error::other(error.to_string()) })?;
        let (server, desk) = (Arc::new(server), Arc::new(Desk::new(options)));
        let accepting = {
            let (server, desk) = (Arc::clone(&server), Arc::clone(&desk));
            thread::spawn(move || {
                while let Ok(request) = server.recv() {
                    // One thread a request, so that a delayed answer holds up nobody else.
                    let desk = Arc::clone(&desk);
                    thread::spawn(move || desk.answer(request));
                }
            })
        };
        Ok(Self { desk, server, accepting: Some(accepting), port, _claim: claim })
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
        self.server.unblock();
        if let Some(accepting) = self.accepting.take() {
            accepting.join().ok();
        }
    }
}

fn url(port: u16) -> String {
    format!("http://{}:{port}", Ipv4Addr::LOCALHOST)
}
