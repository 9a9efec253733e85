//! Applications in RAM, in English.

mod check;
mod failure;
mod own;

use std::fmt::{Result, Write as _};

use super::network::call;
use crate::applications::OfficialStatus;
use crate::cli::failure::ConsolePage;
use crate::cli::messages::AppMessage;
use crate::cli::messages::app::Losing;
use crate::cli::messages::app::drop_command;
use crate::cli::messages::shown::name;
use crate::openapi::ims::{AssignmentType, Principal, Provision, Scope};
use crate::site::Site;

use failure::action;
pub(super) use failure::{failure, hint};

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
        AppMessage::AskSecret => f.write_str("Secret of the application (not shown): "),
        AppMessage::Judgement(judgement) => f.write_str(check::judgement(*judgement)),
        AppMessage::Observation(seen) => check::observation(seen, f),
        AppMessage::Predicted { identity, user } => check::predicted(identity, user, f),
        AppMessage::WillCreate { new } => own::will_create(new, f),
        AppMessage::Created { application } => own::created(application, f),
        AppMessage::Configuration { omnibus, source } => own::configuration(omnibus, source, f),
        AppMessage::AskToShowSecret => {
            f.write_str("The secret will be shown here once (`--secret-file` keeps it off the screen). Go on? [y/N]: ")
        }
        AppMessage::SecretSaved { id, path } => own::saved(id, path, f),
        AppMessage::SecretShown { secret } => own::shown(secret, f),
        AppMessage::Application { application, secrets } => own::application(application, secrets, f),
        AppMessage::NothingToChange { name: what } => {
            writeln!(f, "The application `{}` is as wanted already.", name(what))
        }
        AppMessage::WillUpdate { application, changes } => own::will_update(application, changes, f),
        AppMessage::Updated { application } => own::details(application, f),
        AppMessage::WillAddSecret { application } => {
            writeln!(f, "This creates a secret of `{}` ({}).", name(&application.name), name(&application.id))
        }
        AppMessage::DropLater { name: what, secret } => {
            writeln!(f, "When nothing uses the old secret any more: {}", drop_command(what, secret))
        }
        AppMessage::WillDropSecret { application, secret, is_last } => own::will_drop(application, secret, *is_last, f),
        AppMessage::SecretDropped { secret } => writeln!(f, "The secret {} was deleted.", name(secret)),
        AppMessage::WillDelete { application } => own::will_delete(application, f),
        AppMessage::DeletedApplication { application } => {
            writeln!(f, "The application `{}` ({}) was deleted.", name(&application.name), name(&application.id))
        }
    }
}

fn status(status: &OfficialStatus, site: Site, f: &mut String) -> Result {
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

fn assigned(status: &OfficialStatus, f: &mut String) -> Result {
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
fn may(status: &OfficialStatus, site: Site, f: &mut String) -> Result {
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
    writeln!(f, "console       {}", ConsolePage::ThirdParty(site).address())?;
    writeln!(f, "              {}", ConsolePage::Assignments(site).address())
}

fn named(principals: &[Principal], f: &mut String) -> Result {
    let names: Vec<String> = principals.iter().take(MOST_NAMED).map(|one| name(&one.to_string())).collect();
    f.write_str(&names.join(", "))?;
    match principals.len().saturating_sub(MOST_NAMED) {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}
