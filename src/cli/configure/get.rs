//! `aliyun-rs configure get`: the settings of one profile, without its secrets unless they are asked for.

use clap::Args;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::switch::existing;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, Usage};
use crate::cli::messages::{Message, Problem};
use crate::cli::options::{read_profile, read_yes};
use crate::cli::prompt::Prompter;
use crate::config::{Field, Members, ProfileName};
use crate::text::visible;

/// What is shown of a secret: nothing, and not how long it is.
const MASK: &str = "***";

/// Print the settings of a profile
///
/// Without a KEY, prints all of them as JSON; with some, one line of KEY=VALUE for each. Secrets are masked.
#[derive(Args, Debug)]
pub(in crate::cli) struct GetArgs {
    /// Profile to print [default: ALIBABACLOUD_PROFILE, else the current one, else `default`]
    #[arg(long, short, value_name = "NAME", value_parser = read_profile)]
    profile: Option<ProfileName>,
    /// Show secrets in clear; on a terminal this has to be confirmed
    #[arg(long)]
    show_secrets: bool,
    /// Setting to print, such as mode, region or oauth_site_type
    #[arg(value_name = "KEY", value_parser = read_key)]
    keys: Vec<Key>,
}

/// A setting, and how it was asked for.
#[derive(Clone, Debug)]
struct Key {
    asked: String,
    field: Field,
}

/// Reads the name of a setting: a key of the file, or the option of the official client that sets it.
fn read_key(text: &str) -> Result<Key, Problem> {
    let key = text.to_ascii_lowercase().replace('-', "_");
    let key = match key.as_str() {
        "profile" => "name",
        "region" => "region_id",
        "role_session_name" => "ram_session_name",
        key => key,
    };
    Field::of(key).map(|field| Key { asked: text.to_owned(), field }).ok_or(Problem::Key)
}

pub(in crate::cli) fn run(context: &Context<'_>, args: GetArgs) -> Result<(), Failure> {
    let config = context.read()?.config;
    let name = context.profile_name(args.profile, config.current())?;
    existing(context, &config, &name)?;
    if args.show_secrets && context.ui.is_asked_here() && context.ui.is_seen_here() {
        confirm(context, &name)?;
    }
    let members = config.members(&name).unwrap_or_default();
    let shown = Shown { members: &members, in_clear: args.show_secrets };
    if args.keys.is_empty() {
        return context.ui.print_json(&shown, true);
    }
    let lines = args.keys.iter().map(|key| format!("{}={}\n", key.asked, visible(&shown.text(key.field))));
    context.ui.print_lines(lines)
}

fn confirm(context: &Context<'_>, name: &ProfileName) -> Result<(), Failure> {
    let mut prompter = Prompter::new(context.ui);
    let question = Message::AskShowSecrets { profile: name.as_str() };
    let is_sure =
        context.interruptible(async |interrupts| prompter.ask(interrupts, question, false, read_yes).await)?;
    if is_sure { Ok(()) } else { Err(Usage::NothingShown.into()) }
}

/// The settings of a profile as they are shown.
struct Shown<'a> {
    members: &'a Members,
    in_clear: bool,
}

impl Shown<'_> {
    fn is_masked(&self, field: Field) -> bool {
        field.is_secret() && !self.in_clear
    }

    /// The value as a text: a string without its quotes, empty if there is none.
    fn text(&self, field: Field) -> String {
        match self.members.get(&field) {
            None => String::new(),
            Some(_) if self.is_masked(field) => MASK.to_owned(),
            Some(raw) => serde_json::from_str(raw.get()).unwrap_or_else(|_| raw.get().to_owned()),
        }
    }
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Value<'a> {
            Masked(&'static str),
            Raw(&'a RawValue),
        }
        serializer.collect_map(self.members.iter().map(|(field, raw)| {
            (field.key(), if self.is_masked(*field) { Value::Masked(MASK) } else { Value::Raw(raw) })
        }))
    }
}
