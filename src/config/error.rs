//! What can go wrong with the shared file. No variant holds any of its content.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::document::Malformed;

/// Why the shared file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system refused.
    #[error("file-io")]
    Io {
        /// What was attempted.
        action: FileAction,
        /// With which file or directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is not the JSON it should be, and stayed so for a second.
    #[error("file-malformed")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and what.
        source: Malformed,
    },
    /// The file is empty, and stayed so for a second.
    #[error("file-empty")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file is larger than anything that is read.
    #[error("file-too-large")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
    /// A directory, FIFO or device is in its place.
    #[error("file-not-regular")]
    NotAFile {
        /// What is there.
        path: PathBuf,
    },
    /// A symbolic link that leads nowhere.
    #[error("file-dangling-link")]
    Dangling {
        /// The link.
        path: PathBuf,
    },
    /// The link pointed elsewhere by the time the file was about to be replaced.
    #[error("file-moved")]
    Moved {
        /// The link.
        path: PathBuf,
    },
    /// Writing secrets there would expose them to another user.
    #[error("file-unsafe")]
    Unsafe {
        /// The file or directory.
        path: PathBuf,
        /// What is wrong with it.
        why: Danger,
    },
    /// A later version of this program wrote the journal, and knows how to change it.
    #[error("journal-too-new")]
    JournalTooNew {
        /// The journal.
        path: PathBuf,
    },
    /// New tokens are durable in a temporary file, which could not take its place. The next program puts it there.
    #[error("file-stranded")]
    Stranded {
        /// The temporary file.
        copy: PathBuf,
        /// Why it could not.
        source: Box<Self>,
    },
    /// Another process held the lock, or kept changing the file, for the whole deadline.
    #[error("file-busy")]
    Busy {
        /// The file.
        path: PathBuf,
        /// The deadline.
        waited: Duration,
    },
}

/// What was attempted with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileAction {
    /// Opening it.
    Open,
    /// Creating it.
    Create,
    /// Reading its metadata.
    Stat,
    /// Reading it.
    Read,
    /// Writing it.
    Write,
    /// Reserving disk space for it.
    Reserve,
    /// Putting another file in its place.
    Replace,
    /// Giving it another name.
    Rename,
    /// Removing it.
    Remove,
    /// Making it, or its name, durable.
    Sync,
    /// Changing its owner.
    Chown,
    /// Changing its mode.
    Chmod,
    /// Following the links to it.
    Resolve,
    /// Locking it.
    Lock,
}

/// Why a place is unsafe for secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Danger {
    /// It belongs to another user.
    ForeignOwner,
    /// Every user may change it.
    WorldWritable,
    /// A symbolic link of one user leads root to the files of another.
    ForeignLink,
    /// Something that is not a lock file of this user has the name of the lock file.
    NotALockFile,
}

impl StoreError {
    pub(super) fn io(action: FileAction, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.into(), source }
    }

    /// This error, after which the only copy of new tokens is at `copy`.
    pub(crate) fn stranded(self, copy: PathBuf) -> Self {
        Self::Stranded { copy, source: Box::new(self) }
    }

    /// Whether a later attempt may succeed without anybody doing anything.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Busy { .. })
    }
}
