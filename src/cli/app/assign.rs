//! `aliyun-rs app assign`: who may sign in with `official-cli`.

use clap::Args;

use super::session::{ChangeArgs, Session, Talk, overall};
use crate::applications::people::{FindError, find};
use crate::cli::failure::{AppFailure, ConsolePage, Failure};
use crate::cli::messages::{AppMessage, Message};
use crate::openapi::ims::{self, Principal};

pub(super) const ACTIONS: &[&str] = &["GetUser", "ListUsers", "GetRole", "CreateApplicationAssignment"];

/// Let RAM users and roles sign in with official-cli
#[derive(Args, Debug)]
pub(super) struct AssignArgs {
    /// Login name, principal name or number of a RAM user, or role/NAME
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    change: ChangeArgs,
}

pub(super) fn run(session: &Session<'_>, args: &AssignArgs) -> Result<(), Failure> {
    let (site, place, id) = (session.site, ConsolePage::Assignments(session.site), session.site.client_id());
    session.talk(async |talk| {
        let (principals, mut failures) = found(talk, &args.names).await?;
        let actions: Vec<_> = principals.iter().map(|principal| ims::assign(id, principal)).collect();
        let what = AppMessage::WillAssign { principals: &principals, site };
        if !principals.is_empty() && talk.agree(args.change, what, &actions).await? {
            let client = talk.client.clone();
            for (principal, action) in principals.iter().zip(&actions) {
                let already = match talk.hear(client.perform(action)).await? {
                    Ok(()) => Ok(false),
                    Err(error) if error.is_there_already() => Ok(true),
                    Err(error) => Err(AppFailure::Action { error, place }.into()),
                };
                match already {
                    Ok(already) => {
                        talk.ui.print_message(&Message::App(AppMessage::Assigned { principal, already }))?;
                    }
                    Err(why) => not_done(talk, &principal.to_string(), args.names.len(), why, &mut failures),
                }
            }
        }
        overall(failures, args.names.len())
    })
}

/// Finds everybody who is named, each once. A name that leads nowhere is shown, and the rest goes on.
pub(super) async fn found(talk: &mut Talk<'_>, names: &[String]) -> Result<(Vec<Principal>, Vec<Failure>), Failure> {
    let (client, place) = (talk.client.clone(), ConsolePage::Assignments(talk.site));
    let (mut principals, mut failures) = (Vec::new(), Vec::new());
    for who in names {
        match talk.hear(find(&client, who)).await? {
            Ok(principal) if principals.contains(&principal) => {}
            Ok(principal) => principals.push(principal),
            Err(FindError::Action(error)) => {
                let why = AppFailure::Action { error, place }.into();
                not_done(talk, who, names.len(), why, &mut failures);
            }
            Err(error) => not_done(talk, who, names.len(), AppFailure::Find { error, place }.into(), &mut failures),
        }
    }
    Ok((principals, failures))
}

/// Shows why one of several names failed; a single one is the failure of the command.
pub(super) fn not_done(talk: &Talk<'_>, name: &str, of: usize, why: Failure, failures: &mut Vec<Failure>) {
    if of > 1 {
        talk.ui.note(&Message::App(AppMessage::NotDone { name, why: &why }));
    }
    failures.push(why);
}
