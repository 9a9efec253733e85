//! Modes, owners, descriptors of directories.

mod find;
mod folder;

use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::{Found, uninterrupted};

pub(crate) use find::find;
pub(crate) use folder::Folder;

const PRIVATE: u32 = 0o600;
const PRIVATE_DIRECTORY: u32 = 0o700;
const ROOT: u32 = 0;

/// Opens a file for reading without waiting for the writer of a FIFO.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(flags(OFlags::NONBLOCK)).open(path)
}

/// Opens a private file of ours for reading; a symbolic link in its place is refused.
pub(crate) fn open_own(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(flags(OFlags::NONBLOCK | OFlags::NOFOLLOW)).open(path)
}

/// Whether others than the owner may read or write the file.
pub(crate) fn is_exposed(metadata: &Metadata) -> bool {
    metadata.mode() & 0o077 != 0
}

/// Takes a file in a directory away from everyone but its owner. Root does so only for the owner of the directory.
pub(crate) fn make_private(file: &File, directory: &Metadata) -> io::Result<()> {
    if me() == ROOT && file.metadata()?.uid() != directory.uid() {
        return Ok(());
    }
    restrict(file, PRIVATE)
}

/// Sets the mode of a file or directory of ours. File systems that keep no modes, as of Windows, refuse it.
fn restrict(file: &File, mode: u32) -> io::Result<()> {
    match uninterrupted(|| file.set_permissions(Permissions::from_mode(mode))) {
        Err(error) if is_any_of(&error, &[Errno::PERM, Errno::INVAL, Errno::NOTSUP, Errno::NOSYS]) => Ok(()),
        done => done,
    }
}

/// Whether the file system has no locks, or no room for one.
pub(crate) fn has_no_locks(error: &io::Error) -> bool {
    is_any_of(error, &[Errno::NOLCK, Errno::NOSYS, Errno::NOTSUP, Errno::OPNOTSUPP])
}

fn is_any_of(error: &io::Error, codes: &[Errno]) -> bool {
    Errno::from_io_error(error).is_some_and(|code| codes.contains(&code))
}

/// How many names the file has.
pub(crate) fn names(metadata: &Metadata) -> u64 {
    metadata.nlink()
}

/// The number of the file in its file system.
pub(crate) fn inode(metadata: &Metadata) -> u64 {
    metadata.ino()
}

/// Whether both are the same file.
pub(crate) fn is_same(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Whether a file or directory belongs to a user that is not trusted. Root trusts every owner: it works on
/// the owner's behalf.
pub(crate) fn is_foreign(metadata: &Metadata) -> bool {
    me() != ROOT && metadata.uid() != me() && metadata.uid() != ROOT
}

fn me() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Whether anybody may rename files in the directory. A sticky one, such as `/tmp`, protects them.
pub(crate) fn is_open_to_all(directory: &Metadata) -> bool {
    directory.mode() & 0o1002 == 0o002
}

/// Gives a file that was just created by root to the owner of its neighbour or of what it replaces.
pub(crate) fn hand_over(file: &File, model: &Metadata) -> io::Result<()> {
    let owner = file.metadata()?;
    if me() != ROOT || (owner.uid(), owner.gid()) == (model.uid(), model.gid()) {
        return Ok(());
    }
    uninterrupted(|| fchown(file, Some(model.uid()), Some(model.gid())))
}

/// Whether this process may write files of `length` bytes. The system kills one that exceeds its limit (SIGXFSZ).
pub(crate) fn check_limit(length: u64) -> io::Result<()> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Fsize).current;
    if limit.is_some_and(|limit| length > limit) { Err(Errno::FBIG.into()) } else { Ok(()) }
}

/// Allocates `length` bytes, so that a full disk shows now and not when they are written.
pub(crate) fn allocate(file: &File, length: u64) -> io::Result<()> {
    check_limit(length)?;
    match native_allocate(file, length) {
        Err(error) if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput) => {
            super::fill_with_zeros(file, length)
        }
        done => done,
    }
}

/// Allocates `length` bytes for a file in use, whose content stays as it is. Where the system cannot do that, nothing
/// is done.
pub(crate) fn allocate_beyond(file: &File, length: u64) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::fs::{FallocateFlags, fallocate};
        match uninterrupted(|| Ok(fallocate(file, FallocateFlags::KEEP_SIZE, 0, length)?)) {
            Err(error) if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput) => {}
            done => return done,
        }
    }
    let _ = (file, length);
    Ok(())
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple", target_os = "freebsd"))]
fn native_allocate(file: &File, length: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    uninterrupted(|| Ok(fallocate(file, FallocateFlags::empty(), 0, length)?))
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple", target_os = "freebsd")))]
fn native_allocate(_: &File, _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Writes all of `bytes` from the place `offset` on.
pub(crate) fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    file.write_all_at(bytes, offset)
}

/// Makes a file or directory durable. File systems that cannot do it for a directory say so, and need it not.
pub(crate) fn sync(file: &File) -> io::Result<()> {
    match uninterrupted(|| file.sync_all()) {
        Err(error) if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput) => Ok(()),
        done => done,
    }
}

fn flags(wanted: OFlags) -> i32 {
    wanted.bits().cast_signed()
}
