//! Programs where there are no POSIX signals: the console sends Ctrl-C to everyone by itself.

use std::io;

use super::{Program, command};
use crate::host::Interrupts;

pub(super) fn replace(_: &Program) -> io::Error {
    io::ErrorKind::Unsupported.into()
}

/// No signals.
pub struct BlockedSignals;

impl BlockedSignals {
    pub(super) const fn new() -> io::Result<Self> {
        Ok(Self)
    }
}

pub(super) async fn run(program: &Program, _: &BlockedSignals, interrupts: &mut Interrupts) -> io::Result<u8> {
    let mut child = tokio::process::Command::from(command(program)).spawn()?;
    loop {
        tokio::select! {
            // A status that does not fit a byte must not become 0 by being cut to one.
            status = child.wait() => {
                return Ok(status?.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1));
            }
            () = interrupts.next() => {}
        }
    }
}
