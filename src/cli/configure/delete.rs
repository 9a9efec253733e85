//! `aliyun-rs configure delete`: removes a profile and every secret of it from this machine.

use std::time::Duration;

use clap::Args;
use tokio::time::sleep;

use super::switch::{NamedProfile, existing, nameless};
use crate::cli::context::{Context, LOCK_DEADLINE, block_on};
use crate::cli::failure::{Code, Failure};
use crate::cli::messages::{Message, Warning};
use crate::config::{Config, Journal, Mode, Profile};
use crate::oauth::token::TokenEndpoint;

/// How long the server may take to revoke.
const REVOKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Which profile to remove. The app's authorization in RAM stays.
#[derive(Args, Debug)]
pub(in crate::cli) struct DeleteArgs {
    #[command(flatten)]
    named: NamedProfile,
    /// Ask the server to revoke the refresh token first; the profile is removed whatever it says
    #[arg(long)]
    revoke: bool,
}

pub(in crate::cli) fn run(context: &Context<'_>, args: DeleteArgs) -> Result<(), Failure> {
    let config = context.read()?.config;
    let name = args.named.get().ok_or_else(|| nameless(&config))?;
    existing(context, &config, &name)?;
    let profile = config.find(&name);
    if args.revoke
        && let Some(profile) = &profile
    {
        context.host.streams.err(&revoke(context, profile).to_string());
    }
    let mut locked = context.store.lock(LOCK_DEADLINE)?;
    let updated = locked.update(|config| {
        existing(context, config, &name)?;
        Ok::<_, Failure>(remove(config, &name))
    })?;
    Journal::load(&locked).purge(&mut locked, &name)?;
    context.show_notes(&updated.notes);
    context.host.streams.out(&Message::Deleted { profile: &name }.to_string())?;
    if let Some(heir) = updated.value {
        context.host.streams.out(&Message::Switched { profile: &heir }.to_string())?;
    }
    for dependent in config.profiles().iter().filter(|other| other.source_profile.as_deref() == Some(&name)) {
        context.warn(Warning::Orphaned { profile: &dependent.name, source: &name });
    }
    if profile.is_some_and(|profile| profile.mode == Mode::OAuth) {
        context.host.streams.err(&Message::NotRevokedInRam.to_string());
    }
    Ok(())
}

/// Removes `name` and returns the profile that became current in its place.
fn remove(config: &mut Config, name: &str) -> Option<String> {
    let was_current = config.current() == Some(name);
    config.remove(name);
    if !was_current {
        return None;
    }
    let heir = config.names().first().map_or_else(|| "default".to_owned(), |first| (*first).to_owned());
    config.set_current(&heir);
    Some(heir)
}

/// Revokes, best effort, and says what happened.
fn revoke(context: &Context<'_>, profile: &Profile) -> Message<'static> {
    let (Some(site), Some(token)) = (profile.site, &profile.oauth_refresh_token) else {
        return Message::NothingToRevoke;
    };
    let endpoint = TokenEndpoint::new(&*context.host.http, &context.cloud, site);
    let outcome = block_on(async {
        let mut interrupts = context.host.signals.hold().map_err(Failure::no_signals)?;
        tokio::select! {
            answer = endpoint.revoke(token) => Ok(answer?),
            () = sleep(REVOKE_TIMEOUT) => Err(Failure::new(Code::Temporary, "no answer within 10 seconds")),
            () = interrupts.next() => Err(Failure::new(Code::Interrupted, "interrupted")),
        }
    });
    match outcome {
        Ok(()) => Message::Revoked,
        Err(failure) => Message::NotRevoked { reason: failure.into_message() },
    }
}
