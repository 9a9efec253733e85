//! The exclusive right to change the shared file.
//!
//! Two locks, in this order: a side file that is never removed, because a lock on a file that gets replaced
//! protects nothing; and the shared file's own inode, which is the one that the Go and Python SDKs lock. The
//! kernel releases both when the process ends, however it ends.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::error::{Action, Danger, StoreError};
use super::paths::lock_file;
use super::platform;

const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// The lock on the side file, held until dropped. Writing to the shared file asks for it as a proof.
#[derive(Debug)]
pub(super) struct Lock {
    _side: File,
    target: PathBuf,
    wait: Duration,
}

/// The lock on the shared file's own inode, where there is a file and a system that can lock it.
#[derive(Debug)]
pub(super) struct FileLock(Option<File>);

impl Lock {
    /// Waits for the lock of `target`. The side file is made beside it, and handed to the owner of `model`.
    pub(super) fn acquire(target: &Path, model: &fs::Metadata, wait: Duration) -> Result<Self, StoreError> {
        let side = Wait::new(target, wait).side(&lock_file(target), model)?;
        Ok(Self { _side: side, target: target.into(), wait })
    }

    /// Waits for those who lock the shared file itself. Held from reading to writing and never longer: whoever
    /// waits for it may be about to save a token that we wait for.
    pub(super) fn file(&self) -> Result<FileLock, StoreError> {
        let inode = if cfg!(unix) { Wait::new(&self.target, self.wait).inode()? } else { None };
        Ok(FileLock(inode))
    }
}

impl FileLock {
    /// Goes over from the inode that was replaced to the one that took its place.
    pub(super) fn follow(&mut self, successor: Option<File>) {
        self.0 = successor;
    }
}

struct Wait<'a> {
    until: Option<Instant>,
    wait: Duration,
    path: &'a Path,
}

impl<'a> Wait<'a> {
    fn new(path: &'a Path, wait: Duration) -> Self {
        Self { until: Instant::now().checked_add(wait), wait, path }
    }

    fn side(&self, path: &Path, model: &fs::Metadata) -> Result<File, StoreError> {
        loop {
            let file = platform::open_or_create(path).map_err(StoreError::io(Action::Open, path))?;
            let held = file.metadata().map_err(StoreError::io(Action::Stat, path))?;
            if !held.is_file() || platform::is_foreign(&held) {
                return Err(StoreError::Unsafe { path: path.into(), why: Danger::NotALockFile });
            }
            platform::hand_over(&file, model).map_err(StoreError::io(Action::Chown, path))?;
            self.take(&file).map_err(|error| self.describe(error, path))?;
            if is_at(&held, path) {
                return Ok(file);
            }
        }
    }

    /// Waits for writers who lock the shared file itself, and replace it while they hold the lock.
    fn inode(&self) -> Result<Option<File>, StoreError> {
        loop {
            let Ok(file) = platform::open(self.path) else { return Ok(None) };
            let Ok(held) = file.metadata() else { return Ok(None) };
            if !held.is_file() {
                return Ok(None);
            }
            match self.take(&file) {
                Ok(()) if is_at(&held, self.path) => return Ok(Some(file)),
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::TimedOut => return Err(self.describe(error, self.path)),
                Err(_) => return Ok(None),
            }
        }
    }

    fn take(&self, file: &File) -> io::Result<()> {
        let mut pause = FIRST_PAUSE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) => {}
            }
            let left = self.until.map_or(LONGEST_PAUSE, |until| until.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            thread::sleep(pause.min(left));
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn describe(&self, error: io::Error, path: &Path) -> StoreError {
        match error.kind() {
            io::ErrorKind::TimedOut => StoreError::Busy { path: self.path.into(), waited: self.wait },
            _ => StoreError::Io { action: Action::Lock, path: path.into(), source: error },
        }
    }
}

fn is_at(held: &fs::Metadata, path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|now| platform::is_same(held, &now))
}
