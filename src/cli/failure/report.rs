//! The table: what each failure means for a script and a person.

use std::io;
use std::process::ExitCode;

use super::{Attempt, Code, Failure, Remembered, Usage, app};
use crate::cli::messages::{Hint, Message};
use crate::config::{Danger, StoreError};
use crate::credentials::{self, SignInReason};
use crate::host::{CertificateProblem, TransportCause};
use crate::login::{self, NotExchanged};
use crate::oauth::callback::ErrorCode;
use crate::openapi::CallError;
use crate::reply::{Refusal, ReplyError};
use crate::sandbox::StartError;
use crate::serve::{OpenError, TokenFileError};
use crate::site::{SANDBOX_VARIABLE, Site};
use crate::text::shell_word;

/// What a failure means, and what can be done.
pub(in crate::cli) struct Report<'a> {
    pub(in crate::cli) message: Option<Message<'a>>,
    pub(in crate::cli) hints: Vec<Hint<'a>>,
    /// A stable name, for programs.
    pub(in crate::cli) code: String,
    pub(in crate::cli) exit: Exit,
    /// Whether the same command may succeed later without any change.
    pub(in crate::cli) retryable: bool,
    pub(in crate::cli) action: Recovery,
    /// A command that helps, as a shell reads it.
    pub(in crate::cli) command: Option<String>,
    /// How to look up the server's refusal.
    pub(in crate::cli) reply: Option<ServerReply<'a>>,
}

/// How the run ends.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) enum Exit {
    /// With a code of the table.
    Own(Code),
    /// As the program or command inside this one.
    PassedOn(ExitCode),
}

impl Exit {
    /// As a program that runs another one, such as `env` or `timeout`, says that it did not come to that.
    const fn before_command(self) -> Self {
        match self {
            Self::Own(Code::Internal | Code::SignIn | Code::Denied | Code::Temporary | Code::File) => {
                Self::Own(Code::BeforeCommand)
            }
            exit => exit,
        }
    }

    /// The code of the table; that of another program counts as a failure of this one.
    pub(in crate::cli) const fn code(self) -> Code {
        match self {
            Self::Own(code) => code,
            Self::PassedOn(_) => Code::Internal,
        }
    }

    /// Where this program itself has failed, the number that it exits with.
    pub(in crate::cli) const fn number(self) -> Option<u8> {
        match self {
            Self::Own(code) => Some(code as u8),
            Self::PassedOn(_) => None,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Own(code) => Self::from(code as u8),
            Exit::PassedOn(exit) => exit,
        }
    }
}

/// What a server's refusal can be looked up by.
#[derive(Clone, Copy, Default)]
pub(in crate::cli) struct ServerReply<'a> {
    pub(in crate::cli) status: Option<u16>,
    pub(in crate::cli) request_id: Option<&'a str>,
}

/// What has to happen before the same command can succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Recovery {
    FixUsage,
    SignIn,
    AskAdministrator,
    Retry,
    FixFile,
    None,
}

impl Recovery {
    pub(in crate::cli) const fn as_str(self) -> &'static str {
        match self {
            Self::FixUsage => "fix_usage",
            Self::SignIn => "sign_in",
            Self::AskAdministrator => "ask_administrator",
            Self::Retry => "retry",
            Self::FixFile => "fix_file",
            Self::None => "none",
        }
    }
}

/// One line of the table: exit code and hints.
pub(super) type Line<'a> = (Code, Vec<Hint<'a>>);

impl Failure {
    /// The table.
    pub(in crate::cli) fn report(&self) -> Report<'_> {
        if let Self::BeforeCommand(failure) = self {
            let report = failure.report();
            return Report { exit: report.exit.before_command(), ..report };
        }
        let (code, hints) = self.line();
        let action = match code {
            Code::Usage | Code::NotFound => Recovery::FixUsage,
            Code::SignIn => Recovery::SignIn,
            Code::Denied => Recovery::AskAdministrator,
            Code::Temporary => Recovery::Retry,
            Code::File | Code::NotRun => Recovery::FixFile,
            Code::Done | Code::Internal | Code::BeforeCommand | Code::Interrupted => Recovery::None,
        };
        let exit = match self {
            Self::PassedOn(exit) => Exit::PassedOn(*exit),
            _ => Exit::Own(code),
        };
        Report {
            message: self.is_worth_saying().then_some(Message::Failed(self)),
            command: hints.iter().find_map(command),
            hints,
            code: self.name(),
            exit,
            retryable: action == Recovery::Retry,
            action,
            reply: self
                .refusal()
                .map(|refusal| ServerReply { status: Some(refusal.status), request_id: refusal.request_id.as_deref() }),
        }
    }

    /// Whether there is something to show: not if it was shown before, or if the reader has left.
    fn is_worth_saying(&self) -> bool {
        match self {
            Self::Quiet(_) | Self::PassedOn(_) => false,
            Self::Output(error) => !error.is_broken_pipe(),
            _ => true,
        }
    }

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
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                (Code::File, vec![Hint::ConfigPath])
            }
            io::ErrorKind::Unsupported => (Code::File, vec![Hint::ConfigPath]),
            _ => (Code::File, vec![]),
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

/// The server's own code, or the kind of the error.
pub(super) fn reply_name(error: &ReplyError) -> String {
    match error {
        ReplyError::Refused(refusal) => refusal.code.clone().unwrap_or_else(|| error.to_string()),
        error => error.to_string(),
    }
}

/// The command that a hint is about, if it is about one that can be run as it is.
fn command(hint: &Hint<'_>) -> Option<String> {
    match hint {
        Hint::SignInTo { profile, site } => Some(sign_in_command(profile, *site)),
        _ => None,
    }
}

/// The command that signs a profile in, as a shell reads it.
pub(in crate::cli) fn sign_in_command(profile: &str, site: Option<Site>) -> String {
    let site = site.map(|site| format!(" --oauth-site-type {site}")).unwrap_or_default();
    format!("aliyun-rs configure --mode OAuth {}{site}", profile_option(profile))
}

/// The option that names a profile, whatever its name begins with.
pub(in crate::cli) fn profile_option(profile: &str) -> String {
    let word = shell_word(profile.as_ref());
    if profile.starts_with('-') { format!("--profile={word}") } else { format!("--profile {word}") }
}
