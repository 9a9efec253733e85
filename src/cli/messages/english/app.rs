//! Applications in RAM, in English.

use std::fmt::{Result, Write as _};

use super::name;
use super::network::call;
use crate::applications::{FindError, Status};
use crate::cli::failure::{AppFailure, Place};
use crate::cli::messages::app::Losing;
use crate::cli::messages::{AppHint, AppMessage};
use crate::openapi::ims::{AssignmentType, Principal, Provision, Scope};
use crate::openapi::{ActionError, CallError};
use crate::reply::ReplyError;
use crate::site::Site;
use crate::text::shell_word;

/// How many of a list are named in a sentence.
const MOST_NAMED: usize = 20;

pub(super) fn message(message: &AppMessage<'_>, f: &mut String) -> Result {
    match message {
        AppMessage::AskChange => f.write_str("Go on? [y/N]: "),
        AppMessage::AlreadyInstalled { site } => {
            writeln!(f, "`official-cli` ({}) is already installed.", site.client_id())
        }
        AppMessage::WillInstall { site } => {
            writeln!(f, "This installs `official-cli` ({}, site {site}) in the account.", site.client_id())
        }
        AppMessage::Installed { site, provision } => {
            writeln!(f, "`official-cli` ({}) is installed.", site.client_id())?;
            installed(provision, f)
        }
        AppMessage::NotInstalled { site } => writeln!(f, "`official-cli` ({}) is not installed.", site.client_id()),
        AppMessage::WillUninstall { site, losing } => {
            writeln!(f, "This removes `official-cli` ({}, site {site}) from the account.", site.client_id())?;
            match losing {
                Losing::Everyone => {
                    f.write_str("Every identity of the account loses access: nobody can sign in with it.")
                }
                Losing::Unknown => f.write_str(
                    "It could not be read who is assigned; whoever is loses access, and so does the account itself.",
                ),
                Losing::These([]) => f.write_str("Nobody is assigned; the account itself loses access."),
                Losing::These(principals) => {
                    f.write_str("Besides the account itself, these lose access: ")?;
                    named(principals, f)
                }
            }?;
            f.write_str("\nSessions already issued stay valid until they expire.\n")
        }
        AppMessage::Uninstalled { site } => {
            writeln!(f, "`official-cli` ({}) was removed from the account.", site.client_id())
        }
        AppMessage::WillAssign { principals, site } => {
            write!(f, "These may sign in with `official-cli` (site {site}): ")?;
            named(principals, f)?;
            f.write_str("\n")
        }
        AppMessage::WillUnassign { principals, site } => {
            write!(f, "These can no longer sign in with `official-cli` (site {site}): ")?;
            named(principals, f)?;
            f.write_str("\n")
        }
        AppMessage::Assigned { principal, already } => {
            let how = if *already { "was assigned already" } else { "assigned" };
            writeln!(f, "{}: {how}", name(&principal.to_string()))
        }
        AppMessage::Unassigned { principal, was } => {
            let how = if *was { "no longer assigned" } else { "was not assigned" };
            writeln!(f, "{}: {how}", name(&principal.to_string()))
        }
        AppMessage::NotDone { name: who, why } => {
            write!(f, "{}: ", name(who))?;
            super::failure::failure(why, f)?;
            f.write_str("\n")
        }
        AppMessage::SessionsLiveOn => f.write_str(
            "Sessions already issued stay valid until they expire; to end them at once, disable the user or revoke the \
             role's sessions in the RAM console.\n",
        ),
        AppMessage::Everyone => f.write_str("Every identity of the account may sign in.\n"),
        AppMessage::NobodyAssigned => f.write_str("Nobody is assigned; only the account itself may sign in.\n"),
        AppMessage::Status { status: found, site } => status(found, *site, f),
    }
}

fn status(status: &Status, site: Site, f: &mut String) -> Result {
    f.write_str("identity      ")?;
    match &status.identity {
        Ok(identity) => writeln!(f, "{} ({})", identity.arn, identity.identity_type)?,
        Err(error) => {
            f.write_str("unknown: ")?;
            call(error, f)?;
            f.write_str("\n")?;
        }
    }
    write!(f, "official-cli  {}, site {site}, ", site.client_id())?;
    match &status.provision {
        Ok(Some(provision)) => {
            f.write_str("installed\n")?;
            installed(provision, f)?;
        }
        Ok(None) => f.write_str("not installed\n")?,
        Err(error) => {
            f.write_str("unknown: ")?;
            action(error, f)?;
            f.write_str("\n")?;
        }
    }
    assigned(status, f)?;
    may(status, site, f)
}

fn installed(provision: &Provision, f: &mut String) -> Result {
    let assignment = match &provision.assignment {
        AssignmentType::AllowAll => "every identity of the account may sign in".to_owned(),
        AssignmentType::OnDemand => {
            "on demand: only assigned identities, and the account itself, may sign in".to_owned()
        }
        AssignmentType::Unknown(other) if other.is_empty() => "the service does not say".to_owned(),
        AssignmentType::Unknown(other) => name(other),
    };
    writeln!(f, "assignment    {assignment}")?;
    writeln!(f, "scopes        {}", scopes(&provision.scopes))?;
    match provision.needs_consent {
        Some(true) => f.write_str("consent       each identity is asked once\n"),
        Some(false) => f.write_str("consent       nobody is asked\n"),
        None => Ok(()),
    }
}

pub(super) fn scopes(scopes: &[Scope]) -> String {
    match scopes {
        [] => "the service names none".to_owned(),
        scopes => scopes.iter().map(|scope| name(&scope.name)).collect::<Vec<_>>().join(" "),
    }
}

fn assigned(status: &Status, f: &mut String) -> Result {
    match &status.assignments {
        None => Ok(()),
        Some(Ok(principals)) if principals.is_empty() => f.write_str("assigned      nobody\n"),
        Some(Ok(principals)) => {
            f.write_str("assigned      ")?;
            named(principals, f)?;
            f.write_str("\n")
        }
        Some(Err(error)) => {
            f.write_str("assigned      unknown: ")?;
            action(error, f)?;
            f.write_str("\n")
        }
    }
}

/// What the identity may do about it. That reading works is seen; changes cannot be tried out.
fn may(status: &Status, site: Site, f: &mut String) -> Result {
    let denied = status.denied();
    let is_account = status.identity.as_ref().is_ok_and(|identity| identity.is_account());
    match denied.as_slice() {
        [] if is_account => f.write_str("permissions   the account itself may do everything\n")?,
        [] => f.write_str(
            "permissions   reading is allowed; whether changes are shows only when they are made (`--policy` prints \
             what they need)\n",
        )?,
        actions => {
            let actions = actions.iter().map(|action| format!("ram:{action}")).collect::<Vec<_>>();
            writeln!(f, "permissions   missing: {} (`--policy` prints a policy)", actions.join(", "))?;
        }
    }
    writeln!(f, "console       {}", Place::ThirdParty(site).address())?;
    writeln!(f, "              {}", Place::Assignments(site).address())
}

fn named(principals: &[Principal], f: &mut String) -> Result {
    let names: Vec<String> = principals.iter().take(MOST_NAMED).map(|one| name(&one.to_string())).collect();
    f.write_str(&names.join(", "))?;
    match principals.len().saturating_sub(MOST_NAMED) {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}

pub(super) fn failure(failure: &AppFailure, f: &mut String) -> Result {
    match failure {
        AppFailure::Action { error, .. } => action(error, f),
        AppFailure::Find { error, .. } => match error {
            FindError::Action(error) => action(error, f),
            FindError::Nobody { name: who } => {
                write!(f, "no RAM user has the login name, principal name, number or display name `{}`", name(who))
            }
            FindError::NoRole { name: who } => write!(f, "there is no RAM role `{}`", name(who)),
            FindError::Several { name: who, .. } => write!(f, "several RAM users fit `{}`", name(who)),
        },
        AppFailure::NotConfirmed => {
            f.write_str("nothing was changed: this needs confirmation, and standard input is not a terminal")
        }
        AppFailure::Declined => f.write_str("nothing was changed"),
        AppFailure::Interrupted => f.write_str("interrupted; a change that was under way may have been made"),
        AppFailure::NotInstalled(site) => {
            write!(f, "`official-cli` ({}) is not installed in the account", site.client_id())
        }
        AppFailure::NotThere { .. } => {
            f.write_str("the service accepted the change, but what it shows afterwards does not have it")
        }
        AppFailure::Some { failed, of, .. } => write!(f, "{failed} of {of} names failed; see above"),
    }
}

/// An action that failed.
pub(super) fn action(error: &ActionError, f: &mut String) -> Result {
    write!(f, "{}: ", error.action)?;
    if error.is_unknown_action() {
        f.write_str("the service does not offer this action here yet: ")?;
    }
    match &error.error {
        CallError::Reply(ReplyError::Refused(refusal)) if error.is_denied() => {
            write!(f, "no permission (`{}`, status {}", refusal.code.as_deref().unwrap_or_default(), refusal.status)?;
            match &refusal.request_id {
                Some(id) => write!(f, ", request id {id})"),
                None => f.write_str(")"),
            }
        }
        error => call(error, f),
    }
}

pub(super) fn hint(hint: &AppHint<'_>, f: &mut String) -> Result {
    match hint {
        AppHint::Console { place } => write!(f, "the same in the RAM console: {}", place.address()),
        AppHint::Permission { action } => write!(
            f,
            "the identity lacks `ram:{action}`; the same command with `--policy` prints a policy with all that it needs"
        ),
        AppHint::OtherSite { site } => {
            write!(
                f,
                "applications of one site do not exist on the other: if the account is of {site}, add --site {site}"
            )
        }
        AppHint::Role { name: who } => {
            write!(f, "a role is named role/NAME: {}", shell_word(format!("role/{who}").as_ref()))
        }
        AppHint::Fitting { fitting } => {
            f.write_str("name one of them in full: ")?;
            named(fitting, f)
        }
        AppHint::Install { site } => write!(f, "aliyun-rs app install --site {site}"),
    }
}
