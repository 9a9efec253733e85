//! The terminal at standard input, on systems that let no process change it without `unsafe`.

use std::sync::atomic::{AtomicBool, Ordering};

use super::streams::{Stream, Streams};

/// The state of the terminal, which is left to the system.
pub struct KeptTerminal;

impl KeptTerminal {
    /// Remembers nothing.
    pub fn remember() -> Self {
        Self
    }
}

/// Input that is shown.
pub struct HiddenInput(AtomicBool);

impl HiddenInput {
    /// Hides nothing.
    pub fn new(_: &Streams, _: Option<Stream>) -> Self {
        Self(AtomicBool::new(false))
    }

    /// Hides nothing. Returns whether this is the first call.
    pub fn hide(&self) -> bool {
        !self.0.swap(true, Ordering::Relaxed)
    }
}

pub(super) fn wait_for_input() {}

pub(super) fn discard_typed_ahead() {}
