//! Every sentence a person reads, except what an error says of itself.
//!
//! One enum for each kind of sentence, one `match` for each language. [`Message`] goes to standard output or is
//! told on the side, [`Hint`] says what to do after a failure, [`Warning`] what was noticed on the way.

mod english;
pub(super) mod errors;
pub(super) mod pages;

use std::io;
use std::path::Path;
use std::time::Duration;

use crate::config::{Mode, Note, StoreError};
use crate::openapi::sts::Identity;
use crate::site::Site;
use crate::text::visible;
use crate::time::{Skew, Timestamp};

/// A sentence of a conversation or about what was done.
pub(super) enum Message<'a> {
    AskLanguage { default: &'a str },
    AskRegion { default: &'a str },
    AskReplace,
    AskSite,
    ChangingMode { profile: &'a str, mode: &'a Mode },
    Configuring { profile: &'a str },
    Deleted { profile: &'a str },
    Identity { identity: &'a Identity, until: Option<Timestamp> },
    Names { names: &'a [&'a str] },
    NoBrowser,
    NoSuchProfile { profile: &'a str, file: &'a Path },
    NotRevoked { reason: String },
    NotRevokedInRam,
    NothingToRevoke,
    Open { url: &'a str },
    OutputFormat,
    Played { user: &'a str },
    Revoked,
    SandboxRuns { variable: &'a str, url: &'a str },
    SandboxShared { url: &'a str },
    Saved,
    Saving { profile: &'a str },
    Switched { profile: &'a str },
    Welcome { identity: &'a Identity, until: Timestamp, remaining: Duration },
}

/// What a person can do about a failure.
pub(super) enum Hint<'a> {
    Assign,
    BrokenFile { path: &'a Path },
    CaptivePortal,
    Certificate,
    ConfigPath,
    EmptyFile { path: &'a Path },
    Incomplete,
    Lost,
    Network,
    OfficialConfigure { mode: &'a Mode, profile: &'a str },
    OfficialTools { profile: &'a str },
    OptionsAfter,
    Ports,
    ReplaceMode { mode: &'a Mode, profile: &'a str },
    RunningSandbox { variable: &'a str, url: &'a str },
    Sandbox,
    ShorterLife,
    SignIn,
    SignInAgain,
    SignInTo { profile: &'a str, site: Option<Site> },
    Support,
    TimedOut,
    TryAgain,
}

/// What was noticed on the way.
pub(super) enum Warning<'a> {
    Browser(&'a io::Error),
    Missed(&'a StoreError),
    Note(&'a Note),
    NotRenewed(&'a str),
    NotServed(&'a str),
    Orphaned { profile: &'a str, source: &'a str },
    PlayedBrowser { user: &'a str, why: &'a str },
    ProfileFromVariable { variable: &'a str, profile: &'a str },
    Shadowed { variable: &'a str, profile: &'a str },
    Skew(Skew),
}

impl Warning<'_> {
    /// The warning as a line of its own, without anything a terminal would obey.
    pub(super) fn line(&self) -> String {
        format!("warning: {}\n", visible(&self.to_string()))
    }
}
