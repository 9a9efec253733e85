//! Writing, by whoever holds the lock: the shared file and its journal, from the reservation to the replacement.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::snapshot::{Snapshot, UNTIL_WHOLE, read};
use super::{DRAFT, JOURNAL, JOURNAL_DRAFT};
use crate::config::atomic::{Draft, Placed, reserve_inside};
use crate::config::error::{FileAction, StoreError};
use crate::config::journal::Journal;
use crate::config::lock::{FileLock, Lock};
use crate::config::note::Note;
use crate::config::place::{Place, refuse_strangers};
use crate::config::raw::Raw;
use crate::config::{Config, platform};

/// The exclusive right to change the shared file, given up when dropped.
#[derive(Debug)]
pub struct Locked {
    pub(super) link: PathBuf,
    pub(super) place: Arc<Place>,
    pub(super) lock: Lock,
    pub(super) wait: Duration,
    /// What was noticed and not said yet.
    pub(super) notes: Vec<Note>,
    /// Whether a file with nothing in it is filled again instead of being refused.
    pub(super) refills: bool,
    pub(super) told: Arc<AtomicBool>,
    pub(super) draft: Option<Draft>,
    pub(super) journal_draft: Option<Draft>,
}

impl Locked {
    /// Reads the file again.
    ///
    /// # Errors
    ///
    /// As [`super::Store::read`].
    pub fn read(&self) -> Result<Snapshot, StoreError> {
        if self.refills
            && let Some(raw) = Raw::load_from(&self.place)?.filter(Raw::is_blank)
        {
            return Ok(Snapshot::of(Config::empty(), raw));
        }
        read(&self.place.path(), || Raw::load_from(&self.place))
    }

    /// From now on a file with nothing in it is one without profiles, to be filled again.
    pub const fn refill(&mut self) {
        self.refills = true;
    }

    /// What was noticed on the way here, once; [`Locked::edit`] returns it otherwise.
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

    /// Reads, edits, and writes if the edit changed anything, into the reserved space if there is some. The edit starts
    /// over when a tool that takes no lock has changed the file. Returns what a person may want to know.
    ///
    /// # Errors
    ///
    /// [`StoreError::Busy`] when the file keeps changing; else what keeps the file from being read or replaced. In each
    /// case the file is as it was, except when only making it durable failed.
    pub fn edit(&mut self, mut edit: impl FnMut(&mut Config)) -> Result<Vec<Note>, StoreError> {
        let until = Instant::now() + UNTIL_WHOLE;
        let mut file = self.lock.file()?;
        self.notes.extend(file.is_ignored().then_some(Note::LockIgnored));
        loop {
            let Snapshot { mut config, mut notes, raw, .. } = self.read()?;
            let before = Zeroizing::new(config.text().to_owned());
            edit(&mut config);
            let written = config.text() != before.as_str();
            if written && !self.replace(&mut file, raw.as_ref(), config.text().as_bytes())? {
                if Instant::now() >= until {
                    return Err(self.busy());
                }
                continue;
            }
            self.tighten(written, raw.as_ref(), &mut notes)?;
            notes.append(&mut self.notes);
            if self.told.load(Ordering::Relaxed) {
                notes.retain(|note| !matches!(note, Note::Odd(_) | Note::More(_)));
            }
            return Ok(notes);
        }
    }

    /// Reads the journal.
    ///
    /// # Errors
    ///
    /// As [`super::Store::journal`].
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

    pub(super) fn check_link(&self) -> Result<(), StoreError> {
        match self.place.is_at(&self.link)? {
            true => Ok(()),
            false => Err(StoreError::Moved { path: self.link.clone() }),
        }
    }

    fn busy(&self) -> StoreError {
        StoreError::Busy { path: self.place.path(), waited: self.wait }
    }
}
