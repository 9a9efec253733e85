//! The race for the authorization response: the callback or a paste, whichever comes first.

use std::future::pending;
use std::io;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::{Error, Event, Observer};
use crate::host::{BoxFuture, Opened};
use crate::oauth::callback::Callback;
use crate::oauth::loopback::{self, PortsUnavailable, Waiting};
use crate::oauth::paste::{PasteError, Pastes};
use crate::secret::Secret;

/// After this time a person may be looking at a page that will never send a callback.
const REMINDER: Duration = Duration::from_secs(60);
/// Time for what had arrived by the deadline to be read: a process that was suspended is late itself.
const GRACE: Duration = Duration::from_millis(250);

/// Where the response can arrive.
pub(super) struct Race<'a> {
    /// The listener for the callback.
    pub(super) callback: Option<Waiting>,
    /// Why there is none.
    pub(super) unheard: Option<PortsUnavailable>,
    /// What reads pastes, until none will come.
    pub(super) pastes: Option<Pastes>,
    /// The browser that is being started.
    pub(super) browser: Option<BoxFuture<'a, io::Result<Opened>>>,
}

impl Race<'_> {
    /// Waits for the response.
    ///
    /// # Errors
    /// When none arrives in time, or can arrive any more.
    pub(super) async fn response(&mut self, timeout: Duration, observer: &mut dyn Observer) -> Result<Callback, Error> {
        let started = Instant::now();
        let (mut end, mut is_late) = (started + timeout, false);
        let mut reminder = Some(started + REMINDER);
        loop {
            let happened = tokio::select! {
                biased;
                event = event(&mut self.callback) => match event {
                    loopback::CallbackEvent::Callback(callback) => return Ok(callback),
                    loopback::CallbackEvent::Refused(refusal) => Event::CallbackRefused(refusal),
                },
                pasted = observer.pasted() => match self.read(pasted)? {
                    Some(Ok(callback)) => return Ok(callback),
                    Some(Err(error)) => Event::PasteRefused(error),
                    None => continue,
                },
                opened = opened(&mut self.browser) => {
                    self.browser = None;
                    Event::Browser(opened)
                }
                () = sleep_until(reminder.unwrap_or(end)), if reminder.is_some() => {
                    reminder = None;
                    Event::StillWaiting
                }
                () = sleep_until(end) => match std::mem::replace(&mut is_late, true) {
                    true => return Err(Error::TimedOut(timeout)),
                    false => {
                        end = Instant::now() + GRACE;
                        continue;
                    }
                },
            };
            // What cannot be shown is no reason to give the sign-in up.
            observer.event(&happened).ok();
        }
    }

    /// Reads a paste; without one, there will be no more.
    fn read(&mut self, pasted: Option<Secret>) -> Result<Option<Result<Callback, PasteError>>, Error> {
        let Some(pasted) = pasted else {
            self.pastes = None;
            return self.unheard.take().map_or(Ok(None), |error| Err(error.into()));
        };
        Ok(self.pastes.as_mut().map(|pastes| pastes.read(pasted.expose())))
    }
}

async fn event(callback: &mut Option<Waiting>) -> loopback::CallbackEvent {
    match callback {
        Some(waiting) => waiting.event().await,
        None => pending().await,
    }
}

async fn opened(browser: &mut Option<BoxFuture<'_, io::Result<Opened>>>) -> io::Result<Opened> {
    match browser {
        Some(opening) => opening.await,
        None => pending().await,
    }
}
