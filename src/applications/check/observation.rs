//! What a check can see, and how each is judged.

use std::io;
use std::time::Duration;

use crate::applications::own::Difference;
use crate::host::TransportError;
use crate::oauth::callback::ErrorCode;
use crate::oauth::confidential::SecretError;
use crate::oauth::id_token::IdTokenError;
use crate::oauth::loopback::PortsUnavailable;
use crate::openapi::ActionError;
use crate::openapi::ims::Application;
use crate::reply::ReplyError;
use crate::site::Site;

/// A part of an address in which two differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `http` or `https`.
    Scheme,
    /// The name.
    Host,
    /// The port, named or not.
    Port,
    /// The path.
    Path,
    /// The path, by a slash at its end alone.
    Slash,
    /// What follows a question mark.
    Query,
    /// Upper and lower case, a port that need not be named, and the like: to the letter they still differ.
    Spelling,
}

/// Something that was seen.
#[derive(Debug)]
pub enum Observation {
    /// There are no credentials to read the application with.
    NoCredentials,
    /// The application or its secrets could not be read.
    Unread(ActionError),
    /// The account has no such application.
    ApplicationMissing,
    /// The application as it is.
    Application(Box<Application>),
    /// It is not as it has to be.
    Differs(Difference),
    /// It has no secret.
    NoSecretThere,
    /// It is older than the support of roles.
    NoRoles,
    /// The callback is not registered.
    CallbackDiffers {
        /// The callback.
        wanted: String,
        /// The registered one that comes nearest, and in what it differs.
        nearest: Option<(String, Vec<Part>)>,
    },
    /// The authorization endpoint takes id and callback.
    CallbackAccepted(String),
    /// It does not.
    CallbackRefused {
        /// The HTTP status.
        status: u16,
        /// The error code.
        code: Option<String>,
    },
    /// It answers something that means neither.
    CallbackUnclear {
        /// The HTTP status.
        status: u16,
    },
    /// It could not be asked.
    Unasked(ReplyError),
    /// The other site takes id and callback.
    OtherSite(Site),
    /// No secret was given.
    SecretNotGiven,
    /// There are blanks around the secret.
    SecretHasBlanks,
    /// The id of the secret was given, not its value.
    SecretIsId,
    /// No sandbox has issued the secret, and it was not sent to one.
    SecretForeign,
    /// The token endpoint takes the secret.
    SecretAccepted,
    /// It does not.
    SecretRefused,
    /// It answers a wrong secret alike.
    SecretAlike {
        /// The error code.
        code: String,
    },
    /// It could not be asked.
    SecretUnchecked(SecretError),
    /// Nobody was asked to sign in.
    SignInSkipped(Skipped),
    /// The sign-in failed.
    SignInFailed(SignInError),
    /// All scopes that were asked for were granted.
    ScopesGranted(Vec<String>),
    /// Some were not.
    ScopesMissing(Vec<String>),
    /// The server does not say which scopes it granted.
    ScopesUnsaid,
    /// It is known who signed in.
    WhoKnown,
    /// It is not.
    WhoUnknown(ReplyError),
    /// The id_token is true.
    IdTokenTrue,
    /// It is not.
    IdTokenFalse(IdTokenError),
    /// The site's keys could not be fetched.
    IdTokenUnchecked(ReplyError),
    /// There is none.
    NoIdToken,
    /// id_token and userinfo speak of different subjects.
    SubjectsDiffer,
    /// The tokens were revoked.
    Revoked,
    /// They were not, and end by themselves.
    NotRevoked(ReplyError),
    /// The GitLab offers the provider.
    GitLabOffers,
    /// It does not.
    GitLabDoesNotOffer,
    /// It answers something that means neither.
    GitLabUnclear {
        /// The HTTP status.
        status: u16,
    },
    /// It did not answer.
    GitLabUnreached(TransportError),
}

/// What an observation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The application's configuration.
    Application,
    /// Id and callback.
    Callback,
    /// The secret.
    Secret,
    /// The sign-in.
    SignIn,
    /// What was granted.
    Scopes,
    /// Who signed in.
    UserInfo,
    /// The id_token.
    IdToken,
    /// The revocation.
    Tokens,
    /// The GitLab.
    GitLab,
}

/// How an observation is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// As it has to be.
    Ok,
    /// It cannot be said.
    Inconclusive,
    /// It keeps the application from working, or from being safe.
    Problem,
}

/// Why nobody was asked to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skipped {
    /// It was not wanted.
    NotWanted,
    /// No callback leads to this machine.
    NoLoopback,
    /// The secret is missing, or was refused.
    NoSecret,
    /// The authorization endpoint refuses.
    NotAccepted,
}

/// Why a sign-in failed.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The port of the callback is taken.
    #[error(transparent)]
    Ports(#[from] PortsUnavailable),
    /// The callback cannot be listened for.
    #[error("listener-failed")]
    Listen(#[source] io::Error),
    /// No `state` could be drawn.
    #[error(transparent)]
    NoEntropy(#[from] crate::host::NoEntropy),
    /// The person, or an administrator's rule, said no.
    #[error("authorization-refused")]
    Refused(ErrorCode),
    /// Nobody signed in in this time.
    #[error("authorization-timeout")]
    TimedOut(Duration),
    /// The code could not be redeemed.
    #[error("redeem-failed")]
    Redeem(#[source] ReplyError),
}

impl Observation {
    /// How it is judged.
    pub const fn judgement(&self) -> Judgement {
        match self {
            Self::Application(_)
            | Self::CallbackAccepted(_)
            | Self::SecretAccepted
            | Self::ScopesGranted(_)
            | Self::WhoKnown
            | Self::IdTokenTrue
            | Self::Revoked
            | Self::GitLabOffers => Judgement::Ok,
            Self::NoCredentials
            | Self::Unread(_)
            | Self::NoRoles
            | Self::CallbackUnclear { .. }
            | Self::Unasked(_)
            | Self::SecretNotGiven
            | Self::SecretAlike { .. }
            | Self::SecretUnchecked(_)
            | Self::SignInSkipped(_)
            | Self::SignInFailed(SignInError::TimedOut(_) | SignInError::Ports(_) | SignInError::Listen(_))
            | Self::SignInFailed(SignInError::NoEntropy(_))
            | Self::ScopesUnsaid
            | Self::IdTokenUnchecked(_)
            | Self::NoIdToken
            | Self::NotRevoked(_)
            | Self::GitLabUnclear { .. } => Judgement::Inconclusive,
            Self::ApplicationMissing
            | Self::Differs(_)
            | Self::NoSecretThere
            | Self::CallbackDiffers { .. }
            | Self::CallbackRefused { .. }
            | Self::OtherSite(_)
            | Self::SecretHasBlanks
            | Self::SecretIsId
            | Self::SecretForeign
            | Self::SecretRefused
            | Self::SignInFailed(_)
            | Self::ScopesMissing(_)
            | Self::WhoUnknown(_)
            | Self::IdTokenFalse(_)
            | Self::SubjectsDiffer
            | Self::GitLabDoesNotOffer
            | Self::GitLabUnreached(_) => Judgement::Problem,
        }
    }

    /// What it is about.
    pub const fn subject(&self) -> Subject {
        match self {
            Self::NoCredentials
            | Self::Unread(_)
            | Self::ApplicationMissing
            | Self::Application(_)
            | Self::Differs(_)
            | Self::NoRoles => Subject::Application,
            Self::CallbackDiffers { .. }
            | Self::CallbackAccepted(_)
            | Self::CallbackRefused { .. }
            | Self::CallbackUnclear { .. }
            | Self::Unasked(_)
            | Self::OtherSite(_) => Subject::Callback,
            Self::NoSecretThere
            | Self::SecretNotGiven
            | Self::SecretHasBlanks
            | Self::SecretIsId
            | Self::SecretForeign
            | Self::SecretAccepted
            | Self::SecretRefused
            | Self::SecretAlike { .. }
            | Self::SecretUnchecked(_) => Subject::Secret,
            Self::SignInSkipped(_) | Self::SignInFailed(_) => Subject::SignIn,
            Self::ScopesGranted(_) | Self::ScopesMissing(_) | Self::ScopesUnsaid => Subject::Scopes,
            Self::WhoKnown | Self::WhoUnknown(_) => Subject::UserInfo,
            Self::IdTokenTrue
            | Self::IdTokenFalse(_)
            | Self::IdTokenUnchecked(_)
            | Self::NoIdToken
            | Self::SubjectsDiffer => Subject::IdToken,
            Self::Revoked | Self::NotRevoked(_) => Subject::Tokens,
            Self::GitLabOffers | Self::GitLabDoesNotOffer | Self::GitLabUnclear { .. } | Self::GitLabUnreached(_) => {
                Subject::GitLab
            }
        }
    }
}
