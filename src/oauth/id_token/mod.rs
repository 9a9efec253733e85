//! id_tokens (OpenID Connect Core sections 2 and 3.1.3.7): verified with the site's keys before they are believed.
//!
//! Only RS256 is accepted, whatever the token says of itself: `none` proves nothing, and with HS256 a public key would
//! be taken for a secret (RFC 8725 section 3.1).

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::header::ACCEPT;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::Value;

use super::token::host_of;
use super::userinfo::UserInfo;
use crate::host::Http;
use crate::reply::{FieldProblem, Reply, ReplyError};
use crate::secret::Secret;
use crate::site::{Cloud, Site};
use crate::text::printable;
use crate::time::Timestamp;

const ALGORITHM: &str = "RS256";
/// How far the clocks of server and verifier may be apart, in seconds.
const TOLERANCE: i64 = 120;
/// The longest text of a token that is passed on, in characters.
const MAX_TEXT: usize = 128;

/// A public key of the site (RFC 7517, RFC 7518 section 6.3.1).
#[derive(Clone, Debug)]
pub struct VerifyingKey {
    id: Option<String>,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

/// What an id_token has to say.
#[derive(Clone, Copy, Debug)]
pub struct Claimed<'a> {
    /// `iss`
    pub issuer: &'a str,
    /// `aud`
    pub client_id: &'a str,
    /// By the server's clock.
    pub now: Timestamp,
}

/// Why an id_token is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenError {
    /// It is not a signed JSON Web Token.
    #[error("malformed")]
    Malformed,
    /// It names another algorithm.
    #[error("wrong-algorithm")]
    Algorithm(String),
    /// The site has no key of this id.
    #[error("unknown-key")]
    UnknownKey,
    /// The signature is wrong.
    #[error("wrong-signature")]
    Signature,
    /// Another issuer made it.
    #[error("wrong-issuer")]
    Issuer(String),
    /// It is for another client.
    #[error("wrong-audience")]
    Audience,
    /// It has expired, or does not say when it does.
    #[error("expired")]
    Expired,
    /// It was issued in the future.
    #[error("issued-in-the-future")]
    Future,
}

/// Fetches the site's keys, and its time where it says so. Keys rotate: nobody keeps them.
///
/// # Errors
/// [`ReplyError`]
pub async fn keys(
    http: &dyn Http,
    cloud: &Cloud,
    site: Site,
) -> Result<(Vec<VerifyingKey>, Option<Timestamp>), ReplyError> {
    let request = http::Request::get(cloud.keys_url(site)).header(ACCEPT, "application/json").body(Vec::new());
    let request = request.expect("a compiled-in URL makes a request");
    let host = host_of(&request);
    let reply = Reply::judge(&host, &http.send(request).await?, &[])?;
    let keys = reply.value("keys").and_then(|keys| Some(keys.as_array()?.iter().filter_map(read_key).collect()));
    Ok((keys.ok_or_else(|| reply.bad("keys", FieldProblem::Missing))?, reply.date))
}

/// An RSA key for signatures; other keys are none of ours.
fn read_key(key: &Value) -> Option<VerifyingKey> {
    let text = |name: &str| key.get(name)?.as_str();
    let fits = text("kty")? == "RSA" && text("use").is_none_or(|used| used == "sig");
    let number = |name: &str| BASE64_URL_SAFE_NO_PAD.decode(text(name)?).ok();
    fits.then_some(())?;
    Some(VerifyingKey { id: text("kid").map(str::to_owned), modulus: number("n")?, exponent: number("e")? })
}

/// Verifies `token` and returns who it is about.
///
/// # Errors
/// [`IdTokenError`]
pub fn verify(token: &Secret, keys: &[VerifyingKey], claimed: &Claimed<'_>) -> Result<UserInfo, IdTokenError> {
    let (signed, signature) = token.expose().rsplit_once('.').ok_or(IdTokenError::Malformed)?;
    let (header, payload) = signed.split_once('.').ok_or(IdTokenError::Malformed)?;
    let (header, payload) = (json(header)?, json(payload)?);
    let algorithm = header.get("alg").and_then(Value::as_str).unwrap_or_default();
    if algorithm != ALGORITHM {
        return Err(IdTokenError::Algorithm(printable(algorithm, MAX_TEXT)));
    }
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).map_err(|_| IdTokenError::Malformed)?;
    let kid = header.get("kid").and_then(Value::as_str);
    let mut candidates = keys.iter().filter(|key| kid.is_none() || key.id.as_deref() == kid).peekable();
    candidates.peek().ok_or(IdTokenError::UnknownKey)?;
    if !candidates.any(|key| key.verifies(signed, &signature)) {
        return Err(IdTokenError::Signature);
    }
    check(&payload, claimed)?;
    UserInfo::of(|name| payload.get(name).cloned()).ok_or(IdTokenError::Malformed)
}

impl VerifyingKey {
    fn verifies(&self, signed: &str, signature: &[u8]) -> bool {
        let key = RsaPublicKeyComponents { n: &self.modulus, e: &self.exponent };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), signature).is_ok()
    }
}

fn json(part: &str) -> Result<Value, IdTokenError> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| IdTokenError::Malformed)?;
    serde_json::from_slice(&bytes).ok().filter(Value::is_object).ok_or(IdTokenError::Malformed)
}

fn check(payload: &Value, claimed: &Claimed<'_>) -> Result<(), IdTokenError> {
    let issuer = payload.get("iss").and_then(Value::as_str).unwrap_or_default();
    if issuer.trim_end_matches('/') != claimed.issuer {
        return Err(IdTokenError::Issuer(printable(issuer, MAX_TEXT)));
    }
    let names = |value: &Value| value.as_str() == Some(claimed.client_id);
    let audience = payload.get("aud").unwrap_or(&Value::Null);
    if !names(audience) && !audience.as_array().is_some_and(|list| list.iter().any(names)) {
        return Err(IdTokenError::Audience);
    }
    let time = |name: &str| payload.get(name).and_then(Value::as_f64).map(|seconds| seconds as i64);
    let now = claimed.now.as_unix();
    if time("exp").is_none_or(|end| end.saturating_add(TOLERANCE) <= now) {
        return Err(IdTokenError::Expired);
    }
    match time("iat") {
        Some(issued) if issued.saturating_sub(TOLERANCE) > now => Err(IdTokenError::Future),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
