//! What the operating system keeps for this process: its limits and its login.

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

/// From now on a write beyond the limit on the size of files (`RLIMIT_FSIZE`) fails, instead of ending this process in
/// the middle of a save. Programs that are started get the signal as usual.
pub(super) fn outlive_file_size_limit() {
    #[cfg(unix)]
    {
        if super::signals::ignored() & (1 << (signal_hook::consts::SIGXFSZ - 1)) != 0 {
            return;
        }
        let unread = std::sync::Arc::default();
        // Where it cannot be done, the limit ends the process as it does for others.
        signal_hook::flag::register(signal_hook::consts::SIGXFSZ, unread).ok();
    }
}

/// Returns the user who logged in, whom `su` and `sudo` do not change (credentials(7)), where the system keeps that.
pub(super) fn login_user() -> Option<u32> {
    const UNSET: u32 = u32::MAX;
    let text = std::fs::read_to_string("/proc/self/loginuid").ok()?;
    text.trim().parse().ok().filter(|uid| *uid != UNSET)
}
