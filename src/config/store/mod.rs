//! The shared file on disk: read by anybody, written under the lock only.
//!
//! The only way to write is [`Locked::edit`], which reads again under the lock, lets the caller edit, and replaces the
//! file if that changed a byte. Tools that write in place without a lock are tolerated: a torn file is read again for a
//! while, and the edit is repeated if the file has changed.

mod locked;
mod recovery;
mod snapshot;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use super::atomic::COPY;
use super::error::StoreError;
use super::journal::Journal;
use super::lock::Lock;
use super::note::Note;
use super::paths::beside;
use super::place::Place;
use super::raw::Raw;
use super::{Config, platform};

pub use locked::Locked;
pub use recovery::SetAside;
pub use snapshot::Snapshot;
use snapshot::read;

const DRAFT: &str = "tmp";
const JOURNAL: &str = "journal";
const JOURNAL_DRAFT: &str = "journal.tmp";

/// The shared file at one path.
#[derive(Clone, Debug)]
pub struct Store {
    path: PathBuf,
    /// Whether what is special about the place was noted: it stays so.
    noted: Arc<AtomicBool>,
    /// Whether what is odd in the file was noted by [`Store::read`].
    told: Arc<AtomicBool>,
}

/// Identifies one state of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    modified: Option<SystemTime>,
    length: u64,
    inode: u64,
}

impl Store {
    /// The file at `path`, which need not exist.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), noted: Arc::default(), told: Arc::default() }
    }

    /// The path as given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Which state the file is in, without reading it; `None` if there is none.
    pub fn version(&self) -> Option<Version> {
        let metadata = fs::metadata(&self.path).ok()?;
        let (modified, length) = (metadata.modified().ok(), metadata.len());
        Some(Version { modified, length, inode: platform::inode(&metadata) })
    }

    /// Reads the file without a lock. A missing one is empty.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`] but [`StoreError::Busy`] and [`StoreError::Moved`].
    pub fn read(&self) -> Result<Snapshot, StoreError> {
        self.told.store(true, Ordering::Relaxed);
        let torn = match read(&self.path, || Raw::load(&self.path)) {
            Err(torn @ (StoreError::Empty { .. } | StoreError::Malformed { .. })) => torn,
            found => return found,
        };
        // The next writer finishes what one left that died while it wrote the file in its place.
        match self.whole_copy() {
            Some(copy) => Ok(copy),
            None => Err(torn),
        }
    }

    fn whole_copy(&self) -> Option<Snapshot> {
        let path = beside(&fs::canonicalize(&self.path).ok()?, COPY);
        let raw = Raw::load_private(&path).ok()??;
        Some(Snapshot::of(Config::parse(&raw.bytes).ok()?, raw))
    }

    /// Reads the journal of the file without a lock.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] if a journal that is there cannot be read.
    pub fn journal(&self) -> Result<Journal, StoreError> {
        let target = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let path = beside(&target, JOURNAL);
        Journal::read(&path, platform::open_own(&path))
    }

    /// Waits up to `wait` for the exclusive right to change the file. Its directory is made where there is none.
    /// Never hold the result while a person is asked.
    ///
    /// # Errors
    ///
    /// [`StoreError::Busy`] at the deadline; else what keeps the lock from being taken, or makes the place
    /// unsafe for secrets.
    pub fn lock(&self, wait: Duration) -> Result<Locked, StoreError> {
        let place = Arc::new(Place::find(&self.path)?);
        let lock = Lock::acquire(&place, &place.owner_model()?, wait)?;
        let link = self.path.clone();
        let mut notes: Vec<Note> = place.loose.clone().map(Note::OpenToAll).into_iter().collect();
        notes.extend(lock.is_lease().then_some(Note::NoLocks));
        if !notes.is_empty() && self.noted.swap(true, Ordering::Relaxed) {
            notes.clear();
        }
        let told = Arc::clone(&self.told);
        let (refills, draft, journal_draft) = (false, None, None);
        let mut locked = Locked { link, place, lock, wait, notes, told, refills, draft, journal_draft };
        locked.check_link()?;
        locked.put_in_order()?;
        Ok(locked)
    }
}
