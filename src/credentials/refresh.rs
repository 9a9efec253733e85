//! Renewal, in the one order in which no failure loses the login: lock, look again, reserve space, spend the
//! refresh token, keep the new pair twice, exchange, keep the credentials, answer.
//!
//! The refresh token is single-use. Between "sent" and "durable" nothing else happens here and no interrupt is
//! heard. A refresh that may have counted is presented once more at the most; `invalid_grant` is believed only
//! after the file was watched for a token that another tool may be about to save. A failure deletes nothing.

use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use super::freshness::needs_refresh;
use super::{Credentials, Error, Notices, Standing, Wanted, find, stand};
use crate::config::{Changes, Field, Journal, Locked, Profile, Rotation, StoreError, TokenPair, Verdict};
use crate::host::{Host, Interrupts, TransportKind};
use crate::oauth::exchange::{Exchanged, exchange};
use crate::oauth::token::{TokenEndpoint, TokenSet};
use crate::reply::ReplyError;
use crate::secret::Secret;
use crate::site::Site;
use crate::time::Timestamp;

/// Covers two requests of another process and its saving.
const LOCK_DEADLINE: Duration = Duration::from_secs(45);
/// While the old credentials serve nobody waits for another process that is renewing them.
const LOCK_GLANCE: Duration = Duration::from_millis(100);
/// How much longer file and journal may become by a renewal: two tokens, credentials, and room.
const GROWTH: u64 = 64 * 1024;
/// How long the file is watched for a token that another tool may be about to save: they save after their exchange.
const WATCH: Duration = Duration::from_secs(5);
const WATCH_PAUSE: Duration = Duration::from_millis(100);
/// How long to wait before a refresh that may have counted is presented again.
const AMBIGUOUS_PAUSE: Duration = Duration::from_secs(1);
/// No further try starts later than this after the first.
const PATIENCE: Duration = Duration::from_secs(5);
const BACKOFF: Duration = Duration::from_millis(300);
/// How often the file may change under a renewal before it gives up.
const ROUNDS: usize = 4;

/// Renews the credentials of a profile. `served` are the old ones if they can still be handed out: then a
/// failure is a warning, and nothing is waited for.
///
/// # Errors
/// [`Error`]; the login is as good as it was.
pub async fn renew(
    host: &Host,
    wanted: &Wanted,
    served: Option<Credentials>,
    interrupts: &mut Interrupts,
) -> Result<(Credentials, Notices), Error> {
    let mut notices = Notices::default();
    let outcome = match lock(wanted, served.is_some(), interrupts).await {
        Ok(locked) => {
            let journal = Journal::load(&locked);
            notices.notes.extend(journal.note());
            let hurried = served.is_some();
            let mut renewal = Renewal { host, wanted, locked, journal, interrupts, notices: &mut notices, hurried };
            renewal.run().await
        }
        Err(error) => Err(error),
    };
    match (outcome, served) {
        (Ok(credentials), _) => Ok((credentials, notices)),
        (Err(Error::Interrupted), _) => Err(Error::Interrupted),
        // Another process is renewing them right now.
        (Err(Error::Store(error)), Some(served)) if error.is_temporary() => Ok((served, notices)),
        (Err(error), Some(served)) => {
            notices.not_renewed = Some(error);
            Ok((served, notices))
        }
        (Err(error), None) => Err(error),
    }
}

async fn lock(wanted: &Wanted, hurried: bool, interrupts: &mut Interrupts) -> Result<Locked, Error> {
    let store = wanted.store.clone();
    let deadline = if hurried { LOCK_GLANCE } else { LOCK_DEADLINE };
    tokio::select! {
        locked = spawn_blocking(move || store.lock(deadline)) => {
            Ok(locked.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked.into_panic()))?)
        }
        () = interrupts.next() => Err(Error::Interrupted),
    }
}

/// One renewal under the lock.
struct Renewal<'a> {
    host: &'a Host,
    wanted: &'a Wanted,
    locked: Locked,
    journal: Journal,
    interrupts: &'a mut Interrupts,
    notices: &'a mut Notices,
    /// Whether old credentials wait to be handed out: then nothing is tried twice.
    hurried: bool,
}

/// What came of a refresh.
enum Refreshed {
    /// New tokens, kept.
    Tokens(TokenPair),
    /// The file has other tokens than the ones that were presented: look again.
    FileChanged,
}

impl Renewal<'_> {
    async fn run(&mut self) -> Result<Credentials, Error> {
        let mut doubted = false;
        let mut refused = None;
        let mut refreshed = false;
        for _ in 0..ROUNDS {
            let (profile, healed) = self.current_profile()?;
            doubted |= healed;
            let now = self.host.clock.now();
            match stand(&profile, now, self.wanted.least)? {
                Standing::Ready(credentials) if !doubted => {
                    self.believe(&profile);
                    return Ok(credentials);
                }
                _ => {}
            }
            let site = profile.site.ok_or_else(|| self.sign_in(&profile, "its site is not known"))?;
            let access_token = match living_access_token(&profile, refused.as_ref(), now) {
                Some(token) => token,
                None => match self.refresh(&profile, site).await? {
                    Refreshed::Tokens(tokens) => tokens.access_token,
                    Refreshed::FileChanged => continue,
                },
            };
            refreshed |= profile.oauth_access_token.as_ref() != Some(&access_token);
            match self.exchange(site, &access_token).await {
                Ok(exchanged) => return self.hand_out(exchanged, &profile, &access_token),
                Err(Error::Exchange(error)) if !refreshed && is_unauthorized(&error) => {
                    (doubted, refused) = (true, Some(access_token));
                }
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Busy { path: self.wanted.store.path().to_owned(), waited: LOCK_DEADLINE }.into())
    }

    /// Reads the profile, and heals it if another tool wrote back tokens that are known to be spent; whether it
    /// did.
    fn current_profile(&mut self) -> Result<(Profile, bool), Error> {
        let name = &self.wanted.profile;
        let found = find(&self.locked.read()?.config, name);
        if found.is_err() {
            // Another tool deleted the profile, and its tokens go with it. The missing profile is the news.
            self.journal.purge(&mut self.locked, name).ok();
        }
        let profile = found?;
        let Verdict::Stale(login) = self.journal.decide(&profile) else { return Ok((profile, false)) };
        let changes = Changes::new().tokens(&login.tokens).text(Field::OauthSiteType, login.site.as_str());
        self.locked.edit(|config| config.upsert(name, &changes))?;
        Ok((find(&self.locked.read()?.config, name)?, true))
    }

    /// Takes tokens that are not known here, another tool's, for the newest: they have just served. What was the
    /// newest before is known from now on if it is written back.
    fn believe(&mut self, profile: &Profile) {
        let known = self.journal.newest(&profile.name).is_some();
        if !known || matches!(self.journal.decide(profile), Verdict::Foreign) {
            self.notices.missed = self.journal.adopt(&mut self.locked, profile).err();
        }
    }

    /// Spends the refresh token.
    async fn refresh(&mut self, profile: &Profile, site: Site) -> Result<Refreshed, Error> {
        let Some(token) = &profile.oauth_refresh_token else {
            return Err(self.sign_in(profile, "it has no refresh token"));
        };
        self.locked.reserve(GROWTH)?;
        let endpoint = TokenEndpoint::new(&*self.host.http, &self.wanted.cloud, site);
        let mut answer = self.present(&endpoint, token).await;
        let ambiguous = matches!(&answer, Err(Error::Refresh(error)) if is_ambiguous(error));
        if ambiguous {
            self.pause(AMBIGUOUS_PAUSE).await?;
            if self.file_moved_on(token)? {
                return Ok(Refreshed::FileChanged);
            }
            answer = self.present(&endpoint, token).await;
        }
        match answer {
            Ok(tokens) => self.keep(profile, site, tokens).await,
            Err(Error::Refresh(error)) if is_final(&error) || (ambiguous && is_ambiguous(&error)) => {
                if self.watch(token).await? {
                    return Ok(Refreshed::FileChanged);
                }
                let why = if ambiguous { "the server may have renewed it without our hearing of it" } else { "" };
                let (profile, site) = (profile.name.clone(), profile.site);
                Err(Error::SignIn { profile, site, why: why.to_owned(), cause: Some(Box::new(error)) })
            }
            Err(error) => Err(error),
        }
    }

    /// Presents the refresh token, again only if the server surely did not act on it.
    async fn present(&mut self, endpoint: &TokenEndpoint<'_>, token: &Secret) -> Result<TokenSet, Error> {
        let started = Instant::now();
        loop {
            match endpoint.refresh(token, self.host.clock.now()).await {
                Ok(tokens) => return Ok(tokens),
                Err(error) if surely_not_counted(&error) && self.may_retry(started) => self.back_off(&error).await?,
                Err(error) => return Err(Error::Refresh(error)),
            }
        }
    }

    /// Makes new tokens durable before anything else happens.
    async fn keep(&mut self, profile: &Profile, site: Site, tokens: TokenSet) -> Result<Refreshed, Error> {
        let pair = TokenPair {
            access_token: tokens.access_token,
            access_token_expire: Some(tokens.access_token_expire),
            refresh_token: tokens.refresh_token,
        };
        let rotation = Rotation {
            profile: &profile.name,
            site,
            tokens: pair.clone(),
            refresh_token_expire: tokens.refresh_token_expire,
            superseded: profile.oauth_refresh_token.as_ref(),
            besides: Changes::new(),
            overrule: false,
        };
        let kept = rotation.keep(&mut self.locked, &mut self.journal).map_err(Error::Lost)?;
        self.notices.notes.extend(kept.notes);
        self.notices.missed = kept.missed;
        if self.interrupts.arrived().await {
            return Err(Error::Interrupted);
        }
        Ok(if kept.overruled { Refreshed::FileChanged } else { Refreshed::Tokens(pair) })
    }

    /// Exchanges the access token, which may be repeated.
    async fn exchange(&mut self, site: Site, access_token: &Secret) -> Result<Exchanged, Error> {
        let started = Instant::now();
        loop {
            let now = self.host.clock.now();
            let answer = tokio::select! {
                answer = exchange(&*self.host.http, &self.wanted.cloud, site, access_token, now) => answer,
                () = self.interrupts.next() => return Err(Error::Interrupted),
            };
            match answer {
                Ok(exchanged) => return Ok(exchanged),
                Err(error) if is_temporary(&error) && self.may_retry(started) => self.back_off(&error).await?,
                Err(error) => return Err(Error::Exchange(error)),
            }
        }
    }

    /// Saves the credentials beside the token that they come from, if it is still there, and returns them. They
    /// are good even if they could not be saved.
    fn hand_out(&mut self, got: Exchanged, profile: &Profile, source: &Secret) -> Result<Credentials, Error> {
        let sts = got.credentials;
        let changes =
            Changes::new().sts(&sts.access_key_id, &sts.access_key_secret, &sts.security_token, sts.expiration);
        let saved = self.locked.edit(|config| {
            let there = config.find(&profile.name);
            if there.is_some_and(|profile| profile.oauth_access_token.as_ref() == Some(source)) {
                config.upsert(&profile.name, &changes);
            }
        });
        if profile.oauth_access_token.as_ref() == Some(source) {
            self.believe(profile);
        }
        match saved {
            Ok(updated) => self.notices.notes.extend(updated.notes),
            Err(error) => self.notices.missed = Some(error),
        }
        self.notices.skew = got.skew;
        let left = sts.expiration.remaining(self.host.clock.now());
        if left < self.wanted.least {
            return Err(Error::TooShort { wanted: self.wanted.least, got: left });
        }
        Ok(Credentials::of(sts, profile.region_id.clone()))
    }

    /// Whether another tool saves other tokens than `presented` within the time it may need.
    async fn watch(&mut self, presented: &Secret) -> Result<bool, Error> {
        let until = Instant::now() + if self.hurried { Duration::ZERO } else { WATCH };
        loop {
            if self.file_moved_on(presented)? {
                return Ok(true);
            }
            if Instant::now() >= until {
                return Ok(false);
            }
            self.pause(WATCH_PAUSE).await?;
        }
    }

    /// Whether the file has tokens that are neither `presented` nor known to be spent.
    fn file_moved_on(&self, presented: &Secret) -> Result<bool, Error> {
        let profile = find(&self.locked.read()?.config, &self.wanted.profile)?;
        let other = profile.oauth_refresh_token.as_ref().is_some_and(|token| token != presented);
        Ok(other && !matches!(self.journal.decide(&profile), Verdict::Stale(_)))
    }

    fn may_retry(&self, started: Instant) -> bool {
        !self.hurried && started.elapsed() < PATIENCE
    }

    async fn back_off(&mut self, error: &ReplyError) -> Result<(), Error> {
        let asked = match error {
            ReplyError::Refused(refusal) => refusal.retry_after.map(Duration::from_secs),
            _ => None,
        };
        self.pause(asked.unwrap_or(BACKOFF).clamp(BACKOFF, PATIENCE)).await
    }

    async fn pause(&mut self, span: Duration) -> Result<(), Error> {
        tokio::select! {
            () = sleep(span) => Ok(()),
            () = self.interrupts.next() => Err(Error::Interrupted),
        }
    }

    fn sign_in(&self, profile: &Profile, why: &str) -> Error {
        Error::SignIn { profile: profile.name.clone(), site: profile.site, why: why.to_owned(), cause: None }
    }
}

/// The access token of the profile, unless it is too old or the exchange refused it.
fn living_access_token(profile: &Profile, refused: Option<&Secret>, now: Timestamp) -> Option<Secret> {
    let token = profile.oauth_access_token.as_ref().filter(|token| Some(*token) != refused)?;
    let old = needs_refresh(Some(token), profile.oauth_access_token_expire, now);
    (!old).then(|| token.clone())
}

/// The refusals after which the same refresh token is no use any more (RFC 6749 section 5.2, RFC 6750 section 3.1).
fn is_final(error: &ReplyError) -> bool {
    const CODES: [&str; 4] = ["invalid_grant", "invalid_client", "unauthorized_client", "invalid_token"];
    matches!(error, ReplyError::Refused(refusal) if refusal.is_any_of(&CODES) && matches!(refusal.status, 200 | 400 | 401))
}

/// Whether the server may have acted although no whole answer came.
fn is_ambiguous(error: &ReplyError) -> bool {
    matches!(error, ReplyError::Transport(error) if error.kind == TransportKind::Ambiguous)
}

fn surely_not_counted(error: &ReplyError) -> bool {
    match error {
        ReplyError::Transport(error) => error.kind == TransportKind::NotSent,
        ReplyError::Refused(refusal) => matches!(refusal.status, 429 | 503),
        _ => false,
    }
}

fn is_temporary(error: &ReplyError) -> bool {
    match error {
        ReplyError::Transport(error) => error.kind != TransportKind::Blocked,
        ReplyError::Refused(refusal) => refusal.is_temporary(),
        _ => false,
    }
}

fn is_unauthorized(error: &ReplyError) -> bool {
    matches!(error, ReplyError::Refused(refusal) if matches!(refusal.status, 401 | 403))
}
