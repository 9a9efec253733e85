//! The exclusive right to change the shared file.
//!
//! Two locks, in this order: a side file that is never removed, because a lock on a file that gets replaced
//! protects nothing; and the shared file's own inode, which is the one that the Go and Python SDKs lock. The
//! kernel releases both when the process ends, however it ends. Where the file system has no locks, a lease takes the
//! place of the first.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::error::{Danger, FileAction, StoreError};
use super::lease::Lease;
use super::place::Place;
use super::platform;

/// How long a lock is waited for that users may hold who cannot write. The SDKs hold theirs for milliseconds.
const PATIENCE_WITH_READERS: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// The lock on the side file, held until dropped. Writing to the shared file asks for it as a proof.
#[derive(Debug)]
pub(super) struct Lock {
    side: Side,
    place: Arc<Place>,
    wait: Duration,
}

/// What keeps others out. It is only held, never looked at.
#[derive(Debug)]
#[expect(dead_code, reason = "both are given up when dropped")]
enum Side {
    File(File),
    Lease(Lease),
}

/// The lock on the shared file's own inode, where there is a file and a system that can lock it.
#[derive(Debug)]
pub(super) struct FileLock {
    file: Option<File>,
    ignored: bool,
}

impl Lock {
    /// Waits for the lock of the shared file at `place`. The side file is made beside it, and handed to the owner of
    /// `model`.
    pub(super) fn acquire(place: &Arc<Place>, model: &fs::Metadata, wait: Duration) -> Result<Self, StoreError> {
        let side = Wait::new(place, wait).side(model)?;
        Ok(Self { side, place: Arc::clone(place), wait })
    }

    /// Whether the file system has no locks, and a lease takes their place.
    pub(super) const fn is_lease(&self) -> bool {
        matches!(self.side, Side::Lease(_))
    }

    /// Waits for those who lock the shared file itself. Held from reading to writing and never longer: whoever
    /// waits for it may be about to save a token that we wait for.
    pub(super) fn file(&self) -> Result<FileLock, StoreError> {
        // On Windows a lock keeps readers out.
        if cfg!(unix) { Wait::new(&self.place, self.wait).inode() } else { Ok(FileLock::NONE) }
    }
}

impl FileLock {
    const NONE: Self = Self { file: None, ignored: false };

    /// Whether another process still holds it and is no longer waited for.
    pub(super) const fn is_ignored(&self) -> bool {
        self.ignored
    }

    /// Moves the lock from the inode that was replaced to the new one.
    pub(super) fn follow(&mut self, successor: Option<File>) {
        self.file = successor;
    }
}

struct Wait<'a> {
    until: Option<Instant>,
    wait: Duration,
    place: &'a Arc<Place>,
}

impl<'a> Wait<'a> {
    fn new(place: &'a Arc<Place>, wait: Duration) -> Self {
        Self { until: Instant::now().checked_add(wait), wait, place }
    }

    fn side(&self, model: &fs::Metadata) -> Result<Side, StoreError> {
        let name = self.place.lock_file();
        let path = self.place.path_of(&name);
        loop {
            let opened = self.place.folder.open_or_create(&name);
            let (file, created) = opened.map_err(StoreError::io(FileAction::Open, &path))?;
            let held = file.metadata().map_err(StoreError::io(FileAction::Stat, &path))?;
            if !held.is_file() || platform::is_foreign(&held) {
                return Err(StoreError::Unsafe { path, why: Danger::NotALockFile });
            }
            if created {
                platform::hand_over(&file, model).map_err(StoreError::io(FileAction::Chown, &path))?;
            }
            match take(&file, self.until) {
                Err(error) if platform::has_no_locks(&error) => {
                    let lease = Lease::acquire(self.place, self.until);
                    return lease.map(Side::Lease).map_err(|error| self.describe(error, &path));
                }
                taken => taken.map_err(|error| self.describe(error, &path))?,
            }
            if self.place.folder.has(&name, &held).map_err(StoreError::io(FileAction::Stat, &path))? {
                return Ok(Side::File(file));
            }
        }
    }

    /// Waits for writers who lock the shared file itself, and replace it while they hold the lock.
    fn inode(&self) -> Result<FileLock, StoreError> {
        let Place { folder, name, .. } = &**self.place;
        loop {
            let Ok(file) = folder.open(name) else { return Ok(FileLock::NONE) };
            let Ok(held) = file.metadata() else { return Ok(FileLock::NONE) };
            if !held.is_file() {
                return Ok(FileLock::NONE);
            }
            let impatient = Instant::now().checked_add(PATIENCE_WITH_READERS);
            let until = if platform::is_exposed(&held) { impatient.min(self.until.or(impatient)) } else { self.until };
            match take(&file, until) {
                Ok(()) => match folder.has(name, &held) {
                    Ok(true) => return Ok(FileLock { file: Some(file), ignored: false }),
                    Ok(false) => {}
                    Err(_) => return Ok(FileLock::NONE),
                },
                Err(error) if error.kind() != io::ErrorKind::TimedOut => return Ok(FileLock::NONE),
                Err(error) if until == self.until => return Err(self.describe(error, &self.place.path())),
                Err(_) => return Ok(FileLock { file: None, ignored: true }),
            }
        }
    }

    fn describe(&self, error: io::Error, path: &Path) -> StoreError {
        match error.kind() {
            io::ErrorKind::TimedOut => StoreError::Busy { path: self.place.path(), waited: self.wait },
            _ => StoreError::io(FileAction::Lock, path)(error),
        }
    }
}

fn take(file: &File, until: Option<Instant>) -> io::Result<()> {
    let mut pause = FIRST_PAUSE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) => {}
        }
        let left = until.map_or(LONGEST_PAUSE, |until| until.saturating_duration_since(Instant::now()));
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        thread::sleep(pause.min(left));
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
