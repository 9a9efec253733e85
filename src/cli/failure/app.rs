//! What can go wrong with applications in RAM, and what it means.

use std::io;
use std::path::PathBuf;

use super::name::reply_name;
use super::table::{Line, identity_line};
use super::{Code, Failure};
use crate::applications::{Difference, FindError, LookUpError};
use crate::cli::messages::{AppHint, Hint};
use crate::openapi::ims::{AppSecret, NewApplication};
use crate::openapi::{ActionError, CallError};
use crate::reply::{Refusal, ReplyError};
use crate::site::Site;

/// Why something about applications failed.
#[derive(Debug)]
pub(in crate::cli) enum AppFailure {
    /// An action was refused or brought nothing usable.
    Action { error: ActionError, place: ConsolePage },
    /// Nobody, or more than one, is meant by a name.
    Find { error: FindError, place: ConsolePage },
    /// Confirmation is needed, but standard input is not a terminal.
    NotConfirmed,
    /// The person declined.
    Declined,
    /// An interrupt came while a change may have been made.
    Interrupted,
    /// `official-cli` is not installed in the account.
    NotInstalled(Site),
    /// A change was made, but what was read afterwards does not show it.
    NotThere { place: ConsolePage },
    /// None, or more than one, of the own applications is meant by a name.
    LookUp { error: LookUpError, place: ConsolePage },
    /// An application of this name exists.
    Exists { id: String, wanted: NewApplication, gitlab: Option<String>, differences: Vec<Difference> },
    /// The name is too long to be the one that users see, too.
    DisplayNameNeeded,
    /// A web application cannot be called back there.
    NotAWebAddress { uri: String },
    /// A secret would be created, and there is nowhere to put it.
    NoSecretPlace,
    /// The file for a secret cannot be created. No secret was requested.
    SecretFile { path: PathBuf, error: io::Error },
    /// The file with a secret cannot be read.
    SecretUnreadable { path: PathBuf, error: io::Error },
    /// The application exists, and could not be given a secret.
    NoSecretYet { name: String, id: String, why: Box<Failure> },
    /// A secret was created, and could not be saved.
    SecretUnsaved { name: String, secret: String, path: PathBuf, error: io::Error },
    /// There are as many secrets as there may be.
    TwoSecrets { name: String, secrets: Vec<AppSecret> },
    /// The application has no secret with this id.
    NoSuchSecret { name: String, secrets: Vec<AppSecret> },
    /// Some of several names failed, each already explained; the worst failure counts.
    Some { failed: usize, of: usize, worst: Box<Failure> },
}

/// Where in the RAM console the same can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum ConsolePage {
    /// The third-party applications, where `official-cli` is installed.
    ThirdParty(Site),
    /// The assignments of `official-cli`.
    Assignments(Site),
    /// The account's own applications.
    Own(Site),
}

impl ConsolePage {
    pub(in crate::cli) fn address(self) -> String {
        match self {
            Self::ThirdParty(site) => format!("{}?activeTab=ThirdParty", site.applications_page()),
            Self::Assignments(site) => {
                let (page, id) = (site.applications_page(), site.client_id());
                format!("{page}/{id}?appType=ThirdPartyApp&activeTab=Assignments")
            }
            Self::Own(site) => site.applications_page().to_owned(),
        }
    }

    pub(in crate::cli) const fn site(self) -> Site {
        match self {
            Self::ThirdParty(site) | Self::Assignments(site) | Self::Own(site) => site,
        }
    }
}

impl AppFailure {
    /// How bad it is beside others: what no repetition mends is worst.
    pub(in crate::cli) fn worst(failures: Vec<Failure>) -> Option<Failure> {
        let rank = |failure: &Failure| match failure.line().0 {
            Code::Interrupted => 5,
            Code::Internal | Code::File => 4,
            Code::SignIn => 3,
            Code::Denied => 2,
            Code::Temporary => 0,
            _ => 1,
        };
        failures.into_iter().max_by_key(rank)
    }
}

pub(super) fn line(error: &AppFailure) -> Line<'_> {
    match error {
        AppFailure::Action { error, place } => action_line(error, *place),
        AppFailure::Find { error: FindError::Action(error), place } => action_line(error, *place),
        AppFailure::Find { error: FindError::Nobody { name }, .. } => {
            (Code::Usage, vec![Hint::App(AppHint::Role { name })])
        }
        AppFailure::Find { error: FindError::NoRole { .. }, .. } => (Code::Usage, vec![]),
        AppFailure::Find { error: FindError::Several { fitting, .. }, .. } => {
            (Code::Usage, vec![Hint::App(AppHint::Fitting { fitting })])
        }
        AppFailure::NotConfirmed => (Code::Usage, vec![Hint::Yes]),
        AppFailure::Declined => (Code::Usage, vec![]),
        AppFailure::Interrupted => (Code::Interrupted, vec![]),
        AppFailure::NotInstalled(site) => (Code::Usage, vec![Hint::App(AppHint::Install { site: *site })]),
        AppFailure::NotThere { place } => (Code::Temporary, vec![Hint::App(AppHint::Console { place: *place })]),
        AppFailure::LookUp { error: LookUpError::Action(error), place } => action_line(error, *place),
        AppFailure::LookUp { error: LookUpError::None { .. }, .. } => (Code::Usage, vec![Hint::App(AppHint::ListApps)]),
        AppFailure::LookUp { error: LookUpError::Several { ids, .. }, .. } => {
            (Code::Usage, vec![Hint::App(AppHint::Ids { ids })])
        }
        AppFailure::Exists { wanted, gitlab, differences, .. } => {
            let mendable = !differences.is_empty() && differences.iter().all(Difference::is_mendable);
            let update = AppHint::Update { wanted, gitlab: gitlab.as_deref() };
            (Code::Usage, if mendable { vec![Hint::App(update)] } else { vec![] })
        }
        AppFailure::DisplayNameNeeded | AppFailure::NotAWebAddress { .. } => (Code::Usage, vec![]),
        AppFailure::NoSecretPlace => (Code::Usage, vec![Hint::App(AppHint::SecretFile)]),
        AppFailure::SecretFile { .. } | AppFailure::SecretUnreadable { .. } => (Code::File, vec![]),
        AppFailure::NoSecretYet { name, why, .. } => {
            let (code, mut hints) = why.line();
            hints.insert(0, Hint::App(AppHint::Rotate { name }));
            (code, hints)
        }
        AppFailure::SecretUnsaved { name, secret, .. } => (Code::File, vec![Hint::App(AppHint::Drop { name, secret })]),
        AppFailure::TwoSecrets { name, secrets } => {
            (Code::Usage, secrets.iter().map(|old| Hint::App(AppHint::Drop { name, secret: &old.id })).collect())
        }
        AppFailure::NoSuchSecret { .. } => (Code::Usage, vec![]),
        AppFailure::Some { worst, .. } => worst.line(),
    }
}

fn action_line(error: &ActionError, place: ConsolePage) -> Line<'_> {
    let console = Hint::App(AppHint::Console { place });
    match &error.error {
        _ if error.is_denied() => {
            (Code::Denied, vec![Hint::App(AppHint::Permission { action: error.action }), console])
        }
        _ if error.is_unknown_action() => (Code::Denied, vec![console]),
        _ if error.is_missing() => {
            (Code::Usage, vec![Hint::App(AppHint::OtherSite { site: place.site().other() }), console])
        }
        CallError::Reply(error) => {
            let (code, mut hints) = identity_line(error);
            if matches!(error, ReplyError::Refused(refusal) if !refusal.is_temporary()) {
                hints.push(console);
            }
            (code, hints)
        }
        CallError::NoEntropy(_) => (Code::Internal, vec![]),
        CallError::Unexpected(_) => (Code::Internal, vec![console, Hint::Support]),
    }
}

pub(super) fn name(error: &AppFailure) -> String {
    let action_name = |error: &ActionError| match &error.error {
        CallError::Reply(error) => reply_name(error),
        error => error.to_string(),
    };
    match error {
        AppFailure::Action { error, .. } | AppFailure::Find { error: FindError::Action(error), .. } => {
            action_name(error)
        }
        AppFailure::Find { error, .. } => error.to_string(),
        AppFailure::LookUp { error: LookUpError::Action(error), .. } => action_name(error),
        AppFailure::LookUp { error, .. } => error.to_string(),
        AppFailure::Exists { .. } => "application-exists".to_owned(),
        AppFailure::DisplayNameNeeded => "invalid-display-name".to_owned(),
        AppFailure::NotAWebAddress { .. } => "invalid-callback-url".to_owned(),
        AppFailure::NoSecretPlace => "no-place-for-secret".to_owned(),
        AppFailure::SecretFile { .. } => "secret-file-not-created".to_owned(),
        AppFailure::SecretUnreadable { .. } => "secret-file-not-read".to_owned(),
        AppFailure::NoSecretYet { why, .. } => why.name(),
        AppFailure::SecretUnsaved { .. } => "secret-not-saved".to_owned(),
        AppFailure::TwoSecrets { .. } => "two-secrets".to_owned(),
        AppFailure::NoSuchSecret { .. } => "no-such-secret".to_owned(),
        AppFailure::NotConfirmed => "not-confirmed".to_owned(),
        AppFailure::Declined => "declined".to_owned(),
        AppFailure::Interrupted => "interrupted".to_owned(),
        AppFailure::NotInstalled(_) => "not-installed".to_owned(),
        AppFailure::NotThere { .. } => "not-there".to_owned(),
        AppFailure::Some { worst, .. } => worst.name(),
    }
}

pub(super) fn refusal(error: &AppFailure) -> Option<&Refusal> {
    match error {
        AppFailure::Action { error, .. } | AppFailure::Find { error: FindError::Action(error), .. } => error.refusal(),
        AppFailure::LookUp { error: LookUpError::Action(error), .. } => error.refusal(),
        AppFailure::Some { worst: why, .. } | AppFailure::NoSecretYet { why, .. } => why.refusal(),
        _ => None,
    }
}
