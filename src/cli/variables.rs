//! Credentials as environment variables: the names that Alibaba Cloud's tools read, and those that would
//! compete with them. Pure; who gets the variables is for the commands to say.
//!
//! The names come from the sources of the official command line and SDKs, the Terraform provider and its OSS
//! backend, and ossutil 2. Only the key that signs requests ever becomes a variable, never a refresh or access
//! token.

use std::ffi::OsStr;

use crate::credentials::Credentials;
use crate::secret::Secret;

const IDS: [&str; 5] = [
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABACLOUD_ACCESS_KEY_ID",
    "ALICLOUD_ACCESS_KEY_ID",
    "ALICLOUD_ACCESS_KEY",
    "OSS_ACCESS_KEY_ID",
];
const SECRETS: [&str; 5] = [
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABACLOUD_ACCESS_KEY_SECRET",
    "ALICLOUD_ACCESS_KEY_SECRET",
    "ALICLOUD_SECRET_KEY",
    "OSS_ACCESS_KEY_SECRET",
];
const TOKENS: [&str; 4] =
    ["ALIBABA_CLOUD_SECURITY_TOKEN", "ALIBABACLOUD_SECURITY_TOKEN", "ALICLOUD_SECURITY_TOKEN", "OSS_SESSION_TOKEN"];
const REGIONS: [&str; 6] = [
    "ALIBABA_CLOUD_REGION_ID",
    "ALIBABACLOUD_REGION_ID",
    "ALICLOUD_REGION_ID",
    "ALIBABA_CLOUD_REGION",
    "ALICLOUD_REGION",
    "OSS_REGION",
];
const ENDPOINTS: [&str; 2] = ["ALIBABA_CLOUD_CREDENTIALS_URI", "ALICLOUD_CREDENTIALS_URI"];
/// The official SDKs look at the shared file and ask the machine they run on before they ask a URI.
const SDK_DETOURS: [&str; 2] = ["ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "ALIBABA_CLOUD_ECS_METADATA_DISABLED"];

/// The families of names.
const PREFIXES: [&str; 6] = ["ALIBABA_CLOUD_", "ALIBABACLOUD_", "ALICLOUD_", "ALIYUN_", "OSS_", "ECCTL_"];
/// What, behind a prefix, names a key, a profile or another source of credentials.
const SOURCES: [&str; 22] = [
    "ACCESS_KEY",
    "ACCESS_KEY_ID",
    "ACCESS_KEY_SECRET",
    "BEARER_TOKEN",
    "BEARER_TOKEN_HEADER_KEY",
    "CREDENTIALS_FILE",
    "CREDENTIALS_URI",
    "ECS_METADATA",
    "ECS_ROLE_NAME",
    "EXTERNAL_ID",
    "OIDC_PROVIDER_ARN",
    "OIDC_ROLE_ARN",
    "OIDC_TOKEN_FILE",
    "PROFILE",
    "PROFILE_MODE",
    "ROLE_ARN",
    "ROLE_SESSION_NAME",
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

/// The variables that hand `credentials` to a child, in the spelling of every tool.
pub(super) fn variables(credentials: &Credentials) -> Vec<(&'static str, Secret)> {
    let id = Secret::new(credentials.access_key_id.as_str());
    let mut variables = each(&IDS, &id);
    variables.extend(each(&SECRETS, &credentials.access_key_secret));
    variables.extend(credentials.security_token.iter().flat_map(|token| each(&TOKENS, token)));
    variables.extend(region(credentials.region_id.as_deref()));
    variables
}

/// The variables that hand the endpoint at `url` to a child, instead of a key.
pub(super) fn endpoint(url: &Secret, region_id: Option<&str>) -> Vec<(&'static str, Secret)> {
    let mut variables = each(&ENDPOINTS, url);
    variables.extend(each(&SDK_DETOURS, &Secret::new("true")));
    variables.extend(region(region_id));
    variables
}

/// Whether a variable names a key, a profile or any other source of credentials: beside those of [`variables`]
/// it would compete. Regions, endpoints of services and the place of the file do not.
pub(super) fn is_rival(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    let source = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix));
    source.is_some_and(|source| SOURCES.contains(&source)) || BARE.contains(&name) || name.ends_with(SERVERLESS_DEVS)
}

fn region(region_id: Option<&str>) -> Vec<(&'static str, Secret)> {
    region_id.map(|region_id| each(&REGIONS, &Secret::new(region_id))).unwrap_or_default()
}

fn each(names: &[&'static str], value: &Secret) -> Vec<(&'static str, Secret)> {
    names.iter().map(|name| (*name, value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(token: Option<&str>, region_id: Option<&str>) -> Credentials {
        Credentials {
            access_key_id: "id".to_owned(),
            access_key_secret: Secret::new("secret"),
            security_token: token.map(Secret::new),
            expiration: None,
            region_id: region_id.map(str::to_owned),
        }
    }

    fn with(value: &str, variables: &[(&'static str, Secret)]) -> Vec<&'static str> {
        variables.iter().filter(|(_, secret)| secret.expose() == value).map(|(name, _)| *name).collect()
    }

    #[test]
    fn every_tool_finds_its_own_spelling() {
        let all = variables(&credentials(Some("token"), Some("cn-hangzhou")));
        assert_eq!(with("id", &all), IDS);
        assert_eq!(with("secret", &all), SECRETS);
        assert_eq!(with("token", &all), TOKENS);
        assert_eq!(with("cn-hangzhou", &all), REGIONS);
        assert_eq!(all.len(), IDS.len() + SECRETS.len() + TOKENS.len() + REGIONS.len());
    }

    #[test]
    fn a_long_lived_key_brings_no_token_and_an_unset_region_no_region() {
        let all = variables(&credentials(None, None));
        assert_eq!(all.len(), IDS.len() + SECRETS.len());
    }

    #[test]
    fn whatever_is_set_would_be_a_rival_in_the_child_of_another_profile() {
        for name in IDS.iter().chain(&SECRETS).chain(&TOKENS).chain(&ENDPOINTS) {
            assert!(is_rival(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn rivals_go_and_everything_else_stays() {
        for name in [
            "ALIBABA_CLOUD_PROFILE",
            "ALIBABACLOUD_PROFILE",
            "ALICLOUD_PROFILE",
            "ALIBABA_CLOUD_PROFILE_MODE",
            "ALICLOUD_SHARED_CREDENTIALS_FILE",
            "ALIBABA_CLOUD_CREDENTIALS_FILE",
            "ALIBABA_CLOUD_ROLE_ARN",
            "ALIBABA_CLOUD_ROLE_SESSION_NAME",
            "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
            "ALIBABACLOUD_OIDC_TOKEN_FILE",
            "ALIBABA_CLOUD_ECS_METADATA",
            "ALICLOUD_ECS_ROLE_NAME",
            "ALIBABA_CLOUD_BEARER_TOKEN",
            "ALIBABA_CLOUD_EXTERNAL_ID",
            "ECCTL_PROFILE",
            "SECURITY_TOKEN",
            "AccessKeySecret",
            "default_serverless_devs_key",
        ] {
            assert!(is_rival(OsStr::new(name)), "{name}");
        }
        for name in [
            "ALIYUN_RS_SANDBOX",
            "ALIBABA_CLOUD_CONFIG_FILE",
            "ALIBABA_CLOUD_CONFIG_PATH",
            "ALIBABA_CLOUD_IGNORE_PROFILE",
            "ALIBABA_CLOUD_ECS_METADATA_DISABLED",
            "ALIBABA_CLOUD_REGION_ID",
            "ALIBABA_CLOUD_LANGUAGE",
            "ALICLOUD_ASSUME_ROLE_ARN",
            "OSS_ENDPOINT",
            "AWS_ACCESS_KEY_ID",
            "AWS_PROFILE",
            "PROFILE",
            "PATH",
            "",
        ] {
            assert!(!is_rival(OsStr::new(name)), "{name}");
        }
    }
}
