//! What the holder of the lock puts in order: what processes left behind that died, or that could not finish, and what
//! is broken for good.

use std::path::PathBuf;

use zeroize::Zeroizing;

use super::locked::Locked;
use super::{DRAFT, JOURNAL, JOURNAL_DRAFT};
use crate::config::Config;
use crate::config::atomic::{COPY, recover};
use crate::config::error::{FileAction, StoreError};
use crate::config::journal::Journal;
use crate::config::note::{JournalDefect, Note};
use crate::config::raw::Raw;

const JOURNAL_ASIDE: &str = "journal.damaged";

/// A broken file that has another name now.
pub struct SetAside {
    /// Where it is.
    pub path: PathBuf,
    /// What is in it.
    pub bytes: Zeroizing<Vec<u8>>,
}

impl Locked {
    /// Puts everything in order.
    pub(super) fn put_in_order(&mut self) -> Result<(), StoreError> {
        self.recover()?;
        self.take_over_journal()?;
        self.set_journal_aside()?;
        [DRAFT, JOURNAL_DRAFT].into_iter().try_for_each(|kind| self.place.remove(&self.place.own(kind)))
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
}
