//! The account's own applications, in English.

use std::fmt::{Result, Write as _};
use std::path::Path;

use super::failure::action;
use super::scopes;
use crate::applications::gitlab::PLACEHOLDER;
use crate::applications::{Difference, LookUpError};
use crate::cli::messages::shown::{name, quoted};
use crate::openapi::ims::{AppSecret, Application, ApplicationChanges, NewApplication, NewSecret};
use crate::text::visible;

pub(super) fn will_create(new: &NewApplication, f: &mut String) -> Result {
    writeln!(f, "This creates the application `{}` ({}):", name(&new.name), new.kind.as_str())?;
    writeln!(f, "display name  {}", name(&new.display_name))?;
    lines("callback", &new.redirect_uris, f)?;
    writeln!(f, "scopes        openid {}", new.scopes.join(" "))?;
    f.write_str("accounts      only this one\n")
}

pub(super) fn created(application: &Application, f: &mut String) -> Result {
    writeln!(f, "The application `{}` was created: {}", name(&application.name), name(&application.id))
}

pub(super) fn configuration(omnibus: &str, source: &str, f: &mut String) -> Result {
    write!(
        f,
        "\nFor an Omnibus installation, in /etc/gitlab/gitlab.rb, then run `gitlab-ctl reconfigure`:\n\n{omnibus}\n\
         For an installation from source, in config/gitlab.yml below `providers:`, then restart GitLab:\n\n{source}\n\
         Replace {PLACEHOLDER} with the value of the secret.\n"
    )
}

pub(super) fn saved(id: &str, path: &Path, f: &mut String) -> Result {
    writeln!(f, "The value of the secret {} is in {}; it cannot be shown again.", name(id), quoted(path))
}

pub(super) fn shown(secret: &NewSecret, f: &mut String) -> Result {
    let NewSecret { id, value } = secret;
    writeln!(f, "The value of the secret {}, which cannot be shown again:\n{}", name(id), visible(value.expose()))
}

pub(super) fn application(application: &Application, secrets: &[AppSecret], f: &mut String) -> Result {
    details(application, f)?;
    for secret in secrets {
        let created = secret.created.map(|time| format!(", created {time}")).unwrap_or_default();
        writeln!(f, "secret        {}{created}", name(&secret.id))?;
    }
    if secrets.is_empty() { f.write_str("secret        none\n") } else { Ok(()) }
}

pub(super) fn details(application: &Application, f: &mut String) -> Result {
    let protocol = if application.protocol.is_empty() { "not stated" } else { &application.protocol };
    writeln!(f, "application   {} ({})", name(&application.name), name(&application.id))?;
    writeln!(f, "display name  {}", name(&application.display_name))?;
    writeln!(f, "type          {}, OAuth {}", name(application.kind.as_str()), name(protocol))?;
    lines("callback", &application.redirect_uris, f)?;
    writeln!(f, "scopes        {}", scopes(&application.scopes))?;
    match application.is_multi_tenant {
        Some(true) => f.write_str("accounts      other accounts may install it\n")?,
        Some(false) => f.write_str("accounts      only this one\n")?,
        None => {}
    }
    application.created.map_or(Ok(()), |time| writeln!(f, "created       {time}"))
}

fn lines(label: &str, items: &[String], f: &mut String) -> Result {
    if items.is_empty() {
        return writeln!(f, "{label:<14}none");
    }
    items.iter().try_for_each(|item| writeln!(f, "{label:<14}{}", name(item)))
}

pub(super) fn will_update(application: &Application, changes: &ApplicationChanges, f: &mut String) -> Result {
    writeln!(f, "This changes the application `{}` ({}):", name(&application.name), name(&application.id))?;
    if let Some(display_name) = &changes.display_name {
        writeln!(f, "display name  {} instead of {}", name(display_name), name(&application.display_name))?;
    }
    if let Some(uris) = &changes.redirect_uris {
        difference("callback", &application.redirect_uris, uris, f)?;
    }
    if let Some(wanted) = &changes.scopes {
        let present: Vec<String> = application.scopes.iter().map(|scope| scope.name.clone()).collect();
        difference("scope", &present, wanted, f)?;
    }
    match changes.is_multi_tenant {
        Some(_) => f.write_str("accounts      only this one instead of any\n"),
        None => Ok(()),
    }
}

fn difference(label: &str, present: &[String], wanted: &[String], f: &mut String) -> Result {
    let (added, removed) =
        (wanted.iter().filter(|item| !present.contains(item)), present.iter().filter(|item| !wanted.contains(item)));
    added
        .map(|item| ('+', item))
        .chain(removed.map(|item| ('-', item)))
        .try_for_each(|(sign, item)| writeln!(f, "{label:<14}{sign} {}", name(item)))
}

pub(super) fn will_drop(application: &Application, secret: &str, is_last: bool, f: &mut String) -> Result {
    writeln!(
        f,
        "This deletes the secret {} of `{}`; whatever still uses it is refused.",
        name(secret),
        name(&application.name)
    )?;
    if is_last {
        f.write_str("It is the only secret: nobody can sign in through the application without one.\n")
    } else {
        Ok(())
    }
}

pub(super) fn will_delete(application: &Application, f: &mut String) -> Result {
    details(application, f)?;
    f.write_str("This deletes the application for good: nobody can sign in through it any more.\n")
}

pub(super) fn look_up(error: &LookUpError, f: &mut String) -> Result {
    match error {
        LookUpError::Action(error) => action(error, f),
        LookUpError::None { name: what } => write!(f, "there is no application `{}` in the account", name(what)),
        LookUpError::Several { name: what, .. } => write!(f, "several applications are named `{}`", name(what)),
    }
}

pub(super) fn exists(id: &str, wanted: &NewApplication, differences: &[Difference], f: &mut String) -> Result {
    write!(f, "an application `{}` exists already ({})", name(&wanted.name), name(id))?;
    match differences {
        [] => f.write_str(", and is as wanted"),
        differences => {
            for (index, one) in differences.iter().enumerate() {
                f.write_str(if index == 0 { ": " } else { "; " })?;
                differs(one, f)?;
            }
            Ok(())
        }
    }
}

pub(super) fn differs(difference: &Difference, f: &mut String) -> Result {
    match difference {
        Difference::Type { is, wanted } => {
            write!(f, "its type is {}, not {}, which cannot be changed", name(is.as_str()), wanted.as_str())
        }
        Difference::Protocol { is } => {
            write!(f, "its protocol is OAuth {}, which cannot be changed; OAuth 2.0 is needed", name(is))
        }
        Difference::Callbacks(missing) => write!(f, "it lacks the callback {}", joined(missing)),
        Difference::Scopes(missing) => write!(f, "it lacks the scope {}", joined(missing)),
        Difference::MultiTenant => f.write_str("other accounts may install it"),
    }
}

fn joined(items: &[String]) -> String {
    items.iter().map(|item| name(item)).collect::<Vec<_>>().join(", ")
}

pub(super) fn secret_ids(secrets: &[AppSecret]) -> String {
    match secrets {
        [] => "it has none".to_owned(),
        secrets => format!("it has {}", secrets.iter().map(|one| name(&one.id)).collect::<Vec<_>>().join(" and ")),
    }
}
