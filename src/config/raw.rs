//! What is at the path: the bytes of a regular file, and whether the place is fit for secrets.

use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::error::{Action, Danger, StoreError};
use super::paths::parent;
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
        let file = match platform::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_symlink() => {
                return Err(StoreError::Dangling { path: path.into() });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(|error| cannot_open(path, error))?,
        };
        let metadata = file.metadata().map_err(StoreError::io(Action::Stat, path))?;
        if !metadata.is_file() {
            return Err(StoreError::NotAFile { path: path.into() });
        }
        // One byte more than there should be: the end is found without growing, which would leave copies.
        let size = usize::try_from(metadata.len().min(MAX_SIZE) + 1).unwrap_or_default();
        let mut bytes = Zeroizing::new(Vec::with_capacity(size));
        file.take(MAX_SIZE + 1).read_to_end(&mut bytes).map_err(StoreError::io(Action::Read, path))?;
        if bytes.len() as u64 > MAX_SIZE {
            return Err(StoreError::TooLarge { path: path.into(), limit: MAX_SIZE });
        }
        Ok(Some(Self { bytes, metadata }))
    }

    pub(super) fn is_blank(&self) -> bool {
        self.bytes.iter().all(u8::is_ascii_whitespace)
    }
}

/// A directory, a socket or a device may refuse to be opened at all.
fn cannot_open(path: &Path, error: io::Error) -> StoreError {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => StoreError::NotAFile { path: path.into() },
        _ => StoreError::io(Action::Open, path)(error),
    }
}

/// The file behind every symbolic link. Its directory is made where there is none.
pub(super) fn resolve(path: &Path) -> Result<PathBuf, StoreError> {
    match fs::canonicalize(path) {
        Ok(target) if target.is_file() => return Ok(target),
        Ok(_) => return Err(StoreError::NotAFile { path: path.into() }),
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(StoreError::io(Action::Resolve, path)(error));
        }
        Err(_) if path.is_symlink() => return Err(StoreError::Dangling { path: path.into() }),
        Err(_) => {}
    }
    let name = path.file_name().ok_or_else(|| StoreError::NotAFile { path: path.into() })?;
    let directory = parent(path);
    if !directory.exists() {
        platform::create_directories(directory).map_err(StoreError::io(Action::Create, directory))?;
        let above = parent(directory);
        platform::sync_directory(above).map_err(StoreError::io(Action::Sync, above))?;
    }
    let directory = fs::canonicalize(directory).map_err(StoreError::io(Action::Resolve, directory))?;
    Ok(directory.join(name))
}

/// Whom root creates files for: the owner of the file, or else of its directory.
pub(super) fn owner_model(target: &Path, directory: Metadata) -> Result<Metadata, StoreError> {
    match fs::metadata(target) {
        Ok(metadata) => {
            refuse_strangers(target, &metadata)?;
            Ok(metadata)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(directory),
        Err(error) => Err(StoreError::io(Action::Stat, target)(error)),
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
