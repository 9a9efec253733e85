//! The sign-in: from a profile's name to a profile that is saved.
//!
//! The order is the promise. Before anybody sees the URL, it is checked that the profile can be saved; the listener is
//! bound before that, too. The tokens are saved as soon as they arrive, the credentials after them; the browser is
//! answered last, with the real outcome. An interrupt before the tokens arrive leaves the file as it was. Questions
//! to the person are the caller's, before or after. Where the response comes from is in `response`, what happens
//! meanwhile in `observer`.

mod observer;
mod response;

use std::io;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use crate::config::{Changes, Field, Mode, Note, ProfileName, StoreError};
use crate::host::{Host, Interrupts, NoBrowser, NoEntropy};
use crate::logins::{Issued, LOCK_DEADLINE, LoginStore, acquire};
use crate::oauth::authorize::{Authorization, authorize};
use crate::oauth::callback::{Callback, ErrorCode, Expected, PATH};
use crate::oauth::exchange::Exchanged;
use crate::oauth::loopback::{Listener, PortsUnavailable, Waiting, redirect_uri};
use crate::oauth::page::{Page, Wording};
use crate::oauth::paste::Pastes;
use crate::oauth::retry::{Attempts, exchange_repeatedly, is_temporary, repeatedly, surely_not_counted, wait};
use crate::oauth::token::TokenEndpoint;
use crate::reply::ReplyError;
use crate::secret::Secret;
use crate::site::{Cloud, Site};
use crate::time::Skew;
use crate::tokens::{StsCredentials, Tokens};

pub use observer::{Event, Observer};
use response::Race;

/// How long an interrupted sign-in spends on answering the browser.
const FAREWELL: Duration = Duration::from_millis(100);

/// Who signs in where.
pub struct Input<'a> {
    /// Where the login will be kept.
    pub logins: &'a Arc<dyn LoginStore>,
    /// Alibaba Cloud or a sandbox.
    pub cloud: &'a Cloud,
    /// The profile to fill, created if there is none.
    pub profile: &'a ProfileName,
    /// The sign-in site.
    pub site: Site,
    /// How long the person may take.
    pub timeout: Duration,
    /// The ports that the callback may have.
    pub ports: RangeInclusive<u16>,
    /// Whether to open a browser.
    pub open_browser: bool,
    /// Whether the observer can bring a response that was pasted. Then the callback is not indispensable.
    pub takes_pastes: bool,
    /// The words of the pages in the browser.
    pub wording: Wording,
}

/// A sign-in that is saved.
#[derive(Debug)]
pub struct Outcome {
    /// The temporary credentials, or why there are none yet: the login is saved all the same, and the next command
    /// obtains them.
    pub credentials: Result<StsCredentials, NotExchanged>,
    /// How far the local clock is off.
    pub skew: Skew,
    /// What the store noticed.
    pub notes: Vec<Note>,
    /// One of the two places for new tokens or credentials that could not be written.
    pub missed: Option<StoreError>,
}

/// Why a login has no credentials yet.
#[derive(Debug, thiserror::Error)]
pub enum NotExchanged {
    /// The access token could not be exchanged.
    #[error("exchange-failed")]
    Exchange(#[source] ReplyError),
    /// The response had no usable access token.
    #[error("no-access-token")]
    NoAccessToken,
    /// An interrupt came after the login was saved.
    #[error("interrupted")]
    Interrupted,
}

/// Why the sign-in failed. The file is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No port for the callback.
    #[error(transparent)]
    Ports(#[from] PortsUnavailable),
    /// No `state` could be drawn.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// The callback cannot be listened for.
    #[error("listener-failed")]
    Listen(#[source] io::Error),
    /// The address of the sign-in page could not be shown.
    #[error("address-not-shown")]
    Show(#[source] io::Error),
    /// The person, or an administrator's rule, said no (RFC 6749 section 4.1.2.1).
    #[error("authorization-refused")]
    Refused {
        /// The error code.
        error: ErrorCode,
        /// The server's words.
        description: Option<String>,
    },
    /// No callback arrived from the browser in this time.
    #[error("authorization-timeout")]
    TimedOut(Duration),
    /// An interrupt came before anything was saved.
    #[error("interrupted")]
    Interrupted,
    /// The code could not be redeemed.
    #[error("redeem-failed")]
    Redeem(#[source] ReplyError),
    /// The profile could not be saved.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Signs in and saves the profile.
///
/// # Errors
/// [`Error`]; nothing is saved then.
pub async fn sign_in(
    host: &Host,
    input: &Input<'_>,
    interrupts: &mut Interrupts,
    observer: &mut dyn Observer,
) -> Result<Outcome, Error> {
    make_sure_of_saving(input, interrupts).await?;
    let (listener, unheard) = match Listener::bind(input.ports.clone()) {
        Ok(listener) => (Some(listener), None),
        Err(error) if input.takes_pastes => (None, Some(error)),
        Err(error) => return Err(error.into()),
    };
    let port = listener.as_ref().map_or(*input.ports.start(), Listener::port);
    let redirect_uri = redirect_uri(port);
    let asked = authorize(&*host.entropy, input.cloud, input.site, &redirect_uri)?;
    let issuer = input.cloud.issuer(input.site).map(str::to_owned);
    let expected = Expected { path: PATH.to_owned(), state: asked.state.clone(), issuer };
    let pastes = input.takes_pastes.then(|| Pastes::new(expected.clone(), port));
    let callback = listener.map(|listener| listener.start(host, expected, input.wording));
    let callback = callback.transpose().map_err(Error::Listen)?;
    let no_browser = if input.open_browser { host.browser.unavailable() } else { Some(NoBrowser::NotWanted) };
    let port = unheard.as_ref().map_or(Ok(port), Err);
    let (url, timeout) = (asked.url.as_str(), input.timeout);
    let waiting = Event::Waiting { url, redirect_uri: &redirect_uri, port, timeout, no_browser };
    observer.event(&waiting).map_err(Error::Show)?;
    let browser = no_browser.is_none().then(|| host.browser.open(&asked.url));

    let mut race = Race { callback, unheard, pastes, browser };
    let response = tokio::select! {
        response = race.response(input.timeout, observer) => response,
        () = interrupts.next() => Err(Error::Interrupted),
    };
    let callback = race.callback;
    let outcome = match response {
        Ok(Callback::Code(code)) => {
            observer.event(&Event::Authorized).ok();
            complete(host, input, &code, asked, &redirect_uri, interrupts).await
        }
        Ok(Callback::Refused { error, description }) => Err(Error::Refused { error, description }),
        Err(error) => Err(error),
    };
    if let Some(callback) = callback {
        answer(callback, &outcome).await;
    }
    outcome
}

/// Does everything that a save does except the save, so that no sign-in is wasted on a disk or folder that cannot
/// take it.
async fn make_sure_of_saving(input: &Input<'_>, interrupts: &mut Interrupts) -> Result<(), Error> {
    let mut locked = tokio::select! {
        locked = acquire(input.logins, LOCK_DEADLINE) => locked?,
        () = interrupts.next() => return Err(Error::Interrupted),
    };
    Ok(locked.with(|logins| logins.reserve()).await?)
}

/// From the code to a saved profile.
async fn complete(
    host: &Host,
    input: &Input<'_>,
    code: &Secret,
    asked: Authorization,
    redirect_uri: &str,
    interrupts: &mut Interrupts,
) -> Result<Outcome, Error> {
    let tokens = tokio::select! {
        tokens = redeem(host, input, code, asked, redirect_uri) => tokens?,
        () = interrupts.next() => return Err(Error::Interrupted),
    };
    // From here on no interrupt is heard until the tokens are safe.
    let mut outcome = persist(input, &tokens).await?;
    match &tokens.access_token {
        None => outcome.credentials = Err(NotExchanged::NoAccessToken),
        Some(token) => {
            let mut attempts = Attempts::new();
            let (http, clock) = (&*host.http, &*host.clock);
            let got = tokio::select! {
                got = exchange_repeatedly(http, clock, input.cloud, input.site, token, &mut attempts) => got,
                () = interrupts.next() => return Ok(outcome),
            };
            match got {
                Ok(got) => save_credentials(host, input, token, got, &mut outcome).await,
                Err(error) => outcome.credentials = Err(NotExchanged::Exchange(error)),
            }
        }
    }
    Ok(outcome)
}

/// Turns the code into tokens. The code is single-use (RFC 6749 section 4.1.2): it is sent again only if the server
/// surely did not act on it.
async fn redeem(
    host: &Host,
    input: &Input<'_>,
    code: &Secret,
    asked: Authorization,
    redirect_uri: &str,
) -> Result<Tokens, Error> {
    let endpoint = TokenEndpoint::new(&*host.http, input.cloud, input.site);
    let send = async || endpoint.redeem(code, &asked.verifier, redirect_uri, host.clock.now()).await;
    let Ok(answer) = repeatedly(&mut Attempts::new(), surely_not_counted, send, wait(&*host.clock)).await;
    answer.map_err(Error::Redeem)
}

/// Makes the tokens durable, in a profile that has nothing of an earlier login.
async fn persist(input: &Input<'_>, tokens: &Tokens) -> Result<Outcome, Error> {
    let mut locked = acquire(input.logins, LOCK_DEADLINE).await?;
    let (profile, site, tokens) = (input.profile.clone(), input.site, tokens.clone());
    let persisted = locked.with(move |logins| {
        let before = logins.read_and_heal(&profile)?.profile;
        let superseded = before.and_then(|profile| profile.oauth_refresh_token);
        let settings = Changes::new()
            .text(Field::Mode, Mode::OAuth.as_str())
            .text(Field::OauthSiteType, site.as_str())
            .remove(Field::AccessKeyId)
            .remove(Field::AccessKeySecret)
            .remove(Field::StsToken)
            .remove(Field::StsExpiration);
        logins.persist(&Issued { profile, site, tokens, superseded, settings, overrule: true })
    });
    let persisted = persisted.await?;
    let credentials = Err(NotExchanged::Interrupted);
    Ok(Outcome { credentials, skew: Skew::default(), notes: persisted.notes, missed: persisted.missed })
}

/// Saves the credentials next to the tokens. They are valid even if that fails.
async fn save_credentials(host: &Host, input: &Input<'_>, source: &Secret, got: Exchanged, outcome: &mut Outcome) {
    let received = got.to_note(host.clock.now());
    let (profile, source, credentials) = (input.profile.clone(), source.clone(), got.credentials.clone());
    let saved = match acquire(input.logins, LOCK_DEADLINE).await {
        Ok(mut locked) => {
            locked.with(move |logins| logins.save_credentials(&profile, &source, &credentials, received)).await
        }
        Err(error) => Err(error),
    };
    match saved {
        Ok(notes) => outcome.notes.extend(notes),
        Err(error) => outcome.missed = Some(error),
    }
    (outcome.credentials, outcome.skew) = (Ok(got.credentials), got.skew);
}

async fn answer(waiting: Waiting, outcome: &Result<Outcome, Error>) {
    let refused_for_good =
        |error: &NotExchanged| matches!(error, NotExchanged::Exchange(error) if !is_temporary(error));
    match outcome {
        Ok(Outcome { credentials: Err(error), .. }) if refused_for_good(error) => waiting.answer(Page::Failed).await,
        Ok(_) => waiting.answer(Page::Success).await,
        Err(Error::Interrupted) => {
            tokio::time::timeout(FAREWELL, waiting.answer(Page::Failed)).await.ok();
        }
        Err(Error::Refused { error: ErrorCode::AccessDenied, .. }) => waiting.answer(Page::Denied).await,
        Err(_) => waiting.answer(Page::Failed).await,
    }
}
