//! The sandbox's folder: one instance uses it at a time, and others can find out where that one is.
//!
//! The lock is the operating system's, so a crash releases it. The address is in a file of its own, because on
//! Windows others cannot read a locked file. No other user can put anything into the folder, and nothing in it is
//! read or written through a symbolic link.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::StartError;

/// How long an instance may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The folder is a symbolic link or not a directory.
    #[error("not-a-directory")]
    NotADirectory,
    /// The folder, or the one that contains it, belongs to another user.
    #[error("foreign-owner")]
    ForeignOwner,
    /// Other users can write to the folder or replace it.
    #[error("writable-by-others")]
    WritableByOthers,
    /// The folder or a file in it cannot be created, locked or written.
    #[error("io")]
    Io(#[from] io::Error),
}

/// The exclusive use of a folder, released when dropped.
pub(super) struct FolderLock {
    folder: PathBuf,
    _file: File,
}

/// The instance that uses a folder.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct RunningInstance {
    pub(super) url: Option<String>,
    pub(super) long_lived: bool,
}

impl FolderLock {
    /// Creates `folder`, accessible only to its owner, and locks it.
    ///
    /// # Errors
    /// [`StartError::Running`] and [`StartError::Folder`]
    pub(super) fn acquire(folder: &Path) -> Result<Self, StartError> {
        let unusable = |source| StartError::Folder { folder: folder.to_owned(), source };
        create(folder).map_err(FolderError::from).and_then(|()| check(folder)).map_err(unusable)?;
        let file = private().read(true).write(true).create(true).truncate(false).open(folder.join("lock"));
        let file = file.map_err(|error| unusable(error.into()))?;
        match file.try_lock() {
            Ok(()) => {
                // The record of a crashed instance would send others to a dead port.
                fs::remove_file(record(folder)).ok();
                Ok(Self { folder: folder.to_owned(), _file: file })
            }
            Err(TryLockError::WouldBlock) => {
                let RunningInstance { url, long_lived } = running(folder).unwrap_or_default();
                Err(StartError::Running { folder: folder.to_owned(), url, long_lived })
            }
            Err(TryLockError::Error(error)) => Err(unusable(error.into())),
        }
    }

    /// Records this instance for others that want the folder.
    ///
    /// # Errors
    /// [`StartError::Folder`]
    pub(super) fn announce(&self, instance: &RunningInstance) -> Result<(), StartError> {
        let bytes = serde_json::to_vec(instance).expect("an instance is JSON");
        let written = replace(&record(&self.folder), &bytes);
        written.map_err(|error| StartError::Folder { folder: self.folder.clone(), source: error.into() })
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        fs::remove_file(record(&self.folder)).ok();
    }
}

fn create(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Checks that only this user can change the contents of `folder`.
fn check(folder: &Path) -> Result<(), FolderError> {
    let metadata = fs::symlink_metadata(folder)?;
    if !metadata.is_dir() {
        return Err(FolderError::NotADirectory);
    }
    check_owner(&metadata, folder)
}

#[cfg(unix)]
fn check_owner(metadata: &Metadata, folder: &Path) -> Result<(), FolderError> {
    use std::os::unix::fs::MetadataExt as _;
    const ROOT: u32 = 0;
    const STICKY: u32 = 0o1000;
    let user = rustix::process::geteuid().as_raw();
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let parent = fs::metadata(parent)?;
    if metadata.uid() != user || ![user, ROOT].contains(&parent.uid()) {
        return Err(FolderError::ForeignOwner);
    }
    // In a sticky folder such as /tmp others cannot rename or remove what is not theirs.
    let replaceable = parent.mode() & 0o002 != 0 && parent.mode() & STICKY == 0;
    if metadata.mode() & 0o022 != 0 || replaceable {
        return Err(FolderError::WritableByOthers);
    }
    Ok(())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "there is something to check elsewhere")]
fn check_owner(_: &Metadata, _: &Path) -> Result<(), FolderError> {
    Ok(())
}

/// Reads a file of the folder.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    private().read(true).open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Replaces a file of the folder. Its draft has the same name with `.tmp` added.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_added_extension("tmp");
    private().write(true).create(true).truncate(true).open(&draft)?.write_all(bytes)?;
    fs::rename(draft, path)
}

/// Options that open a file only its owner can read, and not through a symbolic link.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    }
    options
}

fn record(folder: &Path) -> PathBuf {
    folder.join("running.json")
}

/// Reads the record of the running instance, if that instance accepts connections.
fn running(folder: &Path) -> Option<RunningInstance> {
    let instance: RunningInstance = serde_json::from_slice(&read(&record(folder)).ok()?).ok()?;
    let address = instance.url.as_ref()?.strip_prefix("http://")?.parse().ok()?;
    TcpStream::connect_timeout(&address, CONNECT_TIMEOUT).ok()?;
    Some(instance)
}
