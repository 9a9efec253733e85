//! `aliyun-rs app status`: what is true of `official-cli`, and what the identity may do about it.

use clap::Args;

use super::session::Session;
use crate::applications::official;
use crate::cli::failure::{AppFailure, ConsolePage, Failure};
use crate::cli::messages::{AppMessage, Message};

/// All that an administrator of `official-cli` needs.
pub(super) const ACTIONS: &[&str] = &[
    "GetApplicationProvisionInfo",
    "ListApplicationAssignments",
    "GetUser",
    "ListUsers",
    "GetRole",
    "ProvisionExternalApplication",
    "DeprovisionExternalApplication",
    "CreateApplicationAssignment",
    "DeleteApplicationAssignment",
];

/// Show whether official-cli is installed and who may use it
#[derive(Args, Debug)]
pub(super) struct AppStatusArgs {}

pub(super) fn run(session: &Session<'_>) -> Result<(), Failure> {
    let (site, place) = (session.site, ConsolePage::ThirdParty(session.site));
    let status = session.talk(async |talk| {
        let client = talk.client.clone();
        talk.hear(official::status(&client, site)).await
    })?;
    session.ui().print_message(&Message::App(AppMessage::Status { status: &status, site }))?;
    let failed = status.provision.err().or(status.assignments.and_then(Result::err));
    failed.map_or(Ok(()), |error| Err(AppFailure::Action { error, place }.into()))
}
