//! `aliyun-rs status`: how one profile stands, where each of its settings comes from, and what could get in the way.
//! Offline.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::configure::switch::existing;
use super::context::Context;
use super::failure::{Code, Failure};
use super::messages::Message;
use super::options::{ListFormat, read_profile};
use super::source::Source;
use super::variables::region_source;
use crate::config::{Facts, Mode, Profile, ProfileName};
use crate::credentials::{Error, Standing};
use crate::host::Env;
use crate::site::Site;
use crate::time::Timestamp;

/// Show how a profile stands and where each setting comes from
///
/// Makes no network request and never signs in. Exits with 3 if a sign-in is needed.
#[derive(Args, Debug)]
pub(super) struct StatusArgs {
    /// Profile to look at [default: ALIBABACLOUD_PROFILE, else the current one, else `default`]
    #[arg(long, short, value_name = "NAME", value_parser = read_profile)]
    profile: Option<ProfileName>,
    /// Output format
    #[arg(long, short = 'o', alias = "output", value_enum, default_value_t)]
    format: ListFormat,
}

/// How the login of a profile stands, as far as is known without a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Login {
    /// There are valid credentials.
    SignedIn,
    /// The next command obtains new credentials.
    Renewable,
    /// A person has to sign in.
    SignInNeeded,
    /// The profile's mode has no login, or one of other tools.
    NotOAuth,
}

impl Login {
    pub(super) fn of(profile: &Profile, standing: Option<&Standing>) -> Self {
        match standing {
            _ if profile.mode != Mode::OAuth => Self::NotOAuth,
            Some(Standing::Ready(_) | Standing::Due(..)) => Self::SignedIn,
            Some(Standing::Expired(..)) => Self::Renewable,
            Some(Standing::SignInNeeded(_)) | None => Self::SignInNeeded,
        }
    }
}

/// How one profile stands. Times are RFC 3339 in JSON.
#[derive(Serialize)]
pub(super) struct Status<'a> {
    pub(super) profile: &'a ProfileName,
    pub(super) profile_from: Source,
    pub(super) file: PathBuf,
    pub(super) file_from: Source,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file_target: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file_mode: Option<String>,
    pub(super) side_files: Vec<PathBuf>,
    pub(super) mode: &'a str,
    #[serde(serialize_with = "site", skip_serializing_if = "Option::is_none")]
    pub(super) site: Option<Site>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) region_id: Option<&'a str>,
    pub(super) region_from: Source,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) language: Option<&'a str>,
    pub(super) login: Login,
    #[serde(serialize_with = "time", skip_serializing_if = "Option::is_none")]
    pub(super) credentials_expire: Option<Timestamp>,
    #[serde(serialize_with = "time", skip_serializing_if = "Option::is_none")]
    pub(super) access_token_expires: Option<Timestamp>,
    #[serde(serialize_with = "time", skip_serializing_if = "Option::is_none")]
    pub(super) login_expires: Option<Timestamp>,
    /// Variables of this shell that other tools would use instead of the profile.
    pub(super) overriding_variables: Vec<String>,
    #[serde(skip)]
    pub(super) now: Timestamp,
}

fn site<S: serde::Serializer>(site: &Option<Site>, serializer: S) -> Result<S::Ok, S::Error> {
    site.map(Site::as_str).serialize(serializer)
}

fn time<S: serde::Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.to_string()).serialize(serializer)
}

pub(super) fn run(context: &Context<'_>, args: StatusArgs) -> Result<(), Failure> {
    let config = context.read()?.config;
    let (name, profile_from) = context.select(args.profile, config.current())?;
    if config.names().is_empty() {
        return Err(Error::NoProfile { profile: name, names: Vec::new() }.into());
    }
    existing(context, &config, &name)?;
    let Some(profile) = config.find(&name) else { return existing(context, &config, &name) };
    let status = look(context, &profile, profile_from);
    match args.format {
        ListFormat::Table => context.ui.print_message(&Message::Status(&status))?,
        ListFormat::Json => context.ui.print_json(&status, true)?,
    }
    match status.login {
        Login::SignInNeeded => Err(Failure::Quiet(Code::SignIn)),
        _ => Ok(()),
    }
}

fn look<'a>(context: &'a Context<'_>, profile: &'a Profile, profile_from: Source) -> Status<'a> {
    let path = context.logins.path();
    let facts = Facts::of(path);
    let standing = context.provider().standing(profile).ok();
    let newest = context.logins.with_newest_tokens(profile.clone());
    let (region, region_from) = region_source(&context.host.env, profile.region_id.as_deref());
    let names = context.host.env.iter().filter(|(name, _)| Env::is_credential_source(name));
    Status {
        profile: &profile.name,
        profile_from,
        file: path.to_owned(),
        file_from: context.file_from,
        file_target: facts.as_ref().and_then(|facts| facts.target.clone()),
        file_mode: facts.and_then(|facts| facts.mode).map(|mode| format!("{mode:04o}")),
        side_files: Facts::beside(path).into_iter().map(|facts| facts.path).collect(),
        mode: profile.mode.as_str(),
        site: profile.site,
        region_id: region.or(profile.region_id.as_deref()),
        region_from,
        language: profile.language.as_deref(),
        login: Login::of(profile, standing.as_ref()),
        credentials_expire: profile.sts_expiration,
        access_token_expires: newest.oauth_access_token_expire,
        login_expires: newest.oauth_refresh_token_expire,
        overriding_variables: names.map(|(name, _)| name.to_string_lossy().into_owned()).collect(),
        now: context.host.clock.now(),
    }
}
