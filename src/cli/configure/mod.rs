//! `aliyun-rs configure`: the sign-in, and the commands about saved profiles.

pub(super) mod delete;
mod events;
mod get;
pub(super) mod list;
mod narrator;
mod restore;
mod set;
mod settings;
pub(super) mod sign_in;
pub(super) mod switch;

use clap::{Args, Subcommand};

use super::context::Context;
use super::failure::{Failure, Usage};

/// Sign in and save a profile, or manage saved profiles
#[derive(Args, Debug)]
pub(super) struct ConfigureArgs {
    #[command(subcommand)]
    command: Option<ConfigureCommand>,
    #[command(flatten)]
    sign_in: sign_in::SignInArgs,
}

#[derive(Subcommand, Debug)]
enum ConfigureCommand {
    Switch(switch::SwitchArgs),
    Delete(delete::DeleteArgs),
    List(list::ListArgs),
    Get(get::GetArgs),
    Set(set::SetArgs),
    Restore(restore::RestoreArgs),
}

pub(super) fn run(context: &Context<'_>, args: ConfigureArgs) -> Result<(), Failure> {
    // `args_conflicts_with_subcommands` would also reject `configure --config-path FILE switch NAME`.
    if args.command.is_some() && args.sign_in.are_given() {
        return Err(Usage::OptionsMisplaced.into());
    }
    match args.command {
        None => sign_in::run(context, args.sign_in),
        Some(ConfigureCommand::Switch(args)) => switch::run(context, args),
        Some(ConfigureCommand::Delete(args)) => delete::run(context, args),
        Some(ConfigureCommand::List(args)) => list::run(context, args),
        Some(ConfigureCommand::Get(args)) => get::run(context, args),
        Some(ConfigureCommand::Set(args)) => set::run(context, args),
        Some(ConfigureCommand::Restore(args)) => restore::run(context, args),
    }
}
