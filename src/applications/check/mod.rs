//! Would a web application work, before anything is configured? What can be seen is looked at one by one: the
//! application, its callback, its secret, a whole sign-in where a loopback callback is registered, and what GitLab
//! makes of who signs in.
//!
//! Nothing is changed or kept; the tokens of the sign-in are revoked. What an observation means is said by the caller.

mod callback;
mod observation;
mod sign_in;

use std::time::Duration;

use super::gitlab::{GitLab, Offer, offer};
use super::own::{self, Difference};
use crate::host::{Host, NoBrowser};
use crate::oauth::authorize::authorize_client;
use crate::oauth::confidential::{Asked, ConfidentialClient, SecretAnswer, SecretError};
use crate::oauth::page::Wording;
use crate::oauth::userinfo::UserInfo;
use crate::openapi::ims::{self, Application, ApplicationType, NewApplication};
use crate::openapi::{ActionError, Client};
use crate::reply::ReplyError;
use crate::secret::Secret;
use crate::time::Timestamp;

pub use observation::Part;
pub use observation::{Judgement, Observation, SignInError, Skipped, Subject};

/// Applications that were created before do not sign roles in: 2024-09-10, by the document on OAuth applications.
const ROLES_SINCE: Timestamp = Timestamp::from_unix(1_725_926_400);

/// What is checked.
pub struct CheckInput<'a> {
    /// The application, at its site.
    pub client: ConfidentialClient<'a>,
    /// What reads the application; `None` without credentials.
    pub api: Option<&'a Client<'a>>,
    /// The secret as it was given.
    pub secret: Option<&'a Secret>,
    /// The callback that has to work [default: GitLab's, else the first that is registered].
    pub callback: Option<&'a str>,
    /// The scopes that have to be granted.
    pub scopes: &'a [String],
    /// Whose rules apply beside.
    pub gitlab: Option<&'a GitLab>,
    /// Whether the GitLab itself is asked.
    pub asks_gitlab: bool,
    /// How long a person may take to sign in; `None` for no sign-in.
    pub timeout: Option<Duration>,
    /// Whether to open a browser.
    pub opens_browser: bool,
    /// The words of the pages in the browser.
    pub wording: Wording,
}

/// All that was seen.
#[derive(Debug, Default)]
pub struct CheckReport {
    /// One by one, in order.
    pub observations: Vec<Observation>,
    /// Who signed in, if somebody did.
    pub who: Option<UserInfo>,
    /// The scopes that are granted: seen, else as far as they are known.
    pub scopes: Vec<String>,
}

impl CheckReport {
    fn saw(&mut self, observation: Observation) {
        self.observations.push(observation);
    }

    /// Whether anything is wrong.
    pub fn has_problem(&self) -> bool {
        self.observations.iter().any(|seen| seen.judgement() == Judgement::Problem)
    }
}

/// Looks at everything. `announce` is told the page that a person has to open, and why no browser does.
pub async fn check(
    host: &Host,
    input: &CheckInput<'_>,
    announce: &mut dyn FnMut(&str, Option<NoBrowser>),
) -> CheckReport {
    let mut report = CheckReport { scopes: input.scopes.to_vec(), ..CheckReport::default() };
    let application = read_application(input, &mut report).await;
    let callback = wanted_callback(input, application.as_ref());
    if let Some(application) = &application {
        judge(input, application, callback.as_deref(), &mut report);
    }
    let accepted = match &callback {
        Some(callback) => ask_for_callback(host, input, callback, application.is_some(), &mut report).await,
        None => true,
    };
    let secret = check_secret(host, input, &mut report).await;
    let registered = application.map(|application| application.redirect_uris).unwrap_or_default();
    let loopback = callback::loopback(callback.as_deref(), &registered);
    match (input.timeout, loopback, secret) {
        (None, _, _) => report.saw(Observation::SignInSkipped(Skipped::NotWanted)),
        (_, None, _) => report.saw(Observation::SignInSkipped(Skipped::NoLoopback)),
        (_, _, None) => report.saw(Observation::SignInSkipped(Skipped::NoSecret)),
        _ if !accepted => report.saw(Observation::SignInSkipped(Skipped::NotAccepted)),
        (Some(timeout), Some(loopback), Some(secret)) => {
            sign_in::sign_in(host, input, &secret, &loopback, timeout, announce, &mut report).await;
        }
    }
    if let Some(gitlab) = input.gitlab.filter(|_| input.asks_gitlab) {
        report.saw(match offer(input.client.http, gitlab).await {
            Offer::Yes => Observation::GitLabOffers,
            Offer::No => Observation::GitLabDoesNotOffer,
            Offer::Unclear { status } => Observation::GitLabUnclear { status },
            Offer::Unreached(error) => Observation::GitLabUnreached(error),
        });
    }
    report
}

fn wanted_callback(input: &CheckInput<'_>, application: Option<&Application>) -> Option<String> {
    let given = input.callback.map(str::to_owned).or_else(|| input.gitlab.map(GitLab::callback));
    given.or_else(|| application?.redirect_uris.first().cloned())
}

async fn read_application(input: &CheckInput<'_>, report: &mut CheckReport) -> Option<Application> {
    let Some(api) = input.api else {
        report.saw(Observation::NoCredentials);
        return None;
    };
    match ims::application(api, input.client.id).await {
        Ok(Some(application)) => {
            report.saw(Observation::Application(Box::new(application.clone())));
            look_at_secrets(api, input, report).await.unwrap_or_else(|error| report.saw(Observation::Unread(error)));
            Some(application)
        }
        Ok(None) => {
            report.saw(Observation::ApplicationMissing);
            None
        }
        Err(error) => {
            report.saw(Observation::Unread(error));
            None
        }
    }
}

/// The ids of the secrets show whether one was taken for a secret.
async fn look_at_secrets(
    api: &Client<'_>,
    input: &CheckInput<'_>,
    report: &mut CheckReport,
) -> Result<(), ActionError> {
    let secrets = ims::secrets(api, input.client.id).await?;
    if secrets.is_empty() {
        report.saw(Observation::NoSecretThere);
    }
    let given = input.secret.map(|secret| secret.expose().trim()).unwrap_or_default();
    if secrets.iter().any(|secret| secret.id == given) {
        report.saw(Observation::SecretIsId);
    }
    Ok(())
}

/// What the configuration alone shows.
fn judge(input: &CheckInput<'_>, application: &Application, callback: Option<&str>, report: &mut CheckReport) {
    let wanted = NewApplication {
        name: application.name.clone(),
        display_name: application.display_name.clone(),
        kind: ApplicationType::Web,
        redirect_uris: callback.into_iter().map(str::to_owned).collect(),
        scopes: input.scopes.to_vec(),
    };
    for difference in own::differences(application, &wanted) {
        report.saw(match (difference, callback) {
            (Difference::Callbacks(_), Some(callback)) => callback::differs(callback, &application.redirect_uris),
            (difference, _) => Observation::Differs(difference),
        });
    }
    if application.created.is_some_and(|created| created < ROLES_SINCE) {
        report.saw(Observation::NoRoles);
    }
}

/// Asks the authorization endpoint, and the other site's where this one refuses; returns whether a sign-in has a chance.
async fn ask_for_callback(
    host: &Host,
    input: &CheckInput<'_>,
    callback: &str,
    is_known: bool,
    report: &mut CheckReport,
) -> bool {
    let client = input.client;
    let asked = match ask(host, client, callback).await {
        Some(Ok(asked)) => asked,
        Some(Err(error)) => {
            report.saw(Observation::Unasked(error));
            return true;
        }
        None => return true,
    };
    let (observation, accepted) = match asked {
        Asked::Accepted => (Observation::CallbackAccepted(callback.to_owned()), true),
        Asked::Unclear { status } => (Observation::CallbackUnclear { status }, true),
        Asked::Refused { status, code } => {
            let other = ConfidentialClient { site: client.site.other(), ..client };
            let is_elsewhere = !client.cloud.is_sandbox()
                && !is_known
                && matches!(ask(host, other, callback).await, Some(Ok(Asked::Accepted)));
            match is_elsewhere {
                true => (Observation::OtherSite(other.site), false),
                false => (Observation::CallbackRefused { status, code }, false),
            }
        }
    };
    report.saw(observation);
    accepted
}

async fn ask(host: &Host, client: ConfidentialClient<'_>, callback: &str) -> Option<Result<Asked, ReplyError>> {
    let asked = authorize_client(&*host.entropy, client.cloud, client.site, client.id, callback, &[]).ok()?;
    Some(client.ask(&asked.url).await)
}

/// Checks the secret, and returns it without blanks unless it is surely wrong.
async fn check_secret(host: &Host, input: &CheckInput<'_>, report: &mut CheckReport) -> Option<Secret> {
    let given = input.secret.filter(|secret| !secret.expose().trim().is_empty());
    let Some(given) = given else {
        report.saw(Observation::SecretNotGiven);
        return None;
    };
    let secret = Secret::new(given.expose().trim());
    if secret != *given {
        report.saw(Observation::SecretHasBlanks);
    }
    let answer = input.client.check_secret(&*host.entropy, &secret).await;
    let (observation, is_usable) = match answer {
        Ok(SecretAnswer::Accepted) => (Observation::SecretAccepted, true),
        Ok(SecretAnswer::Refused) => (Observation::SecretRefused, false),
        Ok(SecretAnswer::Alike { code }) => (Observation::SecretAlike { code }, true),
        Err(SecretError::Reply(ReplyError::NotSandboxToken(_))) => (Observation::SecretForeign, false),
        Err(error) => (Observation::SecretUnchecked(error), true),
    };
    report.saw(observation);
    is_usable.then_some(secret)
}
