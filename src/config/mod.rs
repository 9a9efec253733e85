//! `~/.aliyun/config.json`, the file that every Alibaba Cloud tool shares: lossless, locked, atomic.
//!
//! [`Config`] is the file's text with edits that change the bytes of the values they are about and nothing
//! else; it touches no disk. [`Store`] reads it, and writes it under a lock only. [`Journal`] remembers rotated
//! tokens. Nothing here prints, asks or knows the time; what a person should hear comes back as [`Note`]s.

mod atomic;
mod changes;
mod document;
mod error;
mod facts;
mod field;
mod journal;
mod lease;
mod location;
mod lock;
mod note;
mod paths;
mod place;
mod platform;
mod profile;
mod profile_name;
mod profiles;
mod raw;
mod salvage;
mod store;

pub use changes::Changes;
pub use document::{Defect, Malformed};
pub use error::{Danger, FileAction, StoreError};
pub use facts::Facts;
pub use field::Field;
pub use journal::{Journal, Login, Verdict};
pub use location::locate;
pub use note::{JournalDefect, Note, Oddity};
pub use platform::is_same_place;
pub use profile::{FieldDefect, Members, Mode, Profile};
pub use profile_name::{InvalidProfileName, ProfileName};
pub use profiles::Config;
pub use store::{Locked, SetAside, Snapshot, Store, Version};
