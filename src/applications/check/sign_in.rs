//! A whole sign-in with secret and PKCE, and what it brings: scopes, userinfo, id_token. The tokens are revoked.

use std::time::Duration;

use super::callback::Loopback;
use super::observation::{Observation, SignInError};
use super::{CheckInput, CheckReport};
use crate::host::{Host, NoBrowser};
use crate::oauth::authorize::{Authorization, authorize_client};
use crate::oauth::callback::{Callback, Expected};
use crate::oauth::confidential::Granted;
use crate::oauth::id_token::{Claimed, keys, verify};
use crate::oauth::loopback::{CallbackEvent, Listener, Waiting};
use crate::oauth::page::Page;
use crate::oauth::userinfo::{UserInfo, userinfo};
use crate::secret::Secret;

/// Every application has it, and nobody asks for it.
const OPENID: &str = "openid";

pub(super) async fn sign_in(
    host: &Host,
    input: &CheckInput<'_>,
    secret: &Secret,
    loopback: &Loopback,
    timeout: Duration,
    announce: &mut dyn FnMut(&str, Option<NoBrowser>),
    report: &mut CheckReport,
) {
    match obtain(host, input, secret, loopback, timeout, announce).await {
        Ok(granted) => look(host, input, secret, &granted, report).await,
        Err(error) => report.saw(Observation::SignInFailed(error)),
    }
}

/// From the page to tokens.
async fn obtain(
    host: &Host,
    input: &CheckInput<'_>,
    secret: &Secret,
    loopback: &Loopback,
    timeout: Duration,
    announce: &mut dyn FnMut(&str, Option<NoBrowser>),
) -> Result<Granted, SignInError> {
    let client = input.client;
    let listener = Listener::bind([loopback.port])?;
    let (cloud, site) = (client.cloud, client.site);
    let asked = authorize_client(&*host.entropy, cloud, site, client.id, &loopback.uri, &scopes_to_ask(input))?;
    let issuer = cloud.issuer(site).map(str::to_owned);
    let expected = Expected { path: loopback.path.clone(), state: asked.state.clone(), issuer };
    let mut waiting = listener.start(host, expected, input.wording).map_err(SignInError::Listen)?;
    let no_browser = if input.opens_browser { host.browser.unavailable() } else { Some(NoBrowser::NotWanted) };
    announce(&asked.url, no_browser);
    let outcome = match receive(host, &mut waiting, &asked, no_browser.is_none(), timeout).await {
        Ok(code) => client.redeem(secret, &code, &asked.verifier, &loopback.uri).await.map_err(SignInError::Redeem),
        Err(error) => Err(error),
    };
    waiting.answer(if outcome.is_ok() { Page::Checked } else { Page::Failed }).await;
    outcome
}

/// GitLab's strategy asks for no scope, which means all that the application has. Who asks for some, gets no more.
fn scopes_to_ask(input: &CheckInput<'_>) -> Vec<String> {
    if input.gitlab.is_some() || input.scopes.is_empty() {
        return Vec::new();
    }
    let others = input.scopes.iter().filter(|scope| *scope != OPENID).cloned();
    std::iter::once(OPENID.to_owned()).chain(others).collect()
}

async fn receive(
    host: &Host,
    waiting: &mut Waiting,
    asked: &Authorization,
    opens_browser: bool,
    timeout: Duration,
) -> Result<Secret, SignInError> {
    let opened = async {
        if opens_browser {
            // The page was announced: a person can open it.
            host.browser.open(&asked.url).await.ok();
        }
        std::future::pending::<()>().await;
    };
    let callback = async {
        loop {
            if let CallbackEvent::Callback(callback) = waiting.event().await {
                return callback;
            }
        }
    };
    let callback = tokio::time::timeout(timeout, async {
        tokio::select! {
            callback = callback => callback,
            () = opened => unreachable!("it never ends"),
        }
    });
    match callback.await {
        Ok(Callback::Code(code)) => Ok(code),
        Ok(Callback::Refused { error, .. }) => Err(SignInError::Refused(error)),
        Err(_) => Err(SignInError::TimedOut(timeout)),
    }
}

/// What the tokens are good for; then they are revoked.
async fn look(host: &Host, input: &CheckInput<'_>, secret: &Secret, granted: &Granted, report: &mut CheckReport) {
    let client = input.client;
    scopes(input, granted, report);
    match userinfo(client.http, client.cloud, client.site, &granted.access_token).await {
        Ok(who) => {
            report.saw(Observation::WhoKnown);
            report.who = Some(who);
        }
        Err(error) => report.saw(Observation::WhoUnknown(error)),
    }
    let who = report.who.clone();
    report.saw(match &granted.id_token {
        Some(token) => id_token(host, input, token, who.as_ref()).await,
        None => Observation::NoIdToken,
    });
    let tokens = granted.refresh_token.iter().chain([&granted.access_token]);
    let mut outcome = Observation::Revoked;
    for token in tokens {
        if let Err(error) = client.revoke(secret, token).await {
            outcome = Observation::NotRevoked(error);
        }
    }
    report.saw(outcome);
}

fn scopes(input: &CheckInput<'_>, granted: &Granted, report: &mut CheckReport) {
    let Some(scopes) = &granted.scopes else { return report.saw(Observation::ScopesUnsaid) };
    let is_missing = |scope: &&String| !scopes.contains(scope) && *scope != OPENID;
    let missing: Vec<String> = input.scopes.iter().filter(is_missing).cloned().collect();
    report.saw(match missing.is_empty() {
        true => Observation::ScopesGranted(scopes.clone()),
        false => Observation::ScopesMissing(missing),
    });
    report.scopes.clone_from(scopes);
}

async fn id_token(host: &Host, input: &CheckInput<'_>, token: &Secret, who: Option<&UserInfo>) -> Observation {
    let client = input.client;
    let (keys, date) = match keys(client.http, client.cloud, client.site).await {
        Ok(found) => found,
        Err(error) => return Observation::IdTokenUnchecked(error),
    };
    let issuer = client.cloud.id_token_issuer(client.site);
    let now = date.unwrap_or_else(|| host.clock.now());
    match verify(token, &keys, &Claimed { issuer: &issuer, client_id: client.id, now }) {
        Ok(claims) if who.is_some_and(|who| who.sub != claims.sub) => Observation::SubjectsDiffer,
        Ok(_) => Observation::IdTokenTrue,
        Err(error) => Observation::IdTokenFalse(error),
    }
}
