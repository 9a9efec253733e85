//! The token endpoint, `/v1/exchange` and `/v1/revoke` (RFC 6749 sections 4.1.3 and 6, RFC 7009).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::authorization::is_verifier;
use super::clients::Client;
use super::digest::sha256_hex;
use super::options::{Casing, Rotation};
use super::provider::{ErrorResponse, Parameters, Provider, random, seconds};
use super::state::{Key, Token};
use crate::time::Timestamp;

/// The remaining lifetime that an exchange requires of the access token, in seconds.
const MIN_LIFETIME: i64 = 15 * 60;
/// How the scopes begin whose tokens can be exchanged.
const INTERNAL: &str = "/internal/";

/// What an access token stands for.
struct Grant {
    user: String,
    login: u64,
    scopes: BTreeSet<String>,
}

impl Provider {
    /// The token endpoint. `basic` is what `Authorization: Basic` holds.
    pub(super) fn token(&mut self, form: &Parameters, basic: Option<&str>) -> Result<Value, ErrorResponse> {
        let get = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        let client = self.authenticate(form, basic)?;
        match get("grant_type") {
            "authorization_code" => self.redeem(&client, form),
            "refresh_token" => self.refresh(&client, get("refresh_token")),
            _ => Err(ErrorResponse(400, "unsupported_grant_type", "The grant_type is unknown.")),
        }
    }

    fn redeem(&mut self, client: &Client, form: &Parameters) -> Result<Value, ErrorResponse> {
        const INVALID: ErrorResponse = ErrorResponse(400, "invalid_grant", "The authorization code is invalid.");
        let get = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        // A code is used up by its first presentation, even a failed one (RFC 6749 section 4.1.2).
        let code = self.codes.remove(get("code")).ok_or(INVALID)?;
        let verifier = get("code_verifier");
        if code.has_challenge() && !is_verifier(verifier) {
            return Err(ErrorResponse(400, "invalid_request", "The code_verifier is malformed."));
        }
        let strictly = self.options.strict_redirect;
        let is_same = code.request.client_id == client.id
            && client.accepts_redirect(&code.request.redirect_uri, get("redirect_uri"), strictly);
        if !is_same || !code.is_proven_by(verifier) || code.expires <= self.now() {
            return Err(INVALID);
        }
        let mut answer = self.log_in(client, &code.user, code.scopes.clone(), code.request.is_offline);
        if code.scopes.contains("openid") && (!client.is_official || self.options.official_id_token) {
            answer["id_token"] = json!(self.id_token(client, &code.user, &code.scopes)?);
        }
        Ok(answer)
    }

    /// Signs `user` in without a code.
    pub(super) fn sign_in(&mut self, user: &str, client_id: &str) -> (String, String) {
        let client = self.client(client_id).expect("the client is one of the sandbox's");
        let answer = self.log_in(&client, user, client.scopes.clone(), true);
        let token = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        (token("access_token"), token("refresh_token"))
    }

    fn log_in(&mut self, client: &Client, user: &str, scopes: BTreeSet<String>, is_offline: bool) -> Value {
        self.state.logins += 1;
        let end = is_offline.then_some(self.now() + client.refresh_life);
        self.issue(client, Grant { user: user.to_owned(), login: self.state.logins, scopes }, end)
    }

    /// A refresh does not extend the session: the new refresh token expires when the old one would have.
    fn refresh(&mut self, client: &Client, presented: &str) -> Result<Value, ErrorResponse> {
        const INVALID: ErrorResponse = ErrorResponse(400, "invalid_grant", "The refresh token is invalid.");
        let now = self.now();
        let revoke_family = self.options.revoke_family;
        let rotation = if client.is_official { self.options.rotation } else { self.options.app_rotation };
        let token = self.state.refresh_tokens.get_mut(&sha256_hex(presented.as_bytes())).ok_or(INVALID)?;
        if token.client_id != client.id || token.expires <= now {
            return Err(INVALID);
        }
        if token.spent && revoke_family {
            self.state.revoked.push(token.login);
        }
        if token.spent || self.state.revoked.contains(&token.login) {
            return Err(INVALID);
        }
        token.spent = rotation == Rotation::Rotate;
        let Token { user, login, scopes, expires, .. } = token.clone();
        Ok(self.issue(client, Grant { user, login, scopes }, (rotation == Rotation::Rotate).then_some(expires)))
    }

    /// Issues an access token, and a refresh token that expires at `end` if one is given.
    fn issue(&mut self, client: &Client, grant: Grant, end: Option<i64>) -> Value {
        let life = client.access_life;
        let shown = if self.options.text_lifetimes { json!(life.to_string()) } else { json!(life) };
        let token = |expires| Token {
            user: grant.user.clone(),
            client_id: client.id.clone(),
            login: grant.login,
            scopes: grant.scopes.clone(),
            expires,
            spent: false,
        };
        let access_token = random("sandbox-at");
        self.state.access_tokens.insert(sha256_hex(access_token.as_bytes()), token(self.now() + life));
        let scope = grant.scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        let mut answer =
            json!({"access_token": access_token, "token_type": "Bearer", "expires_in": shown, "scope": scope});
        if let Some(end) = end {
            let refresh_token = random("sandbox-rt");
            self.state.refresh_tokens.insert(sha256_hex(refresh_token.as_bytes()), token(end));
            answer["refresh_token"] = json!(refresh_token);
        }
        answer
    }

    /// The holder of an access token (RFC 6750 section 2.1).
    pub(super) fn bearer(&self, token: Option<&str>) -> Result<&Token, ErrorResponse> {
        const INVALID: ErrorResponse = ErrorResponse(401, "invalid_token", "The access token is invalid.");
        let token = self.state.access_tokens.get(&sha256_hex(token.ok_or(INVALID)?.as_bytes())).ok_or(INVALID)?;
        if self.state.revoked.contains(&token.login) {
            return Err(INVALID);
        }
        if token.expires <= self.now() {
            return Err(ErrorResponse(401, "expired_token", "The access token is expired."));
        }
        Ok(token)
    }

    /// `/v1/exchange`: only for `official-cli`, as far as is known.
    pub(super) fn exchange(&mut self, bearer: Option<&str>) -> Result<Value, ErrorResponse> {
        let now = self.now();
        let token = self.bearer(bearer)?;
        if !token.scopes.iter().any(|scope| scope.starts_with(INTERNAL)) {
            return Err(ErrorResponse(403, "access_denied", "invalid token scope"));
        }
        if token.expires - now < MIN_LIFETIME {
            return Err(ErrorResponse(403, "access_denied", "token expire time is too short"));
        }
        let expires = now + seconds(self.options.lifetimes.sts);
        let user = token.user.clone();
        let (id, secret, token) =
            (format!("STS.{}", &random("")[..22]), random("sandbox-secret"), random("sandbox-sts"));
        let sum = sha256_hex(token.as_bytes());
        let key = Key { user, secret: secret.clone(), token: Some(sum), expires: Some(expires) };
        self.state.keys.insert(id.clone(), key);
        let values = [
            ("accessKeyId", id),
            ("accessKeySecret", secret),
            ("securityToken", token),
            ("expiration", Timestamp::from_unix(expires).to_string()),
        ];
        Ok(spelled(values, self.options.casing))
    }

    /// `/v1/revoke`: ends the session of the token. An unknown token is not an error (RFC 7009 section 2.2), and STS
    /// credentials already issued stay valid.
    pub(super) fn revoke(&mut self, form: &Parameters, basic: Option<&str>) -> Result<Value, ErrorResponse> {
        let client = self.authenticate(form, basic)?;
        let token = form.get("token").filter(|token| !token.is_empty());
        let token = token.ok_or(ErrorResponse(400, "invalid_request", "The token is missing."))?;
        let presented = sha256_hex(token.as_bytes());
        let known = self.state.refresh_tokens.get(&presented).or_else(|| self.state.access_tokens.get(&presented));
        match known {
            Some(token) if token.client_id != client.id => {
                return Err(ErrorResponse(400, "invalid_grant", "The token was issued to another client."));
            }
            Some(token) if !self.state.revoked.contains(&token.login) => self.state.revoked.push(token.login),
            _ => {}
        }
        Ok(json!({}))
    }
}

/// The credentials, their keys spelled in one way or in both.
fn spelled(values: [(&str, String); 4], casing: Casing) -> Value {
    let mut answer = Map::new();
    for (name, value) in values {
        if casing != Casing::Pascal {
            answer.insert(name.to_owned(), json!(value));
        }
        if casing != Casing::Camel {
            answer.insert(name[..1].to_ascii_uppercase() + &name[1..], json!(value));
        }
    }
    Value::Object(answer)
}
