//! The sign-in: from a profile's name to a profile that is saved.
//!
//! The order is the promise. The listener is bound before anybody hears of the URL; the file changes once, when
//! tokens and STS credentials are both there; the browser is answered after that, with the truth. An interrupt
//! before the save leaves no trace. Questions to the person are the caller's, before or after.

use std::io;
use std::time::Duration;

use crate::config::{Changes, Field, Journal, Locked, Mode, Note, Rotation, Store, StoreError, TokenPair};
use crate::host::{Host, Interrupts, NoEntropy, Opened};
use crate::oauth::authorize::{Authorization, authorize};
use crate::oauth::callback::{Callback, ErrorCode, Expected};
use crate::oauth::exchange::{Exchanged, exchange};
use crate::oauth::loopback::{Listener, PORTS, PortsUnavailable, Waiting};
use crate::oauth::page::{Page, Wording};
use crate::oauth::token::TokenEndpoint;
use crate::oauth::{StsCredentials, TokenSet};
use crate::reply::ReplyError;
use crate::secret::Secret;
use crate::site::{Cloud, Site};
use crate::time::Skew;

/// How long a save waits for another program's.
const LOCK_DEADLINE: Duration = Duration::from_secs(40);
/// How long an interrupted sign-in spends on telling the browser.
const FAREWELL: Duration = Duration::from_millis(100);

/// Who signs in where.
pub struct Input<'a> {
    /// The file that keeps the profile.
    pub store: &'a Store,
    /// The other party.
    pub cloud: &'a Cloud,
    /// The profile to fill, made if there is none.
    pub profile: &'a str,
    /// The sign-in site.
    pub site: Site,
    /// How long the person may take.
    pub timeout: Duration,
    /// Whether to open a browser.
    pub open_browser: bool,
    /// The words of the pages in the browser.
    pub wording: Wording,
}

/// Told what happens while a person waits.
pub trait Observer {
    /// The page to open is known, and the callback can be received.
    fn authorize_at(&mut self, url: &str) -> io::Result<()>;
    /// A browser was started, could not be, or (`None`) there is none.
    fn browser(&mut self, started: Option<io::Result<Opened>>);
}

/// A sign-in that is saved.
#[derive(Debug)]
pub struct Outcome {
    /// The temporary credentials.
    pub credentials: StsCredentials,
    /// How far the local clock is off.
    pub skew: Skew,
    /// What the store noticed.
    pub notes: Vec<Note>,
}

/// Why there was no sign-in. The file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No port for the callback.
    #[error(transparent)]
    Ports(#[from] PortsUnavailable),
    /// No `state` could be drawn.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// The operating system refused something a sign-in needs.
    #[error("could not {attempt}")]
    System {
        /// What was attempted.
        attempt: &'static str,
        /// What came of it.
        source: io::Error,
    },
    /// The person, or an administrator's rule, said no (RFC 6749 section 4.1.2.1).
    #[error("the sign-in was refused in the browser: `{error}`{}", details(.description))]
    Refused {
        /// The error code.
        error: ErrorCode,
        /// The server's words.
        description: Option<String>,
    },
    /// Nobody came back from the browser.
    #[error("nobody signed in within {}", humantime::format_duration(*.0))]
    TimedOut(Duration),
    /// An interrupt came before anything was saved.
    #[error("interrupted; nothing was changed")]
    Interrupted,
    /// The code could not be redeemed.
    #[error("could not turn the authorization code into tokens")]
    Redeem(#[source] ReplyError),
    /// The access token could not be exchanged.
    #[error("could not turn the access token into STS credentials")]
    Exchange(#[source] ReplyError),
    /// The profile could not be saved.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn details(description: &Option<String>) -> String {
    description.as_ref().map(|words| format!(", {words}")).unwrap_or_default()
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
    let listener = Listener::bind(PORTS)?;
    let redirect_uri = listener.redirect_uri();
    let asked = authorize(&*host.entropy, input.cloud, input.site, &redirect_uri)?;
    let issuer = input.cloud.issuer(input.site).map(str::to_owned);
    let system = |attempt| move |source| Error::System { attempt, source };
    let expected = Expected { state: asked.state.clone(), issuer };
    let mut waiting = listener.start(expected, input.wording).map_err(system("listen for the callback"))?;
    observer.authorize_at(&asked.url).map_err(system("show the sign-in page's address"))?;
    observer.browser(open_browser(host, input, &asked));

    let code = tokio::select! {
        code = receive(&mut waiting, input.timeout) => code,
        () = interrupts.next() => Err(Error::Interrupted),
    };
    let obtained = match code {
        Ok(code) => tokio::select! {
            obtained = obtain(host, input, &code, asked, &redirect_uri) => obtained,
            () = interrupts.next() => Err(Error::Interrupted),
        },
        Err(error) => Err(error),
    };
    let outcome = obtained.and_then(|(got, locked)| save(input, got, locked));
    answer(waiting, &outcome).await;
    outcome
}

fn open_browser(host: &Host, input: &Input<'_>, asked: &Authorization) -> Option<io::Result<Opened>> {
    (input.open_browser && host.browser.is_available()).then(|| host.browser.open(&asked.url))
}

async fn receive(waiting: &mut Waiting, timeout: Duration) -> Result<Secret, Error> {
    match tokio::time::timeout(timeout, waiting.callback()).await {
        Ok(Callback::Code(code)) => Ok(code),
        Ok(Callback::Refused { error, description }) => Err(Error::Refused { error, description }),
        Err(_) => Err(Error::TimedOut(timeout)),
    }
}

async fn obtain(
    host: &Host,
    input: &Input<'_>,
    code: &Secret,
    asked: Authorization,
    redirect_uri: &str,
) -> Result<((TokenSet, Exchanged), Locked), Error> {
    let endpoint = TokenEndpoint::new(&*host.http, input.cloud, input.site);
    let redeemed = endpoint.redeem(code, asked.verifier, redirect_uri, host.clock.now()).await;
    let tokens = redeemed.map_err(Error::Redeem)?;
    let exchanged = exchange(&*host.http, input.cloud, input.site, &tokens.access_token, host.clock.now()).await;
    Ok(((tokens, exchanged.map_err(Error::Exchange)?), input.store.lock_to_write(LOCK_DEADLINE).await?))
}

fn save(input: &Input<'_>, (tokens, exchanged): (TokenSet, Exchanged), mut locked: Locked) -> Result<Outcome, Error> {
    let sts = &exchanged.credentials;
    let mut journal = Journal::load(&locked);
    let before = locked.read()?.config.find(input.profile);
    let rotation = Rotation {
        profile: input.profile,
        site: input.site,
        refresh_token_expire: tokens.refresh_token_expire,
        tokens: TokenPair {
            access_token: tokens.access_token,
            access_token_expire: Some(tokens.access_token_expire),
            refresh_token: tokens.refresh_token,
        },
        superseded: before.as_ref().and_then(|profile| profile.oauth_refresh_token.as_ref()),
        besides: Changes::new()
            .text(Field::Mode, Mode::OAuth.as_str())
            .text(Field::OauthSiteType, input.site.as_str())
            .remove(Field::OauthRefreshTokenExpire)
            .sts(&sts.access_key_id, &sts.access_key_secret, &sts.security_token, sts.expiration),
        overrule: true,
    };
    let kept = rotation.keep(&mut locked, &mut journal)?;
    match kept.missed {
        Some(error) => Err(error.into()),
        None => Ok(Outcome { credentials: exchanged.credentials, skew: exchanged.skew, notes: kept.notes }),
    }
}

async fn answer(waiting: Waiting, outcome: &Result<Outcome, Error>) {
    match outcome {
        Ok(_) => waiting.answer(Page::Success).await,
        Err(Error::Interrupted) => {
            tokio::time::timeout(FAREWELL, waiting.answer(Page::Failed)).await.ok();
        }
        Err(Error::Refused { error: ErrorCode::AccessDenied, .. }) => waiting.answer(Page::Denied).await,
        Err(_) => waiting.answer(Page::Failed).await,
    }
}
