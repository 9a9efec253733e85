//! A file is replaced whole or not at all: written beside, made durable, renamed.
//!
//! The temporary file can be made and its space allocated beforehand, so that a full disk is noticed before
//! something is spent that has to be saved. It has one fixed name, which only the holder of the lock uses: one
//! that is already there belongs to a dead process.

use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io::{Seek, Write};
use std::path::PathBuf;
use std::sync::Arc;

use super::error::{Action, StoreError};
use super::lock::Lock;
use super::place::Place;
use super::platform;

/// A file that will take the place of another. Dropped before that, it is removed.
#[derive(Debug)]
pub(super) struct Draft {
    place: Arc<Place>,
    name: OsString,
    target: OsString,
    file: File,
    placed: bool,
}

impl Draft {
    /// Creates the file of this `kind` that will replace `target`, for its owner alone, owned like `model`.
    pub(super) fn create(
        place: &Arc<Place>,
        kind: &str,
        target: OsString,
        model: &Metadata,
        _: &Lock,
    ) -> Result<Self, StoreError> {
        let (place, name) = (Arc::clone(place), place.own(kind));
        place.remove(&name)?;
        let file = place.folder.create(&name).map_err(StoreError::io(Action::Create, &place.path_of(&name)))?;
        let draft = Self { place, name, target, file, placed: false };
        platform::hand_over(&draft.file, model).map_err(StoreError::io(Action::Chown, &draft.path()))?;
        Ok(draft)
    }

    /// Allocates `length` bytes and makes the file durable.
    pub(super) fn reserve(&self, length: u64) -> Result<(), StoreError> {
        let allocated = platform::allocate(&self.file, length).and_then(|()| platform::sync(&self.file));
        let reserved = allocated.and_then(|()| self.place.folder.sync());
        reserved.map_err(StoreError::io(Action::Reserve, &self.path()))
    }

    /// Writes `bytes` and makes them durable. Can be repeated.
    pub(super) fn fill(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        overwrite(&mut self.file, bytes).map_err(StoreError::io(Action::Write, &self.path()))
    }

    /// Locks the file while nobody else knows it, so that it is locked when it appears in its place. `None`
    /// where that cannot be done.
    pub(super) fn claim(&self) -> Option<File> {
        // On Windows a lock keeps readers out.
        let file = if cfg!(unix) { self.file.try_clone().ok() } else { None };
        file.filter(|file| file.try_lock().is_ok())
    }

    /// Puts the file in its place, durably.
    pub(super) fn place(mut self, _: &Lock) -> Result<(), StoreError> {
        let target = self.place.path_of(&self.target);
        let renamed = self.place.folder.rename(&self.name, &self.target);
        renamed.map_err(StoreError::io(Action::Replace, &target))?;
        self.placed = true;
        self.place.sync()
    }

    fn path(&self) -> PathBuf {
        self.place.path_of(&self.name)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.placed {
            // What stays behind is private, and the next holder of the lock removes it.
            let _ = self.place.folder.remove(&self.name);
        }
    }
}

/// Makes `bytes` the whole content of a file, durably.
fn overwrite(file: &mut File, bytes: &[u8]) -> std::io::Result<()> {
    file.rewind()?;
    file.write_all(bytes)?;
    file.set_len(bytes.len() as u64)?;
    platform::sync(file)
}
