//! How a profile stands, in English.

use std::fmt::{Result, Write as _};

use super::name;
use crate::cli::failure::sign_in_command;
use crate::cli::render::span;
use crate::cli::source::Source;
use crate::cli::status::{Login, Status};
use crate::text::visible;
use crate::time::Timestamp;

pub(super) fn status(status: &Status<'_>, f: &mut String) -> Result {
    writeln!(f, "profile      {} ({})", name(status.profile.as_str()), chosen(status.profile_from))?;
    write!(f, "file         {} ({}", visible(&status.file.display().to_string()), chosen(status.file_from))?;
    match &status.file_mode {
        Some(mode) => writeln!(f, ", mode {mode})")?,
        None => f.write_str(")\n")?,
    }
    if let Some(target) = &status.file_target {
        writeln!(f, "             is a link to {}", visible(&target.display().to_string()))?;
    }
    for file in &status.side_files {
        writeln!(f, "             beside it: {}", visible(&file.display().to_string()))?;
    }
    let site = status.site.map(|site| format!(", site {site}")).unwrap_or_default();
    writeln!(f, "mode         {}{site}", name(status.mode))?;
    match status.region_id {
        Some(region) => writeln!(f, "region       {} ({})", name(region), chosen(status.region_from))?,
        None => f.write_str("region       none; the official client calls such a profile invalid\n")?,
    }
    if let Some(language) = status.language {
        writeln!(f, "language     {}", name(language))?;
    }
    writeln!(f, "login        {}", login(status))?;
    if let Some(end) = status.credentials_expire {
        writeln!(f, "credentials  {}", end_of(end, status.now, ["expire", "expired"]))?;
    }
    for variable in &status.overriding_variables {
        writeln!(f, "variable     {} is set: other tools may use it instead of the profile", name(variable))?;
    }
    Ok(())
}

fn login(status: &Status<'_>) -> String {
    let lasts = || match status.login_expires {
        Some(end) => format!("the login {}", end_of(end, status.now, ["expires", "expired"])),
        None => "the server does not say how long the login lasts".to_owned(),
    };
    match status.login {
        Login::SignedIn => format!("signed in; {}", lasts()),
        Login::Renewable => format!("renewable: the next command obtains new credentials; {}", lasts()),
        Login::SignInNeeded => format!("sign-in needed: {}", sign_in_command(status.profile, status.site)),
        Login::NotOAuth => "not an OAuth login".to_owned(),
    }
}

fn end_of(end: Timestamp, now: Timestamp, [expires, expired]: [&str; 2]) -> String {
    if end > now { format!("{expires} in {} ({end})", span(end.remaining(now))) } else { format!("{expired} at {end}") }
}

fn chosen(source: Source) -> &'static str {
    match source {
        Source::Option => "from the option",
        Source::Variable(name) => name,
        Source::File => "from the file",
        Source::Sandbox => "the sandbox's own",
        Source::Default => "by default",
    }
}
