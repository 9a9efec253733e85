//! Which files this process has open, by which a test sees how far a thread of it has come.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::PATIENCE;

/// How often the file that is now at `path` is open.
pub(crate) fn count(path: &Path) -> usize {
    let path = fs::canonicalize(path).unwrap();
    links().filter(|link| *link == path.to_string_lossy()).count()
}

/// How often files are open whose place at `path` another file has taken.
pub(crate) fn count_gone(path: &Path) -> usize {
    let gone = format!("{} (deleted)", fs::canonicalize(path).unwrap().display());
    links().filter(|link| *link == gone).count()
}

fn links() -> impl Iterator<Item = String> {
    let descriptors = fs::read_dir("/proc/self/fd").unwrap();
    // Another thread may close one in the meantime.
    descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok()).map(|link| link.to_string_lossy().into())
}

/// Waits until something is so.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "it never came to pass: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}
