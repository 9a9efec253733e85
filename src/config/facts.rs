//! What stands on the disk for one shared file, for those who only look.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use super::paths::{beside, lock_file};
use super::platform;

/// A file and what the system says about it.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The path, as it was given.
    pub path: PathBuf,
    /// Where the path leads, if it is a symbolic link.
    pub target: Option<PathBuf>,
    /// The permission bits, on systems that have them.
    pub mode: Option<u32>,
    /// Whether other users can read it.
    pub is_exposed: bool,
    /// Whether it belongs to another user.
    pub is_foreign: bool,
}

impl Facts {
    /// Looks at the file at `path`; `None` if there is none.
    pub fn of(path: &Path) -> Option<Self> {
        let metadata = path.metadata().ok()?;
        let target = path.is_symlink().then(|| path.canonicalize().ok()).flatten();
        let (is_exposed, is_foreign) = (platform::is_exposed(&metadata), platform::is_foreign(&metadata));
        Some(Self { path: path.to_owned(), target, mode: mode(&metadata), is_exposed, is_foreign })
    }

    /// The files of this program next to the shared file at `path`, as far as there are any.
    pub fn beside(path: &Path) -> Vec<Self> {
        let file = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        [beside(&file, "journal"), lock_file(&file)].iter().filter_map(|path| Self::of(path)).collect()
    }
}

#[cfg(unix)]
fn mode(metadata: &Metadata) -> Option<u32> {
    Some(std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o7777)
}

#[cfg(not(unix))]
fn mode(_: &Metadata) -> Option<u32> {
    None
}
