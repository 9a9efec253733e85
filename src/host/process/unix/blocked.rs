//! Signals that no handler can hear without harm, blocked in every thread and read from a descriptor instead
//! (signalfd(2)).
//!
//! The system sends SIGPIPE and SIGXFSZ to the thread that writes, the signals of faults to the one that fails, and
//! SIGTTIN and SIGTTOU to whole groups. A thread that does none of this reads only what processes have sent.

use std::io;
use std::sync::Arc;
use std::thread;

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::host::signals::{Number, ignored};

const BLOCKED: [Signal; 8] = [
    Signal::SIGBUS,
    Signal::SIGFPE,
    Signal::SIGILL,
    Signal::SIGPIPE,
    Signal::SIGSEGV,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
    Signal::SIGXFSZ,
];

/// Signals that are blocked.
pub struct BlockedSignals {
    inherited: SigSet,
    descriptor: Arc<SignalFd>,
}

impl BlockedSignals {
    /// Blocks them in this thread and in those that it starts, except what this process was started to ignore.
    pub(in crate::host) fn new() -> io::Result<Self> {
        let ignored = ignored();
        // The runtime library ignores SIGPIPE, whatever this process was started with.
        let is_heard = |signal: &Signal| *signal == Signal::SIGPIPE || ignored & (1 << (*signal as i32 - 1)) == 0;
        let blocked: SigSet = BLOCKED.into_iter().filter(is_heard).collect();
        let descriptor = Arc::new(SignalFd::with_flags(&blocked, SfdFlags::SFD_CLOEXEC)?);
        let inherited = SigSet::thread_get_mask()?;
        blocked.thread_block()?;
        Ok(Self { inherited, descriptor })
    }

    /// Starts a program, which must not inherit that they are blocked.
    pub(super) fn unblocked<T>(&self, start: impl FnOnce() -> T) -> io::Result<T> {
        let blocked = SigSet::thread_get_mask()?;
        self.inherited.thread_set_mask()?;
        let started = start();
        blocked.thread_set_mask()?;
        Ok(started)
    }

    /// The signals that other processes send from now on.
    pub(super) fn arrivals(&self) -> io::Result<Arrivals> {
        let (sender, arrivals) = unbounded_channel();
        let descriptor = Arc::clone(&self.descriptor);
        // It ends with the process at the latest.
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            while let Ok(Some(signal)) = descriptor.read_signal() {
                let number = Number::try_from(signal.ssi_signo).unwrap_or_default();
                // What the terminal sends goes to the program by itself (sigaction(2), `si_code`).
                if signal.ssi_code <= 0 && sender.send(number).is_err() {
                    return;
                }
            }
        })?;
        Ok(Arrivals(arrivals))
    }
}

/// What a [`BlockedSignals`] has read.
pub(super) struct Arrivals(UnboundedReceiver<Number>);

impl Arrivals {
    pub(super) async fn next(&mut self) -> Number {
        match self.0.recv().await {
            Some(number) => number,
            None => std::future::pending().await,
        }
    }
}
