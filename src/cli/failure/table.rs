//! The table: the exit code and the hints of each failure. Those of applications have a table of their own.

use std::io;

use super::{Attempt, Code, Failure, Remembered, Usage, app};
use crate::cli::messages::Hint;
use crate::config::{Danger, StoreError};
use crate::credentials::{self, SignInReason};
use crate::host::{CertificateProblem, TransportCause};
use crate::login::{self, NotExchanged};
use crate::oauth::callback::ErrorCode;
use crate::openapi::CallError;
use crate::reply::ReplyError;
use crate::sandbox::StartError;
use crate::serve::{OpenError, TokenFileError};
use crate::site::SANDBOX_VARIABLE;

/// One line of the table: exit code and hints.
pub(super) type Line<'a> = (Code, Vec<Hint<'a>>);

impl Failure {
    /// The line of this failure.
    pub(super) fn line(&self) -> Line<'_> {
        match self {
            Self::Quiet(code) => (*code, vec![]),
            Self::PassedOn(_) => (Code::Internal, vec![]),
            Self::BeforeCommand(failure) => failure.line(),
            Self::Usage(usage) => usage_line(usage),
            Self::Output(error) if error.is_broken_pipe() => (Code::Done, vec![]),
            Self::Output(_) => (Code::File, vec![]),
            Self::System(Attempt::ReadAnswer, _) => (Code::Usage, vec![]),
            Self::System(..) => (Code::Internal, vec![]),
            Self::Store(error, Remembered(remembered)) => store_line(error, *remembered),
            Self::Credentials(error) => credentials_line(error),
            Self::Login(error) => login_line(error),
            Self::NotExchanged { error: NotExchanged::Exchange(error), .. } => reply_line(error),
            Self::NotExchanged { error: NotExchanged::NoAccessToken, .. } => (Code::Temporary, vec![Hint::Support]),
            Self::NotExchanged { error: NotExchanged::Interrupted, .. } => (Code::Interrupted, vec![]),
            Self::Identity { error: CallError::NoEntropy(_), .. } => (Code::Internal, vec![]),
            Self::Identity { error, .. } if error.refuses_key() => (Code::SignIn, vec![Hint::KeyRefused]),
            Self::Identity { error: CallError::Reply(error), .. } => identity_line(error),
            Self::Identity { error: CallError::Unexpected(_), .. } => (Code::Temporary, vec![Hint::Support]),
            Self::App(error) => app::line(error),
            Self::SessionEnds { profile, .. } => (Code::SignIn, vec![Hint::SignInTo { profile, site: None }]),
            Self::SessionUnknown { .. } => (Code::Temporary, vec![]),
            Self::Revoke(error) => reply_line(error),
            Self::NoAnswer { .. } => (Code::Temporary, vec![Hint::Network]),
            Self::Endpoint(OpenError::Port { .. }) => (Code::Temporary, vec![]),
            Self::Endpoint(OpenError::NoEntropy(_) | OpenError::Thread(_)) => (Code::Internal, vec![]),
            Self::TokenFile { error: TokenFileError::NoEntropy(_), .. } => (Code::Internal, vec![]),
            Self::TokenFile { .. } => (Code::File, vec![]),
            Self::Sandbox(StartError::Running { url, .. }) => {
                let url = url.as_deref().unwrap_or_default();
                (Code::Temporary, vec![Hint::RunningSandbox { variable: SANDBOX_VARIABLE, url }])
            }
            Self::Sandbox(StartError::Folder { .. }) => (Code::File, vec![]),
            Self::Sandbox(StartError::Port { .. }) => (Code::Temporary, vec![]),
            Self::NotRun { error, .. } if error.kind() == io::ErrorKind::NotFound => (Code::NotFound, vec![]),
            Self::NotRun { .. } => (Code::NotRun, vec![]),
            Self::Write { .. } => (Code::File, vec![]),
            Self::Panicked(_) => (Code::Internal, vec![]),
        }
    }
}

fn usage_line(usage: &Usage) -> Line<'_> {
    let hints = match usage {
        Usage::SandboxAddress | Usage::RealFile { .. } => vec![Hint::Sandbox],
        Usage::NoName { names } | Usage::NoSuchProfile { names, .. } => vec![Hint::Names { names }],
        Usage::ForeignMode { mode, profile } => vec![Hint::OfficialConfigure { mode, profile }],
        Usage::WouldReplace { mode, profile } => vec![Hint::ReplaceMode { mode, profile }],
        Usage::SignedInElsewhere { profile, new, .. } => vec![Hint::SignInTo { profile, site: Some(*new) }],
        Usage::NotConfirmed { .. } | Usage::SharedLogin { .. } => vec![Hint::Yes],
        Usage::OptionsMisplaced => vec![Hint::OptionsAfter],
        Usage::NoHome => return (Code::File, vec![Hint::ConfigPath]),
        Usage::NoDataFolder | Usage::Unquotable(_) => return (Code::File, vec![]),
        _ => vec![],
    };
    (Code::Usage, hints)
}

fn store_line(error: &StoreError, remembered: bool) -> Line<'_> {
    match error {
        StoreError::Busy { .. } => (Code::Temporary, vec![Hint::Retry]),
        StoreError::Empty { path } => (Code::File, vec![Hint::EmptyFile { path, remembered }]),
        StoreError::Malformed { path, .. } => (Code::File, vec![Hint::BrokenFile { path, remembered }]),
        StoreError::JournalTooNew { .. } => (Code::File, vec![Hint::NewerVersion]),
        StoreError::Stranded { .. } => (Code::File, vec![Hint::Stranded]),
        StoreError::Unsafe { why: Danger::ForeignOwner | Danger::ForeignLink | Danger::NotALockFile, .. } => {
            (Code::File, vec![Hint::Ownership, Hint::ConfigPath])
        }
        StoreError::Unsafe { why: Danger::WorldWritable, .. } => (Code::File, vec![Hint::ConfigPath]),
        StoreError::Io { source, .. } => match source.kind() {
            io::ErrorKind::PermissionDenied => (Code::File, vec![Hint::Ownership, Hint::ConfigPath]),
            // A path that cannot be, such as one below /proc, or a disk that fails: another place helps.
            _ => (Code::File, vec![Hint::ConfigPath]),
        },
        _ => (Code::File, vec![]),
    }
}

fn credentials_line(error: &credentials::Error) -> Line<'_> {
    match error {
        credentials::Error::Store(error) => store_line(error, false),
        // A machine on which nobody has signed in yet.
        credentials::Error::NoProfile { profile, names } if names.is_empty() => {
            (Code::SignIn, vec![Hint::SignInTo { profile, site: None }])
        }
        credentials::Error::NoProfile { names, .. } => (Code::Usage, vec![Hint::Names { names }]),
        credentials::Error::Mode { profile, .. } => (Code::Usage, vec![Hint::OfficialTools { profile }]),
        credentials::Error::Incomplete { profile, .. } => (Code::File, vec![Hint::Incomplete { profile }]),
        // The token may be spent, or its request may never have arrived: the next use of it shows which.
        credentials::Error::SignIn { reason: SignInReason::ResponseLost(_), .. } => {
            (Code::Temporary, vec![Hint::FindOut])
        }
        credentials::Error::SignIn { profile, site, .. } => {
            (Code::SignIn, vec![Hint::SignInTo { profile, site: *site }])
        }
        credentials::Error::Refresh(error) | credentials::Error::Exchange(error) => reply_line(error),
        credentials::Error::TooShort { .. } => (Code::Usage, vec![Hint::ShorterTtl]),
        credentials::Error::Lost(StoreError::Stranded { .. }) => (Code::File, vec![Hint::Stranded]),
        credentials::Error::Lost(_) => (Code::File, vec![Hint::Lost]),
        credentials::Error::Interrupted => (Code::Interrupted, vec![]),
    }
}

fn login_line(error: &login::Error) -> Line<'_> {
    match error {
        login::Error::Ports(_) => (Code::Temporary, vec![Hint::Ports]),
        login::Error::NoEntropy(_) | login::Error::Listen(_) | login::Error::Show(_) => (Code::Internal, vec![]),
        login::Error::Refused { error: ErrorCode::AccessDenied, .. } => (Code::Denied, vec![Hint::Assign]),
        login::Error::Refused { error: ErrorCode::ServerError | ErrorCode::TemporarilyUnavailable, .. } => {
            (Code::Temporary, vec![Hint::Retry])
        }
        login::Error::Refused { .. } => (Code::Denied, vec![]),
        login::Error::TimedOut(_) => (Code::Temporary, vec![Hint::TimedOut, Hint::Assign]),
        login::Error::Interrupted => (Code::Interrupted, vec![]),
        login::Error::Redeem(error) => reply_line(error),
        login::Error::Store(error) => store_line(error, false),
    }
}

fn reply_line(error: &ReplyError) -> Line<'_> {
    match error {
        ReplyError::NotSandboxToken(_) => (Code::Usage, vec![Hint::ForeignToken]),
        ReplyError::Transport(error) => (Code::Temporary, vec![transport_hint(&error.cause)]),
        ReplyError::NotJson { .. } => (Code::Temporary, vec![Hint::CaptivePortal]),
        ReplyError::Field { .. } => (Code::Temporary, vec![Hint::Support]),
        ReplyError::Refused(refusal) if refusal.is_temporary() => (Code::Temporary, vec![Hint::Retry]),
        ReplyError::Refused(refusal) if refusal.is_any_of(&["invalid_grant"]) => {
            (Code::Denied, vec![Hint::SignInAgain])
        }
        ReplyError::Refused(refusal) if refusal.is_any_of(&["access_denied", "unauthorized_client"]) => {
            (Code::Denied, vec![Hint::Assign])
        }
        ReplyError::Refused(_) => (Code::Denied, vec![]),
    }
}

/// STS refuses a key that is wrong or has ended, a clock that is off, or, rarely, an identity.
pub(super) fn identity_line(error: &ReplyError) -> Line<'_> {
    match error {
        ReplyError::Refused(refusal) if !refusal.is_temporary() => {
            match refusal.code.as_deref().unwrap_or_default().starts_with("InvalidTimeStamp") {
                true => (Code::Temporary, vec![Hint::Clock]),
                false => (Code::Denied, vec![]),
            }
        }
        error => reply_line(error),
    }
}

pub(in crate::cli) fn transport_hint(cause: &TransportCause) -> Hint<'static> {
    match cause {
        TransportCause::Certificate { problem, .. } => match problem {
            CertificateProblem::Expired { .. } | CertificateProblem::NotValidYet { .. } => Hint::Clock,
            _ => Hint::Certificate,
        },
        TransportCause::Roots(_) => Hint::Certificate,
        _ => Hint::Network,
    }
}
