//! The sessions of the sandbox and the private file that keeps them between runs. Tokens are stored only as their
//! SHA-256.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::account::Account;
use super::folder;

/// Everything the sandbox has issued except authorization codes, which end with it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// By the SHA-256 of the token.
    pub(super) access_tokens: BTreeMap<String, Token>,
    /// By the SHA-256 of the token.
    pub(super) refresh_tokens: BTreeMap<String, Token>,
    /// Applications and who may use them.
    pub(super) account: Account,
    /// By the AccessKey id.
    pub(super) keys: BTreeMap<String, Key>,
    /// Sessions that were revoked.
    pub(super) revoked: Vec<u64>,
    /// The number of the last session.
    pub(super) logins: u64,
}

/// An access or refresh token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Token {
    pub(super) user: String,
    pub(super) client_id: String,
    pub(super) login: u64,
    pub(super) scopes: BTreeSet<String>,
    pub(super) expires: i64,
    pub(super) spent: bool,
}

/// STS credentials, or a long-term AccessKey.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Key {
    pub(super) user: String,
    /// In clear: a signature cannot be checked without it.
    pub(super) secret: String,
    /// The SHA-256 of the security token.
    /// None for a long-term AccessKey, which has no security token.
    pub(super) token: Option<String>,
    /// None for a long-term AccessKey.
    pub(super) expires: Option<i64>,
}

impl State {
    /// Reads the file in `folder`; `None` if it is missing or unreadable.
    pub(super) fn load(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&folder::read(&file(folder)).ok()?).ok()
    }

    /// Replaces the file in `folder`, for its owner only.
    pub(super) fn save(&mut self, folder: &Path, now: i64) -> io::Result<()> {
        let day = 24 * 3600;
        self.access_tokens.retain(|_, token| token.expires + day > now);
        self.refresh_tokens.retain(|_, token| token.expires + day > now);
        self.keys.retain(|_, key| key.expires.is_none_or(|expires| expires + day > now));
        folder::replace(&file(folder), &serde_json::to_vec(self)?)
    }
}

fn file(folder: &Path) -> PathBuf {
    folder.join("state.json")
}
