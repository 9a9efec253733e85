//! Turns a panic into a value. Its message may contain a secret and is never shown; its place in the source is.

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::sync::{Mutex, PoisonError};

/// Where the last panic was.
static PLACE: Mutex<Option<String>> = Mutex::new(None);

/// A panic that was caught.
#[derive(Debug, thiserror::Error)]
#[error("internal-error")]
pub struct Panicked {
    /// The file and line of the source, in a process that is [prepared](super::prepare_process).
    pub place: Option<String>,
}

/// From now on no panic of this process writes anything by itself.
pub(super) fn silence_panics() {
    set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| format!("{}:{}", at.file(), at.line()));
        *PLACE.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }));
}

/// Runs `work`. Nothing that it changes may be used after a panic.
///
/// # Errors
/// [`Panicked`]
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|_| Panicked { place: PLACE.lock().unwrap_or_else(PoisonError::into_inner).take() })
}
