//! The stable names of failures, for programs, and the server's refusal behind one.

use super::{Failure, Usage, app};
use crate::credentials::{self, SignInReason};
use crate::login::{self, NotExchanged};
use crate::openapi::CallError;
use crate::reply::{Refusal, ReplyError};

impl Failure {
    /// The stable name: that of the innermost kind.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Quiet(_) => "failed".to_owned(),
            Self::PassedOn(_) => "command-failed".to_owned(),
            Self::BeforeCommand(failure) => failure.name(),
            Self::Usage(Usage::Answer(problem) | Usage::Value { problem, .. } | Usage::Variable { problem, .. }) => {
                problem.to_string()
            }
            Self::Usage(_) => "usage".to_owned(),
            Self::Output(error) => error.to_string(),
            Self::System(..) => "system".to_owned(),
            Self::Store(error, _) => error.to_string(),
            Self::Credentials(error) => match &**error {
                credentials::Error::Store(error) => error.to_string(),
                credentials::Error::Refresh(error) | credentials::Error::Exchange(error) => reply_name(error),
                error => error.to_string(),
            },
            Self::Login(error) => match error {
                login::Error::Refused { error, .. } => error.as_str().to_owned(),
                login::Error::Redeem(error) => reply_name(error),
                error => error.to_string(),
            },
            Self::NotExchanged { error: NotExchanged::Exchange(error), .. } | Self::Revoke(error) => reply_name(error),
            Self::NotExchanged { error, .. } => error.to_string(),
            Self::Identity { error: CallError::Reply(error), .. } => reply_name(error),
            Self::Identity { error, .. } => error.to_string(),
            Self::SessionEnds { .. } => "session-ends".to_owned(),
            Self::SessionUnknown { .. } => "session-end-unknown".to_owned(),
            Self::NoAnswer { .. } => "no-answer".to_owned(),
            Self::App(error) => app::name(error),
            Self::Endpoint(error) => error.to_string(),
            Self::TokenFile { error, .. } => error.to_string(),
            Self::Sandbox(error) => error.to_string(),
            Self::Write { .. } => "not-written".to_owned(),
            Self::NotRun { .. } => "command-not-run".to_owned(),
            Self::Panicked(panicked) => panicked.to_string(),
        }
    }

    /// The refusal of a server that is the reason, if one is.
    pub(super) fn refusal(&self) -> Option<&Refusal> {
        let reply = match self {
            Self::Credentials(error) => match &**error {
                credentials::Error::Refresh(error) | credentials::Error::Exchange(error) => error,
                credentials::Error::SignIn {
                    reason: SignInReason::Refused(error) | SignInReason::ResponseLost(error),
                    ..
                } => error,
                _ => return None,
            },
            Self::Login(login::Error::Redeem(error))
            | Self::NotExchanged { error: NotExchanged::Exchange(error), .. }
            | Self::Identity { error: CallError::Reply(error), .. }
            | Self::Revoke(error) => error,
            Self::App(error) => return app::refusal(error),
            _ => return None,
        };
        match reply {
            ReplyError::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}

/// The server's own code, or the kind of the error.
pub(super) fn reply_name(error: &ReplyError) -> String {
    match error {
        ReplyError::Refused(refusal) => refusal.code.clone().unwrap_or_else(|| error.to_string()),
        error => error.to_string(),
    }
}
