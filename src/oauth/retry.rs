//! Which requests are sent again, how often, and after how long.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::Instant;

use super::exchange::{Exchanged, exchange};
use crate::host::{Clock, Http, TransportKind};
use crate::reply::ReplyError;
use crate::secret::Secret;
use crate::site::{Cloud, Site};

/// No further attempt starts later than this after the first.
const PERIOD: Duration = Duration::from_secs(5);
/// The pauses before the attempts after the first, one for each: the second outlasts a name server that fails for
/// two seconds.
const BACKOFF: [Duration; 2] = [Duration::from_millis(300), Duration::from_secs(2)];

/// The attempts at one kind of request.
#[derive(Clone, Copy, Debug)]
pub struct Attempts {
    /// How many have failed and were followed by another.
    retries: usize,
    most: usize,
    since: Option<Instant>,
}

impl Attempts {
    /// The first attempt and two more.
    pub const fn new() -> Self {
        Self { retries: 0, most: BACKOFF.len(), since: None }
    }

    /// The first attempt and no more.
    pub const fn one() -> Self {
        Self { retries: 0, most: 0, since: None }
    }

    /// Notes that an attempt begins.
    fn begin(&mut self) {
        self.since.get_or_insert_with(Instant::now);
    }

    /// How long to wait before the next attempt after `error`, as the server asks (`Retry-After`, RFC 9110 section
    /// 10.2.3) within bounds; `None` when there is to be none.
    fn next_after(&mut self, error: &ReplyError) -> Option<Duration> {
        let since = *self.since.get_or_insert_with(Instant::now);
        if since.elapsed() >= PERIOD || self.retries >= self.most {
            return None;
        }
        let pause = BACKOFF[self.retries];
        self.retries += 1;
        let asked = match error {
            ReplyError::Refused(refusal) => refusal.retry_after.map(Duration::from_secs),
            _ => None,
        };
        Some(asked.unwrap_or(pause).clamp(pause, PERIOD))
    }
}

impl Default for Attempts {
    fn default() -> Self {
        Self::new()
    }
}

/// Sends a request, and again while `attempts` allow it and the error `may_repeat`, each time after a `pause`. The
/// outer error is that of a pause that ended early.
///
/// # Errors
/// [`ReplyError`] of the last attempt.
pub async fn repeatedly<T, E>(
    attempts: &mut Attempts,
    may_repeat: fn(&ReplyError) -> bool,
    mut send: impl AsyncFnMut() -> Result<T, ReplyError>,
    mut pause: impl AsyncFnMut(Duration) -> Result<(), E>,
) -> Result<Result<T, ReplyError>, E> {
    loop {
        attempts.begin();
        let error = match send().await {
            Ok(value) => return Ok(Ok(value)),
            Err(error) => error,
        };
        match if may_repeat(&error) { attempts.next_after(&error) } else { None } {
            Some(span) => pause(span).await?,
            None => return Ok(Err(error)),
        }
    }
}

/// A pause that nothing ends early.
pub fn wait(clock: &dyn Clock) -> impl AsyncFnMut(Duration) -> Result<(), Infallible> {
    async |span| {
        clock.sleep(span).await;
        Ok(())
    }
}

/// Exchanges an access token, which may be repeated (see [`exchange`]).
///
/// # Errors
/// [`ReplyError`] of the last attempt.
pub async fn exchange_repeatedly(
    http: &dyn Http,
    clock: &dyn Clock,
    cloud: &Cloud,
    site: Site,
    access_token: &Secret,
    attempts: &mut Attempts,
) -> Result<Exchanged, ReplyError> {
    let send = async || exchange(http, cloud, site, access_token, clock.now()).await;
    let Ok(answer) = repeatedly(attempts, is_temporary, send, wait(clock)).await;
    answer
}

/// The refusals after which the same refresh token is useless (RFC 6749 section 5.2, RFC 6750 section 3.1).
pub fn is_final(error: &ReplyError) -> bool {
    const CODES: [&str; 4] = ["invalid_grant", "invalid_client", "unauthorized_client", "invalid_token"];
    matches!(error, ReplyError::Refused(refusal) if refusal.is_any_of(&CODES) && matches!(refusal.status, 200 | 400 | 401))
}

/// Whether the server may have acted although no whole response came.
pub fn is_ambiguous(error: &ReplyError) -> bool {
    matches!(error, ReplyError::Transport(error) if error.kind == TransportKind::Ambiguous)
}

/// Whether the server surely did not act: it was not reached, or said that it was too busy.
pub fn surely_not_counted(error: &ReplyError) -> bool {
    match error {
        ReplyError::Transport(error) => error.kind == TransportKind::NotSent,
        ReplyError::Refused(refusal) => matches!(refusal.status, 429 | 503),
        _ => false,
    }
}

/// Whether a request that may be repeated can succeed at the next attempt.
pub fn is_temporary(error: &ReplyError) -> bool {
    match error {
        ReplyError::Transport(error) => error.kind != TransportKind::Blocked,
        ReplyError::Refused(refusal) => refusal.is_temporary(),
        _ => false,
    }
}

/// Whether the access token was refused (RFC 6750 section 3.1).
pub fn is_unauthorized(error: &ReplyError) -> bool {
    matches!(error, ReplyError::Refused(refusal) if matches!(refusal.status, 401 | 403))
}
