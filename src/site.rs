//! The two sign-in sites of Alibaba Cloud: every host, path and client id, spelled once.

use std::fmt;
use std::str::FromStr;

use crate::secret::Secret;

/// The variable that points this program at a sandbox.
pub const SANDBOX_VARIABLE: &str = "ALIYUN_RS_SANDBOX";
/// The path of the sign-in page.
pub(crate) const AUTHORIZE_PATH: &str = "/oauth2/v1/auth";
/// How every token and secret that a sandbox issues begins.
const SANDBOX_TOKEN: &str = "sandbox-";

/// The site a login belongs to, stored in the shared file as `CN` or `INTL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Site {
    /// `aliyun.com`
    China,
    /// `alibabacloud.com`
    International,
}

impl Site {
    /// The value of `oauth_site_type` in the shared file: exactly upper case, as the official client insists.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::China => "CN",
            Self::International => "INTL",
        }
    }

    /// The public client id of Alibaba Cloud's `official-cli` application on this site.
    pub const fn client_id(self) -> &'static str {
        match self {
            Self::China => "4038181954557748008",
            Self::International => "4103531455503354461",
        }
    }

    /// A region that every account of this site can use: the default where a person names none.
    pub const fn default_region(self) -> &'static str {
        match self {
            Self::China => "cn-hangzhou",
            Self::International => "ap-southeast-1",
        }
    }

    /// The page of the RAM console that lists the applications of an account.
    pub const fn applications_page(self) -> &'static str {
        match self {
            Self::China => "https://ram.console.aliyun.com/applications",
            Self::International => "https://ram.console.alibabacloud.com/applications",
        }
    }

    /// The other site.
    pub const fn other(self) -> Self {
        match self {
            Self::China => Self::International,
            Self::International => Self::China,
        }
    }

    const fn sign_in_origin(self) -> &'static str {
        match self {
            Self::China => "https://signin.aliyun.com",
            Self::International => "https://signin.alibabacloud.com",
        }
    }

    const fn oauth_origin(self) -> &'static str {
        match self {
            Self::China => "https://oauth.aliyun.com",
            Self::International => "https://oauth.alibabacloud.com",
        }
    }
}

/// Reads what a person types or a file holds: `0`, `1`, `CN`, `INTL`, in any case.
impl FromStr for Site {
    type Err = UnknownSite;

    fn from_str(text: &str) -> Result<Self, UnknownSite> {
        match text.trim().to_ascii_uppercase().as_str() {
            "0" | "CN" => Ok(Self::China),
            "1" | "INTL" => Ok(Self::International),
            _ => Err(UnknownSite),
        }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no sign-in site: those are `CN` (or `0`) and `INTL` (or `1`).
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown-site")]
pub struct UnknownSite;

/// Whom requests go to: Alibaba Cloud itself, or a sandbox on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cloud {
    /// Alibaba Cloud.
    #[default]
    Alibaba,
    /// `aliyun-rs sandbox` on a loopback port.
    Sandbox {
        /// The port on 127.0.0.1.
        port: u16,
    },
}

impl Cloud {
    /// Reads the value of [`SANDBOX_VARIABLE`]: only `http://127.0.0.1:PORT` is taken.
    pub fn parse_sandbox(text: &str) -> Result<Self, NotASandbox> {
        let port = text.strip_prefix("http://127.0.0.1:").ok_or(NotASandbox)?;
        let port = port.strip_suffix('/').unwrap_or(port);
        match port.parse::<u16>() {
            Ok(number) if number > 0 && port.bytes().all(|b| b.is_ascii_digit()) => Ok(Self::Sandbox { port: number }),
            _ => Err(NotASandbox),
        }
    }

    /// Whether this is a sandbox, whose logins never touch the real file.
    pub const fn is_sandbox(&self) -> bool {
        matches!(self, Self::Sandbox { .. })
    }

    /// Checks that `token` may be sent to this party, or sign for it if it is a key's secret, before any request. A
    /// sandbox can be any local process: what Alibaba Cloud issued is nothing for it.
    ///
    /// # Errors
    /// [`NotSandboxToken`]
    pub fn check_token(&self, token: &Secret) -> Result<(), NotSandboxToken> {
        match self {
            Self::Sandbox { .. } if !token.expose().starts_with(SANDBOX_TOKEN) => Err(NotSandboxToken),
            _ => Ok(()),
        }
    }

    /// The authorization endpoint (RFC 6749 section 3.1).
    pub fn authorize_url(&self, site: Site) -> String {
        self.at(site.sign_in_origin(), AUTHORIZE_PATH)
    }

    /// The token endpoint (RFC 6749 section 3.2).
    pub fn token_url(&self, site: Site) -> String {
        self.at(site.oauth_origin(), "/v1/token")
    }

    /// Alibaba Cloud's endpoint that turns an access token into STS credentials.
    pub fn exchange_url(&self, site: Site) -> String {
        self.at(site.oauth_origin(), "/v1/exchange")
    }

    /// The revocation endpoint (RFC 7009).
    pub fn revoke_url(&self, site: Site) -> String {
        self.at(site.oauth_origin(), "/v1/revoke")
    }

    /// The Security Token Service, the same for both sites.
    pub fn sts_url(&self) -> String {
        self.at("https://sts.aliyuncs.com", "/")
    }

    /// The Identity Management Service, the same for both sites.
    pub fn ims_url(&self) -> String {
        self.at("https://ims.aliyuncs.com", "/")
    }

    /// Resource Access Management, the same for both sites.
    pub fn ram_url(&self) -> String {
        self.at("https://ram.aliyuncs.com", "/")
    }

    /// The endpoint that says who signed in (OpenID Connect Core section 5.3).
    pub fn userinfo_url(&self, site: Site) -> String {
        self.at(site.oauth_origin(), "/v1/userinfo")
    }

    /// The keys that sign id_tokens (RFC 7517).
    pub fn keys_url(&self, site: Site) -> String {
        self.at(site.oauth_origin(), "/v1/keys")
    }

    /// Who issues the id_tokens of `site`.
    pub fn id_token_issuer(&self, site: Site) -> String {
        self.at(site.oauth_origin(), "")
    }

    /// Who signs the callback of `site` (RFC 9207), where a callback says so at all. A sandbox does not.
    pub const fn issuer(&self, site: Site) -> Option<&'static str> {
        match self {
            Self::Alibaba => Some(site.oauth_origin()),
            Self::Sandbox { .. } => None,
        }
    }

    /// Whether `url` is an authorization page: of Alibaba Cloud over HTTPS, or of a sandbox on this machine.
    /// Nothing else is ever given to a browser.
    pub fn is_authorize_page(url: &str) -> bool {
        let Ok(uri) = url.parse::<http::Uri>() else { return false };
        let sites = [Site::China, Site::International];
        let known = sites.iter().filter_map(|site| site.sign_in_origin().strip_prefix("https://"));
        let origin_fits = match (uri.scheme_str(), uri.authority().map(http::uri::Authority::as_str)) {
            (Some("https"), Some(host)) => known.into_iter().any(|origin| origin == host),
            (Some("http"), Some(host)) => Self::parse_sandbox(&format!("http://{host}")).is_ok(),
            _ => false,
        };
        origin_fits && uri.path() == AUTHORIZE_PATH
    }

    fn at(&self, origin: &str, path: &str) -> String {
        match self {
            Self::Alibaba => format!("{origin}{path}"),
            Self::Sandbox { port } => format!("http://127.0.0.1:{port}{path}"),
        }
    }
}

/// The token or secret was not issued by a sandbox, and must not be used with one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not-a-sandbox-token")]
pub struct NotSandboxToken;

/// The value of [`SANDBOX_VARIABLE`] is not `http://127.0.0.1:PORT`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not-a-sandbox-address")]
pub struct NotASandbox;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_read_in_every_official_spelling() {
        for text in ["0", "CN", "cn", " Cn "] {
            assert_eq!(text.parse(), Ok(Site::China), "{text}");
        }
        for text in ["1", "INTL", "intl"] {
            assert_eq!(text.parse(), Ok(Site::International), "{text}");
        }
        for text in ["", "2", "C N", "china"] {
            assert_eq!(text.parse::<Site>(), Err(UnknownSite), "{text}");
        }
    }

    #[test]
    fn only_authorization_pages_are_opened() {
        for url in [
            "https://signin.aliyun.com/oauth2/v1/auth?state=x",
            "https://signin.alibabacloud.com/oauth2/v1/auth",
            "http://127.0.0.1:8080/oauth2/v1/auth?state=x",
        ] {
            assert!(Cloud::is_authorize_page(url), "{url}");
        }
        for url in [
            "",
            "-a",
            "file:///oauth2/v1/auth",
            "http://signin.aliyun.com/oauth2/v1/auth",
            "https://signin.aliyun.com.evil.example/oauth2/v1/auth",
            "https://x@signin.aliyun.com/oauth2/v1/auth",
            "https://signin.aliyun.com/elsewhere",
            "http://localhost:8080/oauth2/v1/auth",
        ] {
            assert!(!Cloud::is_authorize_page(url), "{url}");
        }
    }

    #[test]
    fn only_a_literal_loopback_address_is_a_sandbox() {
        assert_eq!(Cloud::parse_sandbox("http://127.0.0.1:8080"), Ok(Cloud::Sandbox { port: 8080 }));
        for text in [
            "",
            "http://localhost:80",
            "https://127.0.0.1:80",
            "http://127.0.0.1",
            "http://127.0.0.1:0",
            "http://127.0.0.1:99999",
            "http://127.0.0.1:80@evil.example",
            "http://127.0.0.1:80/path",
            "http://127.0.0.1:+80",
            "http://127.0.0.1.evil.example:80",
        ] {
            assert_eq!(Cloud::parse_sandbox(text), Err(NotASandbox), "{text}");
        }
    }

    #[test]
    fn a_sandbox_is_sent_only_tokens_of_a_sandbox() {
        let sandbox = Cloud::Sandbox { port: 1 };
        for (token, accepted) in [
            ("sandbox-rt-x", true),
            ("sandbox-", true),
            ("", false),
            ("rt-x", false),
            (" sandbox-rt-x", false),
            ("Sandbox-rt-x", false),
            ("eyJhbGciOi.sandbox-rt-x", false),
        ] {
            assert_eq!(sandbox.check_token(&Secret::new(token)).is_ok(), accepted, "{token}");
            assert_eq!(Cloud::Alibaba.check_token(&Secret::new(token)), Ok(()), "{token}");
        }
    }
}
