//! One signed call: sign, send, judge the answer. What the fields mean is left to the product's module.

use http::header::{ACCEPT, AUTHORIZATION, HOST};
use serde_json::Value;

use super::signature::{Action, Key, hex, sign};
use crate::host::{Entropy, Http, NoEntropy};
use crate::reply::{Problem, Refusal, Reply, ReplyError};
use crate::secret::Secret;
use crate::text::printable;
use crate::time::Timestamp;

const MAX_TEXT: usize = 256;
/// How the codes begin that refuse the date of a signature.
const DATE_REFUSED: &str = "InvalidTimeStamp";

/// A call brought no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No nonce could be drawn.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// The service gave no usable answer.
    #[error(transparent)]
    Reply(#[from] ReplyError),
}

/// Sends one action to `url` with `key`. `now` is the server's time as far as it is known, in which the signature is
/// dated. A service that refuses this date sends its own, and the action is sent once more with that.
///
/// # Errors
/// [`CallError`]
pub(super) async fn call(
    http: &dyn Http,
    entropy: &dyn Entropy,
    url: &str,
    action: &Action<'_>,
    key: &Key<'_>,
    now: Timestamp,
) -> Result<Reply, CallError> {
    match call_once(http, entropy, url, action, key, now).await {
        Err(CallError::Reply(ReplyError::Refused(Refusal { code: Some(code), date: Some(date), .. })))
            if code.starts_with(DATE_REFUSED) && date != now =>
        {
            call_once(http, entropy, url, action, key, date).await
        }
        outcome => outcome,
    }
}

async fn call_once(
    http: &dyn Http,
    entropy: &dyn Entropy,
    url: &str,
    action: &Action<'_>,
    key: &Key<'_>,
    now: Timestamp,
) -> Result<Reply, CallError> {
    let signed = sign(action, key, now, &nonce(entropy)?);
    let mut request = http::Request::post(url).header(ACCEPT, "application/json").header(HOST, action.host);
    for (name, value) in &signed.headers {
        request = request.header(*name, value.expose());
    }
    let request = request.header(AUTHORIZATION, signed.authorization).body(Vec::new()).map_err(|_| {
        ReplyError::Field { host: action.host.to_owned(), field: "accessKeyId", problem: Problem::Unusable }
    })?;
    let response = http.send(request).await.map_err(ReplyError::from)?;
    let sent: Vec<&Secret> = key.token.into_iter().chain([key.secret]).collect();
    Ok(Reply::judge(action.host, &response, &sent)?)
}

/// A text of the answer, safe to print.
pub(super) fn text(reply: &Reply, name: &'static str) -> Result<String, ReplyError> {
    match reply.value(name) {
        Some(Value::String(text)) => Ok(printable(&text, MAX_TEXT)),
        _ => Err(reply.bad(name, Problem::Missing)),
    }
}

/// The `Host` header for `url`.
pub(super) fn authority(url: &str) -> String {
    url.parse::<http::Uri>().ok().and_then(|uri| uri.authority().map(ToString::to_string)).unwrap_or_default()
}

fn nonce(entropy: &dyn Entropy) -> Result<String, NoEntropy> {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes)?;
    Ok(hex(&bytes))
}
