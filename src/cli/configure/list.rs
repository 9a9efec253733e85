//! `aliyun-rs configure list`: the official columns and when each profile ends.

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::failure::{Failure, Usage};
use crate::cli::render::{span, table};
use crate::config::{Mode, Profile};
use crate::text::printable;
use crate::time::Timestamp;

/// List the profiles
///
/// No character of a token is ever shown.
#[derive(Args, Debug)]
pub(in crate::cli) struct ListArgs {
    /// Output format
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ListFormat {
    Table,
    Json,
}

const COLUMNS: [&str; 6] = ["Profile", "Credential", "Valid", "Region", "Language", "Expires"];

/// One profile, as `--format json` shows it. Times are RFC 3339.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    current: bool,
    mode: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<&'static str>,
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    region_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sts_expiration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_expiration: Option<String>,
}

pub(in crate::cli) fn run(context: &Context<'_>, args: ListArgs) -> Result<(), Failure> {
    let snapshot = context.read()?;
    if !snapshot.exists {
        return Err(Usage::NoFile { path: context.logins.path().to_owned() }.into());
    }
    let config = snapshot.config;
    let profiles = config.profiles();
    let now = context.host.clock.now();
    match args.format {
        ListFormat::Json => {
            let rows: Vec<Row<'_>> = profiles.iter().map(|profile| row(profile, config.current(), now)).collect();
            context.ui.print_json(&rows, true)
        }
        ListFormat::Table => {
            let rows: Vec<_> = profiles.iter().map(|profile| cells(profile, config.current(), now)).collect();
            context.ui.print(&table(&COLUMNS, &rows))
        }
    }
}

fn row<'a>(profile: &'a Profile, current: Option<&str>, now: Timestamp) -> Row<'a> {
    Row {
        name: &profile.name,
        current: current == Some(profile.name.as_str()),
        mode: profile.mode.as_str(),
        site: profile.site.map(|site| site.as_str()),
        valid: is_valid(profile, now),
        region_id: profile.region_id.as_deref(),
        language: profile.language.as_deref(),
        sts_expiration: profile.sts_expiration.map(|time| time.to_string()),
        session_expiration: profile.oauth_refresh_token_expire.map(|time| time.to_string()),
    }
}

fn cells(profile: &Profile, current: Option<&str>, now: Timestamp) -> [String; 6] {
    let mark = if current == Some(profile.name.as_str()) { " *" } else { "" };
    let shown = |text: &Option<String>| printable(text.as_deref().unwrap_or_default(), 40);
    [
        format!("{}{mark}", printable(&profile.name, 60)),
        credential(profile),
        if is_valid(profile, now) { "Valid" } else { "Invalid" }.to_owned(),
        shown(&profile.region_id),
        shown(&profile.language),
        expires(profile, now),
    ]
}

/// The mode and, where it has one, the tail of the AccessKey id, which is no secret.
fn credential(profile: &Profile) -> String {
    let mode = printable(profile.mode.as_str(), 30);
    match (&profile.mode, profile.site) {
        (Mode::OAuth, Some(site)) => format!("{mode}:***@{site}"),
        (Mode::OAuth, None) => format!("{mode}:***"),
        _ => match profile.access_key_id.as_deref().and_then(|id| id.get(id.len().checked_sub(3)?..)) {
            Some(tail) => format!("{mode}:***{}", printable(tail, 3)),
            None => mode,
        },
    }
}

/// Whether the profile has what its mode needs. An OAuth profile needs a refresh token or living credentials.
fn is_valid(profile: &Profile, now: Timestamp) -> bool {
    let has_key =
        profile.access_key_id.as_ref().is_some_and(|id| !id.is_empty()) && profile.access_key_secret.is_some();
    let lives = |end: Option<Timestamp>| end.is_some_and(|end| end > now);
    match profile.mode {
        Mode::Ak => has_key,
        Mode::StsToken => has_key && profile.sts_token.is_some(),
        Mode::OAuth => {
            let session = profile.oauth_refresh_token_expire.is_none_or(|end| end > now);
            let renewable = profile.oauth_refresh_token.is_some() && profile.site.is_some() && session;
            renewable || (has_key && profile.sts_token.is_some() && lives(profile.sts_expiration))
        }
        _ => true,
    }
}

fn expires(profile: &Profile, now: Timestamp) -> String {
    let mut parts = Vec::new();
    if let Some(end) = profile.sts_expiration {
        parts.push(format!("STS {}", left(end, now)));
    }
    if let Some(end) = profile.oauth_refresh_token_expire {
        parts.push(format!("session {}", left(end, now)));
    }
    parts.join(", ")
}

fn left(end: Timestamp, now: Timestamp) -> String {
    if end > now { format!("in {}", span(end.remaining(now))) } else { "expired".to_owned() }
}
