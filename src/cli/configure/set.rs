//! `aliyun-rs configure set`: changes settings of one profile, never a secret, and never which profile is current.

use clap::Args;

use super::switch::existing;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, Usage};
use crate::cli::messages::Message;
use crate::cli::options::{OutputFormat, read_language, read_profile, read_region, read_site};
use crate::config::{Changes, Config, Field, Mode, ProfileName};
use crate::logins::LOCK_DEADLINE;
use crate::site::Site;

/// Change settings of a profile without signing in again
///
/// Does not make the profile the current one.
#[derive(Args, Debug)]
pub(in crate::cli) struct SetArgs {
    /// Profile to change [default: ALIBABACLOUD_PROFILE, else the current one, else `default`]
    #[arg(long, short, value_name = "NAME", value_parser = read_profile)]
    profile: Option<ProfileName>,
    #[command(flatten)]
    settings: SettingArgs,
}

// What can be changed. (A doc comment would take the place of the command's own help.)
#[derive(Args, Debug)]
struct SettingArgs {
    /// Default region, such as cn-hangzhou
    #[arg(long, value_name = "ID", value_parser = read_region)]
    region: Option<String>,
    /// Default language: zh or en
    #[arg(long, value_parser = read_language)]
    language: Option<String>,
    /// Sign-in site of a profile that is not signed in: CN or 0, INTL or 1
    #[arg(long, value_name = "SITE", value_parser = read_site)]
    oauth_site_type: Option<Site>,
    /// Default output format
    #[arg(long, value_name = "FORMAT")]
    output_format: Option<OutputFormat>,
}

impl SettingArgs {
    fn are_given(&self) -> bool {
        let Self { region, language, oauth_site_type, output_format } = self;
        region.is_some() || language.is_some() || oauth_site_type.is_some() || output_format.is_some()
    }

    fn changes(&self) -> Changes {
        let Self { region, language, oauth_site_type, output_format } = self;
        [
            (Field::RegionId, region.as_deref()),
            (Field::Language, language.as_deref()),
            (Field::OauthSiteType, oauth_site_type.map(Site::as_str)),
            (Field::OutputFormat, output_format.map(OutputFormat::as_str)),
        ]
        .into_iter()
        .filter_map(|(field, value)| Some((field, value?)))
        .fold(Changes::new(), |changes, (field, value)| changes.text(field, value))
    }
}

pub(in crate::cli) fn run(context: &Context<'_>, args: SetArgs) -> Result<(), Failure> {
    if !args.settings.are_given() {
        return Err(Usage::NothingToSet.into());
    }
    let config = context.read()?.config;
    let name = context.profile_name(args.profile, config.current())?;
    // Before the lock, which would create the folder of a file that does not exist.
    check(context, &config, &name, args.settings.oauth_site_type)?;
    args.settings.region.iter().for_each(|region| context.check_region(region));
    let changes = args.settings.changes();
    let mut checked = Ok(());
    let notes = context.logins.lock(LOCK_DEADLINE)?.edit(&mut |config| {
        checked = check(context, config, &name, args.settings.oauth_site_type);
        if checked.is_ok() {
            config.upsert(&name, &changes);
        }
    })?;
    checked?;
    context.show_notes(&notes);
    context.ui.print_message(&Message::Changed { profile: name.as_str() })
}

/// Checks that there is the profile, and that its login, if it has one, is of `site`: tokens serve at the site that
/// issued them.
fn check(context: &Context<'_>, config: &Config, name: &ProfileName, site: Option<Site>) -> Result<(), Failure> {
    existing(context, config, name)?;
    let profile = config.find(name).filter(|profile| profile.mode == Mode::OAuth);
    let login = profile.map(|profile| context.logins.with_newest_tokens(profile));
    let signed_in = login.filter(|login| login.oauth_refresh_token.is_some()).and_then(|login| login.site);
    match (signed_in, site) {
        (Some(old), Some(new)) if old != new => {
            Err(Usage::SignedInElsewhere { profile: name.clone(), old, new }.into())
        }
        _ => Ok(()),
    }
}
