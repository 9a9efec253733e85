//! Windows: the access list of the user's profile folder keeps others out; renames wait for virus scanners.

use std::ffi::OsStr;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::Found;
use crate::config::error::{FileAction, StoreError};
use crate::config::paths::parent;

/// How long a rename waits for another program to close the file.
const RENAME_PATIENCE: Duration = Duration::from_secs(2);
const RENAME_PAUSE: Duration = Duration::from_millis(20);
/// `ERROR_ACCESS_DENIED` and `ERROR_SHARING_VIOLATION`.
const IN_USE: [i32; 2] = [5, 32];

/// Opens a file for reading.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Opens a private file of ours for reading.
pub(crate) fn open_own(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// A directory.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        fs::metadata(&self.path)
    }

    /// Opens a file for reading.
    pub(crate) fn open(&self, name: &OsStr) -> io::Result<File> {
        File::open(self.path.join(name))
    }

    /// Opens a file for writing.
    pub(crate) fn open_to_write(&self, name: &OsStr) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).open(self.path.join(name))
    }

    /// Creates a file that was not there.
    pub(crate) fn create(&self, name: &OsStr) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create_new(true).open(self.path.join(name))
    }

    /// Opens a file for locking, or creates it; never says that it was created, as nothing follows from it here.
    pub(crate) fn open_or_create(&self, name: &OsStr) -> io::Result<(File, bool)> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(self.path.join(name))?;
        Ok((file, false))
    }

    /// Gives a file another name and replaces the one that has it, waiting for programs that have it open.
    pub(crate) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        let until = Instant::now() + RENAME_PATIENCE;
        loop {
            match fs::rename(self.path.join(from), self.path.join(to)) {
                Err(error)
                    if error.raw_os_error().is_some_and(|code| IN_USE.contains(&code)) && Instant::now() < until =>
                {
                    thread::sleep(RENAME_PAUSE);
                }
                done => return done,
            }
        }
    }

    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    /// Does nothing: names are journalled by the file system.
    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    /// Never: files cannot be mounted by themselves.
    pub(crate) fn is_mounted(&self, _: &OsStr) -> bool {
        false
    }

    /// Always: the lock file is never removed, and an open file cannot be replaced here.
    pub(crate) fn has(&self, _: &OsStr, _: &Metadata) -> io::Result<bool> {
        Ok(true)
    }
}

/// Finds the file that `path` leads to. Its directory is made where there is none.
pub(crate) fn find(path: &Path) -> Result<Found, StoreError> {
    let target = match fs::canonicalize(path) {
        Ok(target) if target.is_file() => target,
        Ok(_) => return Err(StoreError::NotAFile { path: path.into() }),
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(StoreError::io(FileAction::Resolve, path)(error));
        }
        Err(_) if path.is_symlink() => return Err(StoreError::Dangling { path: path.into() }),
        Err(_) => {
            let name = path.file_name().ok_or_else(|| StoreError::NotAFile { path: path.into() })?;
            let directory = parent(path);
            fs::create_dir_all(directory).map_err(StoreError::io(FileAction::Create, directory))?;
            fs::canonicalize(directory).map_err(StoreError::io(FileAction::Resolve, directory))?.join(name)
        }
    };
    let name = target.file_name().ok_or_else(|| StoreError::NotAFile { path: path.into() })?.to_owned();
    Ok(Found { folder: Folder { path: parent(&target).to_owned() }, name, loose: None })
}

/// Never: access lists are not looked at.
pub(crate) fn is_exposed(_: &Metadata) -> bool {
    false
}

/// Does nothing.
pub(crate) fn make_private(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Always one: the standard library does not report it.
pub(crate) fn names(_: &Metadata) -> u64 {
    1
}

/// Always zero: the standard library does not report it.
pub(crate) fn inode(_: &Metadata) -> u64 {
    0
}

/// Always true: the standard library does not report it.
pub(crate) fn is_same(_: &Metadata, _: &Metadata) -> bool {
    true
}

/// Never: access lists are not looked at.
pub(crate) fn is_foreign(_: &Metadata) -> bool {
    false
}

/// Never: access lists are not looked at.
pub(crate) fn is_open_to_all(_: &Metadata) -> bool {
    false
}

/// Does nothing.
pub(crate) fn hand_over(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Always: there is no such limit.
pub(crate) fn check_limit(_: u64) -> io::Result<()> {
    Ok(())
}

/// Allocates `length` bytes, so that a full disk shows now and not when they are written.
pub(crate) fn allocate(file: &File, length: u64) -> io::Result<()> {
    super::fill_with_zeros(file, length)
}

/// Does nothing: a file in use is never written here.
pub(crate) fn allocate_beyond(_: &File, _: u64) -> io::Result<()> {
    Ok(())
}

/// Whether the file system has no locks.
pub(crate) fn has_no_locks(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported
}

/// Writes all of `bytes` from the place `offset` on.
pub(crate) fn write_at(mut file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(bytes)
}

/// Makes a file durable.
pub(crate) fn sync(file: &File) -> io::Result<()> {
    file.sync_all()
}
