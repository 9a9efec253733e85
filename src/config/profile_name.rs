//! The name of a profile: one type from the option or variable where it is checked to the file.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use crate::text::is_plain;

/// The longest name, in bytes.
const MAX_LENGTH: usize = 256;

/// The name of a profile. One that was parsed can be stored by every tool and shown by every terminal. One that another
/// tool put in the file may be any text: that profile is found, listed and left as it is all the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct ProfileName(String);

/// The text is not the name of a profile: it is blank, longer than 256 bytes, or has characters that no terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid-profile-name")]
pub struct InvalidProfileName;

impl ProfileName {
    /// The name of a profile that is in the file, whatever it is.
    pub(super) fn in_file(text: String) -> Self {
        Self(text)
    }

    /// The name as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of the current profile where none is set.
impl Default for ProfileName {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl FromStr for ProfileName {
    type Err = InvalidProfileName;

    fn from_str(text: &str) -> Result<Self, InvalidProfileName> {
        let fits = !text.trim().is_empty() && text.len() <= MAX_LENGTH && text.chars().all(is_plain);
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidProfileName) }
    }
}

impl Deref for ProfileName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for ProfileName {
    fn eq(&self, text: &str) -> bool {
        self.0 == text
    }
}

/// The name as it is; whoever shows it makes it safe for a terminal.
impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_visible_and_not_too_long() {
        for name in ["a", " a ", "-x", "生产", &"x".repeat(256)] {
            assert_eq!(name.parse::<ProfileName>().map(|name| name.to_string()), Ok(name.to_owned()));
        }
        for name in ["", " ", "\u{3000}", "a\nb", "a\u{202E}b", &"x".repeat(257)] {
            assert_eq!(name.parse::<ProfileName>(), Err(InvalidProfileName), "{name:?}");
        }
    }
}
