//! What GitLab needs: the callback of its `alicloud` provider, the scopes, and the configuration of its server.

use http::header::ACCEPT;
use url::Url;

use crate::host::{Http, TransportError};
use crate::oauth::userinfo::UserInfo;
use crate::openapi::ims::{ApplicationType, NewApplication};
use crate::site::{Cloud, Site};

/// The scopes that the strategy reads a user from.
pub const SCOPES: [&str; 2] = ["aliuid", "profile"];
/// Where GitLab is called back, below its own address.
const CALLBACK: &str = "/users/auth/alicloud/callback";
/// Where a sign-in through the provider begins.
const START: &str = "/users/auth/alicloud";
/// What stands for the secret until a person puts it there, as in GitLab's document.
pub const PLACEHOLDER: &str = "YOUR_APP_SECRET";

/// The address of a GitLab, as its `external_url` says it: no trailing slash, a relative root kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitLab(String);

/// Not the address of a GitLab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid-gitlab-url")]
pub struct NotAGitLab;

impl GitLab {
    /// Reads an `external_url`. Host and default port take the form in which GitLab sends them.
    ///
    /// # Errors
    /// [`NotAGitLab`]
    pub fn parse(text: &str) -> Result<Self, NotAGitLab> {
        let url = Url::parse(text).map_err(|_| NotAGitLab)?;
        let plain = url.username().is_empty() && url.password().is_none();
        let whole = url.query().is_none() && url.fragment().is_none();
        let fits = matches!(url.scheme(), "http" | "https") && url.has_host() && plain && whole;
        let is_safe = !text.contains([';', '\\']) && !text.chars().any(char::is_whitespace);
        match fits && is_safe {
            true => Ok(Self(url.as_str().trim_end_matches('/').to_owned())),
            false => Err(NotAGitLab),
        }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The callback to register.
    pub fn callback(&self) -> String {
        format!("{}{CALLBACK}", self.0)
    }

    /// Whether the address is not encrypted.
    pub fn is_plain_http(&self) -> bool {
        self.0.starts_with("http://")
    }

    /// The application that this GitLab needs.
    pub fn application(&self, name: &str, display_name: &str) -> NewApplication {
        NewApplication {
            name: name.to_owned(),
            display_name: display_name.to_owned(),
            kind: ApplicationType::Web,
            redirect_uris: vec![self.callback()],
            scopes: SCOPES.map(str::to_owned).to_vec(),
        }
    }
}

/// The configuration for an installation by the Omnibus package, `/etc/gitlab/gitlab.rb`.
pub fn omnibus(id: &str, cloud: &Cloud, site: Site) -> String {
    let options = client_options(cloud, site);
    let args = options.map(|options| {
        let lines = options.map(|(name, url)| format!("        {name}: \"{url}\"")).join(",\n");
        format!(",\n    args: {{\n      client_options: {{\n{lines}\n      }}\n    }}")
    });
    format!(
        "gitlab_rails['omniauth_providers'] = [\n  {{\n    name: \"alicloud\",\n    app_id: \"{id}\",\n    app_secret: \
         \"{PLACEHOLDER}\"{}\n  }}\n]\n",
        args.unwrap_or_default()
    )
}

/// The configuration for an installation from source, `config/gitlab.yml`.
pub fn source(id: &str, cloud: &Cloud, site: Site) -> String {
    let options = client_options(cloud, site);
    let args = options.map(|options| {
        let pairs = options.map(|(name, url)| format!("{name}: '{url}'")).join(",\n                              ");
        format!(",\n    args: {{ client_options: {{ {pairs} }} }}")
    });
    format!(
        "- {{ name: 'alicloud',\n    app_id: '{id}',\n    app_secret: '{PLACEHOLDER}'{} }}\n",
        args.unwrap_or_default()
    )
}

/// The addresses that the strategy must be told; those of the China site are built in.
fn client_options(cloud: &Cloud, site: Site) -> Option<[(&'static str, String); 3]> {
    let is_built_in = site == Site::China && !cloud.is_sandbox();
    let token = cloud.token_url(site);
    let root = token.strip_suffix("v1/token").unwrap_or(&token).to_owned();
    let options = [("site", root), ("authorize_url", cloud.authorize_url(site)), ("token_url", token)];
    (!is_built_in).then_some(options)
}

/// Whether a GitLab offers the provider.
#[derive(Debug)]
pub enum Offer {
    /// Its sign-in page leads there.
    Yes,
    /// Its sign-in page does not.
    No,
    /// It answers something else than a sign-in page.
    Unclear {
        /// The HTTP status.
        status: u16,
    },
    /// It did not answer.
    Unreached(TransportError),
}

/// Asks a GitLab for its sign-in page. Its address for the provider itself answers only to a form of that page.
pub async fn offer(http: &dyn Http, gitlab: &GitLab) -> Offer {
    let request = http::Request::get(format!("{}/users/sign_in", gitlab.as_str())).header(ACCEPT, "text/html");
    let Ok(request) = request.body(Vec::new()) else { return Offer::Unclear { status: 0 } };
    match http.send(request).await {
        Ok(response) if response.status() == 200 => {
            let page = String::from_utf8_lossy(response.body());
            if page.contains(START) { Offer::Yes } else { Offer::No }
        }
        Ok(response) => Offer::Unclear { status: response.status().as_u16() },
        Err(error) => Offer::Unreached(error),
    }
}

/// What somebody who signs in will be in GitLab, by the rules of its `alicloud` strategy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitLabUser {
    /// `extern_uid` with version 2 of the strategy. Without it nobody can sign in.
    pub uid: Option<String>,
    /// `extern_uid` with version 3 of the strategy.
    pub sub: String,
    /// The name.
    pub name: Option<String>,
    /// The user name: what the strategy says, else the local part of the address.
    pub username: Option<String>,
    /// The address that the strategy takes for the e-mail address: a login name, which often does not receive mail.
    pub email: Option<String>,
    /// The address that GitLab makes up where there is none.
    pub made_up_email: Option<String>,
}

impl GitLabUser {
    /// Predicts from what the site says of somebody.
    pub fn of(who: &UserInfo) -> Self {
        let email = who.login_name.clone().or_else(|| who.upn.clone());
        let local = |address: &String| address.split('@').next().unwrap_or_default().to_owned();
        let username = who.name.clone().or_else(|| email.as_ref().map(local));
        let made_up = username.as_ref().filter(|_| email.is_none());
        Self {
            uid: who.uid.clone(),
            sub: who.sub.clone(),
            name: who.name.clone().or_else(|| email.clone()),
            made_up_email: made_up.map(|name| format!("temp-email-for-oauth-{name}@gitlab.localhost")),
            username,
            email,
        }
    }

    /// Predicts for each kind of identity, in the names of the claims, from what these scopes tell: a RAM user, the
    /// account, a role.
    pub fn of_each_kind(scopes: &[String]) -> [(&'static str, Self); 3] {
        let has = |scope: &str| scopes.iter().any(|other| other == scope);
        let claim = |scope, name: &str| has(scope).then(|| format!("<{name}>"));
        let common = UserInfo { sub: "<sub>".to_owned(), uid: claim("aliuid", "uid"), ..UserInfo::default() };
        let user = UserInfo { name: claim("profile", "name"), upn: claim("profile", "upn"), ..common.clone() };
        let account = UserInfo { login_name: claim("profile", "login_name"), ..common.clone() };
        let role = UserInfo { name: claim("profile", "name"), ..common };
        [("user", Self::of(&user)), ("account", Self::of(&account)), ("role", Self::of(&role))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_callback_keeps_the_relative_root() {
        for (text, callback) in [
            ("https://gitlab.example.com", "https://gitlab.example.com/users/auth/alicloud/callback"),
            ("https://GitLab.example.com:443/", "https://gitlab.example.com/users/auth/alicloud/callback"),
            ("http://example.com:8080/git/lab/", "http://example.com:8080/git/lab/users/auth/alicloud/callback"),
        ] {
            assert_eq!(GitLab::parse(text).unwrap().callback(), callback);
        }
        for text in ["", "gitlab.example.com", "ftp://x", "https://", "https://u@x", "https://x/?a", "https://x/a b"] {
            assert_eq!(GitLab::parse(text), Err(NotAGitLab), "{text}");
        }
    }

    #[test]
    fn only_what_is_not_built_in_is_configured() {
        let china = omnibus("4", &Cloud::Alibaba, Site::China);
        assert!(!china.contains("args") && china.contains("app_id: \"4\""), "{china}");
        let international = source("4", &Cloud::Alibaba, Site::International);
        for url in [
            "site: 'https://oauth.alibabacloud.com/'",
            "authorize_url: 'https://signin.alibabacloud.com/oauth2/v1/auth'",
            "token_url: 'https://oauth.alibabacloud.com/v1/token'",
        ] {
            assert!(international.contains(url), "{international}");
        }
    }
}
