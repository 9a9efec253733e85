//! A directory by its descriptor: it stays the same one, whatever happens to its path.

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags, openat, renameat, statat, unlinkat};
use rustix::io::Errno;

use super::super::uninterrupted;
use super::{PRIVATE, restrict, sync};

/// A directory. What is in it is reached through the descriptor; the path is for messages.
#[derive(Debug)]
pub(crate) struct Folder {
    descriptor: File,
    path: PathBuf,
}

impl Folder {
    /// The directory that `descriptor` is.
    pub(super) fn new(descriptor: File, path: PathBuf) -> Self {
        Self { descriptor, path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        self.descriptor.metadata()
    }

    /// Opens a file for reading, without waiting for the writer of a FIFO. A symbolic link is refused.
    pub(crate) fn open(&self, name: &OsStr) -> io::Result<File> {
        self.open_at(name, OFlags::RDONLY)
    }

    /// Opens a file for writing, as [`Folder::open`] does.
    pub(crate) fn open_to_write(&self, name: &OsStr) -> io::Result<File> {
        self.open_at(name, OFlags::RDWR)
    }

    /// Creates a private file that was not there.
    pub(crate) fn create(&self, name: &OsStr) -> io::Result<File> {
        let file = self.open_at(name, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL)?;
        // The mode that was asked for, whatever the umask took from it.
        restrict(&file, PRIVATE)?;
        Ok(file)
    }

    /// Opens a file for locking, or creates it; whether it was created.
    pub(crate) fn open_or_create(&self, name: &OsStr) -> io::Result<(File, bool)> {
        loop {
            match self.open_to_write(name) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                opened => return Ok((opened?, false)),
            }
            match self.create(name) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                created => return Ok((created?, true)),
            }
        }
    }

    /// Gives a file another name, and replaces the one that has it.
    pub(crate) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        uninterrupted(|| Ok(renameat(&self.descriptor, from, &self.descriptor, to)?))
    }

    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        uninterrupted(|| Ok(unlinkat(&self.descriptor, name, AtFlags::empty())?))
    }

    /// Makes the names in the directory durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        sync(&self.descriptor)
    }

    /// Whether the file called `name` is `known`.
    pub(crate) fn has(&self, name: &OsStr, known: &Metadata) -> io::Result<bool> {
        match statat(&self.descriptor, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => Ok((found.st_dev, found.st_ino) == (known.dev(), known.ino())),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the file called `name` is mounted by itself, as containers do with single files.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(crate) fn is_mounted(&self, name: &OsStr) -> bool {
        use rustix::fs::{StatxAttributes, StatxFlags, statx};
        let found = statx(&self.descriptor, name, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::empty());
        found.is_ok_and(|found| found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(crate) fn is_mounted(&self, _: &OsStr) -> bool {
        false
    }

    fn open_at(&self, name: &OsStr, flags: OFlags) -> io::Result<File> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        uninterrupted(|| Ok(openat(&self.descriptor, name, flags, Mode::from_raw_mode(PRIVATE as _))?.into()))
    }
}
