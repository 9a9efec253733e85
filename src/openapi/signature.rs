//! ACS3-HMAC-SHA256, signature version 3 of Alibaba Cloud's API
//! (<https://help.aliyun.com/document_detail/2593177.html>), for requests without a body.

use ring::{digest, hmac};

use crate::secret::Secret;
use crate::time::Timestamp;

const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// The request: which action of which host.
#[derive(Clone, Copy, Debug)]
pub struct Action<'a> {
    /// The `Host` header.
    pub host: &'a str,
    /// Such as `GetCallerIdentity`.
    pub name: &'a str,
    /// The version of the API, a date.
    pub version: &'a str,
    /// Parameters, encoded here.
    pub query: &'a [(&'a str, &'a str)],
}

/// What signs.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    /// The AccessKey id.
    pub id: &'a str,
    /// The AccessKey secret.
    pub secret: &'a Secret,
    /// The STS token, for temporary credentials.
    pub token: Option<&'a Secret>,
}

/// The headers to send in addition to `host`.
#[derive(Debug)]
pub struct Signed {
    /// The `x-acs-*` headers, in order of their names.
    pub headers: Vec<(&'static str, Secret)>,
    /// The `Authorization` header.
    pub authorization: String,
}

/// Signs a POST to `/` at the server's time `now`; `nonce` must never repeat.
pub fn sign(action: &Action<'_>, key: &Key<'_>, now: Timestamp, nonce: &str) -> Signed {
    let mut headers = vec![
        ("x-acs-action", Secret::new(action.name)),
        ("x-acs-content-sha256", Secret::new(sha256_hex(b""))),
        ("x-acs-date", Secret::new(now.to_string())),
    ];
    headers.extend(key.token.map(|token| ("x-acs-security-token", token.clone())));
    headers.push(("x-acs-signature-nonce", Secret::new(nonce)));
    headers.push(("x-acs-version", Secret::new(action.version)));
    let names: Vec<&str> = std::iter::once("host").chain(headers.iter().map(|(name, _)| *name)).collect();
    let names = names.join(";");
    let to_sign = format!("{ALGORITHM}\n{}", sha256_hex(canonical(action, &headers, &names).expose().as_bytes()));
    let signing_key = hmac::Key::new(hmac::HMAC_SHA256, key.secret.expose().as_bytes());
    let signature = hex(hmac::sign(&signing_key, to_sign.as_bytes()).as_ref());
    let authorization = format!("{ALGORITHM} Credential={},SignedHeaders={names},Signature={signature}", key.id);
    Signed { headers, authorization }
}

fn canonical(action: &Action<'_>, headers: &[(&str, Secret)], names: &str) -> Secret {
    let mut query: Vec<String> =
        action.query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    query.sort();
    let mut lines = format!("POST\n/\n{}\nhost:{}\n", query.join("&"), action.host);
    for (name, value) in headers {
        lines.push_str(&format!("{name}:{}\n", value.expose()));
    }
    lines.push_str(&format!("\n{names}\n{}", sha256_hex(b"")));
    Secret::new(lines)
}

/// Percent-encodes all but the unreserved characters of RFC 3986 section 2.3.
fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn sha256_hex(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(action: &Action<'_>, token: Option<&Secret>, date: &str, nonce: &str) -> String {
        let key = Key { id: "YourAccessKeyId", secret: &Secret::new("YourAccessKeySecret"), token };
        sign(action, &key, Timestamp::parse_rfc3339(date).unwrap(), nonce).authorization
    }

    const RUN_INSTANCES: Action<'_> = Action {
        host: "ecs.cn-shanghai.aliyuncs.com",
        name: "RunInstances",
        version: "2014-05-26",
        query: &[("RegionId", "cn-shanghai"), ("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd")],
    };

    #[test]
    fn the_published_vectors_hold() {
        for (date, nonce, expected) in [
            (
                "2023-10-26T10:22:32Z",
                "3156853299f313e23d1673dc12e1703d",
                "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
            ),
            (
                "2023-10-26T09:01:01Z",
                "d410180a5abf7fe235dd9b74aca91fc0",
                "e521358f7776c97df52e6b2891a8bc73026794a071b50c3323388c4e0df64804",
            ),
        ] {
            let authorization = signature(&RUN_INSTANCES, None, date, nonce);
            assert!(authorization.ends_with(&format!(",Signature={expected}")), "{authorization}");
        }
    }

    #[test]
    fn get_caller_identity_is_signed_as_the_official_sdk_signs_it() {
        let action = Action { host: "sts.aliyuncs.com", name: "GetCallerIdentity", version: "2015-04-01", query: &[] };
        let nonce = "3156853299f313e23d1673dc12e1703d";
        let plain = signature(&action, None, "2026-01-02T03:04:05Z", nonce);
        assert_eq!(
            plain,
            "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;\
             x-acs-date;x-acs-signature-nonce;x-acs-version,\
             Signature=bc376715cd07a9376ae4949a752052361b35527af42d58268da6c38271bd6364"
        );
        let token = Secret::new("YourSecurityToken");
        let with_token = signature(&action, Some(&token), "2026-01-02T03:04:05Z", nonce);
        assert!(
            with_token.ends_with("Signature=c6261c2f2696ff9229e9df4a6608c00fb354d75c6887316de5465fa2b307f3dd"),
            "{with_token}"
        );
    }
}
