//! The environment as plain data, and which of its variables are about Alibaba Cloud.
//!
//! The names come from the sources of the official command line and SDKs, the Terraform provider and its OSS
//! backend, ossutil 2 and Serverless Devs. They are listed here and nowhere else.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use crate::site::SANDBOX_VARIABLE;

/// The families of names.
const PREFIXES: [&str; 6] = ["ALIBABA_CLOUD_", "ALIBABACLOUD_", "ALICLOUD_", "ALIYUN_", "OSS_", "ECCTL_"];
/// Suffixes that, after a prefix, name a key, a profile or another source of credentials.
const SOURCES: [&str; 30] = [
    "ACCESS_KEY",
    "ACCESS_KEY_ID",
    "ACCESS_KEY_SECRET",
    "ASSUME_ROLE_ARN",
    "ASSUME_ROLE_EXTERNAL_ID",
    "ASSUME_ROLE_POLICY",
    "ASSUME_ROLE_SESSION_EXPIRATION",
    "ASSUME_ROLE_SESSION_NAME",
    "BEARER_TOKEN",
    "BEARER_TOKEN_HEADER_KEY",
    "CREDENTIALS_EXPIRATION",
    "CREDENTIALS_FILE",
    "CREDENTIALS_URI",
    "ECS_METADATA",
    "ECS_ROLE_NAME",
    "EXTERNAL_ID",
    "IGNORE_PROFILE",
    "OIDC_PROVIDER_ARN",
    "OIDC_ROLE_ARN",
    "OIDC_TOKEN_FILE",
    "PROFILE",
    "PROFILE_MODE",
    "ROLE_ARN",
    "ROLE_SESSION_NAME",
    "SECRET_ACCESS_KEY",
    "SECRET_KEY",
    "SECURITY_TOKEN",
    "SESSION_TOKEN",
    "SHARED_CREDENTIALS_FILE",
    "STS_TOKEN",
];
/// Names without a prefix: the official command line and the Terraform provider fall back to the first three,
/// Serverless Devs reads the others.
const BARE: [&str; 6] =
    ["ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN", "AccessKeyID", "AccessKeySecret", "SecurityToken"];
/// Serverless Devs' keys, each under its own name.
const SERVERLESS_DEVS: &str = "_serverless_devs_key";

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

    /// Whether a variable names a key, a profile or any other source of credentials for a tool of Alibaba Cloud's.
    /// Regions, endpoints of services and the place of the shared file do not.
    pub fn is_credential_source(name: &OsStr) -> bool {
        let Some(name) = name.to_str() else { return false };
        let source = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix));
        source.is_some_and(|source| SOURCES.contains(&source))
            || BARE.contains(&name)
            || name.ends_with(SERVERLESS_DEVS)
    }

    /// Every name that [`Env::is_credential_source`] knows, apart from those that people make up for Serverless Devs.
    pub fn credential_sources() -> impl Iterator<Item = String> {
        let prefixed = PREFIXES.iter().flat_map(|prefix| SOURCES.iter().map(move |source| format!("{prefix}{source}")));
        prefixed.chain(BARE.iter().map(|name| (*name).to_owned()))
    }

    /// Whether a variable is about Alibaba Cloud at all, in capitals or not, and so nothing that a browser needs.
    pub fn is_sensitive(name: &OsStr) -> bool {
        let name = name.to_string_lossy().to_ascii_uppercase();
        let family = PREFIXES.iter().any(|prefix| name.starts_with(prefix)) && name != SANDBOX_VARIABLE;
        let bare = BARE.iter().any(|bare| name.eq_ignore_ascii_case(bare));
        family || bare || name.ends_with(&SERVERLESS_DEVS.to_ascii_uppercase())
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Env {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_of_credentials_are_told_from_everything_else() {
        for name in [
            "ALIBABA_CLOUD_PROFILE",
            "ALIBABACLOUD_PROFILE",
            "ALICLOUD_PROFILE",
            "ALIBABA_CLOUD_PROFILE_MODE",
            "ALIBABACLOUD_IGNORE_PROFILE",
            "ALICLOUD_SHARED_CREDENTIALS_FILE",
            "ALIBABA_CLOUD_CREDENTIALS_FILE",
            "ALIBABA_CLOUD_ROLE_ARN",
            "ALIBABA_CLOUD_ROLE_SESSION_NAME",
            "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
            "ALIBABACLOUD_OIDC_TOKEN_FILE",
            "ALIBABA_CLOUD_ECS_METADATA",
            "ALICLOUD_ECS_ROLE_NAME",
            "ALICLOUD_ASSUME_ROLE_ARN",
            "ALIBABA_CLOUD_SECRET_ACCESS_KEY",
            "ALIBABA_CLOUD_BEARER_TOKEN",
            "ALIBABA_CLOUD_EXTERNAL_ID",
            "ECCTL_PROFILE",
            "SECURITY_TOKEN",
            "AccessKeySecret",
            "default_serverless_devs_key",
        ] {
            assert!(Env::is_credential_source(OsStr::new(name)), "{name}");
            assert!(Env::is_sensitive(OsStr::new(name)), "{name}");
        }
        for name in [
            "ALIYUN_RS_SANDBOX",
            "ALIBABA_CLOUD_CONFIG_FILE",
            "ALIBABA_CLOUD_CONFIG_PATH",
            "ALIBABA_CLOUD_ECS_METADATA_DISABLED",
            "ALIBABA_CLOUD_REGION_ID",
            "ALIBABA_CLOUD_LANGUAGE",
            "OSS_ENDPOINT",
            "AWS_ACCESS_KEY_ID",
            "AWS_PROFILE",
            "PROFILE",
            "PATH",
            "",
        ] {
            assert!(!Env::is_credential_source(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn the_list_of_sources_and_the_question_agree() {
        assert!(Env::credential_sources().all(|name| Env::is_credential_source(OsStr::new(&name))));
        assert_eq!(Env::credential_sources().count(), PREFIXES.len() * SOURCES.len() + BARE.len());
    }
}
