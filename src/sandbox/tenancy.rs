//! One sandbox at a time in a folder, and where the one that has it can be reached.
//!
//! The lock is the operating system's, so a crash releases it. The address is in a file of its own, because on
//! Windows a locked file cannot be read by others.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::state::private;

const LIMIT: Duration = Duration::from_secs(1);

/// The right to a folder, given back when dropped.
pub(super) struct Tenancy {
    record: PathBuf,
    _lock: File,
}

/// Who has a folder.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Tenant {
    /// Empty if it does not say.
    pub(super) url: String,
    pub(super) long_lived: bool,
}

impl Tenancy {
    /// Makes `folder`, for its owner only, and takes the right to use it. Who has it already is told by `Err`.
    pub(super) fn take(folder: &Path) -> io::Result<Result<Self, Tenant>> {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(folder)?;
        let record = folder.join("running.json");
        let lock = private().read(true).write(true).create(true).truncate(false).open(folder.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {
                // What a crashed tenant left would send others to a dead port.
                fs::remove_file(&record).ok();
                Ok(Ok(Self { record, _lock: lock }))
            }
            Err(TryLockError::WouldBlock) => Ok(Err(tenant(&record))),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Tells others where this sandbox is.
    pub(super) fn announce(&self, tenant: &Tenant) -> io::Result<()> {
        let draft = self.record.with_extension("json.tmp");
        let mut file = private().write(true).create(true).truncate(true).open(&draft)?;
        file.write_all(&serde_json::to_vec(tenant)?)?;
        drop(file);
        fs::rename(draft, &self.record)
    }
}

impl Drop for Tenancy {
    fn drop(&mut self) {
        fs::remove_file(&self.record).ok();
    }
}

/// The tenant of the record, if something answers at its address.
fn tenant(record: &Path) -> Tenant {
    let read = || -> Option<Tenant> {
        let tenant: Tenant = serde_json::from_slice(&fs::read(record).ok()?).ok()?;
        let address = tenant.url.strip_prefix("http://")?.parse().ok()?;
        TcpStream::connect_timeout(&address, LIMIT).ok()?;
        Some(tenant)
    };
    read().unwrap_or_default()
}
