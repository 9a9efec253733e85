//! Every sentence a person reads: what is said is data here, how it is said is one exhaustive `match` for each
//! language.
//!
//! [`Message`] goes to standard output or accompanies the work on standard error, [`Hint`] says what to do after a
//! failure, [`Warning`] what was noticed on the way, [`Problem`] what is wrong with an answer or an option, [`Label`] and
//! [`Prefix`] are words of tables and before lines. None of them can be shown without a [`Language`].

mod app;
mod chinese;
mod english;
pub(super) mod help;
mod label;
pub(super) mod pages;
mod problem;
mod shown;

use std::fmt;
use std::io;
use std::path::Path;
use std::time::Duration;

use crate::config::{FieldDefect, Mode, Note, ProfileName, StoreError};
use crate::credentials::freshness::Reason;
use crate::doctor::{Finding, Verdict};
use crate::host::{NoBrowser, SshTarget, TransportError};
use crate::language::Language;
use crate::oauth::loopback::{CallbackRefusal, PortsUnavailable};
use crate::openapi::sts::Identity;
use crate::sandbox::VisitError;
use crate::serve::Refused;
use crate::site::Site;
use crate::text::visible;
use crate::time::{Skew, Timestamp};

use super::failure::Failure;
use super::status::Status;
pub(super) use app::{AppHint, AppMessage, Losing};
pub(super) use label::{End, Label, Prefix};
pub(super) use problem::Problem;

/// Something that is said.
pub(super) trait Say {
    /// Writes it in `language`.
    fn write(&self, language: Language, to: &mut String) -> fmt::Result;

    /// It, as a text.
    fn text(&self, language: Language) -> String {
        let mut text = String::new();
        self.write(language, &mut text).expect("memory takes every sentence");
        text
    }

    /// It, as one line that a terminal only shows, whatever names of the file or words of a server are in it.
    fn line(&self, language: Language) -> String {
        visible(&self.text(language))
    }
}

/// A sentence of a conversation or about what was done.
pub(super) enum Message<'a> {
    App(AppMessage<'a>),
    /// The question for the address that the browser ends on, in the official client's words.
    AskCallback {
        left: Option<Duration>,
    },
    AskLanguage {
        default: &'a str,
    },
    AskRegion {
        default: &'a str,
    },
    AskReplace,
    AskShowSecrets {
        profile: &'a str,
    },
    AskSite,
    Changed {
        profile: &'a str,
    },
    ChangingMode {
        profile: &'a str,
        mode: &'a Mode,
    },
    CredentialsLiveOn {
        left: Duration,
    },
    Configuring {
        profile: &'a str,
    },
    Deleted {
        profile: &'a str,
    },
    Ensured {
        profile: &'a str,
        span: Duration,
    },
    ExitCodes,
    Failed(&'a Failure),
    /// Why the endpoint gave no credentials, for the program that asked.
    Refused(&'a Refused<'a>),
    FaultHelp,
    /// What a diagnosis has found.
    Finding(&'a Finding),
    Identity {
        identity: &'a Identity,
        until: Option<Timestamp>,
    },
    ManualWritten {
        folder: &'a Path,
    },
    /// Why no browser is opened, and both ways back from one that is elsewhere.
    NoBrowser {
        reason: NoBrowser,
        tunnel: Option<(u16, &'a SshTarget)>,
        pastes: bool,
    },
    NoProfiles,
    NotRevoked {
        reason: &'a Failure,
    },
    NotRevokedInRam,
    NothingToRestore,
    NothingToRevoke,
    Open {
        url: &'a str,
    },
    OutputFormat,
    Played {
        user: &'a str,
    },
    Profile,
    ProfileFromVariable {
        variable: &'a str,
        profile: &'a str,
    },
    Renewing {
        profile: &'a str,
        reason: Reason,
    },
    Restored {
        profile: &'a str,
    },
    Revoked,
    SandboxRuns {
        variable: &'a str,
        url: &'a str,
    },
    SandboxShared {
        url: &'a str,
    },
    /// A broken file has another name now.
    SetAside {
        path: &'a Path,
    },
    Saved,
    Saving {
        profile: &'a str,
    },
    SignedInWithoutCredentials {
        profile: &'a str,
    },
    StillWaiting,
    StillSignedIn {
        profile: &'a str,
    },
    Status(&'a Status<'a>),
    Switched {
        profile: &'a str,
    },
    TimeLeft {
        left: Duration,
    },
    Verdict(Verdict),
    Welcome {
        identity: &'a Identity,
        until: Timestamp,
        remaining: Duration,
    },
}

/// What a person can do about a failure.
#[derive(Clone, Copy)]
pub(super) enum Hint<'a> {
    App(AppHint<'a>),
    Assign,
    BrokenFile { path: &'a Path, remembered: bool },
    CaptivePortal,
    Certificate,
    Clock,
    ConfigPath,
    EmptyFile { path: &'a Path, remembered: bool },
    FindOut,
    ForeignToken,
    Incomplete { profile: &'a str },
    KeyRefused,
    Lost,
    Names { names: &'a [ProfileName] },
    Network,
    NewerVersion,
    OfficialConfigure { mode: &'a Mode, profile: &'a str },
    OfficialTools { profile: &'a str },
    OptionsAfter,
    PasteInstead,
    Ownership,
    Ports,
    ReplaceMode { mode: &'a Mode, profile: &'a str },
    Retry,
    RunningSandbox { variable: &'a str, url: &'a str },
    Sandbox,
    ShorterTtl,
    SignIn,
    SignInAgain,
    SignInTo { profile: &'a str, site: Option<Site> },
    Stranded,
    Support,
    TimedOut,
    UseExec,
    Yes,
}

/// What was noticed on the way.
pub(super) enum Warning<'a> {
    PlainHttp,
    Browser(&'a io::Error),
    CallbackRefused(CallbackRefusal),
    FieldDefect {
        profile: &'a str,
        fault: FieldDefect,
    },
    /// The file has lost these profiles, but their logins are remembered.
    Lost {
        names: &'a [ProfileName],
    },
    Missed(&'a StoreError),
    Note(&'a Note),
    NotRefreshed(&'a Failure),
    NoPort(&'a PortsUnavailable),
    NotRenewed(&'a Failure),
    NotServed(&'a Failure),
    Orphaned {
        profile: &'a str,
        source: &'a str,
    },
    ScriptedBrowser {
        user: &'a str,
        why: &'a VisitError<TransportError>,
    },
    Shadowed {
        variable: &'a str,
        profile: &'a str,
    },
    Skew(Skew),
    UnknownRegion {
        region: &'a str,
        meant: Option<&'static str>,
    },
}

macro_rules! say {
    ($($kind:ty => $writer:ident,)*) => {
        $(impl Say for $kind {
            fn write(&self, language: Language, to: &mut String) -> fmt::Result {
                match language {
                    Language::English => english::$writer(self, to),
                    Language::Chinese => chinese::$writer(self, to),
                }
            }
        })*
    };
}

say! {
    Message<'_> => message,
    Hint<'_> => hint,
    [Hint<'_>] => hints,
    Warning<'_> => warning,
    Label => label,
    Prefix => prefix,
    Problem => problem,
}
