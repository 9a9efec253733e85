//! `aliyun-rs man`: the manual pages, made from the help of the commands.

use std::fs;
use std::path::PathBuf;

use clap::{Args, Command};

use super::failure::Failure;
use super::messages::Message;
use super::ui::Ui;

/// Write the manual pages of all commands to a folder
#[derive(Args, Debug)]
pub(super) struct ManArgs {
    /// Folder for the pages; it is created if it does not exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(super) fn run(ui: &Ui, tree: Command, args: &ManArgs) -> Result<(), Failure> {
    let written = fs::create_dir_all(&args.out).and_then(|()| clap_mangen::generate_to(tree, &args.out));
    written.map_err(|error| Failure::Write { path: args.out.clone(), error })?;
    ui.note(&Message::ManualWritten { folder: &args.out });
    Ok(())
}
