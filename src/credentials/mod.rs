//! Valid credentials for a profile: the promise this tool exists for.
//!
//! [`Provider::cached`] judges what the file says: no network, no lock, no runtime. Only when that is not enough,
//! [`Provider::renew`] takes the lock, reads again, and renews in an order in which no failure loses the login.
//! [`Provider::obtain`] is both: while the old credentials are valid, a failed renewal is a warning. [`Keeper`]
//! renews ahead for a process that stays.

mod error;
pub mod freshness;
mod keeper;
mod renew;
mod uri;

use std::sync::Arc;
use std::time::Duration;

use crate::config::{Config, Field, Mode, Note, Profile, ProfileName, StoreError};
use crate::host::{Clock, Http, Interrupts, blocking};
use crate::logins::LoginStore;
use crate::secret::{Secret, fits_header};
use crate::site::Cloud;
use crate::time::{Skew, Timestamp};
use crate::tokens::StsCredentials;

pub use error::{Error, SignInReason};
use freshness::{Freshness, LAST_RESORT, MIN_TTL, Reason, can_end_at, of_credentials};
pub use keeper::{Held, Keeper, RenewalResult, Trouble};
pub use uri::UriAnswer;

/// Returns what obtains credentials.
#[derive(Clone)]
pub struct Provider {
    /// Where logins are kept.
    pub logins: Arc<dyn LoginStore>,
    /// Alibaba Cloud or a sandbox.
    pub cloud: Cloud,
    /// The local clock.
    pub clock: Arc<dyn Clock>,
    /// The network.
    pub http: Arc<dyn Http>,
}

/// Whose credentials, and what is expected of them.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The profile.
    pub profile: ProfileName,
    /// The minimum remaining lifetime, where the caller requires one. Otherwise [`MIN_TTL`], and as a last resort
    /// whatever is still valid.
    pub min_ttl: Option<Duration>,
    /// The id of a key that a service refused although it seems valid: it is renewed.
    pub refused: Option<String>,
}

/// Credentials to hand out.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Names the key.
    pub access_key_id: String,
    /// Signs requests.
    pub access_key_secret: Secret,
    /// Accompanies every request; a long-lived key has none.
    pub security_token: Option<Secret>,
    /// When they expire, by the local clock, where that is known.
    pub expiration: Option<Timestamp>,
    /// The default region of the profile.
    pub region_id: Option<String>,
}

/// The state of the credentials in the file.
#[derive(Debug)]
pub enum Standing {
    /// Good.
    Ready(Credentials),
    /// Good, and worth renewing.
    Due(Credentials, Reason),
    /// To be renewed first. The credentials are handed out if that fails, where there are any.
    Expired(Option<Credentials>, Reason),
    /// There are none, and nothing to renew them with. Only [`Provider::standing`] looks that far: a renewal finds out
    /// by itself.
    SignInNeeded(Reason),
}

/// What happened on the way to the credentials.
#[derive(Debug, Default)]
pub struct Notices {
    /// What the store noticed.
    pub notes: Vec<Note>,
    /// How far the local clock is off.
    pub skew: Skew,
    /// A renewal that failed while the old credentials are still valid.
    pub not_renewed: Option<Arc<Error>>,
    /// A refresh that failed while the access token still serves.
    pub not_refreshed: Option<Error>,
    /// One of the two places for new tokens or credentials that could not be written.
    pub missed: Option<StoreError>,
}

/// Old credentials that can be handed out if there are no new ones.
enum Old {
    /// Good for a while: nothing is waited for.
    Due(Credentials),
    /// The last resort: everything is tried before.
    LastResort(Credentials),
}

impl Standing {
    /// Why the credentials are worth renewing, if they are.
    pub const fn reason(&self) -> Option<Reason> {
        match self {
            Self::Ready(_) => None,
            Self::Due(_, reason) | Self::Expired(_, reason) | Self::SignInNeeded(reason) => Some(*reason),
        }
    }
}

impl Wanted {
    /// Finds the profile.
    ///
    /// # Errors
    /// [`Error::NoProfile`]
    pub fn find(&self, config: &Config) -> Result<Profile, Error> {
        config.find(&self.profile).ok_or_else(|| Error::NoProfile {
            profile: self.profile.clone(),
            names: config.names().into_iter().cloned().collect(),
        })
    }

    fn min_ttl(&self) -> Duration {
        self.min_ttl.unwrap_or(MIN_TTL)
    }
}

impl Provider {
    /// Judges the credentials of the wanted profile as it was read. Changes nothing.
    ///
    /// # Errors
    /// [`Error::Mode`], [`Error::Incomplete`]
    pub fn cached(&self, profile: &Profile, wanted: &Wanted) -> Result<Standing, Error> {
        self.judge(profile, || self.logins.received(&profile.name), Some(wanted))
    }

    /// Judges the credentials of one profile and the login behind them, for those who only look.
    ///
    /// # Errors
    /// [`Error::Mode`], [`Error::Incomplete`]
    pub fn standing(&self, profile: &Profile) -> Result<Standing, Error> {
        match self.judge(profile, || self.logins.received(&profile.name), None)? {
            Standing::Expired(None, reason) if !self.can_renew(profile) => Ok(Standing::SignInNeeded(reason)),
            standing => Ok(standing),
        }
    }

    /// Whether the login of `profile` obtains new credentials, as far as is known without a request.
    fn can_renew(&self, profile: &Profile) -> bool {
        let newest = self.logins.with_newest_tokens(profile.clone());
        let lasts = newest.oauth_refresh_token_expire.is_none_or(|end| end > self.clock.now());
        newest.oauth_refresh_token.is_some() && newest.site.is_some() && lasts
    }

    /// Returns credentials that last long enough, renewed if need be. While the old ones are valid they are returned
    /// beside the reason why there are no new ones.
    ///
    /// # Errors
    /// [`Error`]
    pub async fn obtain(&self, wanted: &Wanted, interrupts: &mut Interrupts) -> Result<(Credentials, Notices), Error> {
        let standing = self.read(wanted).await?;
        self.renew(wanted, standing, interrupts).await
    }

    /// Reads the file and judges what it says, away from the runtime.
    async fn read(&self, wanted: &Wanted) -> Result<Standing, Error> {
        let (provider, wanted) = (self.clone(), wanted.clone());
        blocking(move || provider.cached(&wanted.find(&provider.logins.read()?.config)?, &wanted)).await
    }

    /// Renews credentials in this state. While they are valid, a failure is a notice.
    ///
    /// # Errors
    /// [`Error`]; the login is as good as it was.
    pub async fn renew(
        &self,
        wanted: &Wanted,
        standing: Standing,
        interrupts: &mut Interrupts,
    ) -> Result<(Credentials, Notices), Error> {
        let old = match standing {
            Standing::Ready(credentials) => return Ok((credentials, Notices::default())),
            Standing::Due(credentials, _) => Some(Old::Due(credentials)),
            Standing::Expired(credentials, _) => credentials.map(Old::LastResort),
            Standing::SignInNeeded(_) => None,
        };
        let mut notices = Notices::default();
        let hurried = matches!(old, Some(Old::Due(_)));
        let outcome = renew::renew(self, wanted, hurried, interrupts, &mut notices).await;
        let old = old.map(|(Old::Due(credentials) | Old::LastResort(credentials))| credentials);
        match (outcome, old) {
            (Ok(credentials), _) => Ok((credentials, notices)),
            (Err(Error::Interrupted), _) => Err(Error::Interrupted),
            (Err(error), Some(old)) if error.is_about_renewal() => {
                // While they are good for a while, another process is renewing them right now.
                notices.not_renewed = Some(error).filter(|error| !(hurried && error.is_busy())).map(Arc::new);
                Ok((old, notices))
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Judges one profile, whose credentials were `received` at a time that is asked for only where it matters. Keys
    /// that never expire pass through, as do STS tokens that another tool put there, without an end that cannot be true.
    fn judge(
        &self,
        profile: &Profile,
        received: impl FnOnce() -> Option<Timestamp>,
        wanted: Option<&Wanted>,
    ) -> Result<Standing, Error> {
        let incomplete = |field| Error::Incomplete { profile: profile.name.clone(), field };
        match &profile.mode {
            Mode::Ak => Ok(Standing::Ready(credentials_in(profile).map_err(incomplete)?)),
            Mode::StsToken => {
                let mut credentials = credentials_in(profile).map_err(incomplete)?;
                let now = self.clock.now();
                credentials.expiration = credentials.expiration.filter(|end| can_end_at(*end, now));
                credentials.security_token.as_ref().ok_or_else(|| incomplete(Field::StsToken))?;
                Ok(Standing::Ready(credentials))
            }
            Mode::OAuth => Ok(judge_session(profile, received, self.clock.now(), wanted)),
            mode => Err(Error::Mode { profile: profile.name.clone(), mode: mode.clone() }),
        }
    }
}

fn judge_session(
    profile: &Profile,
    received: impl FnOnce() -> Option<Timestamp>,
    now: Timestamp,
    wanted: Option<&Wanted>,
) -> Standing {
    let min_ttl = wanted.and_then(|wanted| wanted.min_ttl);
    let held = credentials_in(profile).ok().filter(|held| held.security_token.is_some());
    let freshness = of_credentials(held.is_some(), profile.sts_expiration, received, now, min_ttl.unwrap_or(MIN_TTL));
    match (freshness, held) {
        (_, Some(held)) if wanted.is_some_and(|wanted| wanted.refused.as_ref() == Some(&held.access_key_id)) => {
            Standing::Expired(None, Reason::Refused)
        }
        (Freshness::Fresh, Some(held)) => Standing::Ready(held),
        (Freshness::Due(reason), Some(held)) => Standing::Due(held, reason),
        (Freshness::Expired(reason @ Reason::Ending(left)), Some(held)) if min_ttl.is_none() && left >= LAST_RESORT => {
            Standing::Expired(Some(held), reason)
        }
        (Freshness::Expired(reason), _) => Standing::Expired(None, reason),
        (_, None) => Standing::Expired(None, Reason::Missing),
    }
}

/// The key in the profile, or what is missing. What no header can hold counts as missing.
fn credentials_in(profile: &Profile) -> Result<Credentials, Field> {
    let usable = |secret: &Option<Secret>, field| match secret {
        Some(secret) if secret.fits_header() => Ok(secret.clone()),
        _ => Err(field),
    };
    let token = match (&profile.mode, &profile.sts_token) {
        (Mode::Ak, _) | (_, None) => None,
        (_, token) => Some(usable(token, Field::StsToken)?),
    };
    Ok(Credentials {
        access_key_id: profile.access_key_id.clone().filter(|id| fits_header(id)).ok_or(Field::AccessKeyId)?,
        access_key_secret: usable(&profile.access_key_secret, Field::AccessKeySecret)?,
        expiration: profile.sts_expiration.filter(|_| token.is_some()),
        security_token: token,
        region_id: profile.region_id.clone().filter(|region| fits_header(region)),
    })
}

impl Credentials {
    fn of(sts: StsCredentials, region_id: Option<String>) -> Self {
        Self {
            access_key_id: sts.access_key_id,
            access_key_secret: sts.access_key_secret,
            security_token: Some(sts.security_token),
            expiration: Some(sts.expiration),
            region_id,
        }
    }
}
