//! Interrupt, terminate and hang-up, received instead of suffered.

use std::io;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

/// Turns signals into values.
pub trait Signals: Send + Sync {
    /// From now on an interrupt no longer ends the process: it waits in the returned [`Interrupts`].
    /// Must be called inside a `tokio` runtime.
    ///
    /// # Errors
    /// When the system refuses to install the handlers.
    fn hold(&self) -> io::Result<Interrupts>;
}

/// Interrupts that have been held back.
pub struct Interrupts(Source);

/// Which interrupt it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Interrupt,
    #[cfg_attr(not(unix), expect(dead_code, reason = "only Unix has it"))]
    Terminate,
    #[cfg_attr(not(unix), expect(dead_code, reason = "only Unix has it"))]
    HangUp,
}

enum Source {
    #[cfg(unix)]
    Unix {
        interrupt: tokio::signal::unix::Signal,
        terminate: tokio::signal::unix::Signal,
        hang_up: Option<tokio::signal::unix::Signal>,
    },
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
    pub async fn next(&mut self) {
        self.signal().await;
    }

    /// Waits for the next interrupt and tells which one it is.
    pub(super) async fn signal(&mut self) -> Signal {
        match &mut self.0 {
            #[cfg(unix)]
            Source::Unix { interrupt, terminate, hang_up } => tokio::select! {
                _ = interrupt.recv() => Signal::Interrupt,
                _ = terminate.recv() => Signal::Terminate,
                () = heard(hang_up) => Signal::HangUp,
            },
            #[cfg(windows)]
            Source::Windows(interrupt) => {
                interrupt.recv().await;
                Signal::Interrupt
            }
            Source::Channel(channel) => {
                if channel.recv().await.is_none() {
                    std::future::pending::<()>().await;
                }
                Signal::Interrupt
            }
        }
    }

    /// Whether an interrupt arrived while nobody waited.
    pub async fn arrived(&mut self) -> bool {
        tokio::time::timeout(Duration::from_millis(1), self.next()).await.is_ok()
    }
}

pub(super) struct OsSignals;

impl Signals for OsSignals {
    #[cfg(unix)]
    fn hold(&self) -> io::Result<Interrupts> {
        use tokio::signal::unix::{SignalKind, signal};
        let hang_up = SignalKind::hangup();
        let hang_up = if is_ignored(hang_up) { None } else { Some(signal(hang_up)?) };
        let [interrupt, terminate] = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
        Ok(Interrupts(Source::Unix { interrupt: interrupt?, terminate: terminate?, hang_up }))
    }

    #[cfg(windows)]
    fn hold(&self) -> io::Result<Interrupts> {
        Ok(Interrupts(Source::Windows(tokio::signal::windows::ctrl_c()?)))
    }
}

#[cfg(unix)]
async fn heard(signal: &mut Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

/// Whether this process was told to ignore `kind`. What `nohup` started has to stay deaf to a hang-up, here and in
/// the programs that it starts in turn. Only Linux tells without `unsafe` (proc(5)).
#[cfg(unix)]
fn is_ignored(kind: tokio::signal::unix::SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask & (1 << (kind.as_raw_value() - 1)) != 0
}
