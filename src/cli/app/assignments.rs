//! `aliyun-rs app assignments`: who may sign in with `official-cli`.

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::session::Session;
use crate::applications::official;
use crate::cli::failure::{AppFailure, ConsolePage, Failure};
use crate::cli::messages::{AppMessage, Label, Message};
use crate::cli::render::table;
use crate::openapi::ims::{self, Principal};
use crate::text::printable;

pub(super) const ACTIONS: &[&str] = &["GetApplicationProvisionInfo", "ListApplicationAssignments"];

const COLUMNS: [Label; 2] = [Label::Type, Label::Name];
/// The longest name that is shown, in characters.
const NAME: usize = 128;

/// List who may sign in with official-cli
#[derive(Args, Debug)]
pub(super) struct AssignmentsArgs {
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
}

/// One assignment, as `--format json` shows it.
#[derive(Serialize)]
struct Row<'a> {
    principal_type: &'a str,
    principal_name: &'a str,
}

pub(super) fn run(session: &Session<'_>, args: &AssignmentsArgs) -> Result<(), Failure> {
    let (site, place) = (session.site, ConsolePage::Assignments(session.site));
    let (everyone, principals) = session.talk(async |talk| {
        let client = talk.client.clone();
        let provision = talk.wait(place, official::provision(&client, site)).await?;
        let provision = provision.ok_or(AppFailure::NotInstalled(site))?;
        let principals = talk.wait(place, ims::assignments(&client, site.client_id())).await?;
        Ok((!official::has_assignments(&provision), principals))
    })?;
    let (ui, rows) = (session.ui(), principals.iter());
    if everyone {
        ui.note(&Message::App(AppMessage::Everyone));
    }
    match args.format {
        Format::Json => ui.print_json_list(rows.map(row)),
        Format::Table if principals.is_empty() && !everyone => {
            ui.note(&Message::App(AppMessage::NobodyAssigned));
            Ok(())
        }
        Format::Table => ui.print_lines(table(COLUMNS.map(|title| ui.text(&title)), rows.map(cells))),
    }
}

fn row(principal: &Principal) -> Row<'_> {
    Row { principal_type: principal.kind.as_str(), principal_name: &principal.name }
}

fn cells(principal: &Principal) -> [String; 2] {
    [printable(principal.kind.as_str(), NAME), printable(&principal.name, NAME)]
}
