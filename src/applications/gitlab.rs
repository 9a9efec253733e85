//! What GitLab needs: the callback of its `alicloud` provider, the scopes, and the configuration of its server.

use url::Url;

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

    /// Where a sign-in begins.
    pub fn start(&self) -> String {
        format!("{}{START}", self.0)
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
