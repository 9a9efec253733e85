//! What can go wrong with the shared file, and what a person should hear about it. Neither holds content.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Oddity;
use super::document::Malformed;
use super::raw::MAX_SIZE;

/// What a person may want to know about the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The content is odd, but was read.
    Odd(Oddity),
    /// Others than its owner may read it; the next change puts an end to that.
    Exposed,
    /// Others than its owner could read it, until now.
    Tightened,
    /// The file has this many names: a change gives this one a file of its own.
    HardLinked(u64),
    /// The journal of rotated tokens was unreadable, for this reason, and counts as empty.
    JournalIgnored(&'static str),
}

/// Why the shared file could not be read or written. No variant holds any of its content.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The operating system refused.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is not the JSON it should be, and stayed so for a second.
    #[error("`{}` is broken", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and what.
        source: Malformed,
    },
    /// The file is empty, and stayed so for a second.
    #[error("`{}` is empty", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file is larger than anything that is read.
    #[error("`{}` is larger than {} MiB", path.display(), MAX_SIZE >> 20)]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// A directory, FIFO or device is in its place.
    #[error("`{}` is no regular file", path.display())]
    NotAFile {
        /// What is there.
        path: PathBuf,
    },
    /// A symbolic link that leads nowhere.
    #[error("`{}` is a symbolic link to a file that does not exist", path.display())]
    Dangling {
        /// The link.
        path: PathBuf,
    },
    /// The link led elsewhere when the file was about to be replaced.
    #[error("`{}` became another file meanwhile", path.display())]
    Moved {
        /// The link.
        path: PathBuf,
    },
    /// Writing secrets there would hand them to somebody else.
    #[error("`{}` {why}", path.display())]
    Unsafe {
        /// The file or directory.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Another process held the lock, or kept changing the file, for the whole deadline.
    #[error("`{}` is in use by another process (waited {} s)", path.display(), waited.as_secs())]
    Busy {
        /// The file.
        path: PathBuf,
        /// The deadline.
        waited: Duration,
    },
}

impl StoreError {
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.into(), source }
    }

    /// Whether a later attempt may succeed without anybody doing anything.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Busy { .. })
    }
}

/// Why an update did not happen. The file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError<E> {
    /// The file could not be read, locked or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The edit refused.
    #[error("the edit was refused")]
    Edit(E),
}
