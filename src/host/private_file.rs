//! A new file that only its owner can read, made before there is something to keep in it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// An empty file that waits for its content. Without any it is removed again when dropped.
#[derive(Debug)]
pub struct PrivateFile {
    path: PathBuf,
    file: Option<File>,
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
        Ok(Self { path: path.to_owned(), file: Some(options.open(path)?) })
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
        self.file = None;
        Ok(())
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            fs::remove_file(&self.path).ok();
        }
    }
}
