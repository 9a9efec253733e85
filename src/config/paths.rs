//! The names of the files next to the shared one.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The path of a private file of this program next to `target`.
pub(super) fn beside(target: &Path, kind: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(".aliyun-rs.");
    name.push(kind);
    target.with_file_name(name)
}

/// The path of the lock file of `target`.
pub(super) fn lock_file(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

/// The directory that `path` is in.
#[cfg(not(unix))]
pub(super) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
