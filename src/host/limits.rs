//! What the operating system lets this process have.

/// Returns how many descriptors this process may have open, where the system has such a limit.
#[cfg(unix)]
pub(crate) fn open_files() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

/// Returns how many descriptors this process may have open, where the system has such a limit.
#[cfg(not(unix))]
pub(crate) fn open_files() -> Option<u64> {
    None
}
