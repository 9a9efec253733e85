//! The name of a profile, checked where it comes in: from an option, a variable or the file.

use std::fmt;
use std::str::FromStr;

use crate::text::is_plain;

/// The longest name, in bytes.
const MAX_LENGTH: usize = 256;

/// A name that every tool can store and every terminal can show.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProfileName(String);

/// The text is not the name of a profile: it is blank, longer than 256 bytes, or has characters that no terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid-profile-name")]
pub struct InvalidProfileName;

impl ProfileName {
    /// The name of the current profile where none is set.
    pub const DEFAULT: &str = "default";

    /// The name as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProfileName {
    type Err = InvalidProfileName;

    fn from_str(text: &str) -> Result<Self, InvalidProfileName> {
        let fits = !text.trim().is_empty() && text.len() <= MAX_LENGTH && text.chars().all(is_plain);
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidProfileName) }
    }
}

impl AsRef<str> for ProfileName {
    fn as_ref(&self) -> &str {
        &self.0
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
