//! The file of the journal: one JSON object with the version and the logins.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use zeroize::Zeroizing;

use crate::config::error::{FileAction, StoreError};
use crate::config::note::JournalDefect;
use crate::config::platform;
use crate::config::profile_name::ProfileName;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::tokens::Tokens;

use super::login::{Login, REMEMBERED};

const MAX_SIZE: u64 = 16 << 20;
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Content<L> {
    version: u32,
    logins: Vec<L>,
}

/// A login as the file has it. Times are Unix seconds.
#[derive(Serialize, Deserialize)]
struct Line<'a> {
    profile: Cow<'a, str>,
    site: Cow<'a, str>,
    access_token: Option<Cow<'a, str>>,
    access_token_expire: Option<i64>,
    refresh_token: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token_expire: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    received: Option<i64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    adrift: bool,
    #[serde(deserialize_with = "newest_hashes")]
    superseded: Cow<'a, [String]>,
}

/// Reads a list of hashes and keeps the newest ones, however many there are.
fn newest_hashes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'static, [String]>, D::Error> {
    struct Newest;

    impl<'de> Visitor<'de> for Newest {
        type Value = VecDeque<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of hashes")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut hashes = VecDeque::new();
            while let Some(hash) = list.next_element()? {
                if hashes.len() == REMEMBERED {
                    hashes.pop_front();
                }
                hashes.push_back(hash);
            }
            Ok(hashes)
        }
    }

    Ok(Vec::from(deserializer.deserialize_seq(Newest)?).into())
}

impl<'a> From<&'a Login> for Line<'a> {
    fn from(login: &'a Login) -> Self {
        let Tokens { refresh_token, refresh_token_expire, access_token, access_token_expire } = &login.tokens;
        Self {
            profile: login.profile.as_str().into(),
            site: login.site.as_str().into(),
            access_token: access_token.as_ref().map(|token| token.expose().into()),
            access_token_expire: access_token_expire.map(Timestamp::as_unix),
            refresh_token: refresh_token.expose().into(),
            refresh_token_expire: refresh_token_expire.map(Timestamp::as_unix),
            received: login.received.map(Timestamp::as_unix),
            adrift: login.adrift,
            superseded: login.superseded.as_slice().into(),
        }
    }
}

impl Line<'_> {
    fn into_login(self) -> Option<Login> {
        let tokens = Tokens {
            refresh_token: Secret::new(self.refresh_token),
            refresh_token_expire: self.refresh_token_expire.map(Timestamp::from_unix),
            access_token: self.access_token.map(Secret::new),
            access_token_expire: self.access_token_expire.map(Timestamp::from_unix),
        };
        Some(Login {
            site: self.site.parse().ok()?,
            tokens,
            received: self.received.map(Timestamp::from_unix),
            adrift: self.adrift,
            profile: ProfileName::in_file(self.profile.into_owned()),
            superseded: self.superseded.into_owned(),
        })
    }
}

/// The logins in the journal at `path`, or why it is ignored.
pub(super) fn read(path: &Path, opened: io::Result<File>) -> Result<Result<Vec<Login>, JournalDefect>, StoreError> {
    let file = match opened {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Ok(Vec::new())),
        Err(_) if path.symlink_metadata().is_ok_and(|metadata| !metadata.is_file()) => {
            return Ok(Err(JournalDefect::NotAFile));
        }
        opened => opened.map_err(StoreError::io(FileAction::Open, path))?,
    };
    let metadata = file.metadata().map_err(StoreError::io(FileAction::Stat, path))?;
    if !metadata.is_file() {
        return Ok(Err(JournalDefect::NotAFile));
    }
    if platform::is_foreign(&metadata) {
        return Ok(Err(JournalDefect::ForeignOwner));
    }
    if metadata.len() > MAX_SIZE {
        return Ok(Err(JournalDefect::TooLarge));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(metadata.len() + 1).unwrap_or_default()));
    file.take(MAX_SIZE).read_to_end(&mut bytes).map_err(StoreError::io(FileAction::Read, path))?;
    Ok(parse(&bytes))
}

fn parse(bytes: &[u8]) -> Result<Vec<Login>, JournalDefect> {
    let file: Content<Line<'_>> = serde_json::from_slice(bytes).map_err(|_| JournalDefect::Damaged)?;
    if file.version != VERSION {
        return Err(JournalDefect::UnknownVersion);
    }
    file.logins.into_iter().map(Line::into_login).collect::<Option<_>>().ok_or(JournalDefect::Damaged)
}

/// The content of a journal of `logins`.
pub(super) fn to_bytes(logins: &[Login]) -> Zeroizing<Vec<u8>> {
    let file = Content { version: VERSION, logins: logins.iter().map(Line::from).collect() };
    // Measured first: a buffer that grew would leave copies of tokens behind.
    let mut length = Length(0);
    serde_json::to_writer(&mut length, &file).expect("everything can be counted");
    let mut bytes = Zeroizing::new(Vec::with_capacity(length.0));
    serde_json::to_writer(&mut *bytes, &file).expect("tokens can be written to memory");
    bytes
}

/// Counts bytes that are written to it.
struct Length(usize);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_no_file_is_ignored_when_it_cannot_be_opened() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("journal");
        std::fs::write(&file, "{}").unwrap();
        let refused = || Err(io::ErrorKind::PermissionDenied.into());
        assert!(matches!(read(folder.path(), refused()), Ok(Err(JournalDefect::NotAFile))));
        // Whoever cannot read what was spent must not go on.
        assert!(matches!(read(&file, refused()), Err(StoreError::Io { .. })));
    }
}
