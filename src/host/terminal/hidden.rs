//! Input that is not shown while it is typed or pasted.
//!
//! The terminal goes on to collect and edit lines by itself, so that a signal from the keyboard stays a signal. It is
//! as it was while this process is stopped, and afterwards.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{Signal, getpgrp, getpid, getsid, kill_process};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::is_in_foreground;
use crate::host::signals::Listeners;
use crate::host::streams::{Stream, Streams};

/// Marks the beginning and the end of a paste from now on, and no longer (xterm control sequences, "Bracketed Paste
/// Mode").
const MARKED: &str = "\x1b[?2004h";
const UNMARKED: &str = "\x1b[?2004l";

/// Hides what is typed until it is dropped, which also discards what was typed and not read.
pub struct HiddenInput(Arc<Hider>);

struct Hider {
    streams: Streams,
    /// The terminal that marks pastes, if it can.
    marking: Option<Stream>,
    state: Mutex<State>,
}

enum State {
    Shown,
    /// How the terminal was, where there is one.
    Hidden(Option<Termios>),
}

impl HiddenInput {
    /// Prepares to hide the input of `streams`. The terminal at `marking` can mark the beginning and the end of a
    /// paste. Must be called inside a `tokio` runtime.
    pub fn new(streams: &Streams, marking: Option<Stream>) -> Self {
        let hider = Hider { streams: streams.clone(), marking, state: Mutex::new(State::Shown) };
        let hider = Arc::new(hider);
        if streams.is_real_terminal() {
            tokio::spawn(stop_visibly(Arc::clone(&hider)));
        }
        Self(hider)
    }

    /// Hides the input, if this process is in the foreground. Returns whether it was visible until now, as it is after
    /// this process was stopped.
    pub fn hide(&self) -> bool {
        self.0.hide()
    }
}

impl Drop for HiddenInput {
    fn drop(&mut self) {
        self.0.show(OptionalActions::Flush);
    }
}

impl Hider {
    fn hide(&self) -> bool {
        let mut state = self.state();
        let was_shown = matches!(*state, State::Shown);
        if !self.streams.is_real_terminal() {
            *state = State::Hidden(None);
            return was_shown;
        }
        let Some(now) = tcgetattr(io::stdin()).ok().filter(|_| is_in_foreground()) else { return false };
        // A shell that continues this process may have changed the terminal behind its back.
        if !was_shown && !now.local_modes.contains(LocalModes::ECHO) {
            return false;
        }
        let mut hidden = now.clone();
        hidden.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL);
        tcsetattr(io::stdin(), OptionalActions::Now, &hidden).ok();
        self.mark(MARKED);
        *state = State::Hidden(Some(now));
        true
    }

    fn show(&self, how: OptionalActions) {
        if let State::Hidden(Some(before)) = std::mem::replace(&mut *self.state(), State::Shown)
            && is_in_foreground()
        {
            self.mark(UNMARKED);
            tcsetattr(io::stdin(), how, &before).ok();
        }
    }

    fn mark(&self, sequence: &str) {
        match self.marking {
            Some(Stream::Output) => drop(self.streams.out(sequence)),
            Some(_) => self.streams.err(sequence),
            None => {}
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stops this process when the terminal asks for that, with the terminal as it was. It is hidden again by
/// [`HiddenInput::hide`].
async fn stop_visibly(hider: Arc<Hider>) {
    let Ok(mut stops) = Listeners::new([Signal::TSTP.as_raw()]) else { return };
    loop {
        stops.next().await;
        // In the session leader's group nobody is there to continue it (POSIX, "orphaned process group").
        if getsid(None) != Ok(getpgrp()) {
            hider.show(OptionalActions::Now);
            kill_process(getpid(), Signal::STOP).ok();
        }
    }
}
