//! `aliyun-rs configure switch`: makes another profile the current one.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::failure::{Failure, Usage};
use crate::cli::messages::Message;
use crate::cli::options::read_profile;
use crate::config::{Config, ProfileName};
use crate::logins::LOCK_DEADLINE;

/// Make another profile the current one
///
/// Works with profiles of every mode. Without a name, shows a list to choose from on a terminal.
#[derive(Args, Debug)]
pub(in crate::cli) struct SwitchArgs {
    #[command(flatten)]
    pub(in crate::cli) named: NamedProfile,
}

// A profile by option or by position. (A doc comment would take the place of the command's own help.)
#[derive(Args, Debug)]
pub(in crate::cli) struct NamedProfile {
    /// Name of the profile
    #[arg(value_name = "NAME", value_parser = read_profile)]
    position: Option<ProfileName>,
    /// Name of the profile, as an option
    #[arg(long, short, value_name = "NAME", conflicts_with = "position", value_parser = read_profile)]
    profile: Option<ProfileName>,
}

impl NamedProfile {
    pub(in crate::cli) fn get(self) -> Option<ProfileName> {
        self.profile.or(self.position)
    }
}

pub(in crate::cli) fn run(context: &Context<'_>, args: SwitchArgs) -> Result<(), Failure> {
    let config = context.read()?.config;
    let name = match args.named.get() {
        Some(name) => name,
        None => pick(context, &config)?,
    };
    // Before the lock, which would create the folder of a file that does not exist.
    existing(context, &config, &name)?;
    if config.current() != Some(&name) {
        let mut found = Ok(());
        let notes = context.logins.lock(LOCK_DEADLINE)?.edit(&mut |config| {
            found = existing(context, config, &name);
            if found.is_ok() {
                config.set_current(&name);
            }
        })?;
        found?;
        context.show_notes(&notes);
    } else {
        context.show_notes(&context.logins.tidy());
    }
    context.ui.print_message(&Message::Switched { profile: &name })?;
    context.warn_if_shadowed(&name);
    Ok(())
}

/// Checks that there is a profile `name`; the failure lists all profiles.
pub(in crate::cli) fn existing(context: &Context<'_>, config: &Config, name: &ProfileName) -> Result<(), Failure> {
    if config.contains(name) {
        return Ok(());
    }
    let (profile, file) = (name.clone(), context.logins.path().to_owned());
    Err(Usage::NoSuchProfile { profile, file, names: names(config) }.into())
}

/// The failure for a command that was given no name; it lists all profiles.
pub(in crate::cli) fn nameless(config: &Config) -> Failure {
    Usage::NoName { names: names(config) }.into()
}

fn names(config: &Config) -> Vec<ProfileName> {
    config.names().into_iter().cloned().collect()
}

/// Lets a person at a terminal choose.
fn pick(context: &Context<'_>, config: &Config) -> Result<ProfileName, Failure> {
    let mut names = names(config);
    if !context.ui.is_interactive() || names.is_empty() {
        return Err(nameless(config));
    }
    let current = names.iter().position(|name| Some(name) == config.current()).unwrap_or(0);
    let shown: Vec<&str> = names.iter().map(ProfileName::as_str).collect();
    let picked =
        context.interruptible(async |interrupts| context.ui.pick(&Message::Profile, &shown, current, interrupts).await);
    Ok(names.swap_remove(picked?))
}
