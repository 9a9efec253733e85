//! The listener that the browser is redirected to (RFC 8252 section 7.3).
//!
//! The socket is bound to 127.0.0.1 before the authorization URL is shown, and the same socket receives the
//! callback, so no other program can take the port in between. The first callback of this sign-in is handed to
//! the caller, and its browser waits for the page that says how the sign-in ended. Any other request is answered
//! and changes nothing. What a callback means is decided in [`super::callback`], how a page looks in
//! [`super::page`].

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::HeaderMap;
use tokio::sync::{mpsc, watch};

use super::callback::{Callback, Expected, PATH, Stray};
use super::page::{Page, Wording};
use crate::host::{Host, Peers};
use crate::loopback_server::{self, Handler, Rejection, Request, Response, Server};

/// The ports registered for the `official-cli` application.
pub const PORTS: RangeInclusive<u16> = 12345..=12349;
/// Time for the page to reach the browser before the connection is closed.
const FLUSH: Duration = Duration::from_secs(1);

/// The redirect URI, which must be byte for byte the same in the authorization and the token request.
pub fn redirect_uri(port: u16) -> String {
    format!("http://{}:{port}{PATH}", Ipv4Addr::LOCALHOST)
}

/// A bound socket. Until [`Listener::start`] connections wait in the system's queue.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    port: u16,
}

impl Listener {
    /// Binds the first free port of `ports` on 127.0.0.1, and keeps it.
    ///
    /// # Errors
    /// When no port could be bound.
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

    /// Starts answering requests on the system `host`, with pages in the words of `wording`. Must be
    /// called inside a `tokio` runtime.
    ///
    /// # Errors
    /// When the runtime refuses the socket.
    pub fn start(self, host: &Host, expected: Expected, wording: Wording) -> io::Result<Waiting> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let (outcome, page) = watch::channel(None);
        let events = Mutex::new(Events::new(sender));
        let handler = CallbackHandler { expected, users: Users::of(host), events, page, wording };
        let server = Server::start(host, self.socket, handler)?;
        Ok(Waiting { server, events: receiver, outcome })
    }
}

/// What happens at the callback.
#[derive(Debug, PartialEq, Eq)]
pub enum CallbackEvent {
    /// The first callback of this sign-in. There is only one.
    Callback(Callback),
    /// A request that may have been the callback was refused. Each reason is reported once.
    Refused(CallbackRefusal),
}

/// Why a request that may have been the callback was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackRefusal {
    /// Its head is larger than [`MAX_HEAD`](loopback_server::MAX_HEAD).
    HeadTooLarge,
    /// It named another host than this machine's loopback address.
    WrongHost,
    /// It came from the user with this id, who is neither ours nor root.
    OtherUser(u32),
}

/// A listener that answers. Dropping it closes the port at once.
pub struct Waiting {
    server: Server,
    events: mpsc::UnboundedReceiver<CallbackEvent>,
    outcome: watch::Sender<Option<Page>>,
}

impl Waiting {
    /// Waits for the next event; forever when there will be none. A call may be cancelled and repeated without
    /// losing an event.
    pub async fn event(&mut self) -> CallbackEvent {
        match self.events.recv().await {
            Some(event) => event,
            None => std::future::pending().await,
        }
    }

    /// Shows `page` to the browser that waits, if there is one, and closes the port; takes about a second at most.
    pub async fn answer(self, page: Page) {
        self.outcome.send_replace(Some(page));
        self.server.finish(FLUSH).await;
    }
}

/// Answers requests to the callback.
struct CallbackHandler {
    expected: Expected,
    users: Users,
    events: Mutex<Events>,
    page: watch::Receiver<Option<Page>>,
    wording: Wording,
}

impl Handler for CallbackHandler {
    /// The name that somebody writes who swaps the address of a port forwarder into the redirect URI by hand. No page
    /// under another name can send it, and the `state` protects both.
    const NAMES: &'static [&'static str] = &["localhost"];

    async fn handle(&self, request: Request) -> Response {
        let page = match self.read(&request) {
            Err(stray) => Page::Stray(stray),
            Ok(callback) => {
                self.events().callback(callback);
                self.outcome().await
            }
        };
        page.response(self.wording, request.headers())
    }

    fn reject(&self, rejection: Rejection, headers: &HeaderMap) -> Response {
        let stray = match rejection {
            Rejection::WrongHost => {
                self.events().refused(CallbackRefusal::WrongHost);
                Stray::Forbidden
            }
            Rejection::Malformed => Stray::BadRequest,
            Rejection::HeadTooLarge => {
                self.events().refused(CallbackRefusal::HeadTooLarge);
                Stray::HeadTooLarge
            }
        };
        Page::Stray(stray).response(self.wording, headers)
    }
}

impl CallbackHandler {
    fn read(&self, request: &Request) -> Result<Callback, Stray> {
        if !request.names_port() {
            self.events().refused(CallbackRefusal::WrongHost);
            return Err(Stray::Forbidden);
        }
        let read = self.expected.read(request.method(), request.path(), request.query(), request.headers())?;
        match self.users.other_user(request) {
            None => Ok(read),
            Some(uid) => {
                self.events().refused(CallbackRefusal::OtherUser(uid));
                Err(Stray::OtherUser)
            }
        }
    }

    fn events(&self) -> MutexGuard<'_, Events> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the sign-in has ended.
    async fn outcome(&self) -> Page {
        let mut outcome = self.page.clone();
        let page = outcome.wait_for(Option::is_some).await;
        page.ok().and_then(|page| *page).unwrap_or(Page::Failed)
    }
}

/// Whose browser may finish the sign-in: others can read the authorization URL, with its `state`, in the list of
/// processes.
struct Users {
    peers: Arc<dyn Peers>,
    ours: Option<u32>,
    login: Option<u32>,
}

impl Users {
    fn of(host: &Host) -> Self {
        Self { peers: Arc::clone(&host.peers), ours: host.user, login: host.login_user }
    }

    /// Returns who sent `request`, unless it was our user, the user who became ours with `su` or `sudo`, or root,
    /// who relays connections into virtual machines. Where the system does not report the sender, the `state`
    /// alone decides.
    fn other_user(&self, request: &Request) -> Option<u32> {
        const ROOT: u32 = 0;
        let owner = self.peers.owner(request.peer(), request.local()).ok()??;
        let ours = self.ours?;
        let allowed = [Some(ROOT), Some(ours), self.login].contains(&Some(owner));
        (!allowed).then_some(owner)
    }
}

/// Reports each event once.
struct Events {
    sender: mpsc::UnboundedSender<CallbackEvent>,
    received: bool,
    refused: Vec<CallbackRefusal>,
}

impl Events {
    fn new(sender: mpsc::UnboundedSender<CallbackEvent>) -> Self {
        Self { sender, received: false, refused: Vec::new() }
    }

    /// Only the first callback counts. A later one is the same page loaded again, and gets the same answer.
    fn callback(&mut self, callback: Callback) {
        if !std::mem::replace(&mut self.received, true) {
            self.send(CallbackEvent::Callback(callback));
        }
    }

    fn refused(&mut self, refusal: CallbackRefusal) {
        if !self.refused.contains(&refusal) {
            self.refused.push(refusal);
            self.send(CallbackEvent::Refused(refusal));
        }
    }

    fn send(&self, event: CallbackEvent) {
        // Without a receiver the listener is being dropped, and this connection with it.
        let _ = self.sender.send(event);
    }
}

/// No port for the callback could be bound.
#[derive(Debug, thiserror::Error)]
#[error("callback-ports-unavailable")]
pub struct PortsUnavailable {
    tried: Vec<(u16, io::Error)>,
}

impl PortsUnavailable {
    /// Every port that was tried, with the system's error.
    pub fn tried(&self) -> &[(u16, io::Error)] {
        &self.tried
    }
}
