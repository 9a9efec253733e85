//! Valid credentials for a profile: the promise this tool exists for.
//!
//! [`look`] answers from the file alone: no network, no lock, no runtime. Only when that is not enough, [`renew`]
//! takes the lock, looks again, and renews in an order in which no failure loses the login. [`obtain`] is both:
//! while the old credentials still serve, a failed renewal is a warning.

pub mod freshness;
mod refresh;
mod uri;

use std::time::Duration;

use crate::config::{Config, Mode, Note, Profile, Store, StoreError};
use crate::host::{Host, Interrupts};
use crate::oauth::StsCredentials;
use crate::reply::ReplyError;
use crate::secret::Secret;
use crate::site::{Cloud, Site};
use crate::time::{Skew, Timestamp};

use freshness::{Freshness, Reason, of_credentials};
pub use refresh::renew;
pub use uri::UriAnswer;

/// Whose credentials, and how long they have to live.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The file that keeps the profile.
    pub store: Store,
    /// The other party.
    pub cloud: Cloud,
    /// The profile.
    pub profile: String,
    /// The life that they have to have left.
    pub least: Duration,
}

/// Credentials to hand out.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Names the key.
    pub access_key_id: String,
    /// Signs requests.
    pub access_key_secret: Secret,
    /// Goes with every request; a long-lived key has none.
    pub security_token: Option<Secret>,
    /// When they end, by the local clock, where that is known.
    pub expiration: Option<Timestamp>,
    /// The default region of the profile.
    pub region_id: Option<String>,
}

/// How the credentials in the file stand.
#[derive(Debug)]
pub enum Standing {
    /// Good.
    Ready(Credentials),
    /// Good, and worth renewing.
    Due(Credentials, Reason),
    /// To be renewed first.
    Expired(Reason),
}

/// What happened on the way to the credentials.
#[derive(Debug, Default)]
pub struct Notices {
    /// What the store noticed.
    pub notes: Vec<Note>,
    /// How far the local clock is off.
    pub skew: Skew,
    /// A renewal that failed while the old credentials still serve.
    pub not_renewed: Option<Error>,
    /// One of the two places for new tokens that could not be written.
    pub missed: Option<StoreError>,
}

/// Why there are no credentials. Nothing was deleted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be read, locked or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such profile.
    #[error("there is no profile `{profile}`")]
    NoProfile {
        /// Its name.
        profile: String,
        /// Those that there are.
        names: Vec<String>,
    },
    /// The profile's mode is not for this tool.
    #[error("the profile `{profile}` is of mode `{mode}`, whose credentials only the official tools can get")]
    Mode {
        /// Its name.
        profile: String,
        /// Its mode.
        mode: Mode,
    },
    /// The profile lacks something.
    #[error("the profile `{profile}` has no usable `{field}`")]
    Incomplete {
        /// Its name.
        profile: String,
        /// The key in the file.
        field: &'static str,
    },
    /// A person has to sign in again.
    #[error("the profile `{profile}` has to be signed in again{}{why}", if why.is_empty() { "" } else { ": " })]
    SignIn {
        /// Its name.
        profile: String,
        /// Its site, where known.
        site: Option<Site>,
        /// What happened, where the cause does not say it.
        why: String,
        /// What the server answered, or that it did not.
        #[source]
        cause: Option<Box<ReplyError>>,
    },
    /// The refresh could not be done for now.
    #[error("could not refresh the access token")]
    Refresh(#[source] ReplyError),
    /// The exchange could not be done, for now or at all.
    #[error("could not turn the access token into STS credentials")]
    Exchange(#[source] ReplyError),
    /// Nothing lives as long as was wanted.
    #[error("credentials with {} left were wanted, but new ones live for {}", span(.wanted), span(.got))]
    TooShort {
        /// What was wanted.
        wanted: Duration,
        /// What new credentials have.
        got: Duration,
    },
    /// The new tokens could be kept nowhere.
    #[error("the renewed tokens could not be saved, and the old ones are spent")]
    Lost(#[source] StoreError),
    /// An interrupt came.
    #[error("interrupted; nothing was lost")]
    Interrupted,
}

fn span(span: &Duration) -> humantime::FormattedDuration {
    humantime::format_duration(Duration::from_secs(span.as_secs()))
}

/// Judges what the file says. Touches nothing.
///
/// # Errors
/// [`Error::NoProfile`], [`Error::Mode`], [`Error::Incomplete`]
pub fn look(config: &Config, wanted: &Wanted, now: Timestamp) -> Result<Standing, Error> {
    stand(&find(config, &wanted.profile)?, now, wanted.least)
}

/// Returns credentials that live long enough, renewed if need be. While the old ones still serve they are
/// returned beside the reason why there are no new ones.
///
/// # Errors
/// [`Error`]
pub async fn obtain(
    host: &Host,
    wanted: &Wanted,
    interrupts: &mut Interrupts,
) -> Result<(Credentials, Notices), Error> {
    let snapshot = wanted.store.read()?;
    match look(&snapshot.config, wanted, host.clock.now())? {
        Standing::Ready(credentials) => Ok((credentials, Notices::default())),
        Standing::Due(credentials, _) => renew(host, wanted, Some(credentials), interrupts).await,
        Standing::Expired(_) => renew(host, wanted, None, interrupts).await,
    }
}

fn find(config: &Config, name: &str) -> Result<Profile, Error> {
    config.find(name).ok_or_else(|| Error::NoProfile {
        profile: name.to_owned(),
        names: config.names().into_iter().map(str::to_owned).collect(),
    })
}

/// Judges one profile. Keys that never end pass through, as do STS tokens that somebody else put there.
fn stand(profile: &Profile, now: Timestamp, least: Duration) -> Result<Standing, Error> {
    let incomplete = |field| Error::Incomplete { profile: profile.name.clone(), field };
    match &profile.mode {
        Mode::Ak => Ok(Standing::Ready(credentials_in(profile).map_err(incomplete)?)),
        Mode::StsToken => {
            let credentials = credentials_in(profile).map_err(incomplete)?;
            credentials.security_token.as_ref().ok_or_else(|| incomplete("sts_token"))?;
            Ok(Standing::Ready(credentials))
        }
        Mode::OAuth => {
            let credentials = credentials_in(profile).ok().filter(|held| held.security_token.is_some());
            match (of_credentials(credentials.is_some(), profile.sts_expiration, now, least), credentials) {
                (Freshness::Fresh, Some(credentials)) => Ok(Standing::Ready(credentials)),
                (Freshness::Due(reason), Some(credentials)) => Ok(Standing::Due(credentials, reason)),
                (Freshness::Expired(reason), _) => Ok(Standing::Expired(reason)),
                (_, None) => Ok(Standing::Expired(Reason::Missing)),
            }
        }
        mode => Err(Error::Mode { profile: profile.name.clone(), mode: mode.clone() }),
    }
}

/// The key in the profile, or the name of what is missing.
fn credentials_in(profile: &Profile) -> Result<Credentials, &'static str> {
    let token = profile.sts_token.clone().filter(|_| profile.mode != Mode::Ak);
    Ok(Credentials {
        access_key_id: profile.access_key_id.clone().ok_or("access_key_id")?,
        access_key_secret: profile.access_key_secret.clone().ok_or("access_key_secret")?,
        expiration: profile.sts_expiration.filter(|_| token.is_some()),
        security_token: token,
        region_id: profile.region_id.clone(),
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
