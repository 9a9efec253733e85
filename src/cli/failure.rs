//! Errors become a message, hints and an exit code here and nowhere else.

use std::error::Error;
use std::io;
use std::process::ExitCode;

use crate::config::{StoreError, UpdateError};
use crate::credentials;
use crate::host::{Host, TransportKind};
use crate::login;
use crate::oauth::callback::ErrorCode;
use crate::oauth::loopback::PortsUnavailable;
use crate::openapi::CallError;
use crate::reply::ReplyError;
use crate::serve;
use crate::text::visible;

use super::messages::errors::chain;
use super::messages::{Hint, Message};

/// The table in `--help`.
pub(super) const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    unexpected
  2    usage: the command line or an answer
  3    sign-in needed
  4    denied
  5    temporary: network, service, timeout, ports
  6    local file
  126  exec: the program could not be run
  127  exec: there is no such program
  130  interrupted";

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    Done = 0,
    Unexpected = 1,
    Usage = 2,
    SignIn = 3,
    Denied = 4,
    Temporary = 5,
    File = 6,
    NotRun = 126,
    NotFound = 127,
    Interrupted = 130,
}

/// The end of a run that did not do what was asked.
#[derive(Debug)]
pub(super) struct Failure {
    code: Code,
    message: Option<String>,
    hints: Vec<String>,
    passed_on: Option<ExitCode>,
}

impl Failure {
    /// A failure with a message: lower case, no full stop.
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: Some(message.into()), hints: Vec::new(), passed_on: None }
    }

    /// A failure that has been explained already.
    pub(super) fn told(code: Code) -> Self {
        Self { code, message: None, hints: Vec::new(), passed_on: None }
    }

    /// A failure with the message of `error` and of everything behind it.
    pub(super) fn of(code: Code, error: &(dyn Error + 'static)) -> Self {
        Self::new(code, chain(error))
    }

    /// A failure of a command inside this one, which has explained itself.
    pub(super) fn passed_on(code: ExitCode) -> Self {
        Self { passed_on: Some(code), ..Self::told(Code::Unexpected) }
    }

    /// The system did not let us listen for interrupts.
    pub(super) fn no_signals(error: io::Error) -> Self {
        Self::new(Code::Unexpected, format!("could not listen for interrupts: {error}"))
    }

    /// What went wrong.
    pub(super) fn into_message(self) -> String {
        self.message.unwrap_or_default()
    }

    /// Adds what the person can do.
    pub(super) fn hint(mut self, hint: impl ToString) -> Self {
        self.hints.push(hint.to_string());
        self
    }

    /// Shows the failure on standard error and returns its exit code. Whatever names of the file or words of a
    /// server got into it, the terminal obeys none of them.
    pub(super) fn report(self, host: &Host) -> ExitCode {
        if let Some(message) = &self.message {
            host.streams.err(&format!("error: {}\n", visible(message)));
        }
        for hint in &self.hints {
            host.streams.err(&format!("hint: {}\n", visible(hint)));
        }
        self.passed_on.unwrap_or_else(|| ExitCode::from(self.code as u8))
    }
}

/// Writing to standard output failed. A reader that left early is no failure.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::told(Code::Done),
            _ => Self::new(Code::File, format!("could not write to standard output: {error}")),
        }
    }
}

impl From<UpdateError<Self>> for Failure {
    fn from(error: UpdateError<Self>) -> Self {
        match error {
            UpdateError::Store(error) => error.into(),
            UpdateError::Edit(failure) => failure,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let code = if error.is_temporary() { Code::Temporary } else { Code::File };
        let failure = Self::of(code, &error);
        match &error {
            StoreError::Empty { path } => failure.hint(Hint::EmptyFile { path }),
            StoreError::Malformed { path, .. } => failure.hint(Hint::BrokenFile { path }),
            _ => failure,
        }
    }
}

impl From<ReplyError> for Failure {
    fn from(error: ReplyError) -> Self {
        Self::of_reply(chain(&error), &error)
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Self::of(Code::Temporary, &error)
    }
}

impl From<credentials::Error> for Failure {
    fn from(error: credentials::Error) -> Self {
        let message = chain(&error);
        match error {
            credentials::Error::Store(cause) => cause.into(),
            credentials::Error::NoProfile { names, .. } => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                Self::new(Code::Usage, message).hint(Message::Names { names: &names })
            }
            credentials::Error::Mode { profile, .. } => {
                Self::new(Code::Usage, message).hint(Hint::OfficialTools { profile: &profile })
            }
            credentials::Error::Incomplete { .. } => Self::new(Code::File, message).hint(Hint::Incomplete),
            credentials::Error::SignIn { profile, site, .. } => {
                Self::new(Code::SignIn, message).hint(Hint::SignInTo { profile: &profile, site })
            }
            credentials::Error::Refresh(cause) | credentials::Error::Exchange(cause) => Self::of_reply(message, &cause),
            credentials::Error::TooShort { .. } => Self::new(Code::Usage, message).hint(Hint::ShorterLife),
            credentials::Error::Lost(_) => Self::new(Code::File, message).hint(Hint::Lost),
            credentials::Error::Interrupted => Self::new(Code::Interrupted, message),
        }
    }
}

impl From<serve::OpenError> for Failure {
    fn from(error: serve::OpenError) -> Self {
        match error {
            serve::OpenError::Port { port, source } => {
                Self::new(Code::Temporary, format!("could not listen on port {port} of 127.0.0.1: {source}"))
            }
            serve::OpenError::NoEntropy(cause) => Self::of(Code::Unexpected, &cause),
            serve::OpenError::Thread(cause) => {
                Self::new(Code::Unexpected, format!("could not start a thread that renews the credentials: {cause}"))
            }
        }
    }
}

impl From<login::Error> for Failure {
    fn from(error: login::Error) -> Self {
        let message = chain(&error);
        match error {
            login::Error::Ports(ports) => Self::new(Code::Temporary, ports_tried(&ports)).hint(Hint::Ports),
            login::Error::NoEntropy(_) | login::Error::System { .. } => Self::new(Code::Unexpected, message),
            login::Error::Refused { error: ErrorCode::AccessDenied, .. } => {
                Self::new(Code::Denied, message).hint(Hint::Assign)
            }
            login::Error::Refused { error: ErrorCode::ServerError | ErrorCode::TemporarilyUnavailable, .. } => {
                Self::new(Code::Temporary, message).hint(Hint::TryAgain)
            }
            login::Error::Refused { .. } => Self::new(Code::Denied, message),
            login::Error::TimedOut(_) => Self::new(Code::Temporary, message).hint(Hint::TimedOut).hint(Hint::Assign),
            login::Error::Interrupted => Self::new(Code::Interrupted, message),
            login::Error::Redeem(cause) | login::Error::Exchange(cause) => Self::of_reply(message, &cause),
            login::Error::Store(cause) => cause.into(),
        }
    }
}

/// Lists the ports that the callback could not use, each with its reason.
fn ports_tried(ports: &PortsUnavailable) -> String {
    let tried = ports.tried().iter().map(|(port, error)| match error.kind() {
        io::ErrorKind::AddrInUse => format!("port {port} is in use by another program"),
        io::ErrorKind::PermissionDenied => format!("the system does not allow port {port}"),
        _ => format!("port {port}: {error}"),
    });
    format!("cannot listen for the browser on 127.0.0.1: {}", tried.collect::<Vec<_>>().join(", "))
}

impl Failure {
    fn of_reply(message: String, cause: &ReplyError) -> Self {
        match cause {
            ReplyError::Transport(error) if error.kind == TransportKind::Blocked => {
                Self::new(Code::Temporary, message).hint(Hint::Certificate)
            }
            ReplyError::Transport(_) => Self::new(Code::Temporary, message).hint(Hint::Network),
            ReplyError::NotJson { .. } => Self::new(Code::Temporary, message).hint(Hint::CaptivePortal),
            ReplyError::Field { .. } => Self::new(Code::Temporary, message).hint(Hint::Support),
            ReplyError::Refused(refusal) if refusal.is_temporary() => {
                Self::new(Code::Temporary, message).hint(Hint::TryAgain)
            }
            ReplyError::Refused(refusal) if refusal.is_any_of(&["invalid_grant"]) => {
                Self::new(Code::Denied, message).hint(Hint::SignInAgain)
            }
            ReplyError::Refused(refusal) if refusal.is_any_of(&["access_denied", "unauthorized_client"]) => {
                Self::new(Code::Denied, message).hint(Hint::Assign)
            }
            ReplyError::Refused(_) => Self::new(Code::Denied, message),
        }
    }
}
