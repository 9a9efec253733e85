//! Why credentials could not be obtained.

use std::time::Duration;

use crate::config::{Field, Mode, ProfileName, StoreError};
use crate::reply::ReplyError;
use crate::site::Site;

/// Why credentials could not be obtained. Nothing was deleted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be read, locked or written.
    #[error("store")]
    Store(#[from] StoreError),
    /// There is no such profile.
    #[error("no-profile")]
    NoProfile {
        /// Its name.
        profile: ProfileName,
        /// The names of all profiles.
        names: Vec<ProfileName>,
    },
    /// The profile's mode is not supported here.
    #[error("unsupported-mode")]
    Mode {
        /// Its name.
        profile: ProfileName,
        /// Its mode.
        mode: Mode,
    },
    /// The profile lacks something.
    #[error("incomplete-profile")]
    Incomplete {
        /// Its name.
        profile: ProfileName,
        /// What it lacks.
        field: Field,
    },
    /// A person has to sign in again.
    #[error("sign-in-needed")]
    SignIn {
        /// The profile.
        profile: ProfileName,
        /// Its site, where known.
        site: Option<Site>,
        /// What happened.
        reason: SignInReason,
    },
    /// The refresh could not be done for now.
    #[error("refresh-failed")]
    Refresh(#[source] ReplyError),
    /// The exchange could not be done, for now or at all.
    #[error("exchange-failed")]
    Exchange(#[source] ReplyError),
    /// No credentials last as long as was asked for.
    #[error("min-ttl-too-long")]
    TooShort {
        /// What was asked for.
        wanted: Duration,
        /// What new credentials have.
        got: Duration,
    },
    /// The new tokens could be saved nowhere.
    #[error("tokens-lost")]
    Lost(#[source] StoreError),
    /// An interrupt came.
    #[error("interrupted")]
    Interrupted,
}

/// Why a person has to sign in again.
#[derive(Debug)]
pub enum SignInReason {
    /// The profile does not say which site issued its tokens.
    SiteUnknown,
    /// It has no refresh token.
    NoRefreshToken,
    /// The server refused the refresh token (RFC 6749 section 5.2).
    Refused(ReplyError),
    /// The refresh token was sent, and no response arrived: it may have been used.
    ResponseLost(ReplyError),
}

impl Error {
    /// Whether the renewal failed, so that old credentials still are of use; not so if the profile itself is gone or
    /// of another kind.
    pub(super) const fn is_about_renewal(&self) -> bool {
        !matches!(self, Self::NoProfile { .. } | Self::Mode { .. } | Self::Incomplete { .. } | Self::Interrupted)
    }

    /// Whether another process had the lock.
    pub(super) const fn is_busy(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_temporary())
    }
}
