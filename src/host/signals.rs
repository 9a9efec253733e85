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

enum Source {
    #[cfg(unix)]
    Unix([tokio::signal::unix::Signal; 3]),
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
        match &mut self.0 {
            #[cfg(unix)]
            Source::Unix([interrupt, terminate, hang_up]) => {
                tokio::select! {
                    _ = interrupt.recv() => (),
                    _ = terminate.recv() => (),
                    _ = hang_up.recv() => (),
                }
            }
            #[cfg(windows)]
            Source::Windows(interrupt) => {
                interrupt.recv().await;
            }
            Source::Channel(channel) => {
                if channel.recv().await.is_none() {
                    std::future::pending::<()>().await;
                }
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
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let [interrupt, terminate, hang_up] = kinds.map(signal);
        Ok(Interrupts(Source::Unix([interrupt?, terminate?, hang_up?])))
    }

    #[cfg(windows)]
    fn hold(&self) -> io::Result<Interrupts> {
        Ok(Interrupts(Source::Windows(tokio::signal::windows::ctrl_c()?)))
    }
}
