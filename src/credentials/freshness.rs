//! Fresh, due or expired: decided from one `now` and named margins, and nothing else.

use std::fmt;
use std::time::Duration;

use crate::secret::Secret;
use crate::time::Timestamp;

/// Credentials that are handed out live at least this long, unless the caller asks for more.
pub const LEAST_LIFE: Duration = Duration::from_secs(3 * 60);
/// Renewal is tried from here on, while the credentials still serve.
pub const RENEW_AHEAD: Duration = Duration::from_secs(15 * 60);
/// The access token is refreshed from here on. The exchange needs 15 minutes, the official SDKs act at 20: they
/// find a young token and seldom rotate it themselves.
pub const REFRESH_AHEAD: Duration = Duration::from_secs(30 * 60);

/// How credentials stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Good to hand out.
    Fresh,
    /// Good to hand out, and worth renewing.
    Due(Reason),
    /// Not to be handed out.
    Expired(Reason),
}

/// Why credentials are due or expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There are none.
    Missing,
    /// Nobody knows how long they live.
    UnknownEnd,
    /// They live this long, which is less than is wanted.
    Ending(Duration),
    /// Their time has passed.
    Over,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("there are none"),
            Self::UnknownEnd => f.write_str("their end is unknown"),
            Self::Ending(left) => write!(f, "they end in {} s", left.as_secs()),
            Self::Over => f.write_str("their time has passed"),
        }
    }
}

/// Judges STS credentials that end at `expiration`. `least` is the life that whoever gets them wants to see.
pub fn of_credentials(complete: bool, expiration: Option<Timestamp>, now: Timestamp, least: Duration) -> Freshness {
    let reason = match expiration {
        _ if !complete => return Freshness::Expired(Reason::Missing),
        None => return Freshness::Expired(Reason::UnknownEnd),
        Some(end) if end <= now => return Freshness::Expired(Reason::Over),
        Some(end) => Reason::Ending(end.remaining(now)),
    };
    match reason {
        Reason::Ending(left) if left < least => Freshness::Expired(reason),
        Reason::Ending(left) if left < RENEW_AHEAD => Freshness::Due(reason),
        _ => Freshness::Fresh,
    }
}

/// Whether the access token is to be refreshed before it is exchanged.
pub fn needs_refresh(access_token: Option<&Secret>, expire: Option<Timestamp>, now: Timestamp) -> bool {
    match (access_token, expire) {
        (Some(_), Some(end)) => end.remaining(now) <= REFRESH_AHEAD,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_000_000);

    fn at(left: i64, least: Duration) -> Freshness {
        of_credentials(true, Some(Timestamp::from_unix(NOW.as_unix() + left)), NOW, least)
    }

    fn ending(left: u64) -> Reason {
        Reason::Ending(Duration::from_secs(left))
    }

    #[test]
    fn the_margins_are_kept_to_the_second() {
        assert_eq!(at(900, LEAST_LIFE), Freshness::Fresh);
        assert_eq!(at(899, LEAST_LIFE), Freshness::Due(ending(899)));
        assert_eq!(at(180, LEAST_LIFE), Freshness::Due(ending(180)));
        assert_eq!(at(179, LEAST_LIFE), Freshness::Expired(ending(179)));
        assert_eq!(at(0, LEAST_LIFE), Freshness::Expired(Reason::Over));
        assert_eq!(at(-1, LEAST_LIFE), Freshness::Expired(Reason::Over));
    }

    #[test]
    fn a_caller_may_want_more_or_less() {
        let hour = Duration::from_secs(3600);
        assert_eq!(at(3600, hour), Freshness::Fresh);
        assert_eq!(at(3599, hour), Freshness::Expired(ending(3599)));
        assert_eq!(at(1, Duration::ZERO), Freshness::Due(ending(1)));
        assert_eq!(at(0, Duration::ZERO), Freshness::Expired(Reason::Over));
    }

    #[test]
    fn nothing_without_a_known_end_is_handed_out() {
        assert_eq!(of_credentials(true, None, NOW, LEAST_LIFE), Freshness::Expired(Reason::UnknownEnd));
        assert_eq!(of_credentials(false, Some(NOW), NOW, LEAST_LIFE), Freshness::Expired(Reason::Missing));
    }

    #[test]
    fn absurd_ends_do_not_overflow() {
        let last = Timestamp::from_unix(i64::MAX);
        assert_eq!(of_credentials(true, Some(last), Timestamp::from_unix(i64::MIN), LEAST_LIFE), Freshness::Fresh);
    }

    #[test]
    fn the_access_token_is_refreshed_at_half_an_hour() {
        let token = Secret::new("t");
        let end = |left| Some(Timestamp::from_unix(NOW.as_unix() + left));
        assert!(!needs_refresh(Some(&token), end(1801), NOW));
        assert!(needs_refresh(Some(&token), end(1800), NOW));
        assert!(needs_refresh(Some(&token), None, NOW));
        assert!(needs_refresh(None, end(9999), NOW));
    }
}
