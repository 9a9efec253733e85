//! Where signals cannot be read from a descriptor, none are blocked.

use std::io;

use crate::host::signals::Number;

/// No signals.
pub struct BlockedSignals;

impl BlockedSignals {
    pub(in crate::host) const fn new() -> io::Result<Self> {
        Ok(Self)
    }

    pub(super) fn unblocked<T>(&self, start: impl FnOnce() -> T) -> io::Result<T> {
        Ok(start())
    }

    pub(super) const fn arrivals(&self) -> io::Result<Self> {
        Ok(Self)
    }

    pub(super) async fn next(&mut self) -> Number {
        std::future::pending().await
    }
}
