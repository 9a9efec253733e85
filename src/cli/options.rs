//! The values of options, read and checked.

use std::time::Duration;

use super::messages::Problem;
use crate::config::{Mode, ProfileName};
use crate::site::Site;

/// The longest time limit.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(24 * 3600);
const LONGEST_REGION: usize = 64;

/// Reads a duration: a number of seconds, or numbers with units.
pub(super) fn read_duration(text: &str) -> Result<Duration, Problem> {
    humantime::parse_duration(text).map_err(|_| Problem::Duration)
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

/// Reads a region id.
pub(super) fn read_region(text: &str) -> Result<String, Problem> {
    let fits = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') && text.len() <= LONGEST_REGION;
    if fits { Ok(text.to_owned()) } else { Err(Problem::Region) }
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
