//! Points in time as whole Unix seconds, RFC 3339 in and out.
//!
//! There is no "now" here: the clock belongs to [`crate::host`], is read once and handed down.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};

/// Seconds since 1970-01-01T00:00:00Z. Arithmetic saturates: a hostile lifetime never overflows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The point `seconds` after the epoch.
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since the epoch, as the shared file stores them.
    pub const fn as_unix(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339 such as `2026-01-02T03:04:05Z`, with any offset.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let parsed = DateTime::parse_from_rfc3339(text.trim()).ok()?;
        Some(Self(parsed.timestamp()))
    }

    /// Reads the date of an HTTP header (RFC 9110 section 5.6.7), such as `Tue, 24 Nov 2026 01:50:00 GMT`.
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let parsed = DateTime::parse_from_rfc2822(text.trim()).ok()?;
        Some(Self(parsed.timestamp()))
    }

    /// Writes the date of an HTTP header, empty outside the years that it can name.
    pub fn to_http_date(self) -> String {
        let date = DateTime::<Utc>::from_timestamp(self.0, 0);
        date.map(|date| date.format("%a, %d %b %Y %H:%M:%S GMT").to_string()).unwrap_or_default()
    }

    /// Time left until `self`, zero when it has passed.
    pub fn remaining(self, now: Self) -> Duration {
        Duration::from_secs(u64::try_from(self.0.saturating_sub(now.0)).unwrap_or(0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_secs()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_secs()).unwrap_or(i64::MAX)))
    }
}

/// RFC 3339 in UTC with a `Z`, the only form every official SDK reads. Points outside the years 0 to 9999
/// show as plain seconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::<Utc>::from_timestamp(self.0, 0) {
            Some(date) if (-62_167_219_200..253_402_300_800).contains(&self.0) => {
                f.write_str(&date.to_rfc3339_opts(SecondsFormat::Secs, true))
            }
            _ => write!(f, "{}", self.0),
        }
    }
}

/// How far the server's clock is ahead of the local one. A difference of up to a minute counts as none:
/// it is the network, not the clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skew(i64);

impl Skew {
    const TOLERATED: u64 = 60;
    /// 2026-01-01: no server's clock shows less, since this program is younger.
    const EARLIEST: Timestamp = Timestamp(1_767_225_600);
    const TEN_YEARS: u64 = 10 * 365 * 24 * 3600;

    /// The difference between a `Date` header and the local clock at its arrival. An absurd `Date` is not a clock:
    /// one before this program was made, or ten years off. A local clock before that (a board without a battery
    /// starts in 1970) is corrected.
    pub fn between(server: Timestamp, local: Timestamp) -> Self {
        let ahead = server.0.saturating_sub(local.0);
        let plausible = server >= Self::EARLIEST && server.0.abs_diff(local.max(Self::EARLIEST).0) <= Self::TEN_YEARS;
        Self(if plausible && ahead.unsigned_abs() > Self::TOLERATED { ahead } else { 0 })
    }

    /// Seconds by which the server is ahead, negative when it is behind.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// What the local clock shows at the server's `time`.
    pub const fn to_local(self, time: Timestamp) -> Timestamp {
        Timestamp(time.0.saturating_sub(self.0))
    }

    /// What the server's clock shows at the local `time`.
    pub const fn to_server(self, time: Timestamp) -> Timestamp {
        Timestamp(time.0.saturating_add(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_goes_in_with_any_offset_and_out_in_utc() {
        let noon = Timestamp::parse_rfc3339("2026-01-02T11:04:05+08:00").unwrap();
        assert_eq!(noon.to_string(), "2026-01-02T03:04:05Z");
        assert_eq!(Timestamp::parse_rfc3339("soon"), None);
    }

    #[test]
    fn an_http_date_goes_in_and_out() {
        let date = Timestamp::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(date.as_unix(), 784_111_777);
        assert_eq!(date.to_http_date(), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn a_skew_of_up_to_a_minute_is_ignored() {
        let at = Timestamp::from_unix;
        let noon = 1_800_000_000;
        assert_eq!(Skew::between(at(noon + 60), at(noon)), Skew::default());
        let behind = Skew::between(at(noon), at(noon + 61));
        assert_eq!(behind.seconds(), -61);
        assert_eq!(behind.to_local(at(5000)), at(5061));
        assert_eq!(behind.to_server(at(5061)), at(5000));
    }

    #[test]
    fn an_absurd_date_is_not_a_clock() {
        const YEAR: i64 = 365 * 24 * 3600;
        let (now, at) = (1_800_000_000, Timestamp::from_unix);
        for server in [i64::MIN, 0, 784_111_777, now - 2 * YEAR, now + 11 * YEAR, 253_402_300_799, i64::MAX] {
            assert_eq!(Skew::between(at(server), at(now)), Skew::default(), "{server}");
        }
        for (server, local) in [(now, 0), (now, now + 9 * YEAR), (now + 9 * YEAR, now), (now, now - 3 * YEAR)] {
            assert_eq!(Skew::between(at(server), at(local)).seconds(), server - local);
        }
        assert_eq!(Skew::between(at(now), at(now + 11 * YEAR)), Skew::default(), "either may be wrong");
    }

    #[test]
    fn arithmetic_saturates() {
        let last = Timestamp::from_unix(i64::MAX);
        assert_eq!(last + Duration::from_secs(u64::MAX), last);
        assert_eq!(last.to_string(), i64::MAX.to_string());
        assert_eq!(Timestamp::from_unix(5).remaining(Timestamp::from_unix(9)), Duration::ZERO);
    }
}
