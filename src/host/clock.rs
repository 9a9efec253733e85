//! The wall clock.

use std::time::{Duration, UNIX_EPOCH};

use super::BoxFuture;
use crate::time::Timestamp;

/// Tells the time and lets it pass. Deadlines do not use it: they run on the monotonic clock of the runtime.
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;

    /// Waits for `span` on the clock of the runtime, between two attempts.
    fn sleep(&self, span: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(span))
    }
}

pub(super) struct OsClock;

impl Clock for OsClock {
    #[expect(clippy::disallowed_methods, reason = "this module is the door")]
    fn now(&self) -> Timestamp {
        let seconds = match std::time::SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX),
        };
        Timestamp::from_unix(seconds)
    }
}
