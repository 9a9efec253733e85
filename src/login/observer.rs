//! What happens while a sign-in waits, as a stream of events for whoever shows it to a person or a program.

use std::future::pending;
use std::io;
use std::time::Duration;

use crate::host::{BoxFuture, NoBrowser, Opened};
use crate::oauth::loopback::{CallbackRefusal, PortsUnavailable};
use crate::oauth::paste::PasteError;
use crate::secret::Secret;

/// Something that happened. After [`Event::Waiting`], which is the first, they come in any order.
#[derive(Debug)]
pub enum Event<'a> {
    /// The page to open is known, and the response can be received.
    Waiting {
        /// The page. It holds the `state` of this sign-in.
        url: &'a str,
        /// The address that the browser will end on.
        redirect_uri: &'a str,
        /// Whether the callback is listened for: the port, or why there is none.
        port: Result<u16, &'a PortsUnavailable>,
        /// How long the response is waited for.
        timeout: Duration,
        /// Why no browser is opened.
        no_browser: Option<NoBrowser>,
    },
    /// The browser was started, or could not be.
    Browser(io::Result<Opened>),
    /// A request that may have been the callback was refused. Reported once for each reason.
    CallbackRefused(CallbackRefusal),
    /// A paste was not the response. The next one is waited for.
    PasteRefused(PasteError),
    /// There was no response for so long that an error page may be all that the browser shows.
    StillWaiting,
    /// The response has arrived.
    Authorized,
}

/// Hears what happens, and may bring the response.
pub trait Observer {
    /// Hears of an event.
    ///
    /// # Errors
    /// When it cannot be shown, which ends the sign-in if nobody knows the page to open without it.
    fn event(&mut self, event: &Event<'_>) -> io::Result<()>;

    /// Waits for a response that comes by another way than the callback: the address that the browser ended on.
    /// `None`, once, when none will come. It is polled for as long as the response is waited for, and may keep a
    /// display up to date. A call may be cancelled and repeated without losing anything.
    fn pasted(&mut self) -> BoxFuture<'_, Option<Secret>> {
        Box::pin(pending())
    }
}
