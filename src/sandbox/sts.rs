//! `GetCallerIdentity`, with the signature checked: ACS3-HMAC-SHA256, computed from the request.

use std::collections::{BTreeMap, BTreeSet};

use ring::hmac;
use serde_json::{Value, json};

use super::digest::{hex, sha256_hex};
use super::provider::{Provider, Refusal};
use crate::time::Timestamp;

/// How far `x-acs-date` may be from the sandbox's clock, in seconds.
const TOLERANCE: u64 = 15 * 60;

/// The parts of a request that a signature covers.
pub(super) struct Signed<'a> {
    pub(super) method: &'a str,
    pub(super) query: &'a BTreeMap<String, String>,
    /// Names in lower case.
    pub(super) headers: &'a BTreeMap<String, String>,
    pub(super) body: &'a [u8],
}

/// Answers a request; each nonce may be used once.
pub(super) fn answer(
    provider: &Provider,
    nonces: &mut BTreeSet<String>,
    request: &Signed<'_>,
    id: &str,
) -> Result<Value, Refusal> {
    let header = |name: &str| request.headers.get(name).map(String::as_str).unwrap_or_default();
    if header("x-acs-action") != "GetCallerIdentity" || header("x-acs-version") != "2015-04-01" {
        return Err(Refusal(404, "InvalidAction.NotFound", "Specified api is not found."));
    }
    let parts = authorization(header("authorization")).ok_or(Refusal(
        400,
        "IncompleteSignature",
        "The request signature does not conform to standards.",
    ))?;
    let key = provider.state.keys.get(parts.credential);
    let key = key.ok_or(Refusal(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found."))?;
    let date = Timestamp::parse_rfc3339(header("x-acs-date")).map(Timestamp::as_unix).unwrap_or_default();
    if date.abs_diff(provider.now()) > TOLERANCE {
        return Err(Refusal(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired."));
    }
    if !covers_enough(&parts, request) || parts.signature != signature(&parts, request, &key.secret) {
        return Err(Refusal(400, "SignatureDoesNotMatch", "Specified signature is not matched with our calculation."));
    }
    if sha256_hex(header("x-acs-security-token").as_bytes()) != key.token {
        return Err(Refusal(400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed."));
    }
    if key.expires <= provider.now() {
        return Err(Refusal(403, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired."));
    }
    if !nonces.insert(header("x-acs-signature-nonce").to_owned()) {
        return Err(Refusal(400, "SignatureNonceUsed", "Specified signature nonce was used already."));
    }
    let user = provider.user(&key.user).ok_or(Refusal(404, "EntityNotExist.User", "The user does not exist."))?;
    Ok(json!({
        "RequestId": id,
        "IdentityType": user.identity_type(),
        "AccountId": user.account_id,
        "PrincipalId": user.id,
        "UserId": user.id,
        "Arn": user.arn(),
    }))
}

struct Parts<'a> {
    credential: &'a str,
    names: &'a str,
    signature: &'a str,
}

fn authorization(text: &str) -> Option<Parts<'_>> {
    let rest = text.strip_prefix("ACS3-HMAC-SHA256 ")?;
    let field = |name: &str| rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    Some(Parts { credential: field("Credential")?, names: field("SignedHeaders")?, signature: field("Signature")? })
}

/// Whether the host and every `x-acs-*` header are signed, and the body matches its signed digest.
fn covers_enough(parts: &Parts<'_>, request: &Signed<'_>) -> bool {
    let names: BTreeSet<&str> = parts.names.split(';').collect();
    let must = |name: &str| name == "host" || name.starts_with("x-acs-");
    let all = request.headers.keys().filter(|name| must(name)).all(|name| names.contains(name.as_str()));
    all && names.contains("host")
        && request.headers.get("x-acs-content-sha256").is_some_and(|sum| *sum == sha256_hex(request.body))
}

fn signature(parts: &Parts<'_>, request: &Signed<'_>, secret: &str) -> String {
    let query: Vec<String> =
        request.query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    let headers: String = parts
        .names
        .split(';')
        .map(|name| format!("{name}:{}\n", request.headers.get(name).map_or("", |value| value.trim())))
        .collect();
    let canonical =
        [request.method, "/", &query.join("&"), &headers, parts.names, &sha256_hex(request.body)].join("\n");
    let to_sign = format!("ACS3-HMAC-SHA256\n{}", sha256_hex(canonical.as_bytes()));
    hex(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), to_sign.as_bytes()).as_ref())
}

fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
        .replace('*', "%2A")
        .replace("%7E", "~")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example in the signature's documentation, and one made with the official Python SDK.
    #[test]
    fn published_signatures_verify() {
        let query = [("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"), ("RegionId", "cn-shanghai")];
        for (host, action, version, date, query, expected) in [
            (
                "ecs.cn-shanghai.aliyuncs.com",
                "RunInstances",
                "2014-05-26",
                "2023-10-26T10:22:32Z",
                &query[..],
                "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
            ),
            (
                "sts.aliyuncs.com",
                "GetCallerIdentity",
                "2015-04-01",
                "2026-01-02T03:04:05Z",
                &[],
                "bc376715cd07a9376ae4949a752052361b35527af42d58268da6c38271bd6364",
            ),
        ] {
            let sum = sha256_hex(b"");
            let headers = [
                ("host", host),
                ("x-acs-action", action),
                ("x-acs-content-sha256", &sum),
                ("x-acs-date", date),
                ("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
                ("x-acs-version", version),
            ];
            let own = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            let (query, headers): (BTreeMap<_, _>, BTreeMap<_, _>) = (own(query), own(&headers));
            let request = Signed { method: "POST", query: &query, headers: &headers, body: b"" };
            let names = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version";
            let parts = Parts { credential: "YourAccessKeyId", names, signature: expected };
            assert!(covers_enough(&parts, &request));
            assert_eq!(signature(&parts, &request, "YourAccessKeySecret"), expected);
        }
    }
}
