//! `aliyun-rs configure switch`: makes another profile the current one.

use std::io;

use clap::Args;
use dialoguer::Select;
use dialoguer::theme::SimpleTheme;
use tokio::task::spawn_blocking;

use crate::cli::context::{Context, LOCK_DEADLINE, block_on};
use crate::cli::failure::{Code, Failure};
use crate::cli::messages::{Message, Warning};
use crate::config::Config;
use crate::host::{KeptTerminal, Stream};

/// Which profile to switch to. Profiles of every mode will do.
#[derive(Args, Debug)]
pub(in crate::cli) struct SwitchArgs {
    #[command(flatten)]
    pub(in crate::cli) named: NamedProfile,
}

/// A profile by option or by position.
#[derive(Args, Debug)]
pub(in crate::cli) struct NamedProfile {
    /// The profile
    #[arg(value_name = "NAME")]
    position: Option<String>,
    /// The profile
    #[arg(long, value_name = "NAME", conflicts_with = "position")]
    profile: Option<String>,
}

impl NamedProfile {
    pub(in crate::cli) fn get(self) -> Option<String> {
        self.profile.or(self.position)
    }
}

pub(in crate::cli) fn run(context: &Context<'_>, args: SwitchArgs) -> Result<(), Failure> {
    let config = context.read()?.config;
    let name = match args.named.get() {
        Some(name) => name,
        None => pick(context, &config)?,
    };
    // Before the lock, which would make the folder of a file that does not exist.
    existing(context, &config, &name)?;
    let updated = context.store.update(LOCK_DEADLINE, |config| {
        existing(context, config, &name)?;
        config.set_current(&name);
        Ok::<_, Failure>(())
    })?;
    context.show_notes(&updated.notes);
    context.host.streams.out(&Message::Switched { profile: &name }.to_string())?;
    if let Some((variable, other)) = context.profile_variable().filter(|(_, other)| *other != name) {
        context.warn(Warning::Shadowed { variable, profile: other });
    }
    Ok(())
}

/// Checks that there is a profile `name`; the failure lists those that there are.
pub(in crate::cli) fn existing(context: &Context<'_>, config: &Config, name: &str) -> Result<(), Failure> {
    match config.find(name) {
        Some(_) => Ok(()),
        None => {
            let message = Message::NoSuchProfile { profile: name, file: context.store.path() };
            Err(Failure::new(Code::Usage, message.to_string()).hint(Message::Names { names: &config.names() }))
        }
    }
}

/// The failure for a command that was given no name; it lists those that there are.
pub(in crate::cli) fn nameless(config: &Config) -> Failure {
    Failure::new(Code::Usage, "which profile? say its name").hint(Message::Names { names: &config.names() })
}

/// Lets a person at a terminal choose.
fn pick(context: &Context<'_>, config: &Config) -> Result<String, Failure> {
    let names: Vec<String> = config.names().into_iter().map(str::to_owned).collect();
    let watched = [Stream::Input, Stream::Error].iter().all(|stream| context.host.streams.is_terminal(*stream));
    if !watched || names.is_empty() {
        return Err(nameless(config));
    }
    let current = names.iter().position(|name| Some(name.as_str()) == config.current()).unwrap_or(0);
    let shown: Vec<String> = names.iter().map(|name| crate::text::printable(name, 60)).collect();
    // The list reads single keys; a run that ends in the midst of it has to leave the terminal as it was.
    let _terminal = KeptTerminal::remember();
    let chosen = block_on(async {
        let mut interrupts = context.host.signals.hold()?;
        let select = move || {
            Select::with_theme(&SimpleTheme).with_prompt("Profile").items(&shown).default(current).interact_opt()
        };
        tokio::select! {
            chosen = spawn_blocking(select) => Ok(chosen),
            () = interrupts.next() => {
                dialoguer::console::Term::stderr().show_cursor().ok();
                Err(Failure::told(Code::Interrupted))
            }
        }
    })?;
    match chosen {
        Ok(Ok(Some(index))) => Ok(names[index].clone()),
        Ok(Ok(None)) => Err(Failure::told(Code::Interrupted)),
        // The terminal gives an interrupt to its reader.
        Ok(Err(dialoguer::Error::IO(error))) if error.kind() == io::ErrorKind::Interrupted => {
            Err(Failure::told(Code::Interrupted))
        }
        _ => Err(Failure::new(Code::Unexpected, "the terminal could not show a list of profiles")),
    }
}
