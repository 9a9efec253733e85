//! Another tool of the same user: it signs in, renews and rewrites the shared file by itself, under no lock.

use std::fs;
use std::path::PathBuf;

use aliyun_rs::host::{Host, Request, Response, TransportError};
use aliyun_rs::sandbox::{Ledger, fingerprint};
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use serde_json::{Value, json};

use super::World;

const CLIENT: &str = "4038181954557748008";
const CALLBACK: &str = "http://127.0.0.1:12345/cli/callback";

/// What a token endpoint gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Tokens {
    fn of(answer: &Value) -> Self {
        let text = |key: &str| answer[key].as_str().unwrap().to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token") }
    }
}

impl World {
    /// Signs `user` in without any callback port: the code is read from the redirect.
    pub(crate) fn tool_signs_in(&self, user: &str) -> Tokens {
        let verifier = "v".repeat(43);
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.clone()));
        let page = [
            ("client_id", CLIENT),
            ("redirect_uri", CALLBACK),
            ("state", "s"),
            ("response_type", "code"),
            ("code_challenge_method", "S256"),
            ("code_challenge", challenge.as_str()),
            ("user", user),
            ("decision", "authorize"),
        ];
        let answer = self.post("/oauth2/v1/auth", &page);
        let location = answer.headers()["location"].to_str().unwrap();
        let code = location.split(['?', '&']).find_map(|pair| pair.strip_prefix("code=")).unwrap();
        let answer = self.post(
            "/v1/token",
            &[
                ("grant_type", "authorization_code"),
                ("client_id", CLIENT),
                ("redirect_uri", CALLBACK),
                ("code", code),
                ("code_verifier", &verifier),
            ],
        );
        Tokens::of(&serde_json::from_slice(answer.body()).unwrap())
    }

    /// Renews tokens; `None` when the sandbox refuses.
    pub(crate) fn tool_renews(&self, refresh: &str) -> Option<Tokens> {
        let form = [("grant_type", "refresh_token"), ("client_id", CLIENT), ("refresh_token", refresh)];
        let answer = self.post("/v1/token", &form);
        answer.status().is_success().then(|| Tokens::of(&serde_json::from_slice(answer.body()).unwrap()))
    }

    /// Writes tokens that end `life` seconds from now, without STS credentials, into the profile.
    pub(crate) fn tool_saves(&self, profile: &str, tokens: &Tokens, life: i64) {
        self.edit(profile, |item| {
            item["mode"] = json!("OAuth");
            item["oauth_site_type"] = json!("CN");
            item["region_id"] = json!("cn-hangzhou");
            item["oauth_access_token"] = json!(tokens.access);
            item["oauth_refresh_token"] = json!(tokens.refresh);
            item["oauth_access_token_expire"] = json!(self.now() + life);
            for key in ["access_key_id", "access_key_secret", "sts_token", "sts_expiration"] {
                item.as_object_mut().unwrap().remove(key);
            }
        });
    }

    /// A profile `demo` whose access token has `life` seconds left and that has no STS credentials yet.
    pub(crate) fn signed_in(&self, life: i64) -> Tokens {
        let tokens = self.tool_signs_in("alice");
        self.tool_saves("demo", &tokens, life);
        tokens
    }

    /// Puts STS credentials that end `life` seconds from now into the profile.
    pub(crate) fn has_sts(&self, profile: &str, life: i64) {
        self.edit(profile, |item| {
            item["access_key_id"] = json!("STS.old");
            item["access_key_secret"] = json!("sandbox-secret-old");
            item["sts_token"] = json!("sandbox-sts-old");
            item["sts_expiration"] = json!(self.now() + life);
        });
    }

    /// Changes one profile as a tool does that knows nothing of locks; it is made where there is none.
    pub(crate) fn edit(&self, profile: &str, change: impl FnOnce(&mut Value)) {
        let text = fs::read(self.config_path()).unwrap_or_else(|_| b"{\"profiles\":[]}".to_vec());
        let mut file: Value = serde_json::from_slice(&text).unwrap();
        let profiles = file["profiles"].as_array_mut().unwrap();
        if !profiles.iter().any(|item| item["name"] == profile) {
            profiles.push(json!({"name": profile}));
        }
        change(profiles.iter_mut().find(|item| item["name"] == profile).unwrap());
        self.replace_config(&serde_json::to_string_pretty(&file).unwrap());
    }

    /// Replaces the file at one stroke, by a rename.
    pub(crate) fn replace_config(&self, text: &str) {
        let draft = self.config_path().with_extension("tool");
        fs::create_dir_all(draft.parent().unwrap()).unwrap();
        fs::write(&draft, text).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&draft, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        fs::rename(draft, self.config_path()).unwrap();
    }

    /// Where the record of rotated tokens is.
    pub(crate) fn journal_path(&self) -> PathBuf {
        self.config_path().with_file_name(".config.json.aliyun-rs.journal")
    }

    /// The refresh token in the file.
    pub(crate) fn refresh_token(&self, profile: &str) -> String {
        self.value(profile, "oauth_refresh_token").as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = http::Request::post(format!("{}{path}", self.sandbox.url()))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.into_bytes())
            .unwrap();
        send(request).unwrap()
    }
}

/// Sends a request over the real network, in real time.
pub(crate) fn send(request: Request) -> Result<Response, TransportError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(Host::from_os().http.send(request))
}

/// How often `token` was presented for a refresh.
pub(crate) fn presentations(ledger: &Ledger, token: &str) -> usize {
    let wanted = fingerprint(token);
    let refreshes = ledger.entries.iter().filter(|entry| entry.grant.as_deref() == Some("refresh_token"));
    refreshes.filter(|entry| entry.presented.as_ref() == Some(&wanted)).count()
}

/// Expects that no refresh token was presented after the server had answered one presentation of it with success.
pub(crate) fn assert_no_reuse(ledger: &Ledger) {
    let mut spent = std::collections::HashSet::new();
    for entry in ledger.entries.iter().filter(|entry| entry.grant.as_deref() == Some("refresh_token")) {
        assert!(!spent.contains(&entry.presented), "a spent token was presented again: {ledger:#?}");
        if entry.outcome == "ok" {
            spent.insert(entry.presented.clone());
        }
    }
}
