//! Turns at the five callback ports, 12345 to 12349: tests that sign in wait here for each other, whatever thread
//! or process they run in.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;

/// The ports are the caller's alone until this is dropped.
#[must_use]
pub(crate) struct Turn {
    _lock: File,
}

/// Waits for a turn at the ports.
pub(crate) fn turn() -> Turn {
    let path = std::env::temp_dir().join("aliyun-rs-test-ports.lock");
    // The file may belong to another user, and Linux then refuses to create it once more in a shared folder.
    let file = match File::open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            OpenOptions::new().write(true).create(true).truncate(false).open(&path)
        }
        other => other,
    };
    let lock = file.unwrap_or_else(|error| panic!("could not open `{}`: {error}", path.display()));
    lock.lock().unwrap();
    Turn { _lock: lock }
}
