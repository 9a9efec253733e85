//! What is said about applications in RAM.

use crate::applications::Status;
use crate::cli::failure::{Failure, Place};
use crate::openapi::ims::{Principal, Provision};
use crate::site::Site;

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
        status: &'a Status,
        site: Site,
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
    Console { place: Place },
    Permission { action: &'a str },
    OtherSite { site: Site },
    Role { name: &'a str },
    Fitting { fitting: &'a [Principal] },
    Install { site: Site },
}
