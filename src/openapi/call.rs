//! One signed call: sign, send, judge the answer. What the fields mean is left to the product's module.

use std::cell::Cell;

use http::header::{ACCEPT, AUTHORIZATION, HOST};
use serde_json::Value;

use super::action::Action;
use super::answer::Unexpected;
use super::signature::{Key, Unsigned, hex, sign};
use crate::host::{Clock, Entropy, Http, NoEntropy};
use crate::reply::{FieldProblem, Refusal, Reply, ReplyError};
use crate::secret::Secret;
use crate::site::{Cloud, NotSandboxToken};
use crate::text::printable;
use crate::time::{Skew, Timestamp};

const MAX_TEXT: usize = 256;
/// How the codes begin that refuse the date of a signature.
const DATE_REFUSED: &str = "InvalidTimeStamp";

/// How the codes begin that refuse the key.
const KEY_REFUSED: [&str; 3] = ["InvalidAccessKeyId", "InvalidSecurityToken", "SignatureDoesNotMatch"];

/// A call brought no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No nonce could be drawn.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// The service gave no usable answer.
    #[error(transparent)]
    Reply(#[from] ReplyError),
    /// The answer is a success without what it should hold.
    #[error(transparent)]
    Unexpected(#[from] Unexpected),
}

impl CallError {
    /// Whether the service refused the key that signed.
    pub fn refuses_key(&self) -> bool {
        let Self::Reply(ReplyError::Refused(refusal)) = self else { return false };
        let begins = |code: &str| KEY_REFUSED.iter().any(|refused| code.starts_with(refused));
        !refusal.is_temporary() && refusal.code.as_deref().is_some_and(begins)
    }
}

impl From<NotSandboxToken> for CallError {
    fn from(error: NotSandboxToken) -> Self {
        Self::Reply(error.into())
    }
}

/// Sends signed calls of one identity. Nothing is retried, but for a refused date.
#[derive(Clone)]
pub struct Client<'a> {
    /// The network.
    pub http: &'a dyn Http,
    /// The source of nonces.
    pub entropy: &'a dyn Entropy,
    /// The local clock.
    pub clock: &'a dyn Clock,
    /// How far it is from the server's, in whose time signatures are dated; corrected when a service refuses that.
    pub skew: Cell<Skew>,
    /// Alibaba Cloud or a sandbox.
    pub cloud: &'a Cloud,
    /// What signs.
    pub key: Key<'a>,
}

impl Client<'_> {
    /// Sends `action`. A service that refuses the date of the signature sends its own, and the action is sent once more
    /// with that.
    ///
    /// # Errors
    /// [`CallError`]
    pub(super) async fn call(&self, action: &Action) -> Result<Reply, CallError> {
        [Some(self.key.secret), self.key.token]
            .into_iter()
            .flatten()
            .try_for_each(|key| self.cloud.check_token(key))?;
        let local = self.clock.now();
        let now = self.skew.get().to_server(local);
        match self.call_once(action, now).await {
            Err(CallError::Reply(ReplyError::Refused(Refusal { code: Some(code), date: Some(date), .. })))
                if code.starts_with(DATE_REFUSED) && date != now =>
            {
                self.skew.set(Skew::between(date, local));
                self.call_once(action, date).await
            }
            outcome => outcome,
        }
    }

    async fn call_once(&self, action: &Action, now: Timestamp) -> Result<Reply, CallError> {
        let url = action.product.url(self.cloud);
        let (host, query) = (authority(&url), action.query());
        let unsigned = Unsigned { host: &host, action: action.name, version: action.product.version(), query: &query };
        let signed = sign(&unsigned, &self.key, now, &nonce(self.entropy)?);
        let url = if query.is_empty() { url } else { format!("{url}?{query}") };
        let mut request = http::Request::post(url).header(ACCEPT, "application/json").header(HOST, &host);
        for (name, value) in &signed.headers {
            request = request.header(*name, value.expose());
        }
        let request = request.header(AUTHORIZATION, signed.authorization).body(Vec::new()).map_err(|_| {
            ReplyError::Field { host: host.clone(), field: "accessKeyId", problem: FieldProblem::Unusable }
        })?;
        let response = self.http.send(request).await.map_err(ReplyError::from)?;
        let sent: Vec<&Secret> = self.key.token.into_iter().chain([self.key.secret]).collect();
        Ok(Reply::judge(&host, &response, &sent)?)
    }
}

/// A text of the answer, safe to print.
pub(super) fn text(reply: &Reply, name: &'static str) -> Result<String, ReplyError> {
    match reply.value(name) {
        Some(Value::String(text)) => Ok(printable(&text, MAX_TEXT)),
        _ => Err(reply.bad(name, FieldProblem::Missing)),
    }
}

/// The `Host` header for `url`.
fn authority(url: &str) -> String {
    url.parse::<http::Uri>().ok().and_then(|uri| uri.authority().map(ToString::to_string)).unwrap_or_default()
}

fn nonce(entropy: &dyn Entropy) -> Result<String, NoEntropy> {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes)?;
    Ok(hex(&bytes))
}
