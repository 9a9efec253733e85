//! Signals, delivered as values instead of ending the process.
//!
//! A signal that this process was started to ignore stays ignored, here and in the programs that it starts.

use std::io;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

#[cfg(unix)]
use rustix::process::Signal;
#[cfg(unix)]
pub(super) use unix::{Listeners, Number, ignored};

/// Turns signals into values.
pub trait Signals: Send + Sync {
    /// From now on an interrupt no longer ends the process: it waits in the returned [`Interrupts`].
    /// Must be called inside a `tokio` runtime.
    ///
    /// # Errors
    /// When the system refuses to install the handlers.
    fn hold(&self) -> io::Result<Interrupts>;
}

/// Requests to end, held back: interrupt, terminate and hang-up.
pub struct Interrupts(Source);

enum Source {
    #[cfg(unix)]
    Unix(Listeners),
    #[cfg(windows)]
    Windows(tokio::signal::windows::CtrlC),
    Channel(UnboundedReceiver<()>),
}

impl Interrupts {
    /// Interrupts that come from a channel. When its sender is gone there will never be one.
    pub fn from_channel(channel: UnboundedReceiver<()>) -> Self {
        Self(Source::Channel(channel))
    }

    /// Waits for the next interrupt.
    #[cfg(unix)]
    pub async fn next(&mut self) {
        self.number().await;
    }

    /// Waits for the next interrupt and returns which signal it was.
    #[cfg(unix)]
    pub(super) async fn number(&mut self) -> Number {
        match &mut self.0 {
            Source::Unix(listeners) => listeners.next().await,
            Source::Channel(channel) => received(channel).await,
        }
    }

    /// Waits for the next interrupt.
    #[cfg(windows)]
    pub async fn next(&mut self) {
        match &mut self.0 {
            Source::Windows(interrupt) => drop(interrupt.recv().await),
            Source::Channel(channel) => received(channel).await,
        }
    }

    /// Whether an interrupt arrived while nobody waited.
    pub async fn arrived(&mut self) -> bool {
        tokio::time::timeout(Duration::from_millis(1), self.next()).await.is_ok()
    }
}

#[cfg(unix)]
async fn received(channel: &mut UnboundedReceiver<()>) -> Number {
    match channel.recv().await {
        Some(()) => Signal::INT.as_raw(),
        None => std::future::pending().await,
    }
}

#[cfg(windows)]
async fn received(channel: &mut UnboundedReceiver<()>) {
    if channel.recv().await.is_none() {
        std::future::pending::<()>().await;
    }
}

pub(super) struct OsSignals;

impl Signals for OsSignals {
    #[cfg(unix)]
    fn hold(&self) -> io::Result<Interrupts> {
        Ok(Interrupts(Source::Unix(Listeners::new([Signal::INT, Signal::TERM, Signal::HUP].map(Signal::as_raw))?)))
    }

    #[cfg(windows)]
    fn hold(&self) -> io::Result<Interrupts> {
        Ok(Interrupts(Source::Windows(tokio::signal::windows::ctrl_c()?)))
    }
}

#[cfg(unix)]
mod unix {
    use std::future::poll_fn;
    use std::io;
    use std::task::Poll;

    /// The number of a signal. Real-time signals have no other name.
    pub(in crate::host) type Number = i32;

    use tokio::signal::unix::{Signal, SignalKind, signal};

    /// Several signals, waited for together.
    pub(in crate::host) struct Listeners(Vec<(Number, Signal)>);

    impl Listeners {
        /// Listens for those of `numbers` that this process was not started to ignore, and that the C library does not
        /// keep for itself.
        pub(in crate::host) fn new(numbers: impl IntoIterator<Item = Number>) -> io::Result<Self> {
            let ignored = ignored();
            let mut listeners = Vec::new();
            for number in numbers.into_iter().filter(|number| ignored & (1 << (number - 1)) == 0) {
                match signal(SignalKind::from_raw(number)) {
                    Ok(listener) => listeners.push((number, listener)),
                    Err(error) if error.kind() == io::ErrorKind::InvalidInput => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(Self(listeners))
        }

        /// Waits for the next one and returns its number.
        pub(in crate::host) async fn next(&mut self) -> Number {
            poll_fn(|context| {
                let arrived = self
                    .0
                    .iter_mut()
                    .find_map(|(number, signal)| signal.poll_recv(context).is_ready().then_some(*number));
                arrived.map_or(Poll::Pending, Poll::Ready)
            })
            .await
        }
    }

    /// The signals that this process was started to ignore, a bit each. What `nohup` or a shell without job control
    /// started keeps ignoring them. Only Linux reports this without `unsafe` (proc(5)).
    pub(in crate::host) fn ignored() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
    }
}
