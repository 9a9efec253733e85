//! The shared file and its folder: what a sign-in does before it shows an address, without keeping anything.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::Finding;
use crate::config::{Facts, StoreError};
use crate::logins::LoginStore;

/// Bytes that a renewal needs, with room to spare.
const LITTLE: u64 = 1 << 20;

pub(super) fn file(logins: &Arc<dyn LoginStore>) -> Vec<Finding> {
    let path = logins.path();
    let Some(facts) = Facts::of(path) else { return vec![missing(logins)] };
    let mut findings = match logins.read() {
        Err(error) => return vec![Finding::FileUnusable(error)],
        Ok(snapshot) => snapshot.notes.into_iter().map(Finding::FileOdd).collect::<Vec<_>>(),
    };
    if facts.is_mount_point {
        findings.push(Finding::FileMounted { path: path.to_owned() });
    }
    findings.extend(space(path));
    match write(logins) {
        Ok(notes) => findings.extend(notes),
        Err(StoreError::Busy { .. }) => findings.push(Finding::FileLocked { path: path.to_owned() }),
        Err(error) => findings.push(Finding::FileUnusable(error)),
    }
    if findings.is_empty() {
        findings.push(Finding::File { path: path.to_owned(), mode: facts.mode });
    }
    findings
}

/// Locks the file and reserves the space of a renewal.
fn write(logins: &Arc<dyn LoginStore>) -> Result<Vec<Finding>, StoreError> {
    let mut locked = logins.lock(Duration::ZERO)?;
    locked.reserve()?;
    Ok(locked.edit(&mut |_| {})?.into_iter().map(Finding::FileOdd).collect())
}

fn missing(logins: &Arc<dyn LoginStore>) -> Finding {
    match logins.read() {
        Err(error) => Finding::FileUnusable(error),
        Ok(_) => Finding::NoFile { path: logins.path().to_owned() },
    }
}

fn space(path: &Path) -> Option<Finding> {
    let folder = path.parent()?;
    let free = Facts::free_space(folder).filter(|free| *free < LITTLE)?;
    Some(Finding::DiskFull { path: folder.to_owned(), free })
}
