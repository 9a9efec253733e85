//! The rules of Alibaba Cloud's OAuth endpoints, implemented without any code of the client.
//!
//! RFC 6749 (codes, tokens, errors), RFC 7636 (S256), RFC 7009 (revocation), and what is known of
//! `/v1/exchange`. It refuses what the real site refuses.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Map, Value, json};

use super::account::{Account, OFFICIAL_CLIENTS};
use super::digest::sha256_hex;
use super::options::{Casing, Options, Rotation};
use super::state::{Key, State, Token};
use super::users::User;

/// The remaining lifetime that an exchange requires of the access token, in seconds.
const MIN_LIFETIME: i64 = 15 * 60;

/// The parameters of a query or form, each sent once.
pub(super) type Parameters = BTreeMap<String, String>;

/// A refusal: status, `error`, `error_description`.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) u16, pub(super) &'static str, pub(super) &'static str);

/// A valid authorization request.
#[derive(Clone, Debug)]
pub(super) struct AuthorizationRequest {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) state: Option<String>,
    challenge: String,
}

/// An authorization code that has not been redeemed.
struct Code {
    request: AuthorizationRequest,
    user: String,
    expires: i64,
}

/// The authorization server.
pub(super) struct Provider {
    pub(super) options: Options,
    pub(super) state: State,
    codes: BTreeMap<String, Code>,
}

impl Provider {
    pub(super) fn new(options: Options) -> Self {
        let begin = || State { account: Account::new(&options), ..State::default() };
        let mut state = options.folder.as_deref().and_then(State::load).unwrap_or_else(begin);
        if !options.official_cli {
            state.account.installed.clear();
        }
        Self { options, state, codes: BTreeMap::new() }
    }

    pub(super) fn now(&self) -> i64 {
        (self.options.clock)().as_unix()
    }

    /// The number of the account.
    pub(super) fn account_id(&self) -> String {
        self.options.users.first().map(|user| user.account_id.clone()).unwrap_or_default()
    }

    /// Creates a long-term AccessKey.
    pub(super) fn access_key(&mut self, user: &str) -> (String, String) {
        let (id, secret) = (format!("LTAI{}", &random("")[..20]), random("sandbox-secret"));
        let key = Key { user: user.to_owned(), secret: secret.clone(), token: None, expires: None };
        self.state.keys.insert(id.clone(), key);
        (id, secret)
    }

    pub(super) fn user(&self, name: &str) -> Option<&User> {
        self.options.users.iter().find(|user| user.name == name)
    }

    /// Checks an authorization request (RFC 6749 section 4.1.1). No error is sent to the redirect URI: the real
    /// site is not known to send any there.
    pub(super) fn check(&self, query: &Parameters) -> Result<AuthorizationRequest, Refusal> {
        let get = |name: &str| query.get(name).cloned().unwrap_or_default();
        let request = AuthorizationRequest {
            client_id: get("client_id"),
            redirect_uri: get("redirect_uri"),
            state: query.get("state").cloned(),
            challenge: get("code_challenge"),
        };
        if !OFFICIAL_CLIENTS.contains(&request.client_id.as_str()) {
            return Err(Refusal(400, "invalid_client", "The client_id is unknown."));
        }
        if !is_registered(&request.redirect_uri) {
            return Err(Refusal(400, "invalid_request", "The redirect_uri is not registered."));
        }
        if get("response_type") != "code" {
            return Err(Refusal(400, "unsupported_response_type", "The response_type must be code."));
        }
        if get("code_challenge_method") != "S256" || !is_s256(&request.challenge) {
            return Err(Refusal(400, "invalid_request", "A public client needs a code_challenge of method S256."));
        }
        Ok(request)
    }

    /// Whether `user` may use an application. The consent of somebody who may install it does install it.
    pub(super) fn admit(&mut self, client_id: &str, user: &User) -> bool {
        let account = &mut self.state.account;
        if !account.installed.contains_key(client_id) && user.may("ram:ProvisionExternalApplication") {
            account.install(client_id, &self.options, None);
        }
        account.installed.get(client_id).is_some_and(|installed| installed.admits(user))
    }

    /// Issues a code for `user`.
    pub(super) fn authorize(&mut self, request: AuthorizationRequest, user: &str) -> String {
        let code = random("sandbox-code");
        let expires = self.now() + seconds(self.options.lifetimes.code);
        self.codes.insert(code.clone(), Code { request, user: user.to_owned(), expires });
        code
    }

    /// The token endpoint (RFC 6749 sections 4.1.3 and 6).
    pub(super) fn token(&mut self, form: &Parameters) -> Result<Value, Refusal> {
        let get = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        if !OFFICIAL_CLIENTS.contains(&get("client_id")) {
            return Err(Refusal(401, "invalid_client", "The client_id is unknown."));
        }
        match get("grant_type") {
            "authorization_code" => self.redeem(form),
            "refresh_token" => self.refresh(get("client_id"), get("refresh_token")),
            _ => Err(Refusal(400, "unsupported_grant_type", "The grant_type is unknown.")),
        }
    }

    fn redeem(&mut self, form: &Parameters) -> Result<Value, Refusal> {
        const INVALID: Refusal = Refusal(400, "invalid_grant", "The authorization code is invalid.");
        let get = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        // A code is used up by its first presentation, even a failed one (RFC 6749 section 4.1.2).
        let code = self.codes.remove(get("code")).ok_or(INVALID)?;
        let verifier = get("code_verifier");
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(unreserved) {
            return Err(Refusal(400, "invalid_request", "The code_verifier is malformed."));
        }
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        let same_client =
            code.request.client_id == get("client_id") && code.request.redirect_uri == get("redirect_uri");
        if !same_client || challenge != code.request.challenge || code.expires <= self.now() {
            return Err(INVALID);
        }
        Ok(self.log_in(&code.user, &code.request.client_id))
    }

    /// Signs `user` in without a code.
    pub(super) fn sign_in(&mut self, user: &str, client_id: &str) -> (String, String) {
        let answer = self.log_in(user, client_id);
        let token = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        (token("access_token"), token("refresh_token"))
    }

    fn log_in(&mut self, user: &str, client_id: &str) -> Value {
        self.state.logins += 1;
        let end = self.now() + seconds(self.options.lifetimes.refresh_token);
        self.issue(user, client_id, self.state.logins, Some(end))
    }

    /// A refresh does not extend the session: the new refresh token expires when the old one would have.
    fn refresh(&mut self, client_id: &str, presented: &str) -> Result<Value, Refusal> {
        const INVALID: Refusal = Refusal(400, "invalid_grant", "The refresh token is invalid.");
        let now = self.now();
        let revoke_family = self.options.revoke_family;
        let token = self.state.refresh_tokens.get_mut(&sha256_hex(presented.as_bytes())).ok_or(INVALID)?;
        if token.client_id != client_id || token.expires <= now {
            return Err(INVALID);
        }
        if token.spent && revoke_family {
            self.state.revoked.push(token.login);
        }
        if token.spent || self.state.revoked.contains(&token.login) {
            return Err(INVALID);
        }
        let rotate = self.options.rotation == Rotation::Rotate;
        token.spent = rotate;
        let Token { user, login, expires, .. } = token.clone();
        Ok(self.issue(&user, client_id, login, rotate.then_some(expires)))
    }

    /// Issues an access token, and a refresh token that expires at `end` if one is given.
    fn issue(&mut self, user: &str, client_id: &str, login: u64, end: Option<i64>) -> Value {
        let life = seconds(self.options.lifetimes.access_token);
        let token =
            |expires| Token { user: user.to_owned(), client_id: client_id.to_owned(), login, expires, spent: false };
        let access_token = random("sandbox-at");
        self.state.access_tokens.insert(sha256_hex(access_token.as_bytes()), token(self.now() + life));
        let life = if self.options.text_lifetimes { json!(life.to_string()) } else { json!(life) };
        let mut answer = json!({"access_token": access_token, "token_type": "Bearer", "expires_in": life});
        if let Some(end) = end {
            let refresh_token = random("sandbox-rt");
            self.state.refresh_tokens.insert(sha256_hex(refresh_token.as_bytes()), token(end));
            answer["refresh_token"] = json!(refresh_token);
        }
        answer
    }

    /// The holder of an access token (RFC 6750 section 2.1).
    pub(super) fn bearer(&self, token: Option<&str>) -> Result<&Token, Refusal> {
        const INVALID: Refusal = Refusal(401, "invalid_token", "The access token is invalid.");
        let token = self.state.access_tokens.get(&sha256_hex(token.ok_or(INVALID)?.as_bytes())).ok_or(INVALID)?;
        if self.state.revoked.contains(&token.login) {
            return Err(INVALID);
        }
        if token.expires <= self.now() {
            return Err(Refusal(401, "expired_token", "The access token is expired."));
        }
        Ok(token)
    }

    /// `/v1/exchange`
    pub(super) fn exchange(&mut self, bearer: Option<&str>) -> Result<Value, Refusal> {
        let now = self.now();
        let token = self.bearer(bearer)?;
        if token.expires - now < MIN_LIFETIME {
            return Err(Refusal(403, "access_denied", "token expire time is too short"));
        }
        let expires = now + seconds(self.options.lifetimes.sts);
        let user = token.user.clone();
        let (id, secret, token) =
            (format!("STS.{}", &random("")[..22]), random("sandbox-secret"), random("sandbox-sts"));
        let key =
            Key { user, secret: secret.clone(), token: Some(sha256_hex(token.as_bytes())), expires: Some(expires) };
        self.state.keys.insert(id.clone(), key);
        let values = [
            ("accessKeyId", id),
            ("accessKeySecret", secret),
            ("securityToken", token),
            ("expiration", crate::time::Timestamp::from_unix(expires).to_string()),
        ];
        let mut answer = Map::new();
        for (name, value) in values {
            if self.options.casing != Casing::Pascal {
                answer.insert(name.to_owned(), json!(value));
            }
            if self.options.casing != Casing::Camel {
                answer.insert(name[..1].to_ascii_uppercase() + &name[1..], json!(value));
            }
        }
        Ok(Value::Object(answer))
    }

    /// `/v1/revoke` (RFC 7009): ends the session of the token. An unknown token is not an error (section 2.2), and
    /// STS credentials already issued stay valid.
    pub(super) fn revoke(&mut self, form: &Parameters) -> Result<Value, Refusal> {
        let get = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        if !OFFICIAL_CLIENTS.contains(&get("client_id")) {
            return Err(Refusal(401, "invalid_client", "The client_id is unknown."));
        }
        if get("token").is_empty() {
            return Err(Refusal(400, "invalid_request", "The token is missing."));
        }
        let presented = sha256_hex(get("token").as_bytes());
        let known = self.state.refresh_tokens.get(&presented).or_else(|| self.state.access_tokens.get(&presented));
        match known {
            Some(token) if token.client_id != get("client_id") => {
                return Err(Refusal(400, "invalid_grant", "The token was issued to another client."));
            }
            Some(token) if !self.state.revoked.contains(&token.login) => self.state.revoked.push(token.login),
            _ => {}
        }
        Ok(json!({}))
    }

    /// `/v1/userinfo` (OpenID Connect Core section 5.3).
    pub(super) fn userinfo(&self, bearer: Option<&str>) -> Result<Value, Refusal> {
        let name = self.bearer(bearer)?.user.clone();
        let user = self.user(&name).ok_or(Refusal(401, "invalid_token", "The user is gone."))?;
        let kind = match user.identity_type() {
            "Account" => "account",
            "RAMUser" => "user",
            _ => "role",
        };
        Ok(json!({"sub": user.id, "aid": user.account_id, "uid": user.id, "type": kind, "name": user.name}))
    }
}

/// Whether the text is a SHA-256 digest in base64url (RFC 7636 section 4.2).
fn is_s256(challenge: &str) -> bool {
    BASE64_URL_SAFE_NO_PAD.decode(challenge).is_ok_and(|bytes| bytes.len() == 32)
}

/// Whether `uri` is one of the five redirect URIs of `official-cli`, compared as strings.
pub(super) fn is_registered(uri: &str) -> bool {
    (12345..=12349).any(|port| uri == format!("http://127.0.0.1:{port}/cli/callback"))
}

fn seconds(span: Duration) -> i64 {
    i64::try_from(span.as_secs()).unwrap_or(i64::MAX / 4)
}

/// Returns a new token with 256 random bits. Every token of a sandbox begins with `sandbox-`: clients must not send
/// a sandbox any other.
pub(super) fn random(prefix: &str) -> String {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).expect("a sandbox needs the system's random source");
    let text = BASE64_URL_SAFE_NO_PAD.encode(bytes);
    if prefix.is_empty() { text.replace(['-', '_'], "x") } else { format!("{prefix}-{text}") }
}

/// Returns a new number of this many digits, as text.
pub(super) fn digits(count: usize) -> String {
    let mut bytes = vec![0; count];
    SystemRandom::new().fill(&mut bytes).expect("a sandbox needs the system's random source");
    let digit = |(at, byte): (usize, &u8)| char::from(b'0' + if at == 0 { 1 + byte % 9 } else { byte % 10 });
    bytes.iter().enumerate().map(digit).collect()
}
