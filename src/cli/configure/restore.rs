//! `aliyun-rs configure restore`: puts logins back that the shared file has lost.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::messages::Message;
use crate::logins::LOCK_DEADLINE;

/// Restore logins after another program has emptied the file
///
/// The tokens come from the private journal next to the file. Other profile settings are not restored.
#[derive(Args, Debug)]
pub(super) struct RestoreArgs;

pub(super) fn run(context: &Context<'_>, _: RestoreArgs) -> Result<(), Failure> {
    let restored = context.logins.lock(LOCK_DEADLINE)?.restore()?;
    for profile in &restored {
        context.ui.print_message(&Message::Restored { profile })?;
    }
    if restored.is_empty() {
        context.ui.note(&Message::NothingToRestore);
    }
    Ok(())
}
