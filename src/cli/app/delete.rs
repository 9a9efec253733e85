//! `aliyun-rs app delete`: an own application, for good.

use clap::Args;

use super::session::{ChangeArgs, Session};
use crate::cli::failure::{ConsolePage, Failure};
use crate::cli::messages::{AppMessage, Message};
use crate::openapi::ims;

pub(super) const ACTIONS: &[&str] = &["ListApplications", "GetApplication", "DeleteApplication"];

/// Delete an application, so that nobody can sign in with it
#[derive(Args, Debug)]
pub(super) struct DeleteAppArgs {
    /// Name or ID of the application
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    change: ChangeArgs,
}

pub(super) fn run(session: &Session<'_>, args: &DeleteAppArgs) -> Result<(), Failure> {
    session.talk(async |talk| {
        let client = talk.client.clone();
        let application = talk.look_up(&args.name).await?;
        let action = ims::delete_application(&application.id);
        let what = AppMessage::WillDelete { application: &application };
        if talk.agree(args.change, what, std::slice::from_ref(&action)).await? {
            talk.wait(ConsolePage::Own(talk.site), client.perform(&action)).await?;
            talk.ui.print_message(&Message::App(AppMessage::DeletedApplication { application: &application }))?;
        }
        Ok(())
    })
}
