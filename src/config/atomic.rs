//! A file is replaced whole or not at all: written beside, made durable, renamed.
//!
//! The temporary file can be made and its space allocated beforehand, so that a full disk is noticed before
//! something is spent that has to be saved. It has one fixed name, which only the holder of the lock uses: one
//! that is already there belongs to a dead process.

use std::fs::{self, File, Metadata};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use super::error::{Action, StoreError};
use super::lock::Lock;
use super::paths::parent;
use super::platform;

/// A file that will take the place of another. Dropped before that, it is removed.
#[derive(Debug)]
pub(super) struct Draft {
    target: PathBuf,
    path: PathBuf,
    file: File,
    placed: bool,
}

impl Draft {
    /// Creates `path`, the file that will replace `target`, for its owner alone, owned like `model`.
    pub(super) fn create(path: PathBuf, target: &Path, model: &Metadata, _: &Lock) -> Result<Self, StoreError> {
        remove(&path)?;
        let file = platform::create(&path).map_err(StoreError::io(Action::Create, &path))?;
        let draft = Self { target: target.into(), path, file, placed: false };
        platform::hand_over(&draft.file, model).map_err(StoreError::io(Action::Chown, &draft.path))?;
        Ok(draft)
    }

    /// Allocates `length` bytes and makes the file durable.
    pub(super) fn reserve(&self, length: u64) -> Result<(), StoreError> {
        let allocated = platform::allocate(&self.file, length).and_then(|()| self.file.sync_all());
        allocated.map_err(StoreError::io(Action::Reserve, &self.path))?;
        platform::sync_directory(parent(&self.path)).map_err(StoreError::io(Action::Reserve, &self.path))
    }

    /// Writes `bytes` and makes them durable. Can be repeated.
    pub(super) fn fill(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let filled = self.file.rewind().and_then(|()| self.file.write_all(bytes));
        let filled = filled.and_then(|()| self.file.set_len(bytes.len() as u64)).and_then(|()| self.file.sync_all());
        filled.map_err(StoreError::io(Action::Write, &self.path))
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
        platform::rename(&self.path, &self.target).map_err(StoreError::io(Action::Replace, &self.target))?;
        self.placed = true;
        platform::sync_directory(parent(&self.target)).map_err(StoreError::io(Action::Sync, &self.target))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.placed {
            // What stays behind is private, and the next holder of the lock removes it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes `path` if it is there.
pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
    match platform::uninterrupted(|| fs::remove_file(path)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done.map_err(StoreError::io(Action::Remove, path)),
    }
}
