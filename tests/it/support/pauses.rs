//! Pauses between attempts and the wait for a silent server, which pass at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aliyun_rs::host::{BoxFuture, Clock, Http, Request, Response, TransportError};
use aliyun_rs::time::Timestamp;
use tokio::time::{advance, pause, resume};

/// A clock whose runtime is as much later after each pause as if it had been slept through.
pub(crate) struct NoPauses {
    pub(crate) clock: Arc<dyn Clock>,
    /// How long all pauses would have been, in milliseconds.
    pub(crate) skipped: Arc<AtomicU64>,
}

impl Clock for NoPauses {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn sleep(&self, span: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.skipped.fetch_add(u64::try_from(span.as_millis()).unwrap(), Ordering::SeqCst);
            let _stands_still = StandsStill::new();
            advance(span).await;
        })
    }
}

/// The time of the runtime, which goes on when this is dropped.
struct StandsStill;

impl StandsStill {
    fn new() -> Self {
        pause();
        Self
    }
}

impl Drop for StandsStill {
    fn drop(&mut self) {
        resume();
    }
}

/// A network on which nobody answers requests for `path`; their time stands still, so that `tokio` skips to the limit.
pub(crate) struct NoAnswer {
    pub(crate) http: Arc<dyn Http>,
    pub(crate) path: &'static str,
}

impl Http for NoAnswer {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        if request.uri().path() != self.path {
            return self.http.send(request);
        }
        Box::pin(async {
            pause();
            std::future::pending().await
        })
    }
}
