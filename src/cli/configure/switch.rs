//! `aliyun-rs configure switch`: makes another profile the current one.

use std::io;

use clap::Args;
use dialoguer::Select;
use dialoguer::theme::SimpleTheme;

use crate::cli::context::Context;
use crate::cli::failure::{Attempt, Code, Failure, Usage};
use crate::cli::messages::Message;
use crate::cli::options::read_profile;
use crate::config::{Config, ProfileName};
use crate::host::{KeptTerminal, blocking};
use crate::logins::LOCK_DEADLINE;
use crate::text::printable;

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
    let names = names(config);
    if !context.ui.is_interactive() || names.is_empty() {
        return Err(nameless(config));
    }
    let current = names.iter().position(|name| Some(name) == config.current()).unwrap_or(0);
    let shown: Vec<String> = names.iter().map(|name| printable(name, 60)).collect();
    let title = context.ui.text(&Message::Profile);
    // The list reads single keys; a run that ends in the middle of it has to leave the terminal as it was.
    let _terminal = KeptTerminal::remember();
    let select =
        move || Select::with_theme(&SimpleTheme).with_prompt(title).items(&shown).default(current).interact_opt();
    let chosen = context.interruptible(async |interrupts| {
        tokio::select! {
            chosen = blocking(select) => Ok(chosen),
            () = interrupts.next() => Err(Failure::Quiet(Code::Interrupted)),
        }
    });
    // A list that was interrupted leaves the cursor hidden, whoever noticed the interrupt first.
    dialoguer::console::Term::stderr().show_cursor().ok();
    match chosen? {
        Ok(Some(index)) => Ok(names[index].clone()),
        Ok(None) => Err(Failure::Quiet(Code::Interrupted)),
        // The terminal gives an interrupt to its reader.
        Err(dialoguer::Error::IO(error)) if error.kind() == io::ErrorKind::Interrupted => {
            Err(Failure::Quiet(Code::Interrupted))
        }
        Err(dialoguer::Error::IO(error)) => Err(Failure::System(Attempt::ShowList, error)),
    }
}
