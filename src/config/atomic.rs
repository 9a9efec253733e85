//! Replaces a file completely or not at all: a temporary file is written, made durable and renamed.
//!
//! The temporary file can be made and its space allocated beforehand, so that a full disk is noticed before
//! something is used up whose replacement must be saved. It has one fixed name, which only the holder of the lock
//! uses: one that is already there belongs to a dead process. A file that cannot be replaced, because it is mounted by
//! itself, is written in place, with a complete copy next to it until that is durable.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::error::{FileAction, StoreError};
use super::lock::Lock;
use super::place::Place;
use super::platform;
use super::raw::Raw;

/// The kind of the file that holds what a file that cannot be replaced is about to hold.
pub(super) const COPY: &str = "copy";

/// A file that will take the place of another. Dropped before that, it is removed, unless it is to persist.
#[derive(Debug)]
pub(super) struct Draft {
    place: Arc<Place>,
    name: OsString,
    target: OsString,
    file: File,
    filled: bool,
    persisted: bool,
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
        let file = place.folder.create(&name).map_err(StoreError::io(FileAction::Create, &place.path_of(&name)))?;
        let draft = Self { place, name, target, file, filled: false, persisted: false };
        platform::hand_over(&draft.file, model).map_err(StoreError::io(FileAction::Chown, &draft.path()))?;
        Ok(draft)
    }

    /// Allocates `length` bytes and makes the file durable.
    pub(super) fn reserve(&self, length: u64) -> Result<(), StoreError> {
        let allocated = platform::allocate(&self.file, length).and_then(|()| platform::sync(&self.file));
        let reserved = allocated.and_then(|()| self.place.folder.sync());
        reserved.map_err(StoreError::io(FileAction::Reserve, &self.path()))
    }

    /// Writes `bytes` and makes them durable. Can be repeated.
    pub(super) fn fill(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.filled = false;
        let written = overwrite(&self.file, bytes).and_then(|()| {
            self.filled = true;
            platform::sync(&self.file)
        });
        written.map_err(StoreError::io(FileAction::Write, &self.path()))
    }

    /// Locks the file before others can see it, so that it is locked when it appears in its place. `None`
    /// where that cannot be done.
    pub(super) fn claim(&self) -> Option<File> {
        // On Windows a lock keeps readers out.
        let file = if cfg!(unix) { self.file.try_clone().ok() } else { None };
        file.filter(|file| file.try_lock().is_ok())
    }

    /// Puts the file in its place, durably. The shared file cannot be replaced where it is mounted by itself, as
    /// containers do; then its content is, while this file stays as a copy.
    pub(super) fn place(&mut self, lock: &Lock) -> Result<Placed, StoreError> {
        let target = self.place.path_of(&self.target);
        match self.place.folder.rename(&self.name, &self.target) {
            Ok(()) => self.persisted = true,
            Err(error) if is_bound(&error) && self.target == self.place.name => {
                self.copy_into_target(lock)?;
                return Ok(Placed::Copied);
            }
            Err(error) => return Err(StoreError::io(FileAction::Replace, &target)(error)),
        }
        self.place.sync()?;
        Ok(Placed::Renamed)
    }

    /// The copy has its own name while the target is written, so that a later holder of the lock knows what a torn
    /// target should have become.
    fn copy_into_target(&mut self, lock: &Lock) -> Result<(), StoreError> {
        let copy = self.place.own(COPY);
        let renamed = self.place.folder.rename(&self.name, &copy).and_then(|()| self.place.folder.sync());
        renamed.map_err(StoreError::io(FileAction::Replace, &self.place.path_of(&copy)))?;
        // From here on it is the one whole copy.
        self.persisted = true;
        let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(self.place.length(&copy)).unwrap_or(0) + 1));
        let read = self.place.folder.open(&copy).and_then(|mut file| file.read_to_end(&mut bytes));
        read.map_err(StoreError::io(FileAction::Read, &self.place.path_of(&copy)))?;
        write_into(&self.place, &self.target, &bytes, lock)?;
        self.place.remove(&copy)
    }

    /// Leaves a file that cannot take its place where it is, and returns that, if it has its content.
    pub(super) fn persist(mut self) -> Option<PathBuf> {
        self.persisted = self.filled;
        self.persisted.then(|| self.path())
    }

    fn path(&self) -> PathBuf {
        self.place.path_of(&self.name)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.persisted {
            // What stays behind is private, and the next holder of the lock removes it.
            let _ = self.place.folder.remove(&self.name);
        }
    }
}

/// How a draft came to its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placed {
    /// It is the file now.
    Renamed,
    /// The file is the one it was and has the draft's content.
    Copied,
}

/// Whether a file cannot be replaced because something is mounted on it.
fn is_bound(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ResourceBusy | io::ErrorKind::CrossesDevices)
}

/// Writes the file called `name` where it is, durably. It is emptied first, so that a torn write can be recognised.
fn write_into(place: &Place, name: &OsStr, bytes: &[u8], _: &Lock) -> Result<(), StoreError> {
    let path = place.path_of(name);
    let file = place.folder.open_to_write(name).map_err(StoreError::io(FileAction::Open, &path))?;
    let directory = place.directory()?;
    let write = || {
        platform::make_private(&file, &directory)?;
        platform::check_limit(bytes.len() as u64)?;
        platform::allocate_beyond(&file, bytes.len() as u64)?;
        file.set_len(0)?;
        overwrite(&file, bytes)?;
        platform::sync(&file)
    };
    write().map_err(StoreError::io(FileAction::Write, &path))
}

/// Makes sure that a file that cannot be replaced can be written where it is, `length` bytes long.
pub(super) fn reserve_inside(place: &Place, length: u64) -> Result<(), StoreError> {
    if !place.folder.is_mounted(&place.name) {
        return Ok(());
    }
    let file = place.folder.open_to_write(&place.name).map_err(StoreError::io(FileAction::Open, &place.path()))?;
    let allocated = platform::check_limit(length).and_then(|()| platform::allocate_beyond(&file, length));
    allocated.map_err(StoreError::io(FileAction::Reserve, &place.path()))
}

/// Finishes what a process left that died while it wrote the file in its place: a torn or empty file gets the content
/// it should have got. One that another tool has written since is left alone.
pub(super) fn recover(place: &Place, is_whole: impl Fn(&[u8]) -> bool, lock: &Lock) -> Result<(), StoreError> {
    let copy = place.own(COPY);
    let Some(saved) = Raw::load_private_from(place, &copy)? else { return Ok(()) };
    let torn = Raw::load_from(place)?.is_none_or(|raw| !is_whole(&raw.bytes));
    if torn && is_whole(&saved.bytes) {
        write_into(place, &place.name, &saved.bytes, lock)?;
    }
    place.remove(&copy)
}

/// Makes `bytes` the whole content of a file. Where the file cannot be made shorter, white space follows them, which
/// means nothing in JSON: they may be the only copy of a login.
fn overwrite(file: &File, bytes: &[u8]) -> io::Result<()> {
    let length = bytes.len() as u64;
    platform::check_limit(length)?;
    platform::write_at(file, bytes, 0)?;
    file.set_len(length).or_else(|_| {
        let rest = usize::try_from(file.metadata()?.len().saturating_sub(length)).map_err(io::Error::other)?;
        platform::write_at(file, &vec![b' '; rest], length)
    })
}
