//! Renewal, in the one order in which no failure loses the login: lock, read again, reserve space, use the refresh
//! token, persist the new pair twice, exchange, save the credentials, answer.
//!
//! The refresh token is single-use. Between "sent" and "durable" nothing else happens here and no interrupt is
//! heard. A refresh that may have counted is presented once more at most; `invalid_grant` counts as final only after
//! the file was watched for a token that another tool may be about to save. A failure deletes nothing.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::freshness::{EXCHANGE_NEEDS, REFRESH_AHEAD, TTL_TOLERANCE, usable_access_token};
use super::{Credentials, Error, Notices, Provider, SignInReason, Standing, Wanted};
use crate::config::{Changes, Mode, Profile, StoreError};
use crate::host::{Clock, Interrupts, blocking};
use crate::logins::{Current, Guard, Issued, LOCK_DEADLINE, acquire};
use crate::oauth::exchange::Exchanged;
use crate::oauth::retry::{
    Attempts, exchange_repeatedly, is_ambiguous, is_final, is_unauthorized, repeatedly, surely_not_counted,
};
use crate::oauth::token::TokenEndpoint;
use crate::secret::Secret;
use crate::site::Site;
use crate::time::Timestamp;
use crate::tokens::Tokens;

/// While the old credentials are valid, no process waits for another one that is renewing them.
const SHORT_LOCK_DEADLINE: Duration = Duration::from_millis(100);
/// How long the file is watched for a token that another tool may be about to save: they save after their exchange.
const WATCH: Duration = Duration::from_secs(5);
const WATCH_PAUSE: Duration = Duration::from_millis(100);
/// How long to wait before a refresh that may have counted is presented again.
const AMBIGUOUS_PAUSE: Duration = Duration::from_secs(1);
/// How often the file may change under a renewal before it gives up.
const ROUNDS: usize = 4;

/// Renews the credentials of a profile. If `hurried`, old ones can be handed out: then nothing is waited for.
pub(super) async fn renew(
    provider: &Provider,
    wanted: &Wanted,
    hurried: bool,
    interrupts: &mut Interrupts,
    notices: &mut Notices,
) -> Result<Credentials, Error> {
    let deadline = if hurried { SHORT_LOCK_DEADLINE } else { LOCK_DEADLINE };
    let locked = tokio::select! {
        locked = acquire(&provider.logins, deadline) => locked,
        () = interrupts.next() => return Err(Error::Interrupted),
    };
    let locked = match locked {
        Ok(locked) => locked,
        Err(error) if hurried && error.is_temporary() => return Err(error.into()),
        Err(error) => return exchange_unsaved(provider, wanted, error, interrupts, notices).await,
    };
    let attempts = if hurried { Attempts::one() } else { Attempts::new() };
    let (refreshes, exchanges) = (attempts, attempts);
    Renewal { provider, wanted, locked, interrupts, notices, hurried, refreshes, exchanges }.run().await
}

/// Exchanges an access token that is still good although nothing can be written: that uses nothing up.
async fn exchange_unsaved(
    provider: &Provider,
    wanted: &Wanted,
    unwritable: StoreError,
    interrupts: &mut Interrupts,
    notices: &mut Notices,
) -> Result<Credentials, Error> {
    let (logins, sought) = (Arc::clone(&provider.logins), wanted.clone());
    let found = blocking(move || Ok::<_, Error>(logins.with_newest_tokens(sought.find(&logins.read()?.config)?)));
    let profile = found.await?;
    let token = access_token(provider, &profile, EXCHANGE_NEEDS);
    let (Mode::OAuth, Some(token), Some(site)) = (&profile.mode, token, profile.site) else {
        return Err(unwritable.into());
    };
    let got = interruptible_exchange(provider, site, token, &mut Attempts::new(), interrupts).await?;
    notices.skew = got.skew;
    notices.missed = Some(unwritable);
    checked(provider, wanted, got, &profile)
}

/// One renewal under the lock.
struct Renewal<'a> {
    provider: &'a Provider,
    wanted: &'a Wanted,
    locked: Guard,
    interrupts: &'a mut Interrupts,
    notices: &'a mut Notices,
    /// Whether old credentials wait to be handed out, or an old access token to be exchanged: then nothing is tried twice.
    hurried: bool,
    refreshes: Attempts,
    exchanges: Attempts,
}

/// What came of a refresh.
enum Refreshed {
    /// New tokens, which are durable.
    Tokens(Tokens),
    /// The file has other tokens than the ones that were presented: read it again.
    FileChanged,
}

impl<'a> Renewal<'a> {
    async fn run(&mut self) -> Result<Credentials, Error> {
        let mut doubted = false;
        let mut refused = None;
        let mut refreshed = false;
        for _ in 0..ROUNDS {
            let (profile, received, healed) = self.read_and_heal().await?;
            doubted |= healed;
            match self.provider.judge(&profile, || received, Some(self.wanted))? {
                Standing::Ready(credentials) if !doubted => {
                    self.adopt_if_foreign(&profile).await;
                    return Ok(credentials);
                }
                _ => {}
            }
            let site = profile.site.ok_or_else(|| sign_in(&profile, SignInReason::SiteUnknown))?;
            let access_token = match self.living_access_token(&profile, refused.as_ref(), REFRESH_AHEAD) {
                Some(token) => token,
                None => match self.new_access_token(&profile, site, refused.as_ref()).await? {
                    Some(token) => token,
                    None => continue,
                },
            };
            refreshed |= profile.oauth_access_token.as_ref() != Some(&access_token);
            let attempts = &mut self.exchanges;
            let got = interruptible_exchange(self.provider, site, &access_token, attempts, self.interrupts).await;
            match (got, self.notices.not_refreshed.take()) {
                (Ok(exchanged), not_refreshed) => {
                    self.notices.not_refreshed = not_refreshed;
                    return self.hand_out(exchanged, &profile, access_token).await;
                }
                (Err(Error::Interrupted), _) => return Err(Error::Interrupted),
                (Err(_), Some(not_refreshed)) => return Err(not_refreshed),
                (Err(Error::Exchange(error)), None) if !refreshed && is_unauthorized(&error) => {
                    (doubted, refused) = (true, Some(access_token));
                }
                (Err(error), None) => return Err(error),
            }
        }
        Err(StoreError::Busy { path: self.provider.logins.path().to_owned(), waited: LOCK_DEADLINE }.into())
    }

    /// Reads the profile, with the newest tokens that are known; when its credentials were received, if the clock was
    /// off then; whether the tokens in the file were older.
    async fn read_and_heal(&mut self) -> Result<(Profile, Option<Timestamp>, bool), Error> {
        let name = self.wanted.profile.clone();
        let Current { profile, received, names, healed, missed, notes } =
            self.locked.with(move |logins| logins.read_and_heal(&name)).await?;
        self.notices.notes.extend(notes);
        if missed.is_some() {
            self.notices.missed = missed;
        }
        let profile = profile.ok_or_else(|| Error::NoProfile { profile: self.wanted.profile.clone(), names })?;
        Ok((profile, received, healed))
    }

    fn living_access_token(&self, profile: &Profile, refused: Option<&Secret>, least: Duration) -> Option<Secret> {
        access_token(self.provider, profile, least).filter(|token| Some(*token) != refused).cloned()
    }

    /// A refreshed access token; `None` where the file has changed. One that cannot be refreshed for now serves as long
    /// as the exchange accepts it, which spends nothing.
    async fn new_access_token(
        &mut self,
        profile: &Profile,
        site: Site,
        refused: Option<&Secret>,
    ) -> Result<Option<Secret>, Error> {
        let old = self.living_access_token(profile, refused, EXCHANGE_NEEDS);
        self.hurried |= old.is_some();
        let error = match self.refresh(profile, site).await {
            Ok(Refreshed::Tokens(Tokens { access_token: Some(token), .. })) => return Ok(Some(token)),
            Ok(Refreshed::FileChanged) => return Ok(None),
            // The refresh token was saved; what came with it is of no use.
            Ok(Refreshed::Tokens(_)) => Error::Refresh(self.endpoint(site).no_access_token()),
            Err(error) => error,
        };
        if old.is_none() || !error.is_about_renewal() {
            return Err(error);
        }
        self.notices.not_refreshed = Some(error);
        Ok(old)
    }

    async fn adopt_if_foreign(&mut self, profile: &Profile) {
        let profile = profile.clone();
        let adopted = self.locked.with(move |logins| logins.adopt_if_foreign(&profile)).await;
        if let Err(error) = adopted {
            self.notices.missed = Some(error);
        }
    }

    /// Uses the refresh token.
    async fn refresh(&mut self, profile: &Profile, site: Site) -> Result<Refreshed, Error> {
        let Some(token) = &profile.oauth_refresh_token else {
            return Err(sign_in(profile, SignInReason::NoRefreshToken));
        };
        self.locked.with(|logins| logins.reserve()).await?;
        let endpoint = self.endpoint(site);
        let mut answer = self.present(&endpoint, token).await;
        let ambiguous = matches!(&answer, Err(Error::Refresh(error)) if is_ambiguous(error));
        if ambiguous && !self.hurried {
            self.pause(AMBIGUOUS_PAUSE).await?;
            if self.has_moved_on(token).await? {
                return Ok(Refreshed::FileChanged);
            }
            answer = self.present(&endpoint, token).await;
        }
        match answer {
            Ok(tokens) => self.persist(profile, site, tokens).await,
            Err(error) if ambiguous && self.hurried => Err(error),
            Err(Error::Refresh(error)) if is_final(&error) || (ambiguous && is_ambiguous(&error)) => {
                if self.watch(token).await? {
                    return Ok(Refreshed::FileChanged);
                }
                let reason = if is_final(&error) { SignInReason::Refused } else { SignInReason::ResponseLost };
                Err(sign_in(profile, reason(error)))
            }
            Err(error) => Err(error),
        }
    }

    fn endpoint(&self, site: Site) -> TokenEndpoint<'a> {
        TokenEndpoint::new(&*self.provider.http, &self.provider.cloud, site)
    }

    /// Presents the refresh token, again only if the server surely did not act on it.
    async fn present(&mut self, endpoint: &TokenEndpoint<'_>, token: &Secret) -> Result<Tokens, Error> {
        let send = async || endpoint.refresh(token, self.provider.clock.now()).await;
        let pause = async |span| pause(&*self.provider.clock, span, self.interrupts).await;
        repeatedly(&mut self.refreshes, surely_not_counted, send, pause).await?.map_err(Error::Refresh)
    }

    /// Makes new tokens durable before anything else happens.
    async fn persist(&mut self, profile: &Profile, site: Site, mut tokens: Tokens) -> Result<Refreshed, Error> {
        // A refresh does not prolong the session: where the server is silent, its end stays.
        tokens.refresh_token_expire = tokens.refresh_token_expire.or(profile.oauth_refresh_token_expire);
        let issued = Issued {
            profile: profile.name.clone(),
            site,
            tokens: tokens.clone(),
            superseded: profile.oauth_refresh_token.clone(),
            settings: Changes::new(),
            overrule: false,
        };
        let persisted = self.locked.with(move |logins| logins.persist(&issued)).await.map_err(Error::Lost)?;
        self.notices.notes.extend(persisted.notes);
        self.notices.missed = persisted.missed;
        if self.interrupts.arrived().await {
            return Err(Error::Interrupted);
        }
        Ok(if persisted.overruled { Refreshed::FileChanged } else { Refreshed::Tokens(tokens) })
    }

    /// Saves the credentials next to the token that they come from, if it is still there, and returns them. They are
    /// good even if they could not be saved.
    async fn hand_out(&mut self, got: Exchanged, profile: &Profile, source: Secret) -> Result<Credentials, Error> {
        let (name, credentials) = (profile.name.clone(), got.credentials.clone());
        let received = got.to_note(self.provider.clock.now());
        let from_file = profile.oauth_access_token.as_ref() == Some(&source);
        let saved =
            self.locked.with(move |logins| logins.save_credentials(&name, &source, &credentials, received)).await;
        if from_file {
            self.adopt_if_foreign(profile).await;
        }
        match saved {
            Ok(notes) => self.notices.notes.extend(notes),
            Err(error) => self.notices.missed = Some(error),
        }
        self.notices.skew = got.skew;
        checked(self.provider, self.wanted, got, profile)
    }

    /// Whether another tool saves other tokens than `presented` within the time it may need.
    async fn watch(&mut self, presented: &Secret) -> Result<bool, Error> {
        let until = Instant::now() + if self.hurried { Duration::ZERO } else { WATCH };
        loop {
            if self.has_moved_on(presented).await? {
                return Ok(true);
            }
            if Instant::now() >= until {
                return Ok(false);
            }
            self.pause(WATCH_PAUSE).await?;
        }
    }

    async fn has_moved_on(&mut self, presented: &Secret) -> Result<bool, Error> {
        let (name, presented) = (self.wanted.profile.clone(), presented.clone());
        Ok(self.locked.with(move |logins| logins.has_moved_on(&name, &presented)).await?)
    }

    async fn pause(&mut self, span: Duration) -> Result<(), Error> {
        pause(&*self.provider.clock, span, self.interrupts).await
    }
}

/// The access token of `profile`, if it can be exchanged and has more time left than `least`.
fn access_token<'a>(provider: &Provider, profile: &'a Profile, least: Duration) -> Option<&'a Secret> {
    let (token, end) = (profile.oauth_access_token.as_ref(), profile.oauth_access_token_expire);
    usable_access_token(token, end, provider.clock.now(), least)
}

async fn interruptible_exchange(
    provider: &Provider,
    site: Site,
    token: &Secret,
    attempts: &mut Attempts,
    interrupts: &mut Interrupts,
) -> Result<Exchanged, Error> {
    let Provider { http, clock, cloud, .. } = provider;
    tokio::select! {
        got = exchange_repeatedly(&**http, &**clock, cloud, site, token, attempts) => got.map_err(Error::Exchange),
        () = interrupts.next() => Err(Error::Interrupted),
    }
}

/// The new credentials, if they last as long as is wanted.
fn checked(provider: &Provider, wanted: &Wanted, got: Exchanged, profile: &Profile) -> Result<Credentials, Error> {
    let left = got.credentials.expiration.remaining(provider.clock.now());
    if left + TTL_TOLERANCE < wanted.min_ttl() {
        return Err(Error::TooShort { wanted: wanted.min_ttl(), got: left });
    }
    Ok(Credentials::of(got.credentials, profile.region_id.clone()))
}

async fn pause(clock: &dyn Clock, span: Duration, interrupts: &mut Interrupts) -> Result<(), Error> {
    tokio::select! {
        () = clock.sleep(span) => Ok(()),
        () = interrupts.next() => Err(Error::Interrupted),
    }
}

fn sign_in(profile: &Profile, reason: SignInReason) -> Error {
    Error::SignIn { profile: profile.name.clone(), site: profile.site, reason }
}
