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
    /// Whether the file is mounted by itself, as into a container.
    pub is_mount_point: bool,
}

impl Facts {
    /// Looks at the file at `path`; `None` if there is none.
    pub fn of(path: &Path) -> Option<Self> {
        let metadata = path.metadata().ok()?;
        let target = path.is_symlink().then(|| path.canonicalize().ok()).flatten();
        let (is_exposed, is_foreign) = (platform::is_exposed(&metadata), platform::is_foreign(&metadata));
        let is_mount_point = path.canonicalize().is_ok_and(|path| is_mount_point(&path));
        Some(Self { path: path.to_owned(), target, mode: mode(&metadata), is_exposed, is_foreign, is_mount_point })
    }

    /// The bytes that this user can still write to the file system of `folder`, where the system tells.
    #[cfg(unix)]
    pub fn free_space(folder: &Path) -> Option<u64> {
        let system = rustix::fs::statvfs(folder).ok()?;
        Some(system.f_bavail.saturating_mul(system.f_frsize))
    }

    /// The bytes that this user can still write to the file system of `folder`, where the system tells.
    #[cfg(not(unix))]
    pub fn free_space(_: &Path) -> Option<u64> {
        None
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

/// Whether something is mounted at just this path (proc_pid_mountinfo(5), field 5). False where that is not known.
fn is_mount_point(path: &Path) -> bool {
    let escaped = path.to_string_lossy().replace('\\', r"\134").replace(' ', r"\040").replace('\t', r"\011");
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    mounts.lines().any(|line| line.split(' ').nth(4) == Some(&escaped))
}
