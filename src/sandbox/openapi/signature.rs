//! Who signed a call: ACS3-HMAC-SHA256 (version 3) in headers, or HMAC-SHA1 (version 1) in parameters, both computed
//! from the request as it arrived.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;

use super::ApiError;
use crate::sandbox::digest::{hex, sha256_hex};
use crate::sandbox::provider::Provider;
use crate::sandbox::request::Request;
use crate::sandbox::users::User;
use crate::time::Timestamp;

/// How far the date of a signature may be from the sandbox's clock, in seconds.
const TOLERANCE: u64 = 15 * 60;

/// What a request says about itself and its signer, not checked yet.
pub(super) struct Claim<'a> {
    pub(super) action: String,
    pub(super) version: String,
    /// Of the query and, if it is one, of the form.
    pub(super) parameters: BTreeMap<String, String>,
    request: &'a Request,
    in_headers: bool,
}

impl<'a> Claim<'a> {
    /// Reads a request; `None` if it names no action.
    pub(super) fn read(request: &'a Request) -> Option<Self> {
        let mut parameters = request.query.clone().unwrap_or_default();
        parameters.extend(request.form().unwrap_or_default());
        let header = |name: &str| request.header(name).map(str::to_owned);
        let get = |name: &str| parameters.get(name).cloned();
        let in_headers = request.headers.contains_key("x-acs-action");
        let (action, version) = if in_headers {
            (header("x-acs-action")?, header("x-acs-version"))
        } else {
            (get("Action")?, get("Version"))
        };
        Some(Self { action, version: version.unwrap_or_default(), parameters, request, in_headers })
    }

    /// Checks the signature and finds the caller.
    pub(super) fn check<'p>(
        &self,
        provider: &'p Provider,
        nonces: &mut BTreeSet<String>,
    ) -> Result<&'p User, ApiError> {
        let parts = if self.in_headers { self.third_version()? } else { self.first_version()? };
        let key = provider.state.keys.get(&parts.credential);
        let key = key.ok_or_else(|| error(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found."))?;
        let date = Timestamp::parse_rfc3339(&parts.date).map(Timestamp::as_unix).unwrap_or_default();
        if date.abs_diff(provider.now()) > TOLERANCE {
            let why = "Specified time stamp or date value is expired.";
            return Err(error(400, "InvalidTimeStamp.Expired", why));
        }
        if !parts.is_complete || parts.signature != parts.method.sign(&parts.to_sign, &key.secret) {
            let why = "Specified signature is not matched with our calculation.";
            return Err(error(400, "SignatureDoesNotMatch", why));
        }
        let token = parts.token.as_deref().map(|token| sha256_hex(token.as_bytes()));
        if token != key.token {
            return Err(error(400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed."));
        }
        if key.expires.is_some_and(|expires| expires <= provider.now()) {
            return Err(error(403, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired."));
        }
        if parts.nonce.is_empty() || !nonces.insert(parts.nonce) {
            return Err(error(400, "SignatureNonceUsed", "Specified signature nonce was used already."));
        }
        // Version 1 answers in XML unless it is asked for JSON.
        if !self.in_headers && self.parameters.get("Format").is_none_or(|format| format != "JSON") {
            return Err(error(400, "InvalidParameter.Format", "The sandbox answers in JSON only."));
        }
        provider.user(&key.user).ok_or_else(|| ApiError::not_exist("User"))
    }

    fn third_version(&self) -> Result<Parts, ApiError> {
        let header = |name: &str| self.request.header(name).unwrap_or_default().to_owned();
        let text = header("authorization");
        let rest = text.strip_prefix("ACS3-HMAC-SHA256 ").ok_or_else(incomplete)?;
        let field = |name: &str| rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
        let need = |name| field(name).ok_or_else(incomplete);
        let names = need("SignedHeaders")?;
        let request = canonical(names, self.request);
        Ok(Parts {
            method: Method::Third,
            is_complete: covers_enough(names, self.request),
            credential: need("Credential")?.to_owned(),
            signature: need("Signature")?.to_owned(),
            to_sign: format!("ACS3-HMAC-SHA256\n{}", sha256_hex(request.as_bytes())),
            date: header("x-acs-date"),
            nonce: header("x-acs-signature-nonce"),
            token: self.request.header("x-acs-security-token").map(str::to_owned),
        })
    }

    fn first_version(&self) -> Result<Parts, ApiError> {
        let get = |name: &str| self.parameters.get(name).cloned();
        let need = |name: &str| get(name).ok_or_else(incomplete);
        if need("SignatureMethod")? != "HMAC-SHA1" || need("SignatureVersion")? != "1.0" {
            return Err(incomplete());
        }
        let signed = self.parameters.iter().filter(|(name, _)| *name != "Signature");
        let query = joined(signed);
        Ok(Parts {
            method: Method::First,
            is_complete: true,
            credential: need("AccessKeyId")?,
            signature: need("Signature")?,
            to_sign: format!("{}&%2F&{}", self.request.method, encode(&query)),
            date: need("Timestamp")?,
            nonce: need("SignatureNonce")?,
            token: get("SecurityToken"),
        })
    }
}

/// What the signature consists of.
struct Parts {
    method: Method,
    /// Whether everything is signed that must be.
    is_complete: bool,
    credential: String,
    signature: String,
    to_sign: String,
    date: String,
    nonce: String,
    token: Option<String>,
}

enum Method {
    Third,
    First,
}

impl Method {
    fn sign(&self, text: &str, secret: &str) -> String {
        match self {
            Self::Third => {
                hex(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), text.as_bytes()).as_ref())
            }
            Self::First => {
                let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, format!("{secret}&").as_bytes());
                BASE64_STANDARD.encode(hmac::sign(&key, text.as_bytes()))
            }
        }
    }
}

fn error(status: u16, code: &str, message: &str) -> ApiError {
    ApiError::new(status, code, message)
}

fn incomplete() -> ApiError {
    error(400, "IncompleteSignature", "The request signature does not conform to standards.")
}

/// Whether the host and every `x-acs-*` header are signed, and the body matches its signed digest.
fn covers_enough(names: &str, request: &Request) -> bool {
    let names: BTreeSet<&str> = names.split(';').collect();
    let must = |name: &str| name == "host" || name.starts_with("x-acs-");
    let all = request.headers.keys().filter(|name| must(name)).all(|name| names.contains(name.as_str()));
    all && names.contains("host")
        && request.headers.get("x-acs-content-sha256").is_some_and(|sum| *sum == sha256_hex(&request.body))
}

fn canonical(names: &str, request: &Request) -> String {
    let query = joined(request.query.iter().flatten());
    let headers: String =
        names.split(';').map(|name| format!("{name}:{}\n", request.header(name).map_or("", str::trim))).collect();
    [request.method.as_str(), "/", &query, &headers, names, &sha256_hex(&request.body)].join("\n")
}

/// The parameters, in order of their names, as both versions spell them.
fn joined<'a>(parameters: impl Iterator<Item = (&'a String, &'a String)>) -> String {
    parameters.map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
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
    use tiny_http::Method as Verb;

    use super::*;

    fn own(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn request(query: &[(&str, &str)], headers: &[(&str, &str)]) -> Request {
        Request {
            id: String::new(),
            method: Verb::Post,
            path: "/".to_owned(),
            query: Some(own(query)),
            headers: own(headers),
            body: Vec::new(),
        }
    }

    fn signature(request: &Request, secret: &str) -> String {
        let claim = Claim::read(request).unwrap();
        let parts = if claim.in_headers { claim.third_version() } else { claim.first_version() }.unwrap();
        assert!(parts.is_complete);
        parts.method.sign(&parts.to_sign, secret)
    }

    const RUN: &[(&str, &str)] =
        &[("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"), ("RegionId", "cn-shanghai")];
    const CREATE: &[(&str, &str)] = &[
        ("AppName", "gitlab"),
        ("AppType", "WebApp"),
        ("DisplayName", "GitLab"),
        ("PredefinedScopes", "aliuid;profile"),
        ("RedirectUris", "https://gitlab.example.com/users/auth/alicloud/callback"),
    ];

    /// The example in the signature's documentation, and some made with the official Python SDK.
    #[test]
    #[rustfmt::skip]
    fn published_signatures_of_version_3_verify() {
        for (host, action, version, date, query, token, expected) in [
            ("ecs.cn-shanghai.aliyuncs.com", "RunInstances", "2014-05-26", "2023-10-26T10:22:32Z", RUN, None,
             "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"),
            ("sts.aliyuncs.com", "GetCallerIdentity", "2015-04-01", "2026-01-02T03:04:05Z", &[][..], None,
             "bc376715cd07a9376ae4949a752052361b35527af42d58268da6c38271bd6364"),
            ("ims.aliyuncs.com", "CreateApplication", "2019-08-15", "2026-01-02T03:04:05Z", CREATE, None,
             "c4dc2438bf32f8f91f4597788f47ef1e69c33c5ec781914743b81a4bad05e29f"),
            ("ims.aliyuncs.com", "CreateApplication", "2019-08-15", "2026-01-02T03:04:05Z", CREATE, Some("YourSecurityToken"),
             "ea7a78cccbeea60ace2d19fa0af453eded2cd43ca1f8809f96eedc99c7303929"),
        ] {
            let sum = sha256_hex(b"");
            let mut headers = vec![
                ("host", host),
                ("x-acs-action", action),
                ("x-acs-content-sha256", &sum),
                ("x-acs-date", date),
                ("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
                ("x-acs-version", version),
            ];
            headers.extend(token.map(|token| ("x-acs-security-token", token)));
            headers.sort_unstable();
            let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
            let authorization = format!("ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders={names},Signature=x");
            headers.push(("authorization", &authorization));
            assert_eq!(signature(&request(query, &headers), "YourAccessKeySecret"), expected, "{action}");
        }
    }

    /// The example of the documentation of version 1: `DescribeRegions`.
    #[test]
    fn the_published_signature_of_version_1_verifies() {
        let mut request = request(
            &[
                ("AccessKeyId", "testid"),
                ("Action", "DescribeRegions"),
                ("Format", "XML"),
                ("Signature", "x"),
                ("SignatureMethod", "HMAC-SHA1"),
                ("SignatureNonce", "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf"),
                ("SignatureVersion", "1.0"),
                ("Timestamp", "2016-02-23T12:46:24Z"),
                ("Version", "2014-05-26"),
            ],
            &[],
        );
        request.method = Verb::Get;
        assert_eq!(signature(&request, "testsecret"), "OLeaidS1JvxuMvnyHOwuJ+uX5qY=");
    }
}
