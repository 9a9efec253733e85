//! Credentials as environment variables: what is set for a program, and what is taken away because it would compete.
//! Pure; which program gets the variables is decided by the commands.
//!
//! Only the key that signs requests ever becomes a variable, never a refresh or access token. Which names are sources
//! of credentials is decided by [`Env`].

use std::ffi::OsStr;

use super::source::Source;
use crate::credentials::Credentials;
use crate::host::Env;
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
/// When the key ends (RFC 3339), for scripts.
const EXPIRATION: &str = "ALIBABA_CLOUD_CREDENTIALS_EXPIRATION";
const REGIONS: [&str; 5] = [
    "ALIBABA_CLOUD_REGION_ID",
    "ALIBABACLOUD_REGION_ID",
    "ALICLOUD_REGION_ID",
    "ALIBABA_CLOUD_REGION",
    "ALICLOUD_REGION",
];
/// A region for the object storage alone.
const OSS_REGION: &str = "OSS_REGION";
/// The region that came from a profile, so that the next profile's is not taken for the user's own choice.
const PROFILE_REGION: &str = "ALIYUN_RS_REGION";
/// The shared file that `exec` has used, so that this program uses the same one inside.
pub(super) const FILE_VARIABLE: &str = "ALIYUN_RS_CONFIG_FILE";
const ENDPOINTS: [&str; 2] = ["ALIBABA_CLOUD_CREDENTIALS_URI", "ALICLOUD_CREDENTIALS_URI"];
/// Before the official SDKs ask a URI they look at the shared file and an older file of keys, and ask the machine they
/// run on.
const SDK_DETOURS: [(&str, &str); 3] = [
    ("ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "true"),
    ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true"),
    ("ALIBABA_CLOUD_CREDENTIALS_FILE", NO_FILE),
];
/// A file that does not exist, and that only an administrator could make.
const NO_FILE: &str =
    if cfg!(windows) { r"C:\Windows\aliyun-rs\no-credentials" } else { "/dev/aliyun-rs/no-credentials" };
/// The official command line takes the key from the environment only if it does not look at the shared file.
const IGNORE_PROFILE: (&str, &str) = ("ALIBABA_CLOUD_IGNORE_PROFILE", "TRUE");
/// The profile for the official command line and for `aliyun-rs` itself; neither the SDKs nor Terraform read this one.
const PROFILE: &str = "ALIBABACLOUD_PROFILE";
/// Both spellings are in use.
const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];
const LOOPBACK: &str = "127.0.0.1";

/// Variables to set.
pub(super) type Variables = Vec<(&'static str, Secret)>;

/// The variables that hand over the key of `credentials`, in the spelling of every tool.
pub(super) fn key(credentials: &Credentials) -> Variables {
    let mut variables = each(&IDS, &credentials.access_key_id);
    variables.extend(each(&SECRETS, credentials.access_key_secret.expose()));
    variables.extend(credentials.security_token.iter().flat_map(|token| each(&TOKENS, token.expose())));
    variables.extend(credentials.expiration.map(|end| (EXPIRATION, Secret::new(end.to_string()))));
    variables.push((IGNORE_PROFILE.0, Secret::new(IGNORE_PROFILE.1)));
    variables
}

/// The variables that hand over the endpoint at `url` instead of a key. The official command line cannot use an
/// endpoint: it uses the profile itself if that is in its own file, and refuses to work if it is not.
pub(super) fn endpoint(url: &Secret, env: &Env, profile_is_shared: bool) -> Variables {
    let mut variables = each(&ENDPOINTS, url.expose());
    variables.extend(SDK_DETOURS.map(|(name, value)| (name, Secret::new(value))));
    variables.extend(past_proxies(env));
    variables.extend((!profile_is_shared).then(|| (IGNORE_PROFILE.0, Secret::new(IGNORE_PROFILE.1))));
    variables
}

/// The variable that names the profile for a program that looks at the shared file after all.
pub(super) fn profile(name: &str) -> (&'static str, Secret) {
    (PROFILE, Secret::new(name))
}

/// The address of an endpoint is a secret: it is not for a proxy.
fn past_proxies(env: &Env) -> Variables {
    let known: Vec<&str> = NO_PROXY.iter().filter_map(|name| env.get(name)).collect();
    let variable = |name| {
        let hosts = env.get(name).or(known.first().copied());
        let has_loopback = |hosts: &str| hosts.split(',').any(|host| [LOOPBACK, "*"].contains(&host.trim()));
        let hosts = match hosts {
            None => LOOPBACK.to_owned(),
            Some(hosts) if has_loopback(hosts) => hosts.to_owned(),
            Some(hosts) => format!("{hosts},{LOOPBACK}"),
        };
        (name, Secret::new(hosts))
    };
    NO_PROXY.map(variable).into()
}

/// The region to use: the one that was asked for, else the one that the user set in `env`, else the profile's.
pub(super) fn region<'a>(asked: Option<&'a str>, env: &'a Env, profile: Option<&'a str>) -> Option<&'a str> {
    asked.or_else(|| REGIONS.iter().find_map(|name| own_region(env, name))).or(profile)
}

/// The variables that name the region. Those that the user set keep their values, unless a region was asked for.
pub(super) fn regions(asked: Option<&str>, env: &Env, profile: Option<&str>) -> Variables {
    let meant = region(asked, env, profile);
    let names = REGIONS.iter().chain([&OSS_REGION]);
    let mut variables: Variables = names
        .filter_map(|name| Some((*name, Secret::new(asked.or_else(|| own_region(env, name)).or(meant)?))))
        .collect();
    let is_profiles = asked.is_none() && region(None, env, None).is_none();
    variables.extend(meant.filter(|_| is_profiles).map(|region| (PROFILE_REGION, Secret::new(region))));
    variables
}

/// The region as in [`region`], and where it comes from.
pub(super) fn region_source<'a>(env: &'a Env, profile: Option<&'a str>) -> (Option<&'a str>, Source) {
    let set = REGIONS.iter().find_map(|name| Some((own_region(env, name)?, *name)));
    match (set, profile) {
        (Some((region, name)), _) => (Some(region), Source::Variable(name)),
        (None, Some(region)) => (Some(region), Source::File),
        (None, None) => (None, Source::Default),
    }
}

/// The region that the user, and not a profile, has set in a variable.
fn own_region<'a>(env: &'a Env, name: &str) -> Option<&'a str> {
    env.get(name).filter(|region| env.get(PROFILE_REGION) != Some(region))
}

/// Whether a variable would compete with the ones that are set here.
pub(super) fn is_rival(name: &OsStr) -> bool {
    Env::is_credential_source(name) || regional().any(|regional| name == regional)
}

/// Every name that would compete with `variables` in the shell that has `env`.
pub(super) fn rivals(variables: &Variables, env: &Env) -> Vec<String> {
    let present = env.iter().filter(|(name, _)| is_rival(name)).filter_map(|(name, _)| name.to_str());
    let mut names: Vec<String> = Env::credential_sources().chain(regional().map(str::to_owned)).collect();
    // People make up names of keys for Serverless Devs; only a word can be unset in every shell.
    let made_up = present.filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
    names.extend(made_up.map(str::to_owned));
    names.sort_unstable();
    names.dedup();
    names.retain(|name| variables.iter().all(|(set, _)| set != name));
    names
}

fn regional() -> impl Iterator<Item = &'static str> {
    REGIONS.into_iter().chain([OSS_REGION, PROFILE_REGION])
}

fn each(names: &[&'static str], value: &str) -> Variables {
    names.iter().map(|name| (*name, Secret::new(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(token: Option<&str>) -> Credentials {
        Credentials {
            access_key_id: "id".to_owned(),
            access_key_secret: Secret::new("secret"),
            security_token: token.map(Secret::new),
            expiration: None,
            region_id: None,
        }
    }

    fn with(value: &str, variables: &Variables) -> Vec<&'static str> {
        variables.iter().filter(|(_, secret)| secret.expose() == value).map(|(name, _)| *name).collect()
    }

    fn env(variables: &[(&str, &str)]) -> Env {
        variables.iter().copied().collect()
    }

    #[test]
    fn every_tool_finds_its_own_spelling() {
        let all = key(&credentials(Some("token")));
        assert_eq!(with("id", &all), IDS);
        assert_eq!(with("secret", &all), SECRETS);
        assert_eq!(with("token", &all), TOKENS);
        assert_eq!(all.len(), IDS.len() + SECRETS.len() + TOKENS.len() + 1);
        assert!(with("token", &key(&credentials(None))).is_empty());
    }

    #[test]
    fn every_variable_that_is_set_counts_as_competing() {
        let url = Secret::new("http://127.0.0.1:1/");
        let all = [
            key(&credentials(Some("token"))),
            regions(None, &Env::default(), Some("cn-beijing")),
            vec![profile("p")],
            endpoint(&url, &Env::default(), false),
        ];
        let harmless = ["ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "ALIBABA_CLOUD_ECS_METADATA_DISABLED"];
        for (name, _) in all.iter().flatten().filter(|(name, _)| !harmless.contains(name) && !NO_PROXY.contains(name)) {
            assert!(is_rival(OsStr::new(name)), "{name}");
            assert!(rivals(&Vec::new(), &Env::default()).iter().any(|rival| rival == name), "{name}");
        }
    }

    #[test]
    fn competing_variables_are_unset_but_not_those_just_set() {
        let set = key(&credentials(None));
        let rivals = rivals(&set, &env(&[("my_serverless_devs_key", "x"), ("a-b_serverless_devs_key", "x")]));
        assert!(set.iter().all(|(name, _)| rivals.iter().all(|rival| rival != name)));
        for name in ["ALIBABA_CLOUD_SECURITY_TOKEN", "ALIBABA_CLOUD_PROFILE", "my_serverless_devs_key", OSS_REGION] {
            assert!(rivals.iter().any(|rival| rival == name), "{name}");
        }
        assert!(!rivals.iter().any(|rival| rival.contains('-')));
    }

    #[test]
    fn the_option_precedes_the_users_region_and_the_profiles() {
        let [first, last, oss] = ["ALIBABA_CLOUD_REGION_ID", "ALICLOUD_REGION", OSS_REGION];
        type Case<'a> = (Option<&'a str>, &'a [(&'a str, &'a str)], Option<&'a str>, [Option<&'a str>; 4]);
        let cases: [Case<'_>; 9] = [
            (None, &[], None, [None, None, None, None]),
            (None, &[], Some("p"), [Some("p"), Some("p"), Some("p"), Some("p")]),
            (None, &[(last, "u")], Some("p"), [Some("u"), Some("u"), Some("u"), None]),
            (None, &[(last, "u"), (first, "v")], Some("p"), [Some("v"), Some("u"), Some("v"), None]),
            (None, &[(oss, "o")], Some("p"), [Some("p"), Some("p"), Some("o"), Some("p")]),
            (Some("a"), &[(last, "u"), (oss, "o")], Some("p"), [Some("a"), Some("a"), Some("a"), None]),
            // The region of the profile before is not the user's.
            (
                None,
                &[(first, "q"), (last, "q"), (PROFILE_REGION, "q")],
                Some("p"),
                [Some("p"), Some("p"), Some("p"), Some("p")],
            ),
            (None, &[(first, "q"), (PROFILE_REGION, "q")], None, [None, None, None, None]),
            (
                None,
                &[(first, "u"), (last, "q"), (PROFILE_REGION, "q")],
                Some("p"),
                [Some("u"), Some("u"), Some("u"), None],
            ),
        ];
        for (asked, variables, profile, expected) in cases {
            let set = regions(asked, &env(variables), profile);
            let found = [first, last, oss, PROFILE_REGION]
                .map(|wanted| set.iter().find(|(name, _)| *name == wanted).map(|(_, region)| region.expose()));
            assert_eq!(found, expected, "{asked:?} {variables:?} {profile:?}");
        }
    }

    #[test]
    fn no_proxy_is_asked_for_the_endpoint() {
        for (variables, upper, lower) in [
            (&[][..], "127.0.0.1", "127.0.0.1"),
            (&[("NO_PROXY", "corp")], "corp,127.0.0.1", "corp,127.0.0.1"),
            (&[("no_proxy", "a, 127.0.0.1"), ("NO_PROXY", "b")], "b,127.0.0.1", "a, 127.0.0.1"),
            (&[("no_proxy", "*")], "*", "*"),
        ] {
            let set = past_proxies(&env(variables));
            let hosts: Vec<_> = set.iter().map(|(name, hosts)| (*name, hosts.expose())).collect();
            assert_eq!(hosts, [("NO_PROXY", upper), ("no_proxy", lower)], "{variables:?}");
        }
    }

    #[test]
    fn the_official_client_never_uses_a_namesake_profile() {
        let url = Secret::new("url");
        for (shared, ignored) in [(true, 0), (false, 1)] {
            let set = endpoint(&url, &Env::default(), shared);
            assert_eq!(set.iter().filter(|(name, _)| *name == IGNORE_PROFILE.0).count(), ignored);
        }
    }
}
