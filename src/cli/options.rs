//! The values of options, read and checked.

use std::time::Duration;

use super::messages::Problem;
use crate::config::{Mode, ProfileName};
use crate::site::Site;

/// The longest time limit.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(24 * 3600);
const LONGEST_REGION: usize = 64;

/// Reads a duration: a plain number of seconds, or numbers with units such as `1h 30m`.
pub(super) fn read_duration(text: &str) -> Result<Duration, Problem> {
    let text = text.trim();
    let seconds = text.parse().map(Duration::from_secs);
    seconds.or_else(|_| humantime::parse_duration(text)).map_err(|_| Problem::Duration)
}

/// Reads a time limit of at most a day.
pub(super) fn read_timeout(text: &str) -> Result<Duration, Problem> {
    match read_duration(text) {
        Ok(timeout) if !timeout.is_zero() && timeout <= LONGEST_TIMEOUT => Ok(timeout),
        _ => Err(Problem::Timeout),
    }
}

/// Reads the name of a profile.
pub(super) fn read_profile(text: &str) -> Result<ProfileName, Problem> {
    text.parse().map_err(|_| Problem::ProfileName)
}

/// Reads a mode of the official client.
pub(super) fn read_mode(text: &str) -> Result<Mode, Problem> {
    match Mode::parse(text) {
        Mode::Unknown(_) => Err(Problem::Mode),
        mode => Ok(mode),
    }
}

/// Reads a sign-in site.
pub(super) fn read_site(text: &str) -> Result<Site, Problem> {
    text.parse().map_err(|_| Problem::Site)
}

/// Reads a region id; the official ones are in lower case.
pub(super) fn read_region(text: &str) -> Result<String, Problem> {
    let fits = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') && text.len() <= LONGEST_REGION;
    if fits { Ok(text.to_ascii_lowercase()) } else { Err(Problem::Region) }
}

/// Reads a language.
pub(super) fn read_language(text: &str) -> Result<String, Problem> {
    match text.to_ascii_lowercase().as_str() {
        language @ ("zh" | "en") => Ok(language.to_owned()),
        _ => Err(Problem::Language),
    }
}

/// Reads yes or no.
pub(super) fn read_yes(text: &str) -> Result<bool, Problem> {
    match text.to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(true),
        "n" | "no" => Ok(false),
        _ => Err(Problem::YesNo),
    }
}

/// How a list or a description is printed.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub(super) enum ListFormat {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
}

/// An output format of the official client, which knows one.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum OutputFormat {
    Json,
}

impl OutputFormat {
    /// The value in the file.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_number_counts_seconds() {
        for (text, seconds) in [("900", 900), ("0", 0), (" 90s ", 90), ("15m", 900), ("1h 30m", 5400), ("1h30m", 5400)]
        {
            assert_eq!(read_duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "-1", "1.5", "m", "ten", "15 minutes and a bit", "99999999999999999999"] {
            assert_eq!(read_duration(text), Err(Problem::Duration), "{text}");
        }
    }
}
