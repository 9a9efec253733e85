//! The authorization server and the account that it serves, implemented without any code of the client.
//!
//! It refuses what the real site refuses. Its endpoints have modules of their own: `authorization`, `tokens` and
//! `identity`; `clients` says who may ask.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};

use super::account::Account;
use super::authorization::Code;
use super::options::Options;
use super::state::{Key, State};
use super::users::User;

/// The parameters of a query or form, each sent once.
pub(super) type Parameters = BTreeMap<String, String>;

/// A refusal: status, `error`, `error_description`.
#[derive(Debug)]
pub(super) struct ErrorResponse(pub(super) u16, pub(super) &'static str, pub(super) &'static str);

/// The authorization server.
pub(super) struct Provider {
    pub(super) options: Options,
    pub(super) state: State,
    pub(super) codes: BTreeMap<String, Code>,
    /// Its address.
    pub(super) origin: String,
    /// When it started, in seconds since the epoch.
    pub(super) started: i64,
    /// Of the keys that sign id_tokens: the one before the last that was used, and that one.
    pub(super) key_numbers: Vec<u64>,
}

impl Provider {
    pub(super) fn new(options: Options, origin: String) -> Self {
        let begin = || State { account: Account::new(&options), ..State::default() };
        let mut state = options.folder.as_deref().and_then(State::load).unwrap_or_else(begin);
        if !options.official_cli {
            state.account.installed.clear();
        }
        let started = (options.clock)().as_unix();
        Self { options, state, codes: BTreeMap::new(), origin, started, key_numbers: Vec::new() }
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
}

pub(super) fn seconds(span: Duration) -> i64 {
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

/// Returns a new request id, which looks like those of Alibaba Cloud: a UUID in capitals.
pub(super) fn request_id() -> String {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).expect("a sandbox needs the system's random source");
    let hex: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    [0..8, 8..12, 12..16, 16..20, 20..32].map(|group| &hex[group]).join("-")
}

/// Returns a new number of this many digits, as text.
pub(super) fn digits(count: usize) -> String {
    let mut bytes = vec![0; count];
    SystemRandom::new().fill(&mut bytes).expect("a sandbox needs the system's random source");
    let digit = |(at, byte): (usize, &u8)| char::from(b'0' + if at == 0 { 1 + byte % 9 } else { byte % 10 });
    bytes.iter().enumerate().map(digit).collect()
}
