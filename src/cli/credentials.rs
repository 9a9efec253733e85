//! `aliyun-rs credentials`: valid credentials on standard output, and nothing else there.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::context::Context;
use super::failure::{Failure, Usage};
use super::messages::{Message, Warning};
use super::options::{read_duration, read_profile, read_region};
use super::shell::Shell;
use super::ui::{Ui, json};
use super::variables::{Variables, key, region, regions, rivals};
use crate::config::{Config, Profile, ProfileName};
use crate::credentials::{Credentials, Notices, Standing, UriAnswer, Wanted};
use crate::host::PrivateFile;
use crate::secret::Secret;
use crate::time::Skew;

/// How many faults of a profile are shown.
const MOST_FAULTS: usize = 10;

// Whose credentials. (A doc comment would take the place of the command's own help.)
#[derive(Args, Clone, Debug)]
pub(super) struct WantedArgs {
    /// Profile to use [default: ALIBABACLOUD_PROFILE, else the current one, else `default`]
    #[arg(long, short, value_name = "NAME", value_parser = read_profile)]
    profile: Option<ProfileName>,
    /// Minimum remaining lifetime, such as 900, 15m or 1h [default: 3m]
    #[arg(long, value_name = "TIME", value_parser = read_duration)]
    min_ttl: Option<Duration>,
}

// Which region to pass on. (As above.)
#[derive(Args, Clone, Debug)]
pub(super) struct RegionArgs {
    /// Region, such as cn-hangzhou [default: the environment's, else the profile's]
    #[arg(long, value_name = "ID", value_parser = read_region)]
    region: Option<String>,
}

impl RegionArgs {
    /// The variables that name the region for a program.
    pub(super) fn variables(&self, context: &Context<'_>, profile: Option<&str>) -> Variables {
        self.asked().into_iter().for_each(|region| context.check_region(region));
        regions(self.asked(), &context.host.env, profile)
    }

    /// Sets the region of `credentials`, for every format but a shell's.
    pub(super) fn apply(&self, context: &Context<'_>, credentials: &mut Credentials) {
        self.asked().into_iter().for_each(|region| context.check_region(region));
        let meant = region(self.asked(), &context.host.env, credentials.region_id.as_deref());
        credentials.region_id = meant.map(str::to_owned);
    }

    /// The region that was asked for.
    pub(super) fn named(&self) -> Option<String> {
        self.asked().map(str::to_owned)
    }

    fn asked(&self) -> Option<&str> {
        self.region.as_deref().filter(|region| !region.is_empty())
    }
}

/// Print valid credentials for a program or a shell
///
/// Renews them first if they are about to expire.
#[derive(Args, Debug)]
pub(super) struct CredentialsArgs {
    #[command(flatten)]
    wanted: WantedArgs,
    #[command(flatten)]
    region: RegionArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
    /// Print what takes all credentials out of the shell again; needs a shell's format
    #[arg(long, conflicts_with_all = ["profile", "min_ttl", "region"])]
    unset: bool,
    /// Write to this file, readable only by you, instead; it is replaced at once
    #[arg(long, value_name = "FILE", conflicts_with = "unset")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For `process_command` of the official client and SDKs
    Json,
    /// As a credentials URI answers
    Uri,
    /// For POSIX shells: eval "$(aliyun-rs credentials --format env)"
    Env,
    /// For fish
    Fish,
    /// For PowerShell
    Powershell,
    /// For cmd.exe
    Cmd,
    /// For a .env file
    Dotenv,
}

pub(super) fn run(context: &Context<'_>, args: CredentialsArgs) -> Result<(), Failure> {
    if args.unset {
        let shell = args.format.shell().filter(|shell| shell.can_unset()).ok_or(Usage::NothingUnset)?;
        let names = rivals(&Variables::new(), &context.host.env);
        return context.ui.print(shell.script(&names, &[])?.expose());
    }
    let output = args.output.map(|path| match PrivateFile::replace(&path) {
        Ok(file) => Ok((path, file)),
        Err(error) => Err(Failure::Write { path, error }),
    });
    let output = output.transpose()?;
    let (_, mut credentials) = args.wanted.obtain(context)?;
    let text = text(context, args.format, &args.region, &mut credentials)?;
    match output {
        Some((path, file)) => file.keep(text.expose()).map_err(|error| Failure::Write { path, error }),
        None => context.ui.print(text.expose()),
    }
}

/// What is handed out.
fn text(
    context: &Context<'_>,
    format: Format,
    region: &RegionArgs,
    credentials: &mut Credentials,
) -> Result<Secret, Failure> {
    if let Some(shell) = format.shell() {
        let mut variables = key(credentials);
        variables.extend(region.variables(context, credentials.region_id.as_deref()));
        return Ok(shell.script(&rivals(&variables, &context.host.env), &variables)?);
    }
    region.apply(context, credentials);
    Ok(match format {
        Format::Uri => json(&UriAnswer::from(&*credentials), false),
        _ => json(&process_output(credentials), false),
    })
}

impl Format {
    /// The shell that reads it, if one does.
    fn shell(self) -> Option<Shell> {
        match self {
            Self::Json | Self::Uri => None,
            Self::Env => Some(Shell::Posix),
            Self::Fish => Some(Shell::Fish),
            Self::Powershell => Some(Shell::Powershell),
            Self::Cmd => Some(Shell::Cmd),
            Self::Dotenv => Some(Shell::Dotenv),
        }
    }
}

impl WantedArgs {
    /// Those of a command that has no use for a minimum lifetime.
    pub(super) const fn of(profile: Option<ProfileName>) -> Self {
        Self { profile, min_ttl: None }
    }

    /// With another minimum lifetime.
    pub(super) fn lasting(self, min_ttl: Option<Duration>) -> Self {
        Self { min_ttl, ..self }
    }

    /// Returns the selected profile and its credentials, and shows warnings on standard error.
    pub(super) fn obtain(self, context: &Context<'_>) -> Result<(ProfileName, Credentials), Failure> {
        let (wanted, credentials, _) = self.obtain_with_skew(context)?;
        Ok((wanted.profile, credentials))
    }

    /// As [`WantedArgs::obtain`], with the skew of the clock if a server has just shown it.
    pub(super) fn obtain_with_skew(self, context: &Context<'_>) -> Result<(Wanted, Credentials, Skew), Failure> {
        let config = context.read()?.config;
        let (wanted, profile) = self.resolve(context, &config)?;
        let (credentials, skew) = obtain(context, &profile, &wanted)?;
        Ok((wanted, credentials, skew))
    }

    /// Determines which profile to use, and warns of what is wrong in it.
    pub(super) fn resolve(self, context: &Context<'_>, config: &Config) -> Result<(Wanted, Profile), Failure> {
        let profile = context.profile_name(self.profile, config.current())?;
        let wanted = Wanted { profile, min_ttl: self.min_ttl, refused: None };
        let found = wanted.find(config)?;
        for &fault in found.faults.iter().take(MOST_FAULTS) {
            context.ui.warn(&Warning::FieldDefect { profile: &found.name, fault });
        }
        Ok((wanted, found))
    }
}

/// Returns credentials, renewed if need be, and shows warnings on standard error. Starts a runtime only if the file alone
/// cannot answer.
pub(super) fn obtain(
    context: &Context<'_>,
    profile: &Profile,
    wanted: &Wanted,
) -> Result<(Credentials, Skew), Failure> {
    let provider = context.provider();
    let standing = match provider.cached(profile, wanted)? {
        Standing::Ready(credentials) => return Ok((credentials, Skew::default())),
        standing => standing,
    };
    if let Some(reason) = standing.reason() {
        context.ui.detail(&Message::Renewing { profile: wanted.profile.as_str(), reason });
    }
    let renewed = context.interruptible(async |interrupts| Ok(provider.renew(wanted, standing, interrupts).await?));
    let (credentials, notices) = renewed?;
    let skew = notices.skew;
    for line in warnings(context.ui, notices) {
        context.ui.raw_error(&line);
    }
    Ok((credentials, skew))
}

/// The lines about what happened on the way to the credentials.
pub(super) fn warnings(ui: &Ui, notices: Notices) -> Vec<String> {
    let mut lines: Vec<String> = notices.notes.iter().map(|note| ui.warning(&Warning::Note(note))).collect();
    if notices.skew.seconds() != 0 {
        lines.push(ui.warning(&Warning::Skew(notices.skew)));
    }
    lines.extend(notices.missed.iter().map(|error| ui.warning(&Warning::Missed(error))));
    lines.extend(notices.not_refreshed.map(|error| ui.warning(&Warning::NotRefreshed(&error.into()))));
    lines.extend(notices.not_renewed.map(|error| ui.warning(&Warning::NotRenewed(&Failure::Credentials(error)))));
    lines
}

/// The form of `process_command`, mode `External`: keys as in a profile.
#[derive(Serialize)]
struct ProcessOutput<'a> {
    mode: &'static str,
    access_key_id: &'a str,
    access_key_secret: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sts_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region_id: Option<&'a str>,
}

fn process_output(credentials: &Credentials) -> ProcessOutput<'_> {
    let token = credentials.security_token.as_ref();
    ProcessOutput {
        mode: if token.is_some() { "StsToken" } else { "AK" },
        access_key_id: &credentials.access_key_id,
        access_key_secret: credentials.access_key_secret.expose(),
        sts_token: token.map(Secret::expose),
        expiration: credentials.expiration.map(|end| end.to_string()),
        region_id: credentials.region_id.as_deref(),
    }
}
