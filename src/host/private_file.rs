//! Files that only their owner can read: made before there is something to keep in them, and read only if they are.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::secret::Secret;

/// An empty file that waits for its content. Without any it is removed again when dropped.
#[derive(Debug)]
pub struct PrivateFile {
    path: PathBuf,
    /// The file that it takes the place of.
    target: Option<PathBuf>,
    file: Option<File>,
}

/// A private file was not read.
#[derive(Debug, thiserror::Error)]
pub enum NotPrivate {
    /// The system refused.
    #[error("private-file-unreadable")]
    Io(#[from] io::Error),
    /// It is not a regular file.
    #[error("private-file-not-regular")]
    NotAFile,
    /// It belongs to another user, or others may read or change it.
    #[error("private-file-shared")]
    Shared,
    /// It is too large, or not text.
    #[error("private-file-malformed")]
    Malformed,
}

impl PrivateFile {
    /// Creates the file with mode 0600. A link is not followed.
    ///
    /// # Errors
    /// What the system reports; [`io::ErrorKind::AlreadyExists`] for whatever is there, a broken link too.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self { path: path.to_owned(), target: None, file: Some(options.open(path)?) })
    }

    /// Creates a file as [`PrivateFile::create`] does, beside `target`, whose place it takes once it has its content.
    /// Until then `target` stays as it is.
    ///
    /// # Errors
    /// What the system reports; [`io::ErrorKind::AlreadyExists`] if `target` is neither a regular file nor a link: a
    /// device or a pipe is not replaced.
    pub fn replace(target: &Path) -> io::Result<Self> {
        let is_special = |found: fs::Metadata| !found.is_file() && !found.is_symlink();
        if target.symlink_metadata().is_ok_and(is_special) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let mut name = std::ffi::OsString::from(".");
        name.push(target.file_name().ok_or(io::ErrorKind::IsADirectory)?);
        name.push(format!(".{}.tmp", std::process::id()));
        let path = target.with_file_name(name);
        // Of an earlier process with this id.
        fs::remove_file(&path).ok();
        let mut file = Self::create(&path)?;
        file.target = Some(target.to_owned());
        Ok(file)
    }

    /// Writes `text` durably and keeps the file.
    ///
    /// # Errors
    /// What the system reports; the file is removed then.
    pub fn keep(mut self, text: &str) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
        }
        if let Some(target) = &self.target {
            fs::rename(&self.path, target)?;
        }
        self.file = None;
        Ok(())
    }
}

/// Reads a file of at most `longest` bytes that belongs to this user or to root, and that nobody else may read or change.
///
/// # Errors
/// [`NotPrivate`]
pub fn read_private_file(path: &Path, longest: u64) -> Result<Secret, NotPrivate> {
    let mut options = OpenOptions::new();
    options.read(true);
    // Nobody is waited for who would write into a pipe.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    let file = options.open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(NotPrivate::NotAFile);
    }
    if is_shared(&found) {
        return Err(NotPrivate::Shared);
    }
    let mut text = Zeroizing::new(String::new());
    match file.take(longest + 1).read_to_string(&mut text) {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(NotPrivate::Malformed),
        Ok(length) if length as u64 > longest => Err(NotPrivate::Malformed),
        read => Ok(read.map(|_| Secret::new(text.as_str()))?),
    }
}

#[cfg(unix)]
fn is_shared(found: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let owners = [0, rustix::process::geteuid().as_raw()];
    !owners.contains(&found.uid()) || found.mode() & 0o077 != 0
}

#[cfg(not(unix))]
const fn is_shared(_: &fs::Metadata) -> bool {
    false
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            fs::remove_file(&self.path).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_there_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        fs::write(&path, "precious").unwrap();
        assert_eq!(PrivateFile::create(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
        #[cfg(unix)]
        {
            let link = folder.path().join("link");
            std::os::unix::fs::symlink(folder.path().join("target"), &link).unwrap();
            assert_eq!(PrivateFile::create(&link).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            assert!(!folder.path().join("target").exists(), "a link was followed");
        }
    }

    #[test]
    fn a_file_without_content_does_not_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        drop(PrivateFile::create(&path).unwrap());
        assert!(!path.exists());
        PrivateFile::create(&path).unwrap().keep("value").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "value");
    }
}
