//! The runtime that waits for the network, for people and for signals.

use std::io;

use tokio::runtime::{Builder, Runtime};

/// Builds a runtime for the current thread.
///
/// # Errors
/// When the system has too few descriptors left for it.
pub fn runtime() -> io::Result<Runtime> {
    find_room()?;
    Builder::new_current_thread().enable_all().build()
}

/// Opens and closes as many descriptors as the runtime needs: without them `tokio` panics while it prepares for
/// signals.
#[cfg(unix)]
fn find_room() -> io::Result<()> {
    use std::os::unix::net::UnixStream;
    const PAIRS: usize = 4;
    let room: io::Result<Vec<_>> = (0..PAIRS).map(|_| UnixStream::pair()).collect();
    room.map(drop)
}

#[cfg(not(unix))]
const fn find_room() -> io::Result<()> {
    Ok(())
}
