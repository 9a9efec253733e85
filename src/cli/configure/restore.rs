//! `aliyun-rs configure restore`: puts logins back that the shared file has lost.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::messages::Message;
use crate::logins::{LOCK_DEADLINE, Restored};

/// Restore logins after another program has emptied or broken the file
///
/// The tokens come from the private journal next to the file. A broken file is renamed, and its profiles that are still
/// whole are kept; of the others only the login is restored.
#[derive(Args, Debug)]
pub(super) struct RestoreArgs;

pub(super) fn run(context: &Context<'_>, _: RestoreArgs) -> Result<(), Failure> {
    let Restored { profiles, aside, notes } = context.logins.lock(LOCK_DEADLINE)?.restore()?;
    context.show_notes(&notes);
    for profile in &profiles {
        context.ui.print_message(&Message::Restored { profile: profile.as_str() })?;
    }
    if let Some(path) = &aside {
        context.ui.note(&Message::SetAside { path });
    } else if profiles.is_empty() {
        context.ui.note(&Message::NothingToRestore);
    }
    Ok(())
}
