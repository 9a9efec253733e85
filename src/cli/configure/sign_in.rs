//! `aliyun-rs configure --mode OAuth`: the conversation of the official document, in its order and wording.

use std::time::Duration;

use clap::Args;

use super::events::{self, Reporter};
use super::narrator::Narrator;
use super::settings::Settings;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, Usage};
use crate::cli::messages::{Message, Warning, pages};
use crate::cli::options::{read_language, read_mode, read_profile, read_region, read_site, read_timeout, read_yes};
use crate::cli::prompt::Prompter;
use crate::config::{Mode, Profile, ProfileName};
use crate::host::Interrupts;
use crate::login::{self, NotExchanged, Outcome};
use crate::oauth::loopback::PORTS;
use crate::openapi::Key;
use crate::openapi::sts::caller_identity;
use crate::site::Site;
use crate::tokens::StsCredentials;

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5 * 60);

// Each question of the conversation has an option; with all of them nothing is asked. (A doc comment would take the
// place of the help of `configure`.)
#[derive(Args, Debug)]
pub(in crate::cli) struct SignInArgs {
    /// How the profile gets credentials; only `OAuth` is supported
    #[arg(long, value_parser = read_mode)]
    mode: Option<Mode>,
    /// Profile to sign in [default: ALIBABACLOUD_PROFILE, else the current one, else `default`]
    #[arg(long, short, value_name = "NAME", value_parser = read_profile)]
    profile: Option<ProfileName>,
    /// Sign-in site: CN or 0 for aliyun.com, INTL or 1 for alibabacloud.com
    #[arg(long, value_name = "SITE", value_parser = read_site)]
    oauth_site_type: Option<Site>,
    /// Default region, such as cn-hangzhou
    #[arg(long, value_name = "ID", value_parser = read_region)]
    region: Option<String>,
    /// Default language: zh or en
    #[arg(long, value_parser = read_language)]
    language: Option<String>,
    /// How long to wait for the browser, such as 90s or 10m [default: 5m]
    #[arg(long, value_name = "TIME", value_parser = read_timeout)]
    timeout: Option<Duration>,
    /// Show the address without opening a browser, and take the address that it ends on as a paste, also from a pipe
    #[arg(long)]
    no_browser: bool,
    /// Replace a profile of another mode without asking
    #[arg(long, short)]
    yes: bool,
    /// Port of the callback, 12345 to 12349 [default: the first free one]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(12345..=12349))]
    callback_port: Option<u16>,
    /// Ask nothing: what no option says takes its default
    #[arg(long)]
    no_input: bool,
    /// Keep the current profile instead of switching to this one
    #[arg(long)]
    no_activate: bool,
    /// Report what happens for a program, one JSON object a line on standard output; asks nothing
    ///
    /// Each has its kind in `event`: `waiting` (url, port, callback, expires), `warning` (message), `authorized`, `saved`
    /// (profile, account, arn, until), `error` (message, error_code, exit_code, retryable, recovery). The port is null if
    /// only a paste can end the sign-in. Times are RFC 3339.
    #[arg(long, value_name = "FORMAT")]
    events: Option<EventFormat>,
}

/// How events are written.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum EventFormat {
    Jsonl,
}

impl SignInArgs {
    /// Whether any of them was given.
    pub(super) fn are_given(&self) -> bool {
        let Self { mode, profile, oauth_site_type, region, language, timeout, .. } = self;
        let texts = [region, language].iter().any(|text| text.is_some());
        let options = mode.is_some() || profile.is_some() || oauth_site_type.is_some() || timeout.is_some();
        let Self { no_browser, yes, callback_port, no_input, no_activate, events, .. } = self;
        let programs = callback_port.is_some() || events.is_some();
        texts || options || programs || *no_browser || *yes || *no_input || *no_activate
    }
}

pub(super) fn run(context: &Context<'_>, args: SignInArgs) -> Result<(), Failure> {
    if args.events.is_none() {
        return sign_in(context, &args);
    }
    let ui = context.ui.without_conversation();
    let context = context.with_ui(&ui);
    sign_in(&context, &args).inspect_err(|failure| events::failed(&context, failure))
}

fn sign_in(context: &Context<'_>, args: &SignInArgs) -> Result<(), Failure> {
    let config = context.read()?.config;
    let name = context.profile_name(args.profile.clone(), config.current())?;
    let existing = config.find(&name);
    let replaced = replaced_mode(args, &name, existing.as_ref())?;
    let asks = args.events.is_none() && !args.no_input && !context.forbids_questions();
    let mut prompter = Prompter::new(context.ui);
    context.interruptible(async |interrupts| {
        context.ui.say(&Message::Configuring { profile: name.as_str() })?;
        if let Some(mode) = &replaced {
            confirm_replacement(context, &mut prompter, interrupts, args.yes, asks, &name, mode).await?;
        }
        let site = match args.oauth_site_type.or(existing.as_ref().and_then(|profile| profile.site)) {
            Some(site) => site,
            None if !asks => Site::China,
            None => prompter.ask(interrupts, Message::AskSite, Site::China, read_site).await?,
        };
        let outcome = authorize(context, args, &name, site, &mut prompter, interrupts).await?;
        show(context, &name, &outcome);
        let mut settings = Settings::default_for(context, existing.as_ref(), site);
        let options = (args.region.as_deref(), args.language.as_deref());
        let asked = match asks {
            true => settings.ask(context, &mut prompter, interrupts, options).await,
            false => {
                settings.take(context, options);
                Ok(())
            }
        };
        let activate = !args.no_activate && !matches!(asked, Err(Failure::Quiet(_)));
        let saved = settings.save(context, &name, activate, interrupts).await;
        if asked.is_err() || saved.is_err() {
            context.ui.note(&Message::StillSignedIn { profile: name.as_str() });
        }
        asked.and(saved)?;
        welcome(context, &name, outcome, args.events.is_some(), interrupts).await
    })
}

/// Waits for the response and saves the login.
async fn authorize<'a>(
    context: &'a Context<'a>,
    args: &SignInArgs,
    name: &ProfileName,
    site: Site,
    prompter: &mut Prompter<'a>,
    interrupts: &mut Interrupts,
) -> Result<Outcome, Failure> {
    // A person can always paste; a pipe holds the answers to the questions unless no browser is to be opened.
    let pastes = args.no_browser || (args.events.is_none() && context.ui.is_asked_here());
    let input = login::Input {
        logins: &context.logins,
        cloud: &context.cloud,
        profile: name,
        site,
        timeout: args.timeout.unwrap_or(DEFAULT_TIMEOUT),
        ports: args.callback_port.map_or(PORTS, |port| port..=port),
        open_browser: !args.no_browser,
        takes_pastes: pastes,
        wording: pages::wording,
    };
    let host = context.host;
    let outcome = match args.events {
        Some(EventFormat::Jsonl) => {
            login::sign_in(host, &input, interrupts, &mut Reporter::new(context, prompter, pastes)).await
        }
        None => login::sign_in(host, &input, interrupts, &mut Narrator::new(context, prompter, pastes)).await,
    };
    prompter.discard_typed_ahead();
    Ok(outcome?)
}

/// The mode that would be overwritten, where the command line allows that.
fn replaced_mode(args: &SignInArgs, name: &ProfileName, existing: Option<&Profile>) -> Result<Option<Mode>, Failure> {
    if let Some(mode) = args.mode.as_ref().filter(|mode| **mode != Mode::OAuth) {
        return Err(Usage::ForeignMode { mode: mode.clone(), profile: name.clone() }.into());
    }
    let Some(mode) = existing.map(|profile| &profile.mode).filter(|mode| **mode != Mode::OAuth) else {
        return Ok(None);
    };
    if args.mode.is_none() {
        return Err(Usage::WouldReplace { mode: mode.clone(), profile: name.clone() }.into());
    }
    Ok(Some(mode.clone()))
}

async fn confirm_replacement(
    context: &Context<'_>,
    prompter: &mut Prompter<'_>,
    interrupts: &mut Interrupts,
    yes: bool,
    asks: bool,
    name: &ProfileName,
    mode: &Mode,
) -> Result<(), Failure> {
    context.ui.say(&Message::ChangingMode { profile: name.as_str(), mode })?;
    if yes {
        return Ok(());
    }
    if !asks || !context.ui.is_asked_here() {
        return Err(Usage::NotConfirmed { profile: name.clone() }.into());
    }
    match prompter.ask(interrupts, Message::AskReplace, false, read_yes).await? {
        true => Ok(()),
        false => Err(Usage::LeftAsItIs { profile: name.clone() }.into()),
    }
}

/// Shows what was noticed during the sign-in.
fn show(context: &Context<'_>, name: &ProfileName, outcome: &Outcome) {
    context.show_notes(&outcome.notes);
    if let Some(error) = &outcome.missed {
        context.ui.warn(&Warning::Missed(error));
    }
    if outcome.skew.seconds() != 0 {
        context.ui.warn(&Warning::Skew(outcome.skew));
    }
    if outcome.credentials.is_err() {
        context.ui.note(&Message::SignedInWithoutCredentials { profile: name.as_str() });
    }
}

/// Says who has signed in, or why that cannot be known yet.
async fn welcome(
    context: &Context<'_>,
    name: &ProfileName,
    outcome: Outcome,
    reports: bool,
    interrupts: &mut Interrupts,
) -> Result<(), Failure> {
    let interrupted = || Failure::NotExchanged { profile: name.clone(), error: NotExchanged::Interrupted };
    let Outcome { credentials, skew, .. } = outcome;
    let credentials = credentials.map_err(|error| Failure::NotExchanged { profile: name.clone(), error })?;
    let StsCredentials { access_key_id: id, access_key_secret: secret, security_token, expiration } = &credentials;
    let client = context.client(Key { id, secret, token: Some(security_token) }, skew);
    let asked = caller_identity(&client);
    let identity = tokio::select! {
        identity = asked => identity.map_err(|error| Failure::Identity { saved: Some(name.clone()), error })?,
        () = interrupts.next() => return Err(interrupted()),
    };
    let remaining = expiration.remaining(context.host.clock.now());
    if reports {
        events::saved(context, name, &identity, *expiration)?;
    }
    context.ui.say(&Message::Welcome { identity: &identity, until: *expiration, remaining })?;
    context.warn_if_shadowed(name);
    Ok(())
}
