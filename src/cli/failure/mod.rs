//! The end of a run that did not do what was asked: the errors of all rooms, kept as they are until they are shown.
//! What each means is in [`report`].

mod app;
mod name;
mod report;
mod table;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use crate::config::{Mode, ProfileName, StoreError};
use crate::credentials;
use crate::host::{OutputError, Panicked};
use crate::login::{self, NotExchanged};
use crate::openapi::CallError;
use crate::reply::ReplyError;
use crate::sandbox::StartError;
use crate::serve::{OpenError, TokenFileError};
use crate::site::Site;

use super::messages::Problem;
use super::shell::Unquotable;
pub(in crate::cli) use app::{AppFailure, ConsolePage};
pub(in crate::cli) use report::{Report, profile_option, sign_in_command};
pub(in crate::cli) use table::transport_hint;

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Code {
    Done = 0,
    Internal = 1,
    Usage = 2,
    SignIn = 3,
    Denied = 4,
    Temporary = 5,
    File = 6,
    BeforeCommand = 125,
    NotRun = 126,
    NotFound = 127,
    Interrupted = 130,
}

/// Why a command failed.
#[derive(Debug)]
pub(in crate::cli) enum Failure {
    /// Already explained, or the reader is gone.
    Quiet(Code),
    /// A program or command inside this one failed and explained itself.
    PassedOn(ExitCode),
    /// The command line, an answer or a variable is not usable.
    Usage(Usage),
    /// Standard output could not be written.
    Output(OutputError),
    /// The operating system refused something else.
    System(Attempt, io::Error),
    /// The file could not be read, locked or written.
    Store(StoreError, Remembered),
    /// No credentials could be obtained.
    Credentials(Arc<credentials::Error>),
    /// The sign-in failed.
    Login(login::Error),
    /// The login is saved, but its credentials could not be obtained yet.
    NotExchanged { profile: ProfileName, error: NotExchanged },
    /// The identity could not be verified. The profile is named if it was just signed in.
    Identity { saved: Option<ProfileName>, error: CallError },
    /// The login expires before the time that was asked for.
    SessionEnds { profile: ProfileName, left: Duration },
    /// The server has not said how long the login lasts.
    SessionUnknown { profile: ProfileName },
    /// The refresh token was not revoked.
    Revoke(ReplyError),
    /// The server did not answer in time.
    NoAnswer { waited: Duration },
    /// The endpoint could not be opened.
    Endpoint(OpenError),
    /// The secret in a file could not be used for the endpoint's URL.
    TokenFile { path: PathBuf, error: TokenFileError },
    /// The sandbox could not be started.
    Sandbox(StartError),
    /// What `exec` needs for its command could not be had.
    BeforeCommand(Box<Self>),
    /// A file or folder that was asked for could not be written.
    Write { path: PathBuf, error: io::Error },
    /// Something about applications in RAM.
    App(AppFailure),
    /// A program did not run.
    NotRun { program: OsString, error: io::Error },
    /// A bug in this program.
    Panicked(Panicked),
}

/// Whether the journal still has logins, which the shared file has lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::cli) struct Remembered(pub(in crate::cli) bool);

/// What was attempted with the operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Attempt {
    ListenForInterrupts,
    OpenBrowser,
    ReadAnswer,
    ShowList,
    StartRuntime,
}

/// What is wrong with the command line, an answer or a variable.
#[derive(Debug)]
pub(in crate::cli) enum Usage {
    /// The command line, in the words of its parser.
    CommandLine {
        text: String,
    },
    /// An answer.
    Answer(Problem),
    /// The value of an option.
    Value {
        option: String,
        value: String,
        problem: Problem,
    },
    /// A variable.
    Variable {
        name: &'static str,
        problem: Problem,
    },
    /// The variable that names a sandbox.
    SandboxAddress,
    /// A sandbox must not touch this file.
    RealFile {
        path: PathBuf,
    },
    NestedSandbox,
    UnknownUser {
        user: String,
        users: Vec<String>,
    },
    /// No profile was named.
    NoName {
        names: Vec<ProfileName>,
    },
    NoSuchProfile {
        profile: ProfileName,
        file: PathBuf,
        names: Vec<ProfileName>,
    },
    /// A mode of the official client.
    ForeignMode {
        mode: Mode,
        profile: ProfileName,
    },
    /// A sign-in would overwrite a profile of another mode.
    WouldReplace {
        mode: Mode,
        profile: ProfileName,
    },
    /// The person declined.
    LeftAsItIs {
        profile: ProfileName,
    },
    /// Confirmation is needed, but standard input is not a terminal.
    NotConfirmed {
        profile: ProfileName,
    },
    /// A login belongs to the site that issued its tokens.
    SignedInElsewhere {
        profile: ProfileName,
        old: Site,
        new: Site,
    },
    /// A login that would be revoked is used by another profile.
    SharedLogin {
        profile: ProfileName,
        other: ProfileName,
    },
    /// The person declined.
    NothingShown,
    /// A format that cannot take variables away.
    NothingUnset,
    /// A path whose beginning a shell would have expanded.
    NotExpanded {
        path: PathBuf,
    },
    /// No setting was given.
    NothingToSet,
    OptionsMisplaced,
    NotASignInPage,
    /// A value cannot be written in the syntax of a shell.
    Unquotable(Unquotable),
    NoHome,
    NoDataFolder,
}

impl Failure {
    /// The failure of an `exec` that did not come to its command: the exit codes of the command stay the command's.
    pub(in crate::cli) fn before_command(self) -> Self {
        Self::BeforeCommand(Box::new(self))
    }

    /// A failure of the file, with the journal unknown.
    pub(in crate::cli) const fn store(error: StoreError) -> Self {
        Self::Store(error, Remembered(false))
    }
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        Self::Output(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::store(error)
    }
}

impl From<Usage> for Failure {
    fn from(usage: Usage) -> Self {
        Self::Usage(usage)
    }
}

impl From<Unquotable> for Failure {
    fn from(unquotable: Unquotable) -> Self {
        Usage::Unquotable(unquotable).into()
    }
}

impl From<credentials::Error> for Failure {
    fn from(error: credentials::Error) -> Self {
        match error {
            credentials::Error::Store(error) => error.into(),
            error => Self::Credentials(Arc::new(error)),
        }
    }
}

impl From<Arc<credentials::Error>> for Failure {
    fn from(error: Arc<credentials::Error>) -> Self {
        Self::Credentials(error)
    }
}

impl From<login::Error> for Failure {
    fn from(error: login::Error) -> Self {
        match error {
            login::Error::Store(error) => error.into(),
            error => Self::Login(error),
        }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Self::Sandbox(error)
    }
}

impl From<AppFailure> for Failure {
    fn from(error: AppFailure) -> Self {
        Self::App(error)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::Endpoint(error)
    }
}
