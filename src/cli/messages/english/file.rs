//! What is wrong with the shared file, in English.

use std::fmt::{Result, Write as _};
use std::path::Path;

use crate::cli::messages::shown::quoted;
use crate::cli::render::span;
use crate::config::{Danger, Defect, FileAction, Malformed, StoreError};
use crate::host::NotPrivate;
use crate::serve::TokenFileError;

/// The shared file's errors.
pub(super) fn store(error: &StoreError, f: &mut String) -> Result {
    match error {
        StoreError::Io { action, path, source } => {
            let action = match action {
                FileAction::Open => "open",
                FileAction::Create => "create",
                FileAction::Stat => "stat",
                FileAction::Read => "read",
                FileAction::Write => "write",
                FileAction::Reserve => "reserve space for",
                FileAction::Replace => "replace",
                FileAction::Rename => "rename",
                FileAction::Remove => "remove",
                FileAction::Sync => "sync",
                FileAction::Chown => "change the owner of",
                FileAction::Chmod => "change the mode of",
                FileAction::Resolve => "resolve",
                FileAction::Lock => "lock",
            };
            write!(f, "cannot {action} {}: {source}", quoted(path))
        }
        StoreError::Malformed { path, source } => {
            write!(f, "{} is broken: ", quoted(path))?;
            malformed(source, f)
        }
        StoreError::Empty { path } => write!(f, "{} is empty", quoted(path)),
        StoreError::TooLarge { path, limit } => {
            write!(f, "{} is larger than {} MiB", quoted(path), limit >> 20)
        }
        StoreError::NotAFile { path } => write!(f, "{} is not a regular file", quoted(path)),
        StoreError::Dangling { path } => {
            write!(f, "{} is a symbolic link to a file that does not exist", quoted(path))
        }
        StoreError::Moved { path } => {
            write!(f, "{} was linked to another file while this command ran", quoted(path))
        }
        StoreError::Unsafe { path, why } => {
            let why = match why {
                Danger::ForeignOwner => "belongs to another user",
                Danger::ForeignLink => "goes through another user's link to files that do not belong to that user",
                Danger::WorldWritable => "can be changed by any user",
                Danger::NotALockFile => "is not a lock file of this user",
            };
            write!(f, "{} {why}", quoted(path))
        }
        StoreError::JournalTooNew { path } => {
            write!(f, "a later version of aliyun-rs wrote the journal of rotated tokens {}", quoted(path))
        }
        StoreError::Stranded { copy, source } => {
            write!(f, "the only copy of the new tokens is in {}: ", quoted(copy))?;
            store(source, f)
        }
        StoreError::Busy { path, waited } => {
            write!(f, "{} is in use by another process (waited {})", quoted(path), span(*waited))
        }
    }
}

/// A place in the file, and what is wrong there.
pub(super) fn malformed(place: &Malformed, f: &mut String) -> Result {
    let what = match place.what {
        Defect::Empty => "empty",
        Defect::NotJson => "not valid JSON",
        Defect::Truncated => "the file ends in the middle of a value",
        Defect::NotUtf8 => "not valid UTF-8",
        Defect::Utf16 => "the file is UTF-16, but UTF-8 is required",
        Defect::TooDeep => "nested too deeply",
        Defect::NotAnObject => "expected an object",
        Defect::RepeatedKey => "a second `current` or `profiles`",
        Defect::ProfilesNotAList => "expected a list of profiles",
        Defect::NotAProfile => "expected a profile with a name",
    };
    write!(f, "line {}, column {}: {what}", place.line, place.column)
}

pub(super) fn token_file(path: &Path, error: &TokenFileError, f: &mut String) -> Result {
    let path = quoted(path);
    match error {
        TokenFileError::NotCreated(error) => write!(f, "could not create {path}: {error}"),
        TokenFileError::NotPrivate(NotPrivate::Io(error)) => write!(f, "could not read {path}: {error}"),
        TokenFileError::NotPrivate(NotPrivate::NotAFile) => write!(f, "{path} is not a regular file"),
        TokenFileError::NotPrivate(NotPrivate::Shared) => {
            write!(f, "{path} is not private: it must belong to you, and nobody else may read or change it (mode 0600)")
        }
        TokenFileError::NotPrivate(NotPrivate::Malformed) | TokenFileError::Unusable => write!(
            f,
            "{path} does not contain a usable secret: 32 to 256 letters, digits, hyphens and underscores on one line"
        ),
        TokenFileError::NoEntropy(_) => f.write_str("the system provides no random numbers"),
    }
}
