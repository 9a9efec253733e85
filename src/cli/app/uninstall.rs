//! `aliyun-rs app uninstall`: the account without `official-cli`.

use clap::Args;

use super::session::{ChangeArgs, Session};
use crate::applications::official;
use crate::cli::failure::{AppFailure, ConsolePage, Failure};
use crate::cli::messages::{AppMessage, Losing, Message};
use crate::openapi::ims;

pub(super) const ACTIONS: &[&str] =
    &["GetApplicationProvisionInfo", "ListApplicationAssignments", "DeprovisionExternalApplication"];

/// Remove official-cli from the account, and say who loses access
#[derive(Args, Debug)]
pub(super) struct UninstallArgs {
    #[command(flatten)]
    change: ChangeArgs,
}

pub(super) fn run(session: &Session<'_>, args: &UninstallArgs) -> Result<(), Failure> {
    let (site, place) = (session.site, ConsolePage::ThirdParty(session.site));
    session.talk(async |talk| {
        let client = talk.client.clone();
        let Some(provision) = talk.wait(place, official::provision(&client, site)).await? else {
            return talk.ui.print_message(&Message::App(AppMessage::NotInstalled { site }));
        };
        let assigned = match official::has_assignments(&provision) {
            true => Some(talk.hear(ims::assignments(&client, site.client_id())).await?),
            false => None,
        };
        let losing = match &assigned {
            None => Losing::Everyone,
            Some(Ok(principals)) => Losing::These(principals),
            Some(Err(_)) => Losing::Unknown,
        };
        let action = official::uninstall(site);
        let what = AppMessage::WillUninstall { site, losing };
        if !talk.agree(args.change, what, std::slice::from_ref(&action)).await? {
            return Ok(());
        }
        talk.wait(place, client.perform(&action)).await?;
        if talk.wait(place, official::provision(&client, site)).await?.is_some() {
            return Err(AppFailure::NotThere { place }.into());
        }
        talk.ui.print_message(&Message::App(AppMessage::Uninstalled { site }))
    })
}
