//! `aliyun-rs configure list`: the official columns and when each profile ends.

use clap::Args;
use serde::{Serialize, Serializer};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::messages::{End, Label, Message};
use crate::cli::options::ListFormat;
use crate::cli::render::table;
use crate::cli::ui::Ui;
use crate::config::{Config, Mode, Profile};
use crate::credentials::freshness::{Reason, can_end_at};
use crate::credentials::{Error, Provider, Standing};
use crate::site::Site;
use crate::text::printable;
use crate::time::Timestamp;

/// List the profiles and when their credentials expire
///
/// Never shows any part of a token.
#[derive(Args, Debug)]
pub(in crate::cli) struct ListArgs {
    /// Output format
    #[arg(long, short = 'o', alias = "output", value_enum, default_value_t)]
    format: ListFormat,
}

const COLUMNS: [Label; 6] =
    [Label::Profile, Label::Credential, Label::Validity, Label::Region, Label::Language, Label::Expires];

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
    let config = context.read()?.config;
    match config.names().is_empty() {
        true => context.ui.note(&Message::NoProfiles),
        false => context.warn_of_lost(&config),
    }
    let (provider, now) = (context.provider(), context.host.clock.now());
    match args.format {
        ListFormat::Json => {
            context.ui.print_json_list(config.profiles().map(|profile| Listed::new(profile, &config, &provider, now)))
        }
        ListFormat::Table => {
            let rows = config.profiles().map(|profile| Listed::new(profile, &config, &provider, now).cells(context.ui));
            context.ui.print_lines(table(COLUMNS.map(|title| context.ui.text(&title)), rows))
        }
    }
}

/// A profile and what is thought of it.
struct Listed {
    profile: Profile,
    current: bool,
    standing: Result<Standing, Error>,
    now: Timestamp,
}

impl Serialize for Listed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.row().serialize(serializer)
    }
}

impl Listed {
    fn new(profile: Profile, config: &Config, provider: &Provider, now: Timestamp) -> Self {
        let current = config.current() == Some(&profile.name);
        let standing = provider.standing(&profile);
        Self { profile, current, standing, now }
    }

    fn row(&self) -> Row<'_> {
        let Profile { name, mode, site, region_id, language, sts_expiration, oauth_refresh_token_expire, .. } =
            &self.profile;
        Row {
            name,
            current: self.current,
            mode: mode.as_str(),
            site: site.map(Site::as_str),
            valid: self.is_valid(),
            region_id: region_id.as_deref(),
            language: language.as_deref(),
            sts_expiration: sts_expiration.filter(|_| self.knows_sts_end()).map(|time| time.to_string()),
            session_expiration: oauth_refresh_token_expire.map(|time| time.to_string()),
        }
    }

    fn cells(&self, ui: &Ui) -> [String; 6] {
        let mark = if self.current { " *" } else { "" };
        let shown = |text: &Option<String>| printable(text.as_deref().unwrap_or_default(), 40);
        [
            format!("{}{mark}", printable(&self.profile.name, 60)),
            credential(&self.profile),
            ui.text(&Label::Valid(self.is_valid())),
            shown(&self.profile.region_id),
            shown(&self.profile.language),
            ui.text(&self.ends()),
        ]
    }

    /// Whether the profile has what its mode needs. An OAuth profile needs credentials that serve or what obtains them.
    fn is_valid(&self) -> bool {
        match &self.standing {
            Ok(Standing::SignInNeeded(_)) => false,
            Ok(_) if self.profile.mode == Mode::StsToken => {
                let ended = self.profile.sts_expiration.is_some_and(|end| end <= self.now);
                self.knows_sts_end() && !ended
            }
            Ok(_) | Err(Error::Mode { .. }) => true,
            Err(_) => false,
        }
    }

    /// Whether the end of the STS credentials can be true, where the file names one: a clock that was wrong may have
    /// written it.
    fn knows_sts_end(&self) -> bool {
        let reason = self.standing.as_ref().ok().and_then(Standing::reason);
        reason != Some(Reason::Implausible) && self.profile.sts_expiration.is_none_or(|end| can_end_at(end, self.now))
    }

    fn ends(&self) -> Label {
        let left = |end: Timestamp| if end > self.now { End::In(end.remaining(self.now)) } else { End::Expired };
        let known = |end| if self.knows_sts_end() { left(end) } else { End::Unknown };
        Label::Ends {
            sts: self.profile.sts_expiration.map(known),
            session: self.profile.oauth_refresh_token_expire.map(left),
        }
    }
}

/// The mode and, where it has one, the tail of the AccessKey ID, which is not secret.
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
