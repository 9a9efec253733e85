//! What can go wrong with applications, in English.

use std::fmt::{Result, Write as _};

use super::super::network::call;
use super::{named, own};
use crate::applications::FindError;
use crate::cli::failure::AppFailure;
use crate::cli::messages::AppHint;
use crate::cli::messages::app::{drop_command, rotate_command, update_command};
use crate::cli::messages::shown::{name, quoted};
use crate::openapi::{ActionError, CallError};
use crate::reply::ReplyError;
use crate::text::shell_word;

pub(in crate::cli::messages::english) fn failure(failure: &AppFailure, f: &mut String) -> Result {
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
        AppFailure::LookUp { error, .. } => own::look_up(error, f),
        AppFailure::Exists { id, wanted, differences, .. } => own::exists(id, wanted, differences, f),
        AppFailure::DisplayNameNeeded => {
            f.write_str("the name is longer than the 24 characters of a display name: add `--display-name`")
        }
        AppFailure::NotAWebAddress { uri } => {
            write!(f, "a web application cannot be called back at `{}`: use http or https", name(uri))
        }
        AppFailure::NoSecretPlace => {
            f.write_str("nothing was changed: a secret would be created, and this is not a terminal to show it on")
        }
        AppFailure::SecretFile { path, error } if error.kind() == std::io::ErrorKind::AlreadyExists => {
            write!(f, "nothing was changed: {} exists, and a secret never goes to an existing file", quoted(path))
        }
        AppFailure::SecretFile { path, error } => {
            write!(f, "nothing was changed: {} cannot be created: {error}", quoted(path))
        }
        AppFailure::SecretUnreadable { path, error } => {
            write!(f, "the secret cannot be read from {}: {error}", quoted(path))
        }
        AppFailure::NoSecretYet { name: what, id, why } => {
            write!(f, "the application `{}` ({}) exists, but was given no new secret: ", name(what), name(id))?;
            super::super::failure::failure(why, f)
        }
        AppFailure::SecretUnsaved { secret, path, error, .. } => {
            write!(f, "the secret {} was created, but could not be written to {}: {error}", name(secret), quoted(path))
        }
        AppFailure::TwoSecrets { name: what, .. } => {
            write!(f, "the application `{}` has two secrets, and there cannot be more; drop one first", name(what))
        }
        AppFailure::NoSuchSecret { name: what, secrets } => {
            write!(f, "the application `{}` has no secret of this id; {}", name(what), own::secret_ids(secrets))
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

pub(in crate::cli::messages::english) fn hint(hint: &AppHint<'_>, f: &mut String) -> Result {
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
        AppHint::Remedy(seen) => super::check::remedy(seen, f),
        AppHint::ListApps => f.write_str("aliyun-rs app list"),
        AppHint::Ids { ids } => write!(f, "name one by its id: {}", ids.join(", ")),
        AppHint::Update { wanted, gitlab } => f.write_str(&update_command(wanted, *gitlab)),
        AppHint::SecretFile => f.write_str("add `--secret-file FILE`"),
        AppHint::Rotate { name: what } => write!(f, "to try again: {}", rotate_command(what)),
        AppHint::Drop { name: what, secret } => write!(f, "to delete it: {}", drop_command(what, secret)),
        AppHint::Install { site } => write!(f, "aliyun-rs app install --site {site}"),
    }
}
