//! `aliyun-rs app`: an administrator's work on OAuth applications in RAM.

mod assign;
mod assignments;
mod check;
mod create;
mod delete;
mod install;
mod list;
mod options;
mod rotate_secret;
mod secret;
mod session;
mod show;
mod status;
mod unassign;
mod uninstall;
mod update;

use clap::{Args, Subcommand};

use super::context::Context;
use super::failure::Failure;
use session::{Session, WhoArgs};

/// Administer OAuth applications in RAM: official-cli and your own
#[derive(Args, Debug)]
pub(super) struct AppArgs {
    #[command(flatten)]
    who: WhoArgs,
    /// Print the RAM policy that the command needs, and do nothing
    #[arg(long, global = true)]
    policy: bool,
    #[command(subcommand)]
    command: AppCommand,
}

#[derive(Subcommand, Debug)]
enum AppCommand {
    Install(install::InstallArgs),
    Uninstall(uninstall::UninstallArgs),
    Assign(assign::AssignArgs),
    Unassign(unassign::UnassignArgs),
    Assignments(assignments::AssignmentsArgs),
    Status(status::AppStatusArgs),
    Create(create::CreateArgs),
    List(list::ListAppsArgs),
    Show(show::ShowArgs),
    Update(update::UpdateArgs),
    RotateSecret(rotate_secret::RotateSecretArgs),
    Delete(delete::DeleteAppArgs),
    Check(check::CheckArgs),
}

pub(super) fn run(context: &Context<'_>, args: AppArgs) -> Result<(), Failure> {
    if args.policy {
        return context.ui.print_json(&policy(args.command.actions()), true);
    }
    let AppArgs { who, command, .. } = args;
    let session = || Session::open(context, &who);
    match command {
        AppCommand::Install(args) => install::run(&session()?, &args),
        AppCommand::Uninstall(args) => uninstall::run(&session()?, &args),
        AppCommand::Assign(args) => assign::run(&session()?, &args),
        AppCommand::Unassign(args) => unassign::run(&session()?, &args),
        AppCommand::Assignments(args) => assignments::run(&session()?, &args),
        AppCommand::Status(_) => status::run(&session()?),
        AppCommand::Create(args) => create::run(&session()?, &args),
        AppCommand::List(args) => list::run(&session()?, &args),
        AppCommand::Show(args) => show::run(&session()?, &args),
        AppCommand::Update(args) => update::run(&session()?, &args),
        AppCommand::RotateSecret(args) => rotate_secret::run(&session()?, &args),
        AppCommand::Delete(args) => delete::run(&session()?, &args),
        AppCommand::Check(args) => check::run(context, &who, &args),
    }
}

impl AppCommand {
    /// The actions that the command may send, which are the permissions it needs.
    const fn actions(&self) -> &'static [&'static str] {
        match self {
            Self::Install(_) => install::ACTIONS,
            Self::Uninstall(_) => uninstall::ACTIONS,
            Self::Assign(_) => assign::ACTIONS,
            Self::Unassign(_) => unassign::ACTIONS,
            Self::Assignments(_) => assignments::ACTIONS,
            Self::Status(_) => status::ACTIONS,
            Self::Create(_) => create::ACTIONS,
            Self::List(_) => list::ACTIONS,
            Self::Show(_) => show::ACTIONS,
            Self::Update(_) => update::ACTIONS,
            Self::RotateSecret(_) => rotate_secret::ACTIONS,
            Self::Delete(_) => delete::ACTIONS,
            Self::Check(_) => check::ACTIONS,
        }
    }
}

/// A custom policy as RAM reads it.
fn policy(actions: &[&str]) -> serde_json::Value {
    let actions: Vec<String> = actions.iter().map(|action| format!("ram:{action}")).collect();
    serde_json::json!({
        "Version": "1",
        "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}],
    })
}
