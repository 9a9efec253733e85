//! What each failure means for a script and a person: the row of the [`table`](super::table) and its [`name`](super::name)
//! together.

use std::process::ExitCode;

use super::{Code, Failure};
use crate::cli::messages::{Hint, Message};
use crate::site::Site;
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
impl Failure {
    /// What the failure means.
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
