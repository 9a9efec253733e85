//! `aliyun-rs configure --mode OAuth`: the conversation of the official document, in its order and wording.

use std::io;
use std::time::Duration;

use clap::Args;

use crate::cli::context::{Context, LOCK_DEADLINE, block_on};
use crate::cli::failure::{Code, Failure};
use crate::cli::messages::errors::chain;
use crate::cli::messages::{Hint, Message, Warning, pages};
use crate::cli::prompt::Prompter;
use crate::config::{Changes, Field, Mode, Profile};
use crate::host::{Opened, Stream};
use crate::login::{self, Observer, Outcome};
use crate::openapi::Key;
use crate::openapi::sts::caller_identity;
use crate::site::Site;

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// How to sign in. Each question of the conversation has an option; with all of them nothing is asked.
#[derive(Args, Debug)]
pub(in crate::cli) struct SignInArgs {
    /// How the profile gets its credentials; this tool knows OAuth
    #[arg(long, value_parser = read_mode)]
    mode: Option<Mode>,
    /// The profile to sign in [default: ALIBABACLOUD_PROFILE, else the current one, else `default`]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The sign-in site: CN or 0 for aliyun.com, INTL or 1 for alibabacloud.com
    #[arg(long, value_name = "SITE", value_parser = read_site)]
    oauth_site_type: Option<Site>,
    /// The default region, such as cn-hangzhou
    #[arg(long, value_name = "ID", value_parser = read_region)]
    region: Option<String>,
    /// The default language: zh or en
    #[arg(long, value_parser = read_language)]
    language: Option<String>,
    /// How long to wait for the browser, such as 90s or 10m [default: 5m]
    #[arg(long, value_name = "TIME", value_parser = read_timeout)]
    timeout: Option<Duration>,
    /// Open no browser, only show the address
    #[arg(long)]
    no_browser: bool,
    /// Replace a profile of another mode without asking
    #[arg(long, short)]
    yes: bool,
}

impl SignInArgs {
    /// Whether any of them was given.
    pub(super) fn are_given(&self) -> bool {
        let Self { mode, profile, oauth_site_type, region, language, timeout, no_browser, yes } = self;
        let texts = [profile, region, language].iter().any(|text| text.is_some());
        texts || mode.is_some() || oauth_site_type.is_some() || timeout.is_some() || *no_browser || *yes
    }
}

pub(super) fn run(context: &Context<'_>, args: SignInArgs) -> Result<(), Failure> {
    let config = context.read()?.config;
    let name = context.profile_name(args.profile.clone(), config.current())?;
    let existing = config.find(&name);
    let replaced = replaced_mode(&args, &name, existing.as_ref())?;
    block_on(async {
        let mut interrupts = context.host.signals.hold().map_err(Failure::no_signals)?;
        let mut prompter = Prompter::new(context.host, &mut interrupts);
        context.say(&Message::Configuring { profile: &name })?;
        if let Some(mode) = &replaced {
            confirm_replacement(context, &mut prompter, &args, &name, mode).await?;
        }
        let site = match args.oauth_site_type.or(existing.as_ref().and_then(|profile| profile.site)) {
            Some(site) => site,
            None => prompter.ask(Message::AskSite, Site::China, read_site).await?,
        };
        let input = login::Input {
            store: &context.store,
            cloud: &context.cloud,
            profile: &name,
            site,
            timeout: args.timeout.unwrap_or(DEFAULT_TIMEOUT),
            open_browser: !args.no_browser,
            wording: pages::wording,
        };
        let outcome = login::sign_in(context.host, &input, prompter.interrupts(), &mut Narrator(context)).await?;
        context.show_notes(&outcome.notes);
        if outcome.skew.seconds() != 0 {
            context.warn(Warning::Skew(outcome.skew));
        }
        finish(context, &mut prompter, &args, &name, existing.as_ref()).await?;
        tokio::select! {
            welcomed = welcome(context, &name, &outcome) => welcomed,
            () = prompter.interrupts().next() => Err(Failure::told(Code::Interrupted)),
        }
    })
}

/// The mode that would be overwritten, where the command line allows that.
fn replaced_mode(args: &SignInArgs, name: &str, existing: Option<&Profile>) -> Result<Option<Mode>, Failure> {
    if let Some(other) = args.mode.as_ref().filter(|mode| **mode != Mode::OAuth) {
        let message = format!("this tool signs in with OAuth only; `{other}` is for the official client");
        return Err(Failure::new(Code::Usage, message).hint(Hint::OfficialConfigure { mode: other, profile: name }));
    }
    let Some(mode) = existing.map(|profile| &profile.mode).filter(|mode| **mode != Mode::OAuth) else {
        return Ok(None);
    };
    if args.mode.is_none() {
        let message =
            format!("the profile `{name}` is a profile of mode `{mode}`, whose keys a sign-in would overwrite");
        return Err(Failure::new(Code::Usage, message).hint(Hint::ReplaceMode { mode, profile: name }));
    }
    Ok(Some(mode.clone()))
}

async fn confirm_replacement(
    context: &Context<'_>,
    prompter: &mut Prompter<'_>,
    args: &SignInArgs,
    name: &str,
    mode: &Mode,
) -> Result<(), Failure> {
    context.say(&Message::ChangingMode { profile: name, mode })?;
    if args.yes {
        return Ok(());
    }
    if !context.host.streams.is_terminal(Stream::Input) {
        let message = format!("the profile `{name}` was left as it is: without a terminal, `--yes` has to say so");
        return Err(Failure::new(Code::Usage, message));
    }
    match prompter.ask(Message::AskReplace, false, read_yes).await? {
        true => Ok(()),
        false => Err(Failure::new(Code::Usage, format!("the profile `{name}` was left as it is"))),
    }
}

/// Asks what the profile does not know yet, saves the answers and makes the profile the current one.
async fn finish(
    context: &Context<'_>,
    prompter: &mut Prompter<'_>,
    args: &SignInArgs,
    name: &str,
    existing: Option<&Profile>,
) -> Result<(), Failure> {
    let saved_region = existing.and_then(|profile| profile.region_id.clone()).unwrap_or_default();
    let region = match &args.region {
        Some(region) => region.clone(),
        None => prompter.ask(Message::AskRegion { default: &saved_region }, saved_region.clone(), read_region).await?,
    };
    context.say(&Message::OutputFormat)?;
    let saved_language = existing.and_then(|profile| profile.language.clone());
    let saved_language = saved_language.unwrap_or_else(|| language_of_system(context).to_owned());
    let language = match &args.language {
        Some(language) => language.clone(),
        None => {
            let question = Message::AskLanguage { default: &saved_language };
            prompter.ask(question, saved_language.clone(), read_language).await?
        }
    };
    context.say(&Message::Saving { profile: name })?;
    let mut changes = Changes::new().text(Field::OutputFormat, "json").text(Field::Language, &language);
    if !region.is_empty() {
        changes = changes.text(Field::RegionId, &region);
    }
    let mut locked = tokio::select! {
        locked = context.store.lock_to_write(LOCK_DEADLINE) => locked?,
        () = prompter.interrupts().next() => return Err(Failure::told(Code::Interrupted)),
    };
    let updated = locked.edit(|config| {
        config.upsert(name, &changes);
        config.set_current(name);
    })?;
    context.say(&Message::Saved)?;
    context.show_notes(&updated.notes);
    Ok(())
}

async fn welcome(context: &Context<'_>, name: &str, outcome: &Outcome) -> Result<(), Failure> {
    let host = context.host;
    let credentials = &outcome.credentials;
    let key = Key {
        id: &credentials.access_key_id,
        secret: &credentials.access_key_secret,
        token: Some(&credentials.security_token),
    };
    let now = host.clock.now();
    let server_now = outcome.skew.to_server(now);
    let identity = caller_identity(&*host.http, &*host.entropy, &context.cloud, &key, server_now).await;
    let identity = identity.map_err(|cause| {
        Failure::new(
            Code::Temporary,
            format!("the profile `{name}` is saved, but who it is could not be checked: {}", chain(&cause)),
        )
    })?;
    let remaining = credentials.expiration.remaining(now);
    context.say(&Message::Welcome { identity: &identity, until: credentials.expiration, remaining })?;
    if let Some((variable, other)) = context.profile_variable().filter(|(_, other)| *other != name) {
        context.warn(Warning::Shadowed { variable, profile: other });
    }
    Ok(())
}

/// Tells the person what to do in the browser.
struct Narrator<'a>(&'a Context<'a>);

impl Observer for Narrator<'_> {
    fn authorize_at(&mut self, url: &str) -> io::Result<()> {
        match self.0.host.streams.out(&Message::Open { url }.to_string()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            done => done,
        }
    }

    fn browser(&mut self, started: Option<io::Result<Opened>>) {
        match started {
            Some(Ok(Opened::Person)) => (),
            Some(Ok(Opened::Played(user))) => self.0.host.streams.err(&Message::Played { user: &user }.to_string()),
            Some(Err(error)) => self.0.warn(Warning::Browser(&error)),
            None => self.0.host.streams.err(&Message::NoBrowser.to_string()),
        }
    }
}

/// The language of the environment, by its first variable that says so (POSIX base definitions, section 8.2).
fn language_of_system(context: &Context<'_>) -> &'static str {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| context.host.env.get(name));
    if set.is_some_and(|locale| locale.starts_with("zh")) { "zh" } else { "en" }
}

fn read_mode(text: &str) -> Result<Mode, String> {
    match Mode::parse(text) {
        Mode::Unknown(_) => {
            Err("the mode of this tool is OAuth; for others there is `aliyun configure --mode MODE`".to_owned())
        }
        mode => Ok(mode),
    }
}

fn read_site(text: &str) -> Result<Site, String> {
    text.parse().map_err(|error: crate::site::UnknownSite| error.to_string())
}

fn read_region(text: &str) -> Result<String, String> {
    match text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') && text.len() <= 64 {
        true => Ok(text.to_owned()),
        false => Err("a region id has only letters, digits and hyphens, such as cn-hangzhou".to_owned()),
    }
}

fn read_language(text: &str) -> Result<String, String> {
    match text.to_ascii_lowercase().as_str() {
        language @ ("zh" | "en") => Ok(language.to_owned()),
        _ => Err("the language is zh or en".to_owned()),
    }
}

fn read_yes(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(true),
        "n" | "no" => Ok(false),
        _ => Err("please answer yes or no".to_owned()),
    }
}

fn read_timeout(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(timeout) if !timeout.is_zero() && timeout <= Duration::from_secs(24 * 3600) => Ok(timeout),
        _ => Err("a time such as 90s, 5m or 1h 30m, at most 24h".to_owned()),
    }
}
