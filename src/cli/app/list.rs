//! `aliyun-rs app list`: the account's own applications.

use clap::{Args, ValueEnum};

use super::session::Session;
use super::show::Shown;
use crate::cli::failure::{ConsolePage, Failure};
use crate::cli::messages::Label;
use crate::cli::render::table;
use crate::openapi::ims::{self, Application};
use crate::text::printable;

pub(super) const ACTIONS: &[&str] = &["ListApplications"];

const COLUMNS: [Label; 4] = [Label::Name, Label::Id, Label::Type, Label::DisplayName];
/// The longest text in a cell, in characters.
const CELL: usize = 64;

/// List the applications of the account
#[derive(Args, Debug)]
pub(super) struct ListAppsArgs {
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Table,
    Json,
}

pub(super) fn run(session: &Session<'_>, args: &ListAppsArgs) -> Result<(), Failure> {
    let place = ConsolePage::Own(session.site);
    let applications = session.talk(async |talk| {
        let client = talk.client.clone();
        talk.wait(place, ims::applications(&client)).await
    })?;
    let ui = session.ui();
    match args.format {
        Format::Json => ui.print_json_list(applications.iter().map(Shown::of)),
        Format::Table => ui.print_lines(table(COLUMNS.map(|title| ui.text(&title)), applications.iter().map(cells))),
    }
}

fn cells(application: &Application) -> [String; 4] {
    let Application { name, id, kind, display_name, .. } = application;
    [name, id, kind.as_str(), display_name].map(|text| printable(text, CELL))
}
