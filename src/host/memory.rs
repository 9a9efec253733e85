//! Keeps what is in this process's memory out of core files and away from other processes of the same user.
//!
//! Programs that this one starts are not concerned: they get the limits that this process was started with.

#[cfg(unix)]
use std::sync::OnceLock;

#[cfg(unix)]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The limit on core files that this process was started with, once memory is protected.
#[cfg(unix)]
static INHERITED: OnceLock<Rlimit> = OnceLock::new();

/// Protects the memory of this process for as long as it runs: no core files, and on Linux no reading through
/// `ptrace` or `/proc` either. To be called before the first secret is read.
pub(super) fn protect_memory() {
    #[cfg(unix)]
    {
        INHERITED.get_or_init(|| getrlimit(Resource::Core));
        allow_core_files(false);
    }
    // It cannot fail with these arguments, and `execve` undoes it for the next program.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable).ok();
}

/// Runs `start`, which starts another program, under the limit on core files that was inherited.
pub(super) fn with_inherited_limits<T>(start: impl FnOnce() -> T) -> T {
    #[cfg(unix)]
    allow_core_files(true);
    let started = start();
    #[cfg(unix)]
    allow_core_files(false);
    started
}

/// The soft limit alone changes, so that it can be raised again.
#[cfg(unix)]
fn allow_core_files(allowed: bool) {
    if let Some(inherited) = INHERITED.get() {
        let current = if allowed { inherited.current } else { Some(0) };
        setrlimit(Resource::Core, Rlimit { current, maximum: inherited.maximum }).ok();
    }
}
