//! The sandbox's folder: one instance uses it at a time, and others can find out where that one is.
//!
//! The lock is the operating system's, so a crash releases it. The address is in a file of its own, because on
//! Windows others cannot read a locked file.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::StartError;
use super::state::private;

/// How long an instance may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

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
        create(folder).map_err(unusable)?;
        let file = private().read(true).write(true).create(true).truncate(false).open(folder.join("lock"));
        let file = file.map_err(unusable)?;
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
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }

    /// Records this instance for others that want the folder.
    ///
    /// # Errors
    /// [`StartError::Folder`]
    pub(super) fn announce(&self, instance: &RunningInstance) -> Result<(), StartError> {
        let draft = record(&self.folder).with_extension("json.tmp");
        let write = || {
            let mut file = private().write(true).create(true).truncate(true).open(&draft)?;
            file.write_all(&serde_json::to_vec(instance)?)?;
            drop(file);
            fs::rename(&draft, record(&self.folder))
        };
        write().map_err(|source| StartError::Folder { folder: self.folder.clone(), source })
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

fn record(folder: &Path) -> PathBuf {
    folder.join("running.json")
}

/// Reads the record of the running instance, if that instance accepts connections.
fn running(folder: &Path) -> Option<RunningInstance> {
    let instance: RunningInstance = serde_json::from_slice(&fs::read(record(folder)).ok()?).ok()?;
    let address = instance.url.as_ref()?.strip_prefix("http://")?.parse().ok()?;
    TcpStream::connect_timeout(&address, CONNECT_TIMEOUT).ok()?;
    Some(instance)
}
