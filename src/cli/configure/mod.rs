//! `aliyun-rs configure`: the sign-in, and the commands about saved profiles.

pub(super) mod delete;
pub(super) mod list;
pub(super) mod sign_in;
pub(super) mod switch;

use clap::{Args, Subcommand};

use super::context::Context;
use super::failure::{Code, Failure};
use super::messages::Hint;

/// Sign in and save a profile, or manage the saved ones.
#[derive(Args, Debug)]
pub(super) struct ConfigureArgs {
    #[command(subcommand)]
    command: Option<ConfigureCommand>,
    #[command(flatten)]
    sign_in: sign_in::SignInArgs,
}

#[derive(Subcommand, Debug)]
enum ConfigureCommand {
    /// Make another profile the current one.
    Switch(switch::SwitchArgs),
    /// Remove a profile and its tokens from this machine.
    Delete(delete::DeleteArgs),
    /// List the profiles.
    List(list::ListArgs),
}

pub(super) fn run(context: &Context<'_>, args: ConfigureArgs) -> Result<(), Failure> {
    if args.command.is_some() && args.sign_in.are_given() {
        let message = "options of the sign-in do not go with `switch`, `delete` or `list`";
        return Err(Failure::new(Code::Usage, message).hint(Hint::OptionsAfter));
    }
    match args.command {
        None => sign_in::run(context, args.sign_in),
        Some(ConfigureCommand::Switch(args)) => switch::run(context, args),
        Some(ConfigureCommand::Delete(args)) => delete::run(context, args),
        Some(ConfigureCommand::List(args)) => list::run(context, args),
    }
}
