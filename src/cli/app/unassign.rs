//! `aliyun-rs app unassign`: who may no longer sign in with `official-cli`. This is the offboarding that deleting a
//! profile cannot do.

use clap::Args;

use super::assign::{found, not_done};
use super::session::{ChangeArgs, Session, overall};
use crate::cli::failure::{AppFailure, ConsolePage, Failure};
use crate::cli::messages::{AppMessage, Message};
use crate::openapi::ims;

pub(super) const ACTIONS: &[&str] = &["GetUser", "ListUsers", "GetRole", "DeleteApplicationAssignment"];

/// Stop RAM users and roles from signing in with official-cli
///
/// Sessions already issued stay valid until they expire.
#[derive(Args, Debug)]
pub(super) struct UnassignArgs {
    /// Login name, principal name or number of a RAM user, or role/NAME
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    change: ChangeArgs,
}

pub(super) fn run(session: &Session<'_>, args: &UnassignArgs) -> Result<(), Failure> {
    let (site, place, id) = (session.site, ConsolePage::Assignments(session.site), session.site.client_id());
    session.talk(async |talk| {
        let (principals, mut failures) = found(talk, &args.names).await?;
        let actions: Vec<_> = principals.iter().map(|principal| ims::unassign(id, principal)).collect();
        let what = AppMessage::WillUnassign { principals: &principals, site };
        if !principals.is_empty() && talk.agree(args.change, what, &actions).await? {
            let client = talk.client.clone();
            for (principal, action) in principals.iter().zip(&actions) {
                let was = match talk.hear(client.perform(action)).await? {
                    Ok(()) => true,
                    Err(error) if error.is_missing() => false,
                    Err(error) => {
                        let why = AppFailure::Action { error, place }.into();
                        not_done(talk, &principal.to_string(), args.names.len(), why, &mut failures);
                        continue;
                    }
                };
                talk.ui.print_message(&Message::App(AppMessage::Unassigned { principal, was }))?;
            }
            talk.ui.note(&Message::App(AppMessage::SessionsLiveOn));
        }
        overall(failures, args.names.len())
    })
}
