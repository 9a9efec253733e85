//! Windows: the access list of the user's profile folder keeps others out; renames wait for virus scanners.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

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

/// Creates a file that was not there.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).open(path)
}

/// Opens a file for locking, creating it where there is none.
pub(crate) fn open_or_create(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

/// Creates a directory and those above it.
pub(crate) fn create_directories(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Never: access lists are not looked at.
pub(crate) fn is_exposed(_: &Metadata) -> bool {
    false
}

/// Does nothing.
pub(crate) fn make_private(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Always one: the standard library does not tell.
pub(crate) fn names(_: &Metadata) -> u64 {
    1
}

/// Always zero: the standard library does not tell.
pub(crate) fn inode(_: &Metadata) -> u64 {
    0
}

/// Always: the lock file is never removed, and an open file cannot be replaced here.
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

/// Allocates `length` bytes, so that a full disk shows now and not when they are written.
pub(crate) fn allocate(file: &File, length: u64) -> io::Result<()> {
    super::fill_with_zeros(file, length)
}

/// Replaces the file `to`, waiting for programs that have it open.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let until = Instant::now() + RENAME_PATIENCE;
    loop {
        match fs::rename(from, to) {
            Err(error) if error.raw_os_error().is_some_and(|code| IN_USE.contains(&code)) && Instant::now() < until => {
                thread::sleep(RENAME_PAUSE);
            }
            done => return done,
        }
    }
}

/// Does nothing: names are journalled by the file system.
pub(crate) fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}
