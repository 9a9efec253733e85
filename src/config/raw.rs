//! What is at the path: the bytes of a regular file.

use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use super::error::{FileAction, StoreError};
use super::place::Place;
use super::platform;

/// The largest file that is read.
const MAX_SIZE: u64 = 16 << 20;

/// The bytes of the file and what the system knows about it.
#[derive(Clone)]
pub(super) struct Raw {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) metadata: Metadata,
}

impl Raw {
    /// Reads the file at `path`, `None` when there is none. Anything but a regular file is refused without waiting.
    pub(super) fn load(path: &Path) -> Result<Option<Self>, StoreError> {
        Self::read(path, platform::open(path))
    }

    /// As [`Raw::load`], where no link is followed any more.
    pub(super) fn load_from(place: &Place) -> Result<Option<Self>, StoreError> {
        Self::read(&place.path(), place.folder.open(&place.name))
    }

    /// Reads a private file of this program; `None` when there is none that can be trusted.
    pub(super) fn load_private(path: &Path) -> Result<Option<Self>, StoreError> {
        Self::trusted(path, platform::open_own(path))
    }

    /// As [`Raw::load_private`], in a directory.
    pub(super) fn load_private_from(place: &Place, name: &OsStr) -> Result<Option<Self>, StoreError> {
        Self::trusted(&place.path_of(name), place.folder.open(name))
    }

    fn trusted(path: &Path, opened: io::Result<File>) -> Result<Option<Self>, StoreError> {
        if path.symlink_metadata().is_ok_and(|found| !found.is_file()) {
            return Ok(None);
        }
        Ok(Self::read(path, opened)?.filter(|raw| !platform::is_foreign(&raw.metadata)))
    }

    fn read(path: &Path, opened: io::Result<File>) -> Result<Option<Self>, StoreError> {
        let file = match opened {
            Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_symlink() => {
                return Err(StoreError::Dangling { path: path.into() });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(|error| cannot_open(path, error))?,
        };
        let metadata = file.metadata().map_err(StoreError::io(FileAction::Stat, path))?;
        if !metadata.is_file() {
            return Err(StoreError::NotAFile { path: path.into() });
        }
        // One byte more than there should be: the end is found without growing, which would leave copies.
        let size = usize::try_from(metadata.len().min(MAX_SIZE) + 1).unwrap_or_default();
        let mut bytes = Zeroizing::new(Vec::with_capacity(size));
        file.take(MAX_SIZE + 1).read_to_end(&mut bytes).map_err(StoreError::io(FileAction::Read, path))?;
        if bytes.len() as u64 > MAX_SIZE {
            return Err(StoreError::TooLarge { path: path.into(), limit: MAX_SIZE });
        }
        Ok(Some(Self { bytes, metadata }))
    }

    /// Whether it holds nothing: blanks, the zeros that a crash leaves behind, or `null`.
    pub(super) fn is_blank(&self) -> bool {
        let is_blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0;
        self.bytes.iter().all(is_blank) || self.bytes.trim_ascii() == b"null"
    }
}

/// A directory, a socket or a device may refuse to be opened at all.
fn cannot_open(path: &Path, error: io::Error) -> StoreError {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => StoreError::NotAFile { path: path.into() },
        _ => StoreError::io(FileAction::Open, path)(error),
    }
}
