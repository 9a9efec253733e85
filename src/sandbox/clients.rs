//! OAuth clients: `official-cli` and the account's own applications, and how they prove who they are.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::account::{AppType, OFFICIAL_CLIENTS};
use super::options::Sites;
use super::provider::{ErrorResponse, Parameters, Provider, seconds};

/// The refusal of a client that is unknown or cannot prove who it is.
const UNKNOWN: ErrorResponse = ErrorResponse(401, "invalid_client", "The client is unknown or its secret is wrong.");

/// A client and its configuration.
pub(super) struct Client {
    pub(super) id: String,
    pub(super) display_name: String,
    pub(super) is_official: bool,
    pub(super) kind: AppType,
    /// All that it may be granted.
    pub(super) scopes: BTreeSet<String>,
    /// Whether it must send a challenge of method S256 (RFC 7636).
    pub(super) needs_challenge: bool,
    /// Seconds.
    pub(super) access_life: i64,
    /// Seconds.
    pub(super) refresh_life: i64,
    redirect_uris: Vec<String>,
    secrets: Vec<String>,
    needs_secret: bool,
}

/// What a request says about its client.
struct Presented<'a> {
    id: String,
    secret: Option<String>,
    form: &'a Parameters,
}

impl Client {
    /// Whether `uri` is one of the registered redirect URIs, compared as strings.
    pub(super) fn has_registered(&self, uri: &str) -> bool {
        self.redirect_uris.iter().any(|known| known == uri)
    }

    /// Whether a token request may name `presented` for the redirect URI of its code. Version 2 of GitLab's strategy
    /// appends the query of the callback to it, and works in production.
    pub(super) fn accepts_redirect(&self, registered: &str, presented: &str, strictly: bool) -> bool {
        let is_lenient = !self.is_official && !strictly;
        presented == registered || is_lenient && presented.split_once('?').is_some_and(|(path, _)| path == registered)
    }

    fn proves(&self, secret: Option<&str>) -> bool {
        match secret {
            Some(secret) if self.needs_secret || !self.secrets.is_empty() => {
                self.secrets.iter().any(|known| known == secret)
            }
            // A public client has none that could be wrong.
            Some(_) => true,
            None => !self.needs_secret,
        }
    }
}

impl Provider {
    /// The client of this id.
    pub(super) fn client(&self, id: &str) -> Option<Client> {
        if OFFICIAL_CLIENTS.contains(&id) {
            return self.official(id);
        }
        let application = self.state.account.applications.get(id)?;
        let is_newer = application.protocol_version == "2.1";
        Some(Client {
            id: id.to_owned(),
            display_name: application.display_name.clone(),
            is_official: false,
            kind: application.kind,
            scopes: application.scopes.clone(),
            needs_challenge: is_newer,
            access_life: application.access_token_validity,
            refresh_life: application.refresh_token_validity,
            redirect_uris: application.redirect_uris.clone(),
            // An application of version 2.1 has no fixed secret.
            secrets: application.secrets.iter().filter(|_| !is_newer).map(|secret| secret.value.clone()).collect(),
            needs_secret: application.secret_required && !is_newer,
        })
    }

    fn official(&self, id: &str) -> Option<Client> {
        let is_there = match self.options.sites {
            Sites::Both => true,
            Sites::China => id == OFFICIAL_CLIENTS[0],
            Sites::International => id == OFFICIAL_CLIENTS[1],
        };
        let installed = self.state.account.installed.get(id).map(|installed| installed.scopes.clone());
        is_there.then(|| Client {
            id: id.to_owned(),
            display_name: "official-cli".to_owned(),
            is_official: true,
            kind: AppType::Native,
            scopes: installed.unwrap_or_else(|| self.options.official_scopes.iter().cloned().collect()),
            needs_challenge: true,
            access_life: seconds(self.options.lifetimes.access_token),
            refresh_life: seconds(self.options.lifetimes.refresh_token),
            redirect_uris: (12345..=12349).map(|port| format!("http://127.0.0.1:{port}/cli/callback")).collect(),
            secrets: Vec::new(),
            needs_secret: false,
        })
    }

    /// The client of a request to the token or revocation endpoint (RFC 6749 section 2.3.1): its id and secret in
    /// the body, or as the user and password of `Authorization: Basic`, and not both.
    pub(super) fn authenticate(&self, form: &Parameters, basic: Option<&str>) -> Result<Client, ErrorResponse> {
        let presented = Presented::read(form, basic)?;
        let client = self.client(&presented.id).ok_or(UNKNOWN)?;
        if client.proves(presented.secret.as_deref()) {
            return Ok(client);
        }
        let checks_grant_first = self.options.grant_before_secret && presented.form.contains_key("grant_type");
        Err(if checks_grant_first { ErrorResponse(400, "invalid_grant", "The grant is invalid.") } else { UNKNOWN })
    }
}

impl<'a> Presented<'a> {
    fn read(form: &'a Parameters, basic: Option<&str>) -> Result<Self, ErrorResponse> {
        const TWICE: ErrorResponse = ErrorResponse(400, "invalid_request", "The client authenticates in two ways.");
        let secret = form.get("client_secret").cloned();
        let Some(basic) = basic else {
            return Ok(Self { id: form.get("client_id").cloned().unwrap_or_default(), secret, form });
        };
        let text = BASE64_STANDARD.decode(basic).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let (id, password) = text.as_deref().and_then(|text| text.split_once(':')).ok_or(UNKNOWN)?;
        let (id, password) = (decoded(id), decoded(password));
        if secret.is_some() || form.get("client_id").is_some_and(|other| *other != id) {
            return Err(TWICE);
        }
        Ok(Self { id, secret: Some(password), form })
    }
}

/// Both parts are form-encoded before they become a user and a password (RFC 6749 section 2.3.1).
fn decoded(text: &str) -> String {
    let pair = format!("={text}");
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}
