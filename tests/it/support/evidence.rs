//! What a test looks at afterwards: every file of the home, every secret, and the words a run says the same each
//! time.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use super::{Output, World};

/// The keys whose values must never be shown.
const SECRETS: [&str; 4] = ["oauth_access_token", "oauth_refresh_token", "access_key_secret", "sts_token"];

/// What differs from run to run, for snapshots.
pub(crate) const FILTERS: [(&str, &str); 8] = [
    (r"state=[\w-]{43,}", "state=STATE"),
    (r"code_challenge=[\w-]{43}", "code_challenge=CHALLENGE"),
    (r"127\.0\.0\.1(:|%3A)1234\d", "127.0.0.1${1}PORT"),
    (r"127\.0\.0\.1:\d+", "SANDBOX"),
    (r"request id [\w-]+", "request id ID"),
    (r"-L \d+:", "-L PORT:"),
    (r"/[^`\s]*/data/aliyun-rs/sandbox/", "DATA/"),
    (r"(?m)[ \t]+$", ""),
];

/// Compares a whole run with what is written in the test.
macro_rules! story {
    ($output:expr, @$text:literal) => {
        insta::with_settings!({filters => $crate::support::evidence::FILTERS.to_vec()}, {
            insta::assert_snapshot!($output.to_string(), @$text)
        })
    };
}
pub(crate) use story;

impl World {
    /// Every file below the home, with its content, but for lock files: they are never removed, and empty.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        collect(self.home.path(), &mut found);
        found.retain(|path, content| path.extension().is_none_or(|kind| kind != "lock") || !content.is_empty());
        found
    }

    /// The secrets of all profiles, as the file has them now.
    pub(crate) fn canaries(&self) -> Vec<String> {
        let file: serde_json::Value = serde_json::from_str(&self.config()).unwrap();
        let profiles = file["profiles"].as_array().unwrap().iter();
        let values = profiles.flat_map(|profile| SECRETS.map(|key| profile[key].as_str().unwrap_or_default()));
        let canaries: Vec<String> = values.filter(|value| value.len() >= 16).map(str::to_owned).collect();
        assert!(!canaries.is_empty(), "there is no secret to look for");
        canaries
    }

    /// Expects that no file of the home holds any of `canaries`.
    pub(crate) fn has_forgotten(&self, canaries: &[String]) {
        for (path, bytes) in self.files() {
            let text = String::from_utf8_lossy(&bytes);
            for canary in canaries {
                assert!(!text.contains(canary), "`{}` still holds a secret", path.display());
            }
        }
    }
}

fn collect(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
}

impl Output {
    /// Expects that nothing said or shown holds any of `canaries`, or their last eight characters.
    pub(crate) fn hides(self, canaries: &[String]) -> Self {
        let page = self.page.as_ref().map(|(_, page)| page.as_str()).unwrap_or_default();
        for canary in canaries {
            let tail = &canary[canary.len() - 8..];
            for text in [&self.stdout, &self.stderr, page] {
                assert!(!text.contains(tail), "a secret shows in\n{self}{page}");
            }
        }
        self
    }
}

/// Whether the first callback port can be had, as after every sign-in.
pub(crate) fn port_is_free() -> bool {
    TcpListener::bind(("127.0.0.1", 12345)).is_ok()
}
