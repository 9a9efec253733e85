//! What is said about applications in RAM.

use std::path::Path;

use crate::applications::OfficialStatus;
use crate::applications::check::{Judgement, Observation};
use crate::applications::gitlab::GitLabUser;
use crate::cli::failure::{ConsolePage, Failure};
use crate::openapi::ims::{
    AppSecret, Application, ApplicationChanges, NewApplication, NewSecret, Principal, Provision,
};
use crate::site::Site;
use crate::text::shell_word;

/// A sentence about applications.
pub(in crate::cli) enum AppMessage<'a> {
    /// The question before a change.
    AskChange,
    AlreadyInstalled {
        site: Site,
    },
    WillInstall {
        site: Site,
    },
    Installed {
        site: Site,
        provision: &'a Provision,
    },
    NotInstalled {
        site: Site,
    },
    WillUninstall {
        site: Site,
        losing: Losing<'a>,
    },
    Uninstalled {
        site: Site,
    },
    WillAssign {
        principals: &'a [Principal],
        site: Site,
    },
    WillUnassign {
        principals: &'a [Principal],
        site: Site,
    },
    /// What became of one name.
    Assigned {
        principal: &'a Principal,
        already: bool,
    },
    Unassigned {
        principal: &'a Principal,
        was: bool,
    },
    NotDone {
        name: &'a str,
        why: &'a Failure,
    },
    SessionsLiveOn,
    /// Everyone may sign in: nobody is assigned one by one.
    Everyone,
    NobodyAssigned,
    Status {
        status: &'a OfficialStatus,
        site: Site,
    },
    /// The question for a secret that is not shown.
    AskSecret,
    Judgement(Judgement),
    Observation(&'a Observation),
    Predicted {
        identity: &'a str,
        user: &'a GitLabUser,
    },
    WillCreate {
        new: &'a NewApplication,
    },
    Created {
        application: &'a Application,
    },
    /// The configuration of a GitLab server.
    Configuration {
        omnibus: &'a str,
        source: &'a str,
    },
    /// The question before a secret is shown.
    AskToShowSecret,
    SecretSaved {
        id: &'a str,
        path: &'a Path,
    },
    SecretShown {
        secret: &'a NewSecret,
    },
    Application {
        application: &'a Application,
        secrets: &'a [AppSecret],
    },
    NothingToChange {
        name: &'a str,
    },
    WillUpdate {
        application: &'a Application,
        changes: &'a ApplicationChanges,
    },
    Updated {
        application: &'a Application,
    },
    WillAddSecret {
        application: &'a Application,
    },
    /// The old secret goes when nothing uses it any more.
    DropLater {
        name: &'a str,
        secret: &'a str,
    },
    WillDropSecret {
        application: &'a Application,
        secret: &'a str,
        is_last: bool,
    },
    SecretDropped {
        secret: &'a str,
    },
    WillDelete {
        application: &'a Application,
    },
    DeletedApplication {
        application: &'a Application,
    },
}

/// Who loses access when an application is removed.
#[derive(Clone, Copy)]
pub(in crate::cli) enum Losing<'a> {
    Everyone,
    These(&'a [Principal]),
    /// It could not be read who is assigned.
    Unknown,
}

/// What a person can do about a failure.
#[derive(Clone, Copy)]
pub(in crate::cli) enum AppHint<'a> {
    Console { place: ConsolePage },
    Permission { action: &'a str },
    OtherSite { site: Site },
    Role { name: &'a str },
    Fitting { fitting: &'a [Principal] },
    Install { site: Site },
    Remedy(&'a Observation),
    ListApps,
    Ids { ids: &'a [String] },
    Update { wanted: &'a NewApplication, gitlab: Option<&'a str> },
    SecretFile,
    Rotate { name: &'a str },
    Drop { name: &'a str, secret: &'a str },
}

/// The command that gives an application a new secret.
pub(super) fn rotate_command(name: &str) -> String {
    format!("aliyun-rs app rotate-secret {} --secret-file FILE", shell_word(name.as_ref()))
}

/// The command that deletes a secret.
pub(super) fn drop_command(name: &str, secret: &str) -> String {
    format!("aliyun-rs app rotate-secret {} --drop {}", shell_word(name.as_ref()), shell_word(secret.as_ref()))
}

/// The command that gives an application what it lacks.
pub(super) fn update_command(wanted: &NewApplication, gitlab: Option<&str>) -> String {
    let name = shell_word(wanted.name.as_ref());
    if let Some(gitlab) = gitlab {
        return format!("aliyun-rs app update {name} --gitlab-url {}", shell_word(gitlab.as_ref()));
    }
    let callbacks = wanted.redirect_uris.iter().map(|uri| format!(" --callback-url {}", shell_word(uri.as_ref())));
    let scopes = wanted.scopes.iter().map(|scope| format!(" --scope {}", shell_word(scope.as_ref())));
    format!("aliyun-rs app update {name}{} --single-tenant", callbacks.chain(scopes).collect::<String>())
}
