//! ACS3-HMAC-SHA256, signature version 3 of Alibaba Cloud's API
//! (<https://help.aliyun.com/document_detail/2593177.html>), for requests without a body.

use ring::{digest, hmac};

use crate::secret::Secret;
use crate::time::Timestamp;

const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// The request: which action of which host.
#[derive(Clone, Copy, Debug)]
pub struct Unsigned<'a> {
    /// The `Host` header.
    pub host: &'a str,
    /// Such as `GetCallerIdentity`.
    pub action: &'a str,
    /// The version of the API, a date.
    pub version: &'a str,
    /// The query of the URL: encoded, in order of the names.
    pub query: &'a str,
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
pub fn sign(request: &Unsigned<'_>, key: &Key<'_>, now: Timestamp, nonce: &str) -> Signed {
    let mut headers = vec![
        ("x-acs-action", Secret::new(request.action)),
        ("x-acs-content-sha256", Secret::new(sha256_hex(b""))),
        ("x-acs-date", Secret::new(now.to_string())),
    ];
    headers.extend(key.token.map(|token| ("x-acs-security-token", token.clone())));
    headers.push(("x-acs-signature-nonce", Secret::new(nonce)));
    headers.push(("x-acs-version", Secret::new(request.version)));
    let names: Vec<&str> = std::iter::once("host").chain(headers.iter().map(|(name, _)| *name)).collect();
    let names = names.join(";");
    let to_sign = format!("{ALGORITHM}\n{}", sha256_hex(canonical(request, &headers, &names).expose().as_bytes()));
    let signing_key = hmac::Key::new(hmac::HMAC_SHA256, key.secret.expose().as_bytes());
    let signature = hex(hmac::sign(&signing_key, to_sign.as_bytes()).as_ref());
    let authorization = format!("{ALGORITHM} Credential={},SignedHeaders={names},Signature={signature}", key.id);
    Signed { headers, authorization }
}

fn canonical(request: &Unsigned<'_>, headers: &[(&str, Secret)], names: &str) -> Secret {
    let mut lines = format!("POST\n/\n{}\nhost:{}\n", request.query, request.host);
    for (name, value) in headers {
        lines.push_str(&format!("{name}:{}\n", value.expose()));
    }
    lines.push_str(&format!("\n{names}\n{}", sha256_hex(b"")));
    Secret::new(lines)
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
    use crate::openapi::{Action, Product};

    const NONCE: &str = "3156853299f313e23d1673dc12e1703d";

    fn authorization(request: &Unsigned<'_>, token: Option<&Secret>, date: &str, nonce: &str) -> String {
        let key = Key { id: "YourAccessKeyId", secret: &Secret::new("YourAccessKeySecret"), token };
        sign(request, &key, Timestamp::parse_rfc3339(date).unwrap(), nonce).authorization
    }

    #[test]
    fn the_published_vectors_hold() {
        let request = Unsigned {
            host: "ecs.cn-shanghai.aliyuncs.com",
            action: "RunInstances",
            version: "2014-05-26",
            query: "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai",
        };
        for (date, nonce, expected) in [
            ("2023-10-26T10:22:32Z", NONCE, "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"),
            (
                "2023-10-26T09:01:01Z",
                "d410180a5abf7fe235dd9b74aca91fc0",
                "e521358f7776c97df52e6b2891a8bc73026794a071b50c3323388c4e0df64804",
            ),
        ] {
            let authorization = authorization(&request, None, date, nonce);
            assert!(authorization.ends_with(&format!(",Signature={expected}")), "{authorization}");
        }
    }

    #[test]
    fn actions_are_signed_as_the_official_sdk_signs_them() {
        let identity = Action::new(Product::Sts, "GetCallerIdentity");
        let create = Action::new(Product::Ims, "CreateApplication")
            .with("PredefinedScopes", "aliuid;profile")
            .with("AppName", "gitlab")
            .with("AppType", "WebApp")
            .with("DisplayName", "GitLab")
            .with("RedirectUris", "https://gitlab.example.com/users/auth/alicloud/callback");
        let assignments = Action::new(Product::Ims, "ListApplicationAssignments").with("AppId", "4038181954557748008");
        for (action, host, plain, with_token) in [
            (
                identity,
                "sts.aliyuncs.com",
                "bc376715cd07a9376ae4949a752052361b35527af42d58268da6c38271bd6364",
                "c6261c2f2696ff9229e9df4a6608c00fb354d75c6887316de5465fa2b307f3dd",
            ),
            (
                create,
                "ims.aliyuncs.com",
                "c4dc2438bf32f8f91f4597788f47ef1e69c33c5ec781914743b81a4bad05e29f",
                "ea7a78cccbeea60ace2d19fa0af453eded2cd43ca1f8809f96eedc99c7303929",
            ),
            (
                assignments,
                "ims.aliyuncs.com",
                "71c60f5bda2a4d7c5cc19076683a1e91a2239c34780feaa75bb0aaf018f36c1b",
                "5268fe2889f2136169bc3e23e4fe2e91e9d378ec7d3d56fd226c1da770a00b24",
            ),
        ] {
            let query = action.query();
            let request = Unsigned { host, action: action.name, version: action.product.version(), query: &query };
            let token = Secret::new("YourSecurityToken");
            for (token, names, expected) in
                [(None, "x-acs-date;", plain), (Some(&token), "x-acs-date;x-acs-security-token;", with_token)]
            {
                assert_eq!(
                    authorization(&request, token, "2026-01-02T03:04:05Z", NONCE),
                    format!(
                        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;\
                         x-acs-content-sha256;{names}x-acs-signature-nonce;x-acs-version,Signature={expected}"
                    )
                );
            }
        }
    }
}
