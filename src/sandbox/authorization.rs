//! The authorization endpoint (RFC 6749 section 4.1.1, RFC 7636): what a client asks for, and who may grant it.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

use super::account::{AppType, OFFICIAL_CLIENTS};
use super::clients::Client;
use super::provider::{ErrorResponse, Parameters, Provider, random, seconds};
use super::users::{Kind, User};

/// Applications that were created before 2024-09-10 do not support roles. Seconds since the epoch.
const ROLES_SINCE: i64 = 1_725_926_400;

/// A valid authorization request.
#[derive(Clone, Debug)]
pub(super) struct AuthorizationRequest {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) state: Option<String>,
    challenge: Option<Challenge>,
    /// Those asked for that the client may have; all of the client's if it asks for none.
    scopes: BTreeSet<String>,
    /// Whether a refresh token is due.
    pub(super) is_offline: bool,
    /// Whether everything is to be consented to again.
    admin_consent: bool,
}

/// The challenge of a verifier (RFC 7636 section 4.2).
#[derive(Clone, Debug)]
enum Challenge {
    Plain(String),
    S256(String),
}

/// An authorization code that has not been redeemed.
pub(super) struct Code {
    pub(super) request: AuthorizationRequest,
    pub(super) user: String,
    pub(super) scopes: BTreeSet<String>,
    pub(super) expires: i64,
}

impl Provider {
    /// Checks an authorization request. No error is sent to the redirect URI: the real site is not known to send any
    /// there.
    pub(super) fn check(&self, query: &Parameters) -> Result<AuthorizationRequest, ErrorResponse> {
        let get = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
        let client = self.client(get("client_id"));
        let client = client.ok_or(ErrorResponse(400, "invalid_client", "The client_id is unknown."))?;
        if !client.has_registered(get("redirect_uri")) {
            return Err(ErrorResponse(400, "invalid_request", "The redirect_uri is not registered."));
        }
        if get("response_type") != "code" {
            return Err(ErrorResponse(400, "unsupported_response_type", "The response_type must be code."));
        }
        if client.kind == AppType::Server {
            return Err(ErrorResponse(400, "unauthorized_client", "A server application cannot sign users in."));
        }
        let challenge = Challenge::read(get("code_challenge"), get("code_challenge_method"))?;
        if client.needs_challenge && !matches!(challenge, Some(Challenge::S256(_))) {
            return Err(ErrorResponse(
                400,
                "invalid_request",
                "A public client needs a code_challenge of method S256.",
            ));
        }
        Ok(AuthorizationRequest {
            redirect_uri: get("redirect_uri").to_owned(),
            state: query.get("state").cloned(),
            challenge,
            scopes: asked(&client, query.get("scope"))?,
            is_offline: client.kind != AppType::Web || get("access_type") == "offline",
            admin_consent: get("prompt") == "admin_consent",
            client_id: client.id,
        })
    }

    /// Whether `user` may use a client. The consent of somebody who may install `official-cli` does install it.
    pub(super) fn admit(&mut self, client_id: &str, user: &User) -> bool {
        let owner = self.account_id();
        let account = &mut self.state.account;
        if let Some(application) = account.applications.get(client_id) {
            let has_roles = application.created >= ROLES_SINCE;
            return (application.is_multi_tenant || user.account_id == owner) && (user.kind != Kind::Role || has_roles);
        }
        if !account.installed.contains_key(client_id) && user.may("ram:ProvisionExternalApplication") {
            account.install(client_id, &self.options, None);
        }
        account.installed.get(client_id).is_some_and(|installed| installed.admits(user))
    }

    /// Issues a code for `user`, good for the scopes that were asked for and consented to.
    pub(super) fn authorize(&mut self, request: AuthorizationRequest, user: &str) -> String {
        let scopes = &request.scopes & &self.consent(&request);
        let code = random("sandbox-code");
        let expires = self.now() + seconds(self.options.lifetimes.code);
        self.codes.insert(code.clone(), Code { request, user: user.to_owned(), scopes, expires });
        code
    }

    /// The scopes that are consented to. The first sign-in consents to all that the application has by then; to those
    /// that it gets later, only `prompt=admin_consent` does.
    fn consent(&mut self, request: &AuthorizationRequest) -> BTreeSet<String> {
        let Some(application) = self.state.account.applications.get_mut(&request.client_id) else {
            return request.scopes.clone();
        };
        if application.consented.is_empty() || request.admin_consent {
            application.consented.clone_from(&application.scopes);
        }
        application.consented.clone()
    }
}

impl AuthorizationRequest {
    pub(super) fn is_official(&self) -> bool {
        OFFICIAL_CLIENTS.contains(&self.client_id.as_str())
    }

    /// The scopes, separated by spaces (RFC 6749 section 3.3).
    pub(super) fn scope(&self) -> String {
        self.scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

impl Code {
    /// Whether `verifier` is the one of the challenge; a code without a challenge has none (RFC 9700 section 4.8.2).
    pub(super) fn is_proven_by(&self, verifier: &str) -> bool {
        match &self.request.challenge {
            None => verifier.is_empty(),
            Some(Challenge::Plain(challenge)) => verifier == challenge,
            Some(Challenge::S256(challenge)) => {
                BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())) == *challenge
            }
        }
    }

    pub(super) const fn has_challenge(&self) -> bool {
        self.request.challenge.is_some()
    }
}

impl Challenge {
    fn read(challenge: &str, method: &str) -> Result<Option<Self>, ErrorResponse> {
        const MALFORMED: ErrorResponse = ErrorResponse(400, "invalid_request", "The code_challenge is malformed.");
        match (challenge, method) {
            ("", "") => Ok(None),
            ("", _) => Err(MALFORMED),
            (text, "S256") if is_s256(text) => Ok(Some(Self::S256(text.to_owned()))),
            (text, "" | "plain") if is_verifier(text) => Ok(Some(Self::Plain(text.to_owned()))),
            _ => Err(MALFORMED),
        }
    }
}

/// Those of the requested scopes that the client may have; others are dropped without a word.
fn asked(client: &Client, scope: Option<&String>) -> Result<BTreeSet<String>, ErrorResponse> {
    let Some(scope) = scope.filter(|scope| !scope.trim().is_empty()) else { return Ok(client.scopes.clone()) };
    let asked: BTreeSet<String> = scope.split_whitespace().map(str::to_owned).collect();
    let granted = &asked & &client.scopes;
    if granted.is_empty() {
        Err(ErrorResponse(400, "invalid_scope", "No scope is one of the application."))
    } else {
        Ok(granted)
    }
}

/// Whether the text is a SHA-256 digest in base64url (RFC 7636 section 4.2).
fn is_s256(challenge: &str) -> bool {
    BASE64_URL_SAFE_NO_PAD.decode(challenge).is_ok_and(|bytes| bytes.len() == 32)
}

/// Whether the text has the form of a verifier (RFC 7636 section 4.1).
pub(super) fn is_verifier(text: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&text.len()) && text.bytes().all(unreserved)
}
