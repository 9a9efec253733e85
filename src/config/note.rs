//! What a person may want to know about the shared file although it could be read. Holds none of its secrets.

use std::path::PathBuf;

use super::document::Malformed;
use super::profile_name::ProfileName;

/// Something noticed about the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The content is odd, but was read.
    Odd(Oddity),
    /// This many more things are odd.
    More(usize),
    /// Users other than its owner may read it; the next write makes it private.
    Exposed,
    /// Users other than its owner could read it until now.
    Tightened,
    /// It belongs to another user, who can change it at any time. It is never written.
    ForeignOwner,
    /// Every user can rename what is in this directory above the file, and so put other files in its place.
    OpenToAll(PathBuf),
    /// A lock on the file was not waited for any longer: everybody who can read the file can hold one.
    LockIgnored,
    /// The file system has no locks; a lease file takes their place.
    NoLocks,
    /// Users other than its owner may be able to read it, and the file system cannot keep them out.
    NotPrivate,
    /// The file has this many hard links: writing breaks the link.
    HardLinked(u64),
    /// Nothing could be taken from the journal of rotated tokens, which has another name now.
    JournalSetAside(JournalDefect, PathBuf),
    /// The logins of these profiles were forgotten: another tool deleted the profiles.
    Forgotten(Vec<ProfileName>),
}

/// Something in the file that readers disagree on, or that is ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// The file begins with a byte order mark, which the official tools cannot read; a write drops it.
    ByteOrderMark,
    /// Two profiles have this name: the first one is read, as by the official client.
    DuplicateName(ProfileName),
    /// An item of `profiles` is not an object with a name; ignored.
    NotAProfile(Malformed),
    /// `current` is not a string; ignored.
    CurrentNotAString,
}

/// What is odd about a file: the first few things, and how many more there are.
#[derive(Clone, Default)]
pub(super) struct Oddities {
    pub(super) shown: Vec<Oddity>,
    pub(super) more: usize,
}

impl Oddities {
    pub(super) const SHOWN: usize = 10;

    pub(super) fn add(&mut self, oddity: impl FnOnce() -> Oddity) {
        if self.shown.len() < Self::SHOWN { self.shown.push(oddity()) } else { self.more += 1 }
    }
}

/// Why nothing can be taken from a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalDefect {
    /// A symbolic link, directory, FIFO or device is in its place.
    NotAFile,
    /// It belongs to another user.
    ForeignOwner,
    /// It is larger than anything that is read.
    TooLarge,
    /// It is not the JSON that it should be.
    Damaged,
    /// A later version of this program wrote it.
    UnknownVersion,
}
