//! The shared file on disk: read by anybody, written under the lock only.
//!
//! There is no way to write but [`Locked::update`], which reads again under the lock, lets the caller edit,
//! and replaces the file if that changed a byte. Tools that write in place and take no lock are borne with: a
//! torn file is read again for a while, and a file that changed under our hands is edited anew.

use std::convert::Infallible;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::atomic::{Draft, remove};
use super::error::{Action, StoreError, UpdateError};
use super::lock::{FileLock, Lock};
use super::note::Note;
use super::paths::{beside, parent};
use super::raw::{Raw, owner_model, refuse_strangers, resolve};
use super::{Config, Journal, platform};

/// How long a file may be empty or torn: the Node and Java SDKs write in place.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(10);

/// The shared file at one path.
#[derive(Clone, Debug)]
pub struct Store {
    path: PathBuf,
    patience: Duration,
}

/// The file as it was read.
#[derive(Clone)]
pub struct Snapshot {
    /// What it says; [`Config::empty`] when there is no file.
    pub config: Config,
    /// Whether there is a file.
    pub exists: bool,
    /// What a person may want to know about it.
    pub notes: Vec<Note>,
    raw: Option<Raw>,
}

/// Tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    modified: Option<SystemTime>,
    length: u64,
    inode: u64,
}

/// The result of an edit.
#[derive(Clone, Debug)]
pub struct Updated<T> {
    /// What the edit returned.
    pub value: T,
    /// Whether the file was written: not if the edit changed nothing.
    pub written: bool,
    /// What a person may want to know.
    pub notes: Vec<Note>,
}

impl Store {
    /// The file at `path`, which need not exist.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), patience: PATIENCE }
    }

    /// Changes how long an empty or torn file is read again before it counts as broken.
    #[must_use]
    pub const fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
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
        let until = Instant::now() + self.patience;
        loop {
            let torn = match Raw::load(&self.path)? {
                None => return Ok(Snapshot::missing()),
                Some(raw) => match Config::parse(&raw.bytes) {
                    Ok(config) => return Ok(Snapshot::of(config, raw)),
                    Err(_) if raw.is_blank() => StoreError::Empty { path: self.path.clone() },
                    Err(source) => StoreError::Malformed { path: self.path.clone(), source },
                },
            };
            if Instant::now() >= until {
                return Err(torn);
            }
            thread::sleep(PAUSE);
        }
    }

    /// Reads the journal beside the file without a lock.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] if a journal that is there cannot be read.
    pub fn journal(&self) -> Result<Journal, StoreError> {
        let target = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        Journal::at(&beside(&target, JOURNAL))
    }

    /// Waits up to `wait` for the exclusive right to change the file. Its directory is made where there is none.
    /// Never hold the result while a person is asked.
    ///
    /// # Errors
    ///
    /// [`StoreError::Busy`] at the deadline; else what keeps the lock from being taken, or makes the place
    /// unsafe for secrets.
    pub fn lock(&self, wait: Duration) -> Result<Locked, StoreError> {
        let target = resolve(&self.path)?;
        let directory = fs::metadata(parent(&target)).map_err(StoreError::io(Action::Stat, parent(&target)))?;
        refuse_strangers(parent(&target), &directory)?;
        let lock = Lock::acquire(&target, &owner_model(&target, directory)?, wait)?;
        let store = Self { path: target, patience: self.patience };
        let locked =
            Locked { link: self.path.clone(), store, lock, wait, file: None, draft: None, journal_draft: None };
        locked.check_link()?;
        for kind in [DRAFT, JOURNAL_DRAFT] {
            remove(&beside(&locked.store.path, kind))?;
        }
        Ok(locked)
    }

    /// As [`Store::lock`], with the file's own lock taken too, and without keeping a runtime from anything else: for
    /// a caller that listens to interrupts while it waits, and then only writes.
    ///
    /// # Errors
    ///
    /// As [`Store::lock`].
    pub async fn lock_to_write(&self, wait: Duration) -> Result<Locked, StoreError> {
        let store = self.clone();
        let locked = tokio::task::spawn_blocking(move || {
            let mut locked = store.lock(wait)?;
            locked.file = Some(locked.lock.file()?);
            Ok(locked)
        });
        locked.await.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked.into_panic()))
    }

    /// Locks, reads, edits, and writes if the edit changed anything. The edit may run more than once: it starts
    /// over when a tool that takes no lock has changed the file meanwhile.
    ///
    /// # Errors
    ///
    /// As [`Store::lock`] and [`Locked::update`].
    pub fn update<T, E>(
        &self,
        wait: Duration,
        edit: impl FnMut(&mut Config) -> Result<T, E>,
    ) -> Result<Updated<T>, UpdateError<E>> {
        self.lock(wait)?.update(edit)
    }
}

const DRAFT: &str = "tmp";
const JOURNAL: &str = "journal";
const JOURNAL_DRAFT: &str = "journal.tmp";

/// The exclusive right to change the shared file, given up when dropped.
#[derive(Debug)]
pub struct Locked {
    link: PathBuf,
    store: Store,
    lock: Lock,
    wait: Duration,
    /// The file's own lock, where it is held already.
    file: Option<FileLock>,
    draft: Option<Draft>,
    journal_draft: Option<Draft>,
}

impl Locked {
    /// Reads the file again.
    ///
    /// # Errors
    ///
    /// As [`Store::read`].
    pub fn read(&self) -> Result<Snapshot, StoreError> {
        self.store.read()
    }

    /// Makes sure that the next write of the file and of the journal finds its space, each `growth` bytes
    /// larger than it is: the temporary files are created, allocated and made durable now.
    ///
    /// # Errors
    ///
    /// Whatever the coming write would fail with.
    pub fn reserve(&mut self, growth: u64) -> Result<(), StoreError> {
        // Both use the same names as their successors, and would take those along.
        (self.draft, self.journal_draft) = (None, None);
        let size = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
        let (config, journal) = (size(&self.store.path), size(&self.journal_path()));
        let draft = self.new_draft(&self.store.path, DRAFT)?;
        draft.reserve(config + growth)?;
        let journal_draft = self.new_draft(&self.journal_path(), JOURNAL_DRAFT)?;
        journal_draft.reserve(journal + growth)?;
        (self.draft, self.journal_draft) = (Some(draft), Some(journal_draft));
        Ok(())
    }

    /// Reads, edits, and writes if the edit changed anything, into the reserved space if there is some.
    ///
    /// # Errors
    ///
    /// The edit's own error; [`StoreError::Busy`] when the file keeps changing; else what keeps the file from
    /// being read or replaced. In each case the file is as it was, except when only making it durable failed.
    pub fn update<T, E>(
        &mut self,
        mut edit: impl FnMut(&mut Config) -> Result<T, E>,
    ) -> Result<Updated<T>, UpdateError<E>> {
        let until = Instant::now() + self.store.patience;
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.lock.file()?,
        };
        loop {
            let Snapshot { mut config, mut notes, raw, .. } = self.read()?;
            let before = config.clone();
            let value = edit(&mut config).map_err(UpdateError::Edit)?;
            let written = config.text() != before.text();
            if written && !self.replace(&mut file, raw.as_ref(), config.text().as_bytes())? {
                if Instant::now() >= until {
                    return Err(self.busy().into());
                }
                continue;
            }
            self.tighten(written, &mut notes)?;
            return Ok(Updated { value, written, notes });
        }
    }

    /// [`Locked::update`] with an edit that cannot fail.
    ///
    /// # Errors
    ///
    /// As [`Locked::update`].
    pub fn edit(&mut self, mut edit: impl FnMut(&mut Config)) -> Result<Updated<()>, StoreError> {
        let updated = self.update(|config| {
            edit(config);
            Ok::<_, Infallible>(())
        });
        updated.map_err(|error| match error {
            UpdateError::Store(error) => error,
            UpdateError::Edit(never) => match never {},
        })
    }

    /// The private file beside the shared one that the journal is kept in.
    pub(super) fn journal_path(&self) -> PathBuf {
        beside(&self.store.path, JOURNAL)
    }

    /// Replaces the journal, durably.
    pub(super) fn write_journal(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let mut draft = match self.journal_draft.take() {
            Some(draft) => draft,
            None => self.new_draft(&self.journal_path(), JOURNAL_DRAFT)?,
        };
        draft.fill(bytes)?;
        draft.place(&self.lock)
    }

    /// Removes the journal, durably.
    pub(super) fn remove_journal(&mut self) -> Result<(), StoreError> {
        let path = self.journal_path();
        remove(&path)?;
        platform::sync_directory(parent(&path)).map_err(StoreError::io(Action::Sync, &path))
    }

    /// Replaces the file unless it is no longer the one that was read; whether that was so.
    fn replace(&mut self, file: &mut FileLock, read: Option<&Raw>, bytes: &[u8]) -> Result<bool, StoreError> {
        if let Some(raw) = read {
            refuse_strangers(&self.store.path, &raw.metadata)?;
        }
        let mut draft = match self.draft.take() {
            Some(draft) => draft,
            None => self.new_draft(&self.store.path, DRAFT)?,
        };
        draft.fill(bytes)?;
        self.check_link()?;
        let now = Raw::load(&self.store.path)?;
        if now.as_ref().map(|raw| &raw.bytes) != read.map(|raw| &raw.bytes) {
            self.draft = Some(draft);
            return Ok(false);
        }
        let successor = draft.claim();
        draft.place(&self.lock)?;
        file.follow(successor);
        Ok(true)
    }

    fn new_draft(&self, target: &Path, kind: &str) -> Result<Draft, StoreError> {
        let directory = parent(&self.store.path);
        let directory = fs::metadata(directory).map_err(StoreError::io(Action::Stat, directory))?;
        let model = owner_model(&self.store.path, directory)?;
        Draft::create(beside(&self.store.path, kind), target, &model, &self.lock)
    }

    /// A write has made the file private; one that was not needed still does.
    fn tighten(&self, written: bool, notes: &mut [Note]) -> Result<(), StoreError> {
        if let Some(note) = notes.iter_mut().find(|note| **note == Note::Exposed) {
            if !written {
                let path = &self.store.path;
                platform::make_private(path).map_err(StoreError::io(Action::Chmod, path))?;
            }
            *note = Note::Tightened;
        }
        Ok(())
    }

    fn check_link(&self) -> Result<(), StoreError> {
        if resolve(&self.link)? == self.store.path {
            Ok(())
        } else {
            Err(StoreError::Moved { path: self.link.clone() })
        }
    }

    fn busy(&self) -> StoreError {
        StoreError::Busy { path: self.store.path.clone(), waited: self.wait }
    }
}

impl Snapshot {
    fn missing() -> Self {
        Self { config: Config::empty(), exists: false, notes: Vec::new(), raw: None }
    }

    fn of(config: Config, raw: Raw) -> Self {
        let mut notes: Vec<Note> = config.oddities().iter().cloned().map(Note::Odd).collect();
        if platform::is_exposed(&raw.metadata) {
            notes.push(Note::Exposed);
        }
        if platform::names(&raw.metadata) > 1 {
            notes.push(Note::HardLinked(platform::names(&raw.metadata)));
        }
        Self { config, exists: true, notes, raw: Some(raw) }
    }
}
