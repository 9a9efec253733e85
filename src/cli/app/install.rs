//! `aliyun-rs app install`: `official-cli` in the account.

use clap::Args;

use super::session::{ChangeArgs, Session};
use crate::applications::official;
use crate::cli::failure::{AppFailure, ConsolePage, Failure};
use crate::cli::messages::{AppMessage, Message};

pub(super) const ACTIONS: &[&str] = &["GetApplicationProvisionInfo", "ProvisionExternalApplication"];

/// Install official-cli in the account
#[derive(Args, Debug)]
pub(super) struct InstallArgs {
    #[command(flatten)]
    change: ChangeArgs,
}

pub(super) fn run(session: &Session<'_>, args: &InstallArgs) -> Result<(), Failure> {
    let (site, place) = (session.site, ConsolePage::ThirdParty(session.site));
    session.talk(async |talk| {
        let client = talk.client.clone();
        if let Some(provision) = talk.wait(place, official::provision(&client, site)).await? {
            talk.ui.note(&Message::App(AppMessage::AlreadyInstalled { site }));
            return talk.ui.print_message(&Message::App(AppMessage::Installed { site, provision: &provision }));
        }
        let action = official::install(site);
        if !talk.agree(args.change, AppMessage::WillInstall { site }, std::slice::from_ref(&action)).await? {
            return Ok(());
        }
        talk.wait(place, client.perform(&action)).await?;
        let provision = talk.wait(place, official::provision(&client, site)).await?;
        let provision = provision.ok_or(AppFailure::NotThere { place })?;
        talk.ui.print_message(&Message::App(AppMessage::Installed { site, provision: &provision }))
    })
}
