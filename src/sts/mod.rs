//! The Security Token Service: who do these credentials belong to?

pub mod signature;

use http::header::{ACCEPT, AUTHORIZATION, HOST};
use serde_json::Value;

use crate::host::{Entropy, Http, NoEntropy};
use crate::reply::{Reply, ReplyError};
use crate::site::Cloud;
use crate::text::printable;
use crate::time::Timestamp;

pub use signature::Key;
use signature::{Action, sign};

const MAX_TEXT: usize = 256;

/// Who the credentials belong to, as STS says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The number of the Alibaba Cloud account.
    pub account_id: String,
    /// `acs:ram::ACCOUNT:user/NAME`, `:root` or `:assumed-role/ROLE/SESSION`.
    pub arn: String,
    /// `Account`, `RAMUser`, `AssumedRoleUser`, or what STS invents next.
    pub identity_type: String,
    /// The id of the user or role.
    pub principal_id: String,
}

/// The identity could not be found out.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// No nonce could be drawn.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// STS gave no usable answer.
    #[error(transparent)]
    Reply(#[from] ReplyError),
}

/// Asks `GetCallerIdentity` (STS 2015-04-01), which needs no permission. `now` is the server's time.
///
/// # Errors
/// [`IdentityError`]
pub async fn caller_identity(
    http: &dyn Http,
    entropy: &dyn Entropy,
    cloud: &Cloud,
    key: &Key<'_>,
    now: Timestamp,
) -> Result<Identity, IdentityError> {
    let url = cloud.sts_url();
    let host = authority(&url);
    let action = Action { host: &host, name: "GetCallerIdentity", version: "2015-04-01", query: &[] };
    let signed = sign(&action, key, now, &nonce(entropy)?);
    let mut request = http::Request::post(&url).header(ACCEPT, "application/json").header(HOST, &host);
    for (name, value) in &signed.headers {
        request = request.header(*name, value.expose());
    }
    let request = request
        .header(AUTHORIZATION, signed.authorization)
        .body(Vec::new())
        .map_err(|_| ReplyError::Field { host: host.clone(), field: "accessKeyId", problem: "an unusable" })?;
    let response = http.send(request).await.map_err(ReplyError::from)?;
    let reply = Reply::judge(&host, &response)?;
    Ok(Identity {
        account_id: text(&reply, "AccountId")?,
        arn: text(&reply, "Arn")?,
        identity_type: text(&reply, "IdentityType")?,
        principal_id: text(&reply, "PrincipalId").unwrap_or_default(),
    })
}

fn text(reply: &Reply, name: &'static str) -> Result<String, ReplyError> {
    match reply.value(name) {
        Some(Value::String(text)) => Ok(printable(text, MAX_TEXT)),
        _ => Err(reply.bad(name, "no")),
    }
}

fn authority(url: &str) -> String {
    url.parse::<http::Uri>().ok().and_then(|uri| uri.authority().map(ToString::to_string)).unwrap_or_default()
}

fn nonce(entropy: &dyn Entropy) -> Result<String, NoEntropy> {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes)?;
    Ok(signature::hex(&bytes))
}
