//! Fresh, due or expired: decided from one `now` and named margins, and nothing else.

use std::time::Duration;

use crate::oauth::exchange::{LONGEST_LIFE, USUAL_LIFE};
use crate::secret::Secret;
use crate::time::Timestamp;

/// The minimum remaining lifetime of credentials that are handed out, unless the caller asks for more.
pub const MIN_TTL: Duration = Duration::from_secs(3 * 60);
/// Renewal starts this long before the end, while the credentials are still valid.
pub const RENEW_AHEAD: Duration = Duration::from_secs(15 * 60);
/// The access token is refreshed this long before its end. The official SDKs act at 20 minutes: they find a young token
/// and seldom rotate it themselves.
pub const REFRESH_AHEAD: Duration = Duration::from_secs(30 * 60);
/// The exchange accepts access tokens with more time left than this: where they cannot be refreshed, they still serve.
pub const EXCHANGE_NEEDS: Duration = Duration::from_secs(15 * 60);
/// With less time left than this, credentials are not handed out even as a last resort: a request signed with them
/// could arrive too late.
pub const LAST_RESORT: Duration = Duration::from_secs(20);
/// New credentials may fall short of the wanted lifetime by this: requests take time, servers round, and a clock that
/// is off by up to a minute is not corrected for.
pub const TTL_TOLERANCE: Duration = Duration::from_secs(90);

/// The state of credentials.
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
    /// Their end is not known.
    UnknownEnd,
    /// They have this much time left, which is less than is wanted.
    Ending(Duration),
    /// Their time has passed.
    Over,
    /// Their end is further away than any end can be: the clock was wrong when they were saved, or is now.
    Implausible,
    /// A service refused them.
    Refused,
}

/// Judges STS credentials that end at `expiration`. `min_ttl` is the remaining lifetime that the caller asks for;
/// `received` is when they were received, where that was noted (see [`can_end_at`]).
pub fn of_credentials(
    complete: bool,
    expiration: Option<Timestamp>,
    received: impl FnOnce() -> Option<Timestamp>,
    now: Timestamp,
    min_ttl: Duration,
) -> Freshness {
    let end = match expiration {
        _ if !complete => return Freshness::Expired(Reason::Missing),
        None => return Freshness::Expired(Reason::UnknownEnd),
        Some(end) if end <= now => return Freshness::Expired(Reason::Over),
        Some(end) => end,
    };
    let left = end.remaining(now);
    let noted = |received: Timestamp| received <= now && can_end_at(end, received);
    if left > USUAL_LIFE + TTL_TOLERANCE && !received().is_some_and(noted) {
        return Freshness::Expired(Reason::Implausible);
    }
    match Reason::Ending(left) {
        reason if left < min_ttl => Freshness::Expired(reason),
        reason if left < RENEW_AHEAD => Freshness::Due(reason),
        _ => Freshness::Fresh,
    }
}

/// Whether STS credentials that exist at the time `now` can be valid until `end`. An end that is further away was
/// written by a clock that was wrong. Those of an OAuth login are for an hour: a later end is believed only if it was
/// noted when they were received, and not if that is still to come.
pub fn can_end_at(end: Timestamp, now: Timestamp) -> bool {
    end.remaining(now) <= LONGEST_LIFE
}

/// The access token if it can be exchanged: fit for a header, and with more time left than `least`.
pub fn usable_access_token(
    token: Option<&Secret>,
    expire: Option<Timestamp>,
    now: Timestamp,
    least: Duration,
) -> Option<&Secret> {
    token.filter(|token| token.fits_header()).filter(|_| expire.is_some_and(|end| end.remaining(now) > least))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_000_000);

    fn at(left: i64, min_ttl: Duration) -> Freshness {
        received(left, None, min_ttl)
    }

    fn received(left: i64, received: Option<i64>, min_ttl: Duration) -> Freshness {
        let after = |seconds| Timestamp::from_unix(NOW.as_unix() + seconds);
        of_credentials(true, Some(after(left)), || received.map(after), NOW, min_ttl)
    }

    fn ending(left: u64) -> Reason {
        Reason::Ending(Duration::from_secs(left))
    }

    #[test]
    fn the_margins_are_kept_to_the_second() {
        assert_eq!(at(900, MIN_TTL), Freshness::Fresh);
        assert_eq!(at(899, MIN_TTL), Freshness::Due(ending(899)));
        assert_eq!(at(180, MIN_TTL), Freshness::Due(ending(180)));
        assert_eq!(at(179, MIN_TTL), Freshness::Expired(ending(179)));
        assert_eq!(at(0, MIN_TTL), Freshness::Expired(Reason::Over));
        assert_eq!(at(-1, MIN_TTL), Freshness::Expired(Reason::Over));
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
        let judged = |complete, end| of_credentials(complete, end, || None, NOW, MIN_TTL);
        assert_eq!(judged(true, None), Freshness::Expired(Reason::UnknownEnd));
        assert_eq!(judged(false, Some(NOW)), Freshness::Expired(Reason::Missing));
    }

    #[test]
    fn an_end_that_cannot_be_is_not_believed() {
        let implausible = Freshness::Expired(Reason::Implausible);
        assert_eq!(at(3600 + 90, MIN_TTL), Freshness::Fresh);
        for left in [3600 + 91, 5 * 3600, 13 * 3600, 30 * 3600] {
            assert_eq!(at(left, MIN_TTL), implausible, "{left}, not noted");
        }
        for (left, at, believed) in [
            (3 * 3600, 7200, false),
            (3 * 3600, 1, false),
            (3 * 3600, 0, true),
            (3 * 3600, -60, true),
            (12 * 3600, -3600, true),
            (12 * 3600, -3601, false),
            (13 * 3600 + 1, 0, false),
        ] {
            let expected = if believed { Freshness::Fresh } else { implausible };
            assert_eq!(received(left, Some(at), MIN_TTL), expected, "{left} {at}");
        }
        let last = Some(Timestamp::from_unix(i64::MAX));
        assert_eq!(of_credentials(true, last, || None, Timestamp::from_unix(i64::MIN), MIN_TTL), implausible);
    }

    #[test]
    fn an_access_token_serves_until_half_an_hour_before_its_end() {
        let token = Secret::new("t");
        let end = |left| Some(Timestamp::from_unix(NOW.as_unix() + left));
        let usable = |token, end| usable_access_token(token, end, NOW, REFRESH_AHEAD).is_some();
        assert!(usable(Some(&token), end(1801)));
        assert!(!usable(Some(&token), end(1800)));
        assert!(!usable(Some(&token), None));
        assert!(!usable(None, end(9999)));
        assert!(usable_access_token(Some(&token), end(901), NOW, EXCHANGE_NEEDS).is_some());
        assert!(usable_access_token(Some(&token), end(900), NOW, EXCHANGE_NEEDS).is_none());
        for unfit in ["", "a b", "a\nb", "é", "\u{7f}"] {
            let unfit = Secret::new(unfit);
            assert!(usable_access_token(Some(&unfit), end(9999), NOW, EXCHANGE_NEEDS).is_none());
        }
    }
}
