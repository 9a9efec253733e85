//! What a check of an application saw, in English.

use std::fmt::{Result, Write as _};

use super::super::network::{reply, transport};
use super::failure::action;
use super::own::differs;
use crate::applications::Difference;
use crate::applications::check::{Judgement, Observation, Part, SignInError, Skipped};
use crate::applications::gitlab::GitLabUser;
use crate::cli::messages::shown::name;
use crate::cli::render::span;
use crate::oauth::confidential::SecretError;
use crate::oauth::id_token::IdTokenError;

pub(super) const fn judgement(judgement: Judgement) -> &'static str {
    match judgement {
        Judgement::Ok => "ok            ",
        Judgement::Inconclusive => "inconclusive  ",
        Judgement::Problem => "problem       ",
    }
}

pub(super) fn observation(seen: &Observation, f: &mut String) -> Result {
    match seen {
        Observation::NoCredentials => f.write_str("the application could not be read: no profile gives credentials"),
        Observation::Unread(error) => {
            f.write_str("the application could not be read: ")?;
            action(error, f)
        }
        Observation::ApplicationMissing => f.write_str("the account of the profile has no application of this ID"),
        Observation::Application(found) => {
            write!(f, "the application is `{}`, {}, ", name(&found.name), name(found.kind.as_str()))?;
            let protocol = if found.protocol.is_empty() { "protocol not stated" } else { &found.protocol };
            write!(f, "OAuth {}", name(protocol))
        }
        Observation::Differs(difference) => differs(difference, f),
        Observation::NoSecretThere => f.write_str("the application has no secret"),
        Observation::NoRoles => {
            f.write_str("the application was created before 2024-09-10: RAM roles may not be able to sign in")
        }
        Observation::CallbackDiffers { wanted, nearest } => {
            write!(f, "the callback {} is not registered", name(wanted))?;
            match nearest {
                Some((uri, parts)) => write!(f, "; {} differs in {}", name(uri), parts_of(parts)),
                None => f.write_str("; the application has none"),
            }
        }
        Observation::CallbackAccepted(callback) => {
            write!(f, "the sign-in page accepts the ID with the callback {}", name(callback))
        }
        Observation::CallbackRefused { status, code } => {
            write!(f, "the sign-in page refuses the ID with this callback (status {status}")?;
            code.as_ref().map_or(Ok(()), |code| write!(f, ", `{}`", name(code)))?;
            f.write_str(")")
        }
        Observation::CallbackUnclear { status } => {
            write!(f, "the sign-in page answered with status {status}, which says neither yes nor no")
        }
        Observation::Unasked(error) => {
            f.write_str("the sign-in page could not be asked: ")?;
            reply(error, f)
        }
        Observation::OtherSite(site) => write!(f, "the application belongs to the other site, {site}"),
        Observation::GitLabOffers => f.write_str("the GitLab's sign-in page offers the provider"),
        Observation::GitLabDoesNotOffer => f.write_str("the GitLab's sign-in page does not offer the provider yet"),
        Observation::GitLabUnclear { status } => {
            write!(f, "the GitLab answered with status {status} instead of its sign-in page")
        }
        Observation::GitLabUnreached(error) => transport(error, f),
        Observation::SignInSkipped(why) => skipped(*why, f),
        Observation::SignInFailed(error) => sign_in(error, f),
        other => secret_or_token(other, f),
    }
}

/// What was seen of the secret, the tokens, and who signed in.
fn secret_or_token(seen: &Observation, f: &mut String) -> Result {
    match seen {
        Observation::SecretNotGiven => f.write_str("no secret was given"),
        Observation::SecretHasBlanks => f.write_str("there are blanks around the secret, which GitLab would send, too"),
        Observation::SecretIsId => f.write_str("this is the ID of the secret, not its value"),
        Observation::SecretForeign => {
            f.write_str("no sandbox has issued this secret; it was not sent, and cannot be right there")
        }
        Observation::SecretAccepted => f.write_str("the token endpoint accepts the secret and refuses a wrong one"),
        Observation::SecretRefused => f.write_str("the token endpoint refuses the secret"),
        Observation::SecretAlike { code } => write!(
            f,
            "the token endpoint answers this secret and a wrong one alike (`{}`): only a sign-in shows which is right",
            name(code)
        ),
        Observation::SecretUnchecked(error) => {
            f.write_str("the secret could not be checked: ")?;
            match error {
                SecretError::NoEntropy(_) => super::super::failure::no_entropy(f),
                SecretError::Reply(error) => reply(error, f),
            }
        }
        Observation::ScopesGranted(scopes) => write!(f, "granted: {}", name(&scopes.join(" "))),
        Observation::ScopesMissing(scopes) => write!(f, "not granted: {}", name(&scopes.join(" "))),
        Observation::ScopesUnsaid => f.write_str("the token endpoint does not say which scopes it granted"),
        Observation::WhoKnown => f.write_str("userinfo says who signed in"),
        Observation::WhoUnknown(error) => {
            f.write_str("userinfo does not say who signed in: ")?;
            reply(error, f)
        }
        Observation::IdTokenTrue => f.write_str("signature, issuer, audience and expiry of the id_token are right"),
        Observation::IdTokenFalse(error) => id_token(error, f),
        Observation::IdTokenUnchecked(error) => {
            f.write_str("the site's keys could not be fetched, so the id_token was not verified: ")?;
            reply(error, f)
        }
        Observation::NoIdToken => f.write_str("the token endpoint sent no id_token"),
        Observation::SubjectsDiffer => f.write_str("id_token and userinfo name different subjects"),
        Observation::Revoked => f.write_str("the tokens of this check were revoked"),
        Observation::NotRevoked(error) => {
            f.write_str("the tokens of this check were not revoked, and expire by themselves: ")?;
            reply(error, f)
        }
        _ => Ok(()),
    }
}

fn parts_of(parts: &[Part]) -> String {
    let word = |part: &Part| match part {
        Part::Scheme => "scheme",
        Part::Host => "host",
        Part::Port => "port",
        Part::Path => "path",
        Part::Slash => "the slash at the end",
        Part::Query => "query",
        Part::Spelling => "spelling",
    };
    parts.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn skipped(why: Skipped, f: &mut String) -> Result {
    f.write_str(match why {
        Skipped::NotWanted => "no sign-in was tried",
        Skipped::NoLoopback => "no sign-in was tried: no callback leads to this machine",
        Skipped::NoSecret => "no sign-in was tried: the secret is missing or was refused",
        Skipped::NotAccepted => "no sign-in was tried: the sign-in page refuses it",
    })
}

fn sign_in(error: &SignInError, f: &mut String) -> Result {
    f.write_str("the sign-in failed: ")?;
    match error {
        SignInError::Ports(error) => match error.tried() {
            [(port, error), ..] => write!(f, "cannot listen on port {port} of 127.0.0.1: {error}"),
            [] => f.write_str("no port"),
        },
        SignInError::Listen(error) => write!(f, "could not listen for the callback: {error}"),
        SignInError::NoEntropy(_) => super::super::failure::no_entropy(f),
        SignInError::Refused(code) => write!(f, "refused in the browser: `{}`", name(code.as_str())),
        SignInError::TimedOut(waited) => write!(f, "nobody signed in within {}", span(*waited)),
        SignInError::Redeem(error) => reply(error, f),
    }
}

fn id_token(error: &IdTokenError, f: &mut String) -> Result {
    f.write_str("the id_token is not to be believed: ")?;
    match error {
        IdTokenError::Malformed => f.write_str("it is malformed"),
        IdTokenError::Algorithm(other) => write!(f, "its algorithm is `{}`, not RS256", name(other)),
        IdTokenError::UnknownKey => f.write_str("the site has no key of its ID"),
        IdTokenError::Signature => f.write_str("its signature is wrong"),
        IdTokenError::Issuer(other) => write!(f, "its issuer is `{}`", name(other)),
        IdTokenError::Audience => f.write_str("it is for another application"),
        IdTokenError::Expired => f.write_str("it has expired"),
        IdTokenError::Future => f.write_str("it was issued in the future"),
    }
}

/// What helps; nothing where nothing is needed.
pub(super) fn remedy(seen: &Observation, f: &mut String) -> Result {
    f.write_str(match seen {
        Observation::NoCredentials => "name a profile with `--profile`, or sign in",
        Observation::Unread(_) => "`aliyun-rs app check --policy NAME` prints the permissions to read it",
        Observation::ApplicationMissing => "check the ID, the profile and `--site`",
        Observation::Differs(Difference::Type { .. } | Difference::Protocol { .. }) => {
            "create another one: a WebApp of OAuth 2.0 (`aliyun-rs app create`)"
        }
        Observation::Differs(Difference::Scopes(_)) => "aliyun-rs app update NAME --scope SCOPE",
        Observation::Differs(Difference::MultiTenant) => "aliyun-rs app update NAME --single-tenant",
        Observation::CallbackDiffers { .. } | Observation::Differs(Difference::Callbacks(_)) => {
            "register it to the letter: aliyun-rs app update NAME --callback-url URL"
        }
        Observation::CallbackRefused { .. } => {
            "check the ID, that exactly this callback is registered, and that the application is a WebApp"
        }
        Observation::OtherSite(_) => "use that site with `--site`, and its addresses in GitLab's client_options",
        Observation::NoSecretThere => "aliyun-rs app rotate-secret NAME --secret-file FILE",
        Observation::NoRoles => "for roles, create the application again",
        Observation::SecretNotGiven => "add `--client-secret-file FILE`",
        Observation::SecretHasBlanks => "remove the blanks",
        Observation::SecretIsId | Observation::SecretForeign | Observation::SecretRefused => {
            "use the SecretValue, which is shown once, when the secret is created; for a new one: aliyun-rs app \
             rotate-secret NAME"
        }
        Observation::SignInSkipped(Skipped::NoLoopback) => {
            "for a whole sign-in: aliyun-rs app update NAME --callback-url http://127.0.0.1:8088/callback"
        }
        Observation::SignInFailed(SignInError::Ports(_)) => "stop the program that uses the port",
        Observation::ScopesMissing(_) => {
            "add the scopes to the application; then each user has to consent again (prompt=admin_consent)"
        }
        Observation::GitLabDoesNotOffer => "add the provider to GitLab's configuration and reconfigure it",
        Observation::GitLabUnreached(_) => "check the address and the network",
        _ => "",
    })
}

pub(super) fn predicted(identity: &str, user: &GitLabUser, f: &mut String) -> Result {
    let identity = match identity {
        "account" => "the account",
        "role" => "a RAM role",
        _ => "a RAM user",
    };
    let shown = |value: &Option<String>| value.as_ref().map_or_else(|| "none".to_owned(), |value| name(value));
    writeln!(f, "\nIn GitLab, {identity} will be:")?;
    let uid = user.uid.as_ref().map_or_else(|| "none: nobody can sign in".to_owned(), |uid| name(uid));
    writeln!(f, "extern_uid    {uid} (omniauth-alicloud 2.x); {} (3.x)", name(&user.sub))?;
    writeln!(f, "name          {}", shown(&user.name))?;
    writeln!(f, "username      {}", shown(&user.username))?;
    match (&user.email, &user.made_up_email) {
        (Some(email), _) => writeln!(f, "e-mail        {}, a login name that may be no mailbox", name(email)),
        (None, Some(made_up)) => writeln!(f, "e-mail        none; GitLab makes up {}", name(made_up)),
        (None, None) => f.write_str("e-mail        none, and no name to make one up from\n"),
    }
}
