//! The shared file on disk: read by anybody, written under the lock only.
//!
//! The only way to write is [`Locked::update`], which reads again under the lock, lets the caller edit,
//! and replaces the file if that changed a byte. Tools that write in place without a lock are
//! tolerated: a torn file is read again for a while, and the edit is repeated if the file has changed.

use std::convert::Infallible;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use zeroize::Zeroizing;

use super::atomic::{COPY, Draft, Placed, recover, reserve_inside};
use super::error::{FileAction, StoreError, UpdateError};
use super::lock::{FileLock, Lock};
use super::note::{JournalDefect, Note};
use super::paths::beside;
use super::place::{Place, refuse_strangers};
use super::raw::Raw;
use super::{Config, Journal, platform};

/// How long a file may be empty or torn: the Node and Java SDKs write in place.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(10);

/// The shared file at one path.
#[derive(Clone, Debug)]
pub struct Store {
    path: PathBuf,
    patience: Duration,
    /// Whether what is special about the place was noted: it stays so.
    noted: Arc<AtomicBool>,
    /// Whether what is odd in the file was noted by [`Store::read`].
    told: Arc<AtomicBool>,
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

/// Identifies one state of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    modified: Option<SystemTime>,
    length: u64,
    inode: u64,
}

/// A broken file that has another name now.
pub struct SetAside {
    /// Where it is.
    pub path: PathBuf,
    /// What is in it.
    pub bytes: Zeroizing<Vec<u8>>,
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
        Self { path: path.into(), patience: PATIENCE, noted: Arc::default(), told: Arc::default() }
    }

    /// Changes how long an empty or torn file is read again before it counts as broken.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
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
        self.told.store(true, Ordering::Relaxed);
        let torn = match read(&self.path, self.patience, || Raw::load(&self.path)) {
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
        let (link, patience) = (self.path.clone(), self.patience);
        let mut notes: Vec<Note> = place.loose.clone().map(Note::OpenToAll).into_iter().collect();
        notes.extend(lock.is_lease().then_some(Note::NoLocks));
        if !notes.is_empty() && self.noted.swap(true, Ordering::Relaxed) {
            notes.clear();
        }
        let told = Arc::clone(&self.told);
        let (refills, draft, journal_draft) = (false, None, None);
        let mut locked = Locked { link, patience, place, lock, wait, notes, told, refills, draft, journal_draft };
        locked.check_link()?;
        locked.recover()?;
        locked.take_over_journal()?;
        locked.set_journal_aside()?;
        for kind in [DRAFT, JOURNAL_DRAFT] {
            locked.place.remove(&locked.place.own(kind))?;
        }
        Ok(locked)
    }

    /// Locks, reads, edits, and writes if the edit changed anything. The edit may run more than once: it starts
    /// over when a tool that takes no lock has changed the file.
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
const JOURNAL_ASIDE: &str = "journal.damaged";

/// The exclusive right to change the shared file, given up when dropped.
#[derive(Debug)]
pub struct Locked {
    link: PathBuf,
    patience: Duration,
    place: Arc<Place>,
    lock: Lock,
    wait: Duration,
    /// What was noticed and not said yet.
    notes: Vec<Note>,
    /// Whether a file with nothing in it is filled again instead of being refused.
    refills: bool,
    told: Arc<AtomicBool>,
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
        if self.refills
            && let Some(raw) = Raw::load_from(&self.place)?.filter(Raw::is_blank)
        {
            return Ok(Snapshot::of(Config::empty(), raw));
        }
        read(&self.place.path(), self.patience, || Raw::load_from(&self.place))
    }

    /// From now on a file with nothing in it is one without profiles, to be filled again.
    pub const fn refill(&mut self) {
        self.refills = true;
    }

    /// Gives a file that is broken for good another name next to it. Returns `None` if the file is
    /// whole, has nothing in it, or is missing.
    ///
    /// # Errors
    ///
    /// When it cannot be renamed.
    pub fn set_aside(&mut self) -> Result<Option<SetAside>, StoreError> {
        let Err(StoreError::Malformed { .. }) = self.read() else { return Ok(None) };
        let Some(raw) = Raw::load_from(&self.place)? else { return Ok(None) };
        let names = (0..).map(|number| match number {
            0 => self.place.beside("broken"),
            number => self.place.beside(&format!("broken.{number}")),
        });
        let mut free = names.filter(|name| self.place.path_of(name).symlink_metadata().is_err());
        let name = free.next().expect("some number is free");
        let renamed = self.place.folder.rename(&self.place.name, &name);
        renamed.map_err(StoreError::io(FileAction::Rename, &self.place.path()))?;
        self.place.sync()?;
        Ok(Some(SetAside { path: self.place.path_of(&name), bytes: raw.bytes }))
    }

    /// A file that is torn may be about to become whole by the hand of its writer.
    fn recover(&self) -> Result<(), StoreError> {
        if self.place.length(&self.place.own(COPY)) > 0 {
            self.read().ok();
        }
        recover(&self.place, |bytes| Config::parse(bytes).is_ok(), &self.lock)
    }

    /// Puts a complete journal in place that a process had to leave next to it. It may hold the only copy of a login:
    /// nothing else is done before.
    fn take_over_journal(&self) -> Result<(), StoreError> {
        let (draft, journal) = (self.place.own(JOURNAL_DRAFT), self.place.own(JOURNAL));
        let path = self.place.path_of(&draft);
        let left = Journal::read(&path, self.place.folder.open(&draft))?;
        if left.is_empty() {
            return Ok(());
        }
        let placed = self.place.folder.rename(&draft, &journal).and_then(|()| self.place.folder.sync());
        placed.map_err(|error| StoreError::io(FileAction::Replace, &self.place.path_of(&journal))(error).stranded(path))
    }

    /// Gives a journal that nothing can be taken from another name: whoever knows better may still find a login in it.
    fn set_journal_aside(&mut self) -> Result<(), StoreError> {
        let (journal, aside) = (self.place.own(JOURNAL), self.place.own(JOURNAL_ASIDE));
        let path = self.place.path_of(&journal);
        match self.journal()?.defect() {
            None => return Ok(()),
            Some(JournalDefect::UnknownVersion) => return Err(StoreError::JournalTooNew { path }),
            Some(defect) => self.notes.push(Note::JournalSetAside(defect, self.place.path_of(&aside))),
        }
        let renamed = self.place.folder.rename(&journal, &aside).and_then(|()| self.place.folder.sync());
        renamed.map_err(StoreError::io(FileAction::Rename, &path))
    }

    /// What was noticed on the way here, once; [`Updated::notes`] has it otherwise.
    pub fn take_notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.notes)
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
        let draft = self.new_draft(DRAFT)?;
        let length = self.place.length(&self.place.name) + growth;
        draft.reserve(length)?;
        reserve_inside(&self.place, length)?;
        let journal_draft = self.new_draft(JOURNAL_DRAFT)?;
        journal_draft.reserve(self.place.length(&self.place.own(JOURNAL)) + growth)?;
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
        let until = Instant::now() + self.patience;
        let mut file = self.lock.file()?;
        self.notes.extend(file.is_ignored().then_some(Note::LockIgnored));
        loop {
            let Snapshot { mut config, mut notes, raw, .. } = self.read()?;
            let before = Zeroizing::new(config.text().to_owned());
            let value = edit(&mut config).map_err(UpdateError::Edit)?;
            let written = config.text() != before.as_str();
            if written && !self.replace(&mut file, raw.as_ref(), config.text().as_bytes())? {
                if Instant::now() >= until {
                    return Err(self.busy().into());
                }
                continue;
            }
            self.tighten(written, raw.as_ref(), &mut notes)?;
            notes.append(&mut self.notes);
            if self.told.load(Ordering::Relaxed) {
                notes.retain(|note| !matches!(note, Note::Odd(_) | Note::More(_)));
            }
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

    /// Reads the journal.
    ///
    /// # Errors
    ///
    /// As [`Store::journal`].
    pub fn journal(&self) -> Result<Journal, StoreError> {
        let name = self.place.own(JOURNAL);
        Journal::read(&self.place.path_of(&name), self.place.folder.open(&name))
    }

    /// Makes `journal` the one on disk, durably. One with nothing in it is removed.
    ///
    /// # Errors
    ///
    /// What keeps it from being written or removed; [`Locked::reserve`] finds out beforehand.
    pub fn save_journal(&mut self, journal: &Journal) -> Result<(), StoreError> {
        if journal.is_empty() {
            self.place.remove(&self.place.own(JOURNAL))?;
            return self.place.sync();
        }
        let mut draft = match self.journal_draft.take() {
            Some(draft) => draft,
            None => self.new_draft(JOURNAL_DRAFT)?,
        };
        let written = draft.fill(&journal.to_bytes()).and_then(|()| draft.place(&self.lock));
        // A second attempt, or the next program, may have more luck with it.
        self.journal_draft = written.is_err().then_some(draft);
        written.map(|_| ())
    }

    /// Keeps the journal that could not be put in its place, and returns where it is. The next holder of the lock puts
    /// it there before anything else.
    pub fn strand(&mut self) -> Option<PathBuf> {
        self.journal_draft.take().and_then(Draft::persist)
    }

    /// Replaces the file unless it is no longer the one that was read; whether that was so.
    fn replace(&mut self, file: &mut FileLock, read: Option<&Raw>, bytes: &[u8]) -> Result<bool, StoreError> {
        if let Some(raw) = read {
            refuse_strangers(&self.place.path(), &raw.metadata)?;
        }
        let mut draft = match self.draft.take() {
            Some(draft) => draft,
            None => self.new_draft(DRAFT)?,
        };
        draft.fill(bytes)?;
        self.check_link()?;
        let now = Raw::load_from(&self.place)?;
        if now.as_ref().map(|raw| &raw.bytes) != read.map(|raw| &raw.bytes) {
            self.draft = Some(draft);
            return Ok(false);
        }
        let successor = draft.claim();
        if draft.place(&self.lock)? == Placed::Renamed {
            file.follow(successor);
        }
        Ok(true)
    }

    fn new_draft(&self, kind: &str) -> Result<Draft, StoreError> {
        let target = if kind == DRAFT { self.place.name.clone() } else { self.place.own(JOURNAL) };
        Draft::create(&self.place, kind, target, &self.place.owner_model()?, &self.lock)
    }

    /// A write has made the file private; one that was not needed still does, where the file system can.
    fn tighten(&self, written: bool, read: Option<&Raw>, notes: &mut [Note]) -> Result<(), StoreError> {
        let Some(note) = notes.iter_mut().find(|note| **note == Note::Exposed) else { return Ok(()) };
        let Place { folder, name, .. } = &*self.place;
        let is_private = || {
            let file = folder.open(name)?;
            let same = |raw: &Raw| file.metadata().is_ok_and(|now| platform::is_same(&raw.metadata, &now));
            if !written && read.is_some_and(same) {
                platform::make_private(&file, &folder.metadata()?)?;
            }
            file.metadata().map(|now| !platform::is_exposed(&now))
        };
        let is_private = is_private().map_err(StoreError::io(FileAction::Chmod, &self.place.path()))?;
        *note = if is_private { Note::Tightened } else { Note::NotPrivate };
        Ok(())
    }

    fn check_link(&self) -> Result<(), StoreError> {
        match self.place.is_at(&self.link)? {
            true => Ok(()),
            false => Err(StoreError::Moved { path: self.link.clone() }),
        }
    }

    fn busy(&self) -> StoreError {
        StoreError::Busy { path: self.place.path(), waited: self.wait }
    }
}

/// Reads a file again and again until it is whole or `patience` is over.
fn read(
    path: &Path,
    patience: Duration,
    load: impl Fn() -> Result<Option<Raw>, StoreError>,
) -> Result<Snapshot, StoreError> {
    let until = Instant::now() + patience;
    loop {
        let torn = match load()? {
            None => return Ok(Snapshot::missing()),
            Some(raw) => match Config::parse(&raw.bytes) {
                Ok(config) => return Ok(Snapshot::of(config, raw)),
                Err(_) if raw.is_blank() => StoreError::Empty { path: path.into() },
                Err(source) => StoreError::Malformed { path: path.into(), source },
            },
        };
        if Instant::now() >= until {
            return Err(torn);
        }
        thread::sleep(PAUSE);
    }
}

impl Snapshot {
    fn missing() -> Self {
        Self { config: Config::empty(), exists: false, notes: Vec::new(), raw: None }
    }

    fn of(config: Config, raw: Raw) -> Self {
        let mut notes: Vec<Note> = config.oddities().iter().cloned().map(Note::Odd).collect();
        notes.extend(Some(config.more_oddities()).filter(|more| *more > 0).map(Note::More));
        if platform::is_exposed(&raw.metadata) {
            notes.push(Note::Exposed);
        }
        if platform::is_foreign(&raw.metadata) {
            notes.push(Note::ForeignOwner);
        }
        if platform::names(&raw.metadata) > 1 {
            notes.push(Note::HardLinked(platform::names(&raw.metadata)));
        }
        Self { config, exists: true, notes, raw: Some(raw) }
    }
}
