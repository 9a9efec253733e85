//! `aliyun-rs configure delete`: removes a profile and every secret of it from this machine.

use std::time::Duration;

use clap::Args;
use tokio::time::sleep;

use super::switch::{NamedProfile, existing, nameless};
use crate::cli::context::Context;
use crate::cli::failure::{Code, Failure};
use crate::cli::messages::{Message, Warning};
use crate::config::{Config, Mode, Profile, ProfileName};
use crate::credentials;
use crate::logins::LOCK_DEADLINE;
use crate::oauth::token::TokenEndpoint;

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
}

pub(in crate::cli) fn run(context: &Context<'_>, args: DeleteArgs) -> Result<(), Failure> {
    let config = context.read()?.config;
    let name = args.named.get().ok_or_else(|| nameless(&config))?;
    existing(context, &config, &name)?;
    let profile = config.find(&name);
    let is_session = profile.as_ref().is_some_and(|profile| profile.mode == Mode::OAuth);
    if let Some(profile) = profile.filter(|_| args.revoke) {
        revoke(context, profile);
    }
    let mut locked = context.logins.lock(LOCK_DEADLINE)?;
    let (mut found, mut heir) = (Ok(()), None);
    let notes = locked.edit(&mut |config| {
        found = existing(context, config, &name);
        heir = remove(config, &name);
    })?;
    found?;
    locked.forget(&name)?;
    drop(locked);
    context.show_notes(&notes);
    context.ui.print_message(&Message::Deleted { profile: &name })?;
    if let Some(heir) = heir {
        context.ui.print_message(&Message::Switched { profile: &heir })?;
    }
    for dependent in config.profiles().filter(|other| other.source_profile.as_ref() == Some(&name)) {
        context.ui.warn(&Warning::Orphaned { profile: &dependent.name, source: &name });
    }
    if is_session {
        context.ui.note(&Message::NotRevokedInRam);
    }
    Ok(())
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

/// Revokes the newest refresh token, best effort, and says what happened.
fn revoke(context: &Context<'_>, profile: Profile) {
    let login = Some(profile).filter(|profile| profile.mode == Mode::OAuth);
    let login = login.map(|profile| context.logins.with_newest_tokens(profile));
    let Some((site, tokens)) = login.and_then(|login| login.site.zip(login.tokens())) else {
        return context.ui.note(&Message::NothingToRevoke);
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
        Ok(()) => context.ui.note(&Message::Revoked),
        Err(Failure::Quiet(Code::Interrupted)) => {}
        Err(reason) => context.ui.note(&Message::NotRevoked { reason: &reason }),
    }
}
