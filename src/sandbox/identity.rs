//! Who signed in: `/v1/userinfo`, id_tokens, their keys, and the discovery document (OpenID Connect Core and
//! Discovery).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::clients::Client;
use super::digest::sha256_hex;
use super::provider::{ErrorResponse, Provider, seconds};
use super::signing_keys::SigningKey;
use super::users::{Kind, User};

impl Provider {
    /// `/v1/userinfo` (OpenID Connect Core section 5.3).
    pub(super) fn userinfo(&self, bearer: Option<&str>) -> Result<Value, ErrorResponse> {
        let token = self.bearer(bearer)?;
        if !token.scopes.contains("openid") {
            return Err(ErrorResponse(403, "access_denied", "invalid token scope"));
        }
        Ok(Value::Object(self.claims(self.holder(&token.user)?, &token.scopes)))
    }

    /// An id_token for `user` (OpenID Connect Core section 2).
    pub(super) fn id_token(
        &mut self,
        client: &Client,
        user: &str,
        scopes: &BTreeSet<String>,
    ) -> Result<String, ErrorResponse> {
        let (now, issuer) = (self.now(), self.issuer());
        let mut claims = self.claims(self.holder(user)?, scopes);
        claims.extend([
            ("iss".to_owned(), json!(issuer)),
            ("aud".to_owned(), json!(client.id)),
            ("iat".to_owned(), json!(now)),
            ("exp".to_owned(), json!(now + client.access_life)),
        ]);
        let number = self.key_number();
        Ok(SigningKey::get(number).sign(&Value::Object(claims)))
    }

    /// `/v1/keys`: the key in use, and the one before it.
    pub(super) fn keys(&mut self) -> Value {
        self.key_number();
        let keys: Vec<Value> = self.key_numbers.iter().rev().map(|number| SigningKey::get(*number).public()).collect();
        json!({"keys": keys})
    }

    /// The number of the key in use, which changes with time. The one before it is remembered.
    fn key_number(&mut self) -> u64 {
        let life = seconds(self.options.lifetimes.signing_key).max(1);
        let age = self.now().saturating_sub(self.started).max(0);
        let number = u64::try_from(age / life).unwrap_or_default();
        if self.key_numbers.last() != Some(&number) {
            self.key_numbers.push(number);
            let old = self.key_numbers.len().saturating_sub(2);
            self.key_numbers.drain(..old);
        }
        number
    }

    /// The discovery document, with the members that are documented.
    pub(super) fn discovery(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.origin);
        let mut document = json!({
            "issuer": self.issuer(),
            "authorization_endpoint": at("/oauth2/v1/auth"),
            "token_endpoint": at("/v1/token"),
            "revocation_endpoint": at("/v1/revoke"),
            "jwks_uri": at("/v1/keys"),
            "scopes_supported": ["openid", "aliuid", "profile"],
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["plain", "S256"],
        });
        if self.options.full_discovery {
            document["userinfo_endpoint"] = json!(at("/v1/userinfo"));
            document["grant_types_supported"] = json!(["authorization_code", "refresh_token"]);
            let methods = ["client_secret_post", "client_secret_basic", "none"];
            document["token_endpoint_auth_methods_supported"] = json!(methods);
        }
        document
    }

    fn issuer(&self) -> String {
        self.options.issuer.clone().unwrap_or_else(|| self.origin.clone())
    }

    fn holder(&self, name: &str) -> Result<&User, ErrorResponse> {
        self.user(name).ok_or(ErrorResponse(401, "invalid_token", "The user is gone."))
    }

    /// What these scopes tell about a user. There is never an e-mail address.
    fn claims(&self, user: &User, scopes: &BTreeSet<String>) -> Map<String, Value> {
        let mut claims = Map::new();
        let mut tell = |name: &str, value: &str| claims.insert(name.to_owned(), json!(value));
        tell("sub", &if self.options.sub_is_uid { user.id.clone() } else { subject(user) });
        if scopes.contains("aliuid") {
            tell("aid", &user.account_id);
            tell("uid", &user.id);
        }
        if scopes.contains("profile") {
            tell("type", user.type_name());
            if user.kind != Kind::Account || self.options.account_has_name {
                tell("name", &user.name);
            }
            match user.kind {
                Kind::Account => tell("login_name", &format!("{}@example.com", user.name)),
                Kind::RamUser => tell("upn", &user.principal_name()),
                Kind::Role => None,
            };
        }
        claims
    }
}

/// An opaque name: of a role, one for each of its sessions.
fn subject(user: &User) -> String {
    let text = match user.kind {
        Kind::Role => format!("{}:sandbox", user.id),
        Kind::Account | Kind::RamUser => user.id.clone(),
    };
    sha256_hex(text.as_bytes())[..32].to_owned()
}
