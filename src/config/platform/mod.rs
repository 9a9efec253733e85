//! What differs between Unix and Windows about private files: modes, owners, symbolic links, renames.
//!
//! Both sides have the same functions. On Windows the user's profile folder is private by its access list, so
//! everything about modes and owners does nothing there.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Component, Path, PathBuf};

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(super) use unix::*;

#[cfg(not(unix))]
mod other;
#[cfg(not(unix))]
pub(super) use other::*;

/// Where a file is, behind every symbolic link. There need not be one.
pub(super) struct Found {
    /// The directory that it is in.
    pub(super) folder: Folder,
    /// Its name there.
    pub(super) name: OsString,
    /// A directory above, in which every user can give another directory this one's name.
    pub(super) loose: Option<PathBuf>,
}

/// Whether both paths lead to one file, by whatever links, or would if there were one.
pub fn is_same_place(one: &Path, other: &Path) -> bool {
    let is_one_file = match (one.metadata(), other.metadata()) {
        (Ok(one), Ok(other)) => cfg!(unix) && is_same(&one, &other),
        _ => false,
    };
    is_one_file || real_place(one) == real_place(other)
}

/// Where a path leads by way of links and `..`, as far as there is something.
fn real_place(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.components().fold(PathBuf::new(), |mut place, component| {
        match component {
            Component::ParentDir => drop(place.pop()),
            component => place.push(component),
        }
        place.canonicalize().unwrap_or(place)
    })
}

/// Repeats what a signal interrupted. The standard library does so for reads and writes, but neither for locks
/// nor for renames.
pub(super) fn uninterrupted<T>(mut act: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match act() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// Allocates by writing, where the system has no call for it.
fn fill_with_zeros(mut file: &File, length: u64) -> io::Result<()> {
    io::copy(&mut io::repeat(0).take(length), &mut file)?;
    file.rewind()
}
