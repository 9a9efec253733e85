//! `aliyun-rs app update`: callbacks and scopes added and removed, without losing the others.

use clap::Args;

use super::options::{read_callback, read_display_name, read_gitlab, read_scope};
use super::session::{ChangeArgs, Session};
use crate::applications::gitlab::{self, GitLab};
use crate::applications::own::{self, Edit};
use crate::cli::failure::{AppFailure, ConsolePage, Failure};
use crate::cli::messages::{AppMessage, Message};
use crate::openapi::ims::{self, ApplicationChanges};

pub(super) const ACTIONS: &[&str] = &["ListApplications", "GetApplication", "UpdateApplication"];

/// Change an application, and keep what is not named
#[derive(Args, Debug)]
pub(super) struct UpdateArgs {
    /// Name or ID of the application
    #[arg(value_name = "NAME")]
    name: String,
    /// Name that users see, at most 24 characters
    #[arg(long, value_name = "TEXT", value_parser = read_display_name)]
    display_name: Option<String>,
    /// Add what the GitLab at this address needs
    #[arg(long, value_name = "URL", value_parser = read_gitlab)]
    gitlab_url: Option<GitLab>,
    /// Callback to add; repeatable
    #[arg(long, value_name = "URL", value_parser = read_callback)]
    callback_url: Vec<String>,
    /// Callback to remove; repeatable
    #[arg(long, value_name = "URL")]
    remove_callback_url: Vec<String>,
    /// Scope to add; repeatable
    #[arg(long, value_parser = read_scope)]
    scope: Vec<String>,
    /// Scope to remove; repeatable
    #[arg(long, value_name = "SCOPE")]
    remove_scope: Vec<String>,
    /// Do not let other accounts install it
    #[arg(long)]
    single_tenant: bool,
    #[command(flatten)]
    change: ChangeArgs,
}

impl UpdateArgs {
    fn edit(&self) -> Edit {
        let mut edit = Edit {
            display_name: self.display_name.clone(),
            add_callbacks: self.callback_url.clone(),
            remove_callbacks: self.remove_callback_url.clone(),
            add_scopes: self.scope.clone(),
            remove_scopes: self.remove_scope.clone(),
            single_tenant: self.single_tenant || self.gitlab_url.is_some(),
        };
        if let Some(gitlab) = &self.gitlab_url {
            edit.add_callbacks.push(gitlab.callback());
            edit.add_scopes.extend(gitlab::SCOPES.map(str::to_owned));
        }
        edit
    }
}

pub(super) fn run(session: &Session<'_>, args: &UpdateArgs) -> Result<(), Failure> {
    let place = ConsolePage::Own(session.site);
    session.talk(async |talk| {
        let client = talk.client.clone();
        let application = talk.look_up(&args.name).await?;
        let changes = own::changes(&application, &args.edit());
        if changes == ApplicationChanges::default() {
            return talk.ui.print_message(&Message::App(AppMessage::NothingToChange { name: &application.name }));
        }
        let action = ims::update_application(&application.id, &changes);
        let what = AppMessage::WillUpdate { application: &application, changes: &changes };
        if !talk.agree(args.change, what, std::slice::from_ref(&action)).await? {
            return Ok(());
        }
        talk.wait(place, client.perform(&action)).await?;
        let updated = talk.look_up(&application.id).await?;
        if !own::has(&updated, &changes) {
            return Err(AppFailure::NotThere { place }.into());
        }
        talk.ui.print_message(&Message::App(AppMessage::Updated { application: &updated }))
    })
}
