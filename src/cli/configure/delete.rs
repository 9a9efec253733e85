//! `aliyun-rs configure delete`: removes a profile and every secret of it from this machine.

use std::time::Duration;

use clap::Args;
use tokio::time::sleep;

use super::switch::{NamedProfile, existing, nameless};
use crate::cli::context::Context;
use crate::cli::failure::{Code, Failure, Usage};
use crate::cli::messages::{Message, Warning};
use crate::config::{Config, Mode, Profile, ProfileName};
use crate::credentials;
use crate::logins::LOCK_DEADLINE;
use crate::oauth::token::TokenEndpoint;
use crate::site::Site;
use crate::tokens::Tokens;

/// How long the server may take to revoke.
const REVOKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Delete a profile and its tokens from this machine
///
/// The app stays authorized in RAM.
#[derive(Args, Debug)]
pub(in crate::cli) struct DeleteArgs {
    #[command(flatten)]
    named: NamedProfile,
    /// Ask the server to revoke the refresh token first; the profile is deleted even if that fails
    #[arg(long)]
    revoke: bool,
    /// Revoke a login that other profiles use as well
    #[arg(long, short)]
    yes: bool,
}

pub(in crate::cli) fn run(context: &Context<'_>, args: DeleteArgs) -> Result<(), Failure> {
    let config = context.read()?.config;
    let name = args.named.get().ok_or_else(|| nameless(&config))?;
    let profile = config.find(&name);
    let lost = context.logins.remembered(&name).filter(|_| profile.is_none());
    if lost.is_none() {
        existing(context, &config, &name)?;
    }
    let mut not_revoked = None;
    if args.revoke {
        let login = lost.clone().or_else(|| login(context, profile.clone()?));
        if let Some((_, tokens)) = login.as_ref().filter(|_| !args.yes) {
            refuse_shared(context, &config, &name, tokens)?;
        }
        not_revoked = revoke(context, login);
    }
    let heir = delete(context, &name, lost.is_some())?;
    context.ui.print_message(&Message::Deleted { profile: name.as_str() })?;
    if let Some(heir) = heir {
        context.ui.print_message(&Message::Switched { profile: heir.as_str() })?;
    }
    for dependent in config.profiles().filter(|other| other.source_profile.as_deref() == Some(name.as_str())) {
        context.ui.warn(&Warning::Orphaned { profile: &dependent.name, source: name.as_str() });
    }
    if lost.is_some() || profile.as_ref().is_some_and(|profile| profile.mode == Mode::OAuth) {
        let now = context.host.clock.now();
        let end = profile.and_then(|profile| profile.sts_expiration).filter(|end| *end > now);
        if let Some(end) = end {
            context.ui.note(&Message::CredentialsLiveOn { left: end.remaining(now) });
        }
        context.ui.note(&Message::NotRevokedInRam);
    }
    not_revoked.map_or(Ok(()), |code| Err(Failure::Quiet(code)))
}

/// Deletes the profile from the file, unless it is `lost` there already, and every token of it that is kept elsewhere.
/// Returns the profile that became current in its place.
fn delete(context: &Context<'_>, name: &ProfileName, lost: bool) -> Result<Option<ProfileName>, Failure> {
    let mut locked = context.logins.lock(LOCK_DEADLINE)?;
    let (mut found, mut heir) = (Ok(()), None);
    let notes = locked.edit(&mut |config| {
        found = if lost { Ok(()) } else { existing(context, config, name) };
        heir = remove(config, name);
    })?;
    found?;
    locked.forget(name)?;
    drop(locked);
    context.show_notes(&notes);
    Ok(heir)
}

/// The newest tokens of the login of `profile`.
fn login(context: &Context<'_>, profile: Profile) -> Option<(Site, Tokens)> {
    let login = Some(profile).filter(|profile| profile.mode == Mode::OAuth);
    let login = context.logins.with_newest_tokens(login?);
    login.site.zip(login.tokens())
}

/// Refuses to revoke a login that other profiles use as well.
fn refuse_shared(context: &Context<'_>, config: &Config, name: &ProfileName, tokens: &Tokens) -> Result<(), Failure> {
    let shares = |other: &Profile| {
        let others = login(context, other.clone());
        other.name != *name && others.is_some_and(|(_, others)| others.refresh_token == tokens.refresh_token)
    };
    match config.profiles().find(shares) {
        Some(other) => Err(Usage::SharedLogin { profile: name.clone(), other: other.name }.into()),
        None => Ok(()),
    }
}

/// Removes `name` and returns the profile that became current in its place.
fn remove(config: &mut Config, name: &ProfileName) -> Option<ProfileName> {
    let was_current = config.current() == Some(name);
    if !config.remove(name) || !was_current {
        return None;
    }
    let heir = config.names().first().map(|first| (*first).clone()).unwrap_or_default();
    config.set_current(&heir);
    Some(heir)
}

/// Revokes a refresh token, best effort, and says what happened. Returns the exit code of a failure.
fn revoke(context: &Context<'_>, login: Option<(Site, Tokens)>) -> Option<Code> {
    let Some((site, tokens)) = login else {
        context.ui.note(&Message::NothingToRevoke);
        return None;
    };
    let endpoint = TokenEndpoint::new(&*context.host.http, &context.cloud, site);
    let outcome = context.interruptible(async |interrupts| {
        tokio::select! {
            answer = endpoint.revoke(&tokens.refresh_token) => answer.map_err(Failure::Revoke),
            () = sleep(REVOKE_TIMEOUT) => Err(Failure::NoAnswer { waited: REVOKE_TIMEOUT }),
            () = interrupts.next() => Err(credentials::Error::Interrupted.into()),
        }
    });
    match outcome {
        Ok(()) => {
            context.ui.note(&Message::Revoked);
            None
        }
        Err(Failure::Quiet(code)) => Some(code),
        Err(reason) => {
            context.ui.note(&Message::NotRevoked { reason: &reason });
            Some(reason.report().exit.code())
        }
    }
}
