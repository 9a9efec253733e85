//! `aliyun-rs ensure`: makes sure before a long job that the session will last through it.

use std::time::Duration;

use clap::Args;

use super::context::Context;
use super::credentials::WantedArgs;
use super::failure::Failure;
use super::messages::Message;
use super::options::{read_duration, read_profile};
use crate::config::ProfileName;
use crate::credentials::freshness::TTL_TOLERANCE;
use crate::oauth::exchange::USUAL_LIFE;
use crate::time::Timestamp;

/// Make sure that the session will last, and renew it if that helps
///
/// Exits with 0 if credentials can be had for all of that time, 3 if only a sign-in helps, 5 if it cannot be known now.
#[derive(Args, Debug)]
pub(super) struct EnsureArgs {
    /// Profile to use [default: ALIBABACLOUD_PROFILE, else the current one, else `default`]
    #[arg(long, short, value_name = "NAME", value_parser = read_profile)]
    profile: Option<ProfileName>,
    /// How long the session is needed, such as 45m or 4h
    #[arg(long = "for", value_name = "TIME", value_parser = read_duration)]
    span: Duration,
}

pub(super) fn run(context: &Context<'_>, args: EnsureArgs) -> Result<(), Failure> {
    let config = context.read()?.config;
    let name = context.profile_name(args.profile, config.current())?;
    // New credentials cover a short time by themselves. For a longer one they have to renew themselves, which they do
    // as long as the login lasts.
    let min_ttl = Some(args.span).filter(|span| *span <= USUAL_LIFE);
    let (_, credentials) = WantedArgs::of(Some(name.clone())).lasting(min_ttl).obtain(context)?;
    let now = context.host.clock.now();
    let lasts = |end: Timestamp| end.remaining(now) + TTL_TOLERANCE >= args.span;
    let never_ends = credentials.security_token.is_none();
    if !never_ends && !credentials.expiration.is_some_and(lasts) {
        let profile = context.logins.read()?.config.find(&name).map(|found| context.logins.with_newest_tokens(found));
        match profile.and_then(|profile| profile.oauth_refresh_token_expire) {
            Some(end) if lasts(end) => {}
            Some(end) => return Err(Failure::SessionEnds { profile: name, left: end.remaining(now) }),
            None => return Err(Failure::SessionUnknown { profile: name }),
        }
    }
    context.ui.note(&Message::Ensured { profile: name.as_str(), span: args.span });
    Ok(())
}
