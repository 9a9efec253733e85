//! The environment as plain data.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// A snapshot of environment variables. An empty variable counts as unset.
#[derive(Clone, Debug, Default)]
pub struct Env(BTreeMap<OsString, OsString>);

impl Env {
    /// The environment of this process.
    #[expect(clippy::disallowed_methods, reason = "this module is the door")]
    pub(super) fn from_os() -> Self {
        Self(std::env::vars_os().collect())
    }

    /// The text of a variable; `None` when it is unset, empty or not Unicode.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_os(name)?.to_str()
    }

    /// The raw value of a variable, for paths; `None` when it is unset or empty.
    pub fn get_os(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// Sets one variable of this snapshot, for a run inside a run.
    pub fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.0.insert(name.into(), value.into());
    }

    /// All variables, in order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// Whether a variable carries Alibaba Cloud credentials, profiles or endpoints that no browser needs.
    pub fn is_sensitive(name: &OsStr) -> bool {
        const FAMILIES: [&str; 5] = ["ALIBABA", "ALICLOUD", "ALIYUN_", "OSS_", "ECCTL_"];
        const BARE: [&str; 6] =
            ["ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN", "ACCESSKEYID", "ACCESSKEYSECRET", "SECURITYTOKEN"];
        let name = name.to_string_lossy().to_ascii_uppercase();
        let family = FAMILIES.iter().any(|prefix| name.starts_with(prefix)) && name != "ALIYUN_RS_SANDBOX";
        family || BARE.contains(&name.as_str()) || name.ends_with("_SERVERLESS_DEVS_KEY")
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Env {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}
