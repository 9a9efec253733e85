//! The terminal at standard input: its modes, which are restored whatever happens, and who may read from it.

mod hidden;

use std::io;
use std::thread::sleep;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::getpgrp;
use rustix::termios::{OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcgetpgrp, tcsetattr};

pub use hidden::HiddenInput;

/// How often a process in the background looks whether it is in the foreground again.
const PAUSE: Duration = Duration::from_millis(200);

/// The state of the terminal. Whatever happens to it in between, it is restored when this is dropped.
pub struct KeptTerminal(Option<Termios>);

impl KeptTerminal {
    /// Remembers how the terminal at standard input is, if there is one.
    pub fn remember() -> Self {
        Self(tcgetattr(io::stdin()).ok())
    }
}

impl Drop for KeptTerminal {
    fn drop(&mut self) {
        if let Some(terminal) = &self.0 {
            tcsetattr(io::stdin(), OptionalActions::Now, terminal).ok();
        }
    }
}

pub(super) fn wait_for_input() {
    loop {
        // Where it cannot be waited, it is read as usual.
        let waited = poll(&mut [PollFd::new(&io::stdin(), PollFlags::IN)], None);
        if waited.is_err_and(|error| error == rustix::io::Errno::INTR) {
            continue;
        }
        if is_in_foreground() {
            return;
        }
        sleep(PAUSE);
    }
}

pub(super) fn discard_typed_ahead() {
    if is_in_foreground() {
        // Where it cannot be done, the input is read as usual.
        tcflush(io::stdin(), QueueSelector::IFlush).ok();
    }
}

/// Whether this process may read from the terminal, and change it.
fn is_in_foreground() -> bool {
    tcgetpgrp(io::stdin()).map_or(true, |group| group == getpgrp())
}
