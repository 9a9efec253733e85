//! Where the shared file really is, and the names of the files next to it.

use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

use super::error::{Danger, FileAction, StoreError};
use super::paths::{beside, lock_file};
use super::platform::{self, Folder, Found};

/// A directory that stays the same one, and the name of the shared file in it.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) folder: Folder,
    pub(super) name: OsString,
    /// A directory above, in which every user can give another directory this one's name.
    pub(super) loose: Option<PathBuf>,
}

impl Place {
    /// Follows `path` through every symbolic link. The directory is made where there is none.
    pub(super) fn find(path: &Path) -> Result<Self, StoreError> {
        let Found { folder, name, loose } = platform::find(path)?;
        Ok(Self { folder, name, loose })
    }

    /// Whether `path` still leads here.
    pub(super) fn is_at(&self, path: &Path) -> Result<bool, StoreError> {
        let now = Self::find(path)?;
        let same = platform::is_same(&self.directory()?, &now.directory()?);
        Ok(same && now.name == self.name && now.folder.path() == self.folder.path())
    }

    /// The path of a file in the directory, for messages.
    pub(super) fn path_of(&self, name: &OsStr) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The path of the shared file, for messages.
    pub(super) fn path(&self) -> PathBuf {
        self.path_of(&self.name)
    }

    /// The name of a private file of this program.
    pub(super) fn own(&self, kind: &str) -> OsString {
        beside(Path::new(&self.name), kind).into()
    }

    /// The name of the shared file with another end.
    pub(super) fn beside(&self, end: &str) -> OsString {
        let mut name = self.name.clone();
        name.push(".");
        name.push(end);
        name
    }

    /// The name of the lock file.
    pub(super) fn lock_file(&self) -> OsString {
        lock_file(Path::new(&self.name)).into()
    }

    /// What the system knows about the directory.
    pub(super) fn directory(&self) -> Result<Metadata, StoreError> {
        self.folder.metadata().map_err(StoreError::io(FileAction::Stat, self.folder.path()))
    }

    /// How long a file is; zero if there is none.
    pub(super) fn length(&self, name: &OsStr) -> u64 {
        self.folder.open(name).and_then(|file| file.metadata()).map_or(0, |metadata| metadata.len())
    }

    /// Removes a file if it is there.
    pub(super) fn remove(&self, name: &OsStr) -> Result<(), StoreError> {
        match self.folder.remove(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done.map_err(StoreError::io(FileAction::Remove, &self.path_of(name))),
        }
    }

    /// Makes the names in the directory durable.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        self.folder.sync().map_err(StoreError::io(FileAction::Sync, self.folder.path()))
    }

    /// The user that root creates files for: the owner of the file, or else of its directory. What another user
    /// owns or could replace is refused.
    pub(super) fn owner_model(&self) -> Result<Metadata, StoreError> {
        let directory = self.directory()?;
        refuse_strangers(self.folder.path(), &directory)?;
        match self.folder.open(&self.name).and_then(|file| file.metadata()) {
            Ok(metadata) => {
                refuse_strangers(&self.path(), &metadata)?;
                Ok(metadata)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(directory),
            Err(error) => Err(StoreError::io(FileAction::Open, &self.path())(error)),
        }
    }
}

/// Refuses what another user owns, or could replace.
pub(super) fn refuse_strangers(path: &Path, metadata: &Metadata) -> Result<(), StoreError> {
    let why = if platform::is_foreign(metadata) {
        Danger::ForeignOwner
    } else if metadata.is_dir() && platform::is_open_to_all(metadata) {
        Danger::WorldWritable
    } else {
        return Ok(());
    };
    Err(StoreError::Unsafe { path: path.into(), why })
}
