//! The listener that the browser comes back to (RFC 8252 section 7.3).
//!
//! The socket is bound to 127.0.0.1 before anyone is sent to it, and the same socket serves the callback: nobody
//! can slip in between. The first true callback is handed over, and its browser waits for the page that tells
//! how the sign-in ended; meanwhile and before, strays are answered and change nothing. What a callback means
//! is decided in [`super::callback`], what the browser shows in [`super::page`].

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::callback::{Callback, Expected, PATH, Stray};
use super::page::{self, Page};
use crate::loopback_server::{self, Request, Response, Server};
use crate::secret::Secret;

/// The ports registered for the `official-cli` application.
pub const PORTS: RangeInclusive<u16> = 12345..=12349;
/// Time the page has to leave.
const FLUSH: Duration = Duration::from_secs(1);

/// A bound socket. Until [`Listener::start`] visitors queue up unanswered.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    port: u16,
}

impl Listener {
    /// Binds the first free one of `ports` on 127.0.0.1, and keeps it.
    ///
    /// # Errors
    /// When none can be had; the error lists each with its reason.
    pub fn bind(ports: impl IntoIterator<Item = u16>) -> Result<Self, PortsUnavailable> {
        let mut tried = Vec::new();
        for port in ports {
            let bound =
                loopback_server::bind(port).and_then(|socket| Ok(Self { port: socket.local_addr()?.port(), socket }));
            match bound {
                Ok(listener) => return Ok(listener),
                Err(error) => tried.push((port, error)),
            }
        }
        Err(PortsUnavailable { tried })
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The redirect URI of the authorization and the token request: byte for byte the same in both.
    pub fn redirect_uri(&self) -> String {
        format!("http://{}:{}{PATH}", Ipv4Addr::LOCALHOST, self.port)
    }

    /// Answers visitors from now on. Must be called inside a `tokio` runtime.
    ///
    /// # Errors
    /// When the runtime refuses the socket.
    pub fn start(self, state: Secret, issuer: Option<String>) -> io::Result<Waiting> {
        let (first, callbacks) = mpsc::channel(1);
        let (outcome, page) = watch::channel(None);
        let expected = Expected { state, issuer };
        let handler = Arc::new(CallbackHandler { expected, first: Mutex::new(Some(first)), page });
        let server = Server::start(self.socket, move |request| {
            let handler = Arc::clone(&handler);
            async move { handler.handle(&request).await }
        })?;
        Ok(Waiting { server, callbacks, outcome })
    }
}

/// A listener that answers. Dropping it closes the port at once.
pub struct Waiting {
    server: Server,
    callbacks: mpsc::Receiver<Callback>,
    outcome: watch::Sender<Option<Page>>,
}

impl Waiting {
    /// Waits for the first true callback. There is one only: later calls wait for ever. May be dropped and called
    /// again without losing it.
    pub async fn callback(&mut self) -> Callback {
        match self.callbacks.recv().await {
            Some(callback) => callback,
            None => std::future::pending().await,
        }
    }

    /// Shows `page` to the browser that waits, if one does, and closes the port: within about a second.
    pub async fn answer(self, page: Page) {
        self.outcome.send_replace(Some(page));
        self.server.finish(FLUSH).await;
    }
}

/// What every connection shares.
struct CallbackHandler {
    expected: Expected,
    first: Mutex<Option<mpsc::Sender<Callback>>>,
    page: watch::Receiver<Option<Page>>,
}

impl CallbackHandler {
    async fn handle(&self, request: &Request) -> Response {
        if !request.names_port() {
            return page::stray(Stray::Forbidden);
        }
        let read = self.expected.read(request.method(), request.path(), request.query(), request.headers());
        match read {
            Err(stray) => page::stray(stray),
            Ok(callback) => {
                self.hand_over(callback);
                self.page().await.response(request.headers())
            }
        }
    }

    /// The first true callback counts. A later one is the same page being loaded again, and gets the same answer.
    fn hand_over(&self, callback: Callback) {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(first) = first {
            // Nobody receives any more: then the listener is being dropped, and so is this connection.
            let _ = first.try_send(callback);
        }
    }

    async fn page(&self) -> Page {
        let mut outcome = self.page.clone();
        let page = outcome.wait_for(Option::is_some).await;
        page.ok().and_then(|page| *page).unwrap_or(Page::Failed)
    }
}

/// No port for the callback could be had.
#[derive(Debug, thiserror::Error)]
pub struct PortsUnavailable {
    tried: Vec<(u16, io::Error)>,
}

impl PortsUnavailable {
    /// Every port that was tried, and why it could not be had.
    pub fn tried(&self) -> &[(u16, io::Error)] {
        &self.tried
    }
}

impl fmt::Display for PortsUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot listen for the browser on 127.0.0.1")?;
        for (index, (port, error)) in self.tried.iter().enumerate() {
            let mark = if index == 0 { ": " } else { ", " };
            match error.kind() {
                io::ErrorKind::AddrInUse => write!(f, "{mark}port {port} is in use by another program")?,
                io::ErrorKind::PermissionDenied => write!(f, "{mark}port {port} is forbidden by the system")?,
                _ => write!(f, "{mark}port {port}: {error}")?,
            }
        }
        Ok(())
    }
}
