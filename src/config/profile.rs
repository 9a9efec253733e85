//! A profile of the shared file: parsed, not validated.
//!
//! A value of the wrong type never stops the reading: it counts as absent and is named among the faults, so
//! that a bad expiry is an expired one and a bad field of one profile does not affect another. Whether a
//! profile is complete is for those to say who use it.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::value::RawValue;

use crate::secret::Secret;
use crate::site::Site;
use crate::time::Timestamp;
use crate::tokens::{StsCredentials, Tokens};

use super::document::{Entry, Node, string};
use super::field::Field;
use super::profile_name::ProfileName;

/// The members of a profile that the official client knows, in its order, with the values as they stand in the file.
pub type Members = BTreeMap<Field, Box<RawValue>>;

macro_rules! modes {
    ($($variant:ident = $name:literal,)*) => {
        /// How a profile gets its credentials.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Mode {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
            /// Any other name as it stands in the file; empty when there is none.
            Unknown(String),
        }

        impl Mode {
            /// Reads a mode in any case, as the official client does (`NormalizeMode`).
            pub fn parse(text: &str) -> Self {
                $(if text.eq_ignore_ascii_case($name) { return Self::$variant; })*
                Self::Unknown(text.to_owned())
            }

            /// The official spelling.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Unknown(name) => name,
                }
            }
        }
    };
}

modes! {
    Ak = "AK",
    StsToken = "StsToken",
    RamRoleArn = "RamRoleArn",
    EcsRamRole = "EcsRamRole",
    RsaKeyPair = "RsaKeyPair",
    RamRoleArnWithEcs = "RamRoleArnWithRoleName",
    ChainableRamRoleArn = "ChainableRamRoleArn",
    External = "External",
    CredentialsUri = "CredentialsURI",
    Oidc = "OIDC",
    CloudSso = "CloudSSO",
    OAuth = "OAuth",
    BearerToken = "BearerToken",
    Anonymous = "Anonymous",
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something in a profile that was not taken as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldDefect {
    /// The value has the wrong type, or is implausible (a time in milliseconds, an unknown site),
    /// and counts as absent.
    Unusable(Field),
    /// The key is there more than once: the last one counts.
    Repeated(Field),
}

/// One profile. Empty texts, zero times and `null` are absent, as the SDKs write them for "none".
#[derive(Clone, Debug)]
pub struct Profile {
    /// The name, unique in effect: of two profiles of one name the first is read.
    pub name: ProfileName,
    /// How it gets its credentials.
    pub mode: Mode,
    /// The sign-in site of an OAuth profile.
    pub site: Option<Site>,
    /// The default region.
    pub region_id: Option<String>,
    /// The output format; the official client knows `json`.
    pub output_format: Option<String>,
    /// `zh` or `en`.
    pub language: Option<String>,
    /// The profile whose credentials this one starts from.
    pub source_profile: Option<ProfileName>,
    /// The id of the access key, long-lived or of the STS credentials.
    pub access_key_id: Option<String>,
    /// The secret of the access key.
    pub access_key_secret: Option<Secret>,
    /// The STS token.
    pub sts_token: Option<Secret>,
    /// When the STS credentials end.
    pub sts_expiration: Option<Timestamp>,
    /// The OAuth access token.
    pub oauth_access_token: Option<Secret>,
    /// The OAuth refresh token.
    pub oauth_refresh_token: Option<Secret>,
    /// When the access token ends.
    pub oauth_access_token_expire: Option<Timestamp>,
    /// When the refresh token ends, where the server said so.
    pub oauth_refresh_token_expire: Option<Timestamp>,
    /// What was not taken as it stands.
    pub faults: Vec<FieldDefect>,
}

impl Profile {
    /// The tokens of its login; `None` without a refresh token.
    pub fn tokens(&self) -> Option<Tokens> {
        Some(Tokens {
            refresh_token: self.oauth_refresh_token.clone()?,
            refresh_token_expire: self.oauth_refresh_token_expire,
            access_token: self.oauth_access_token.clone(),
            access_token_expire: self.oauth_access_token_expire,
        })
    }

    /// Puts other tokens in place of its own; the STS credentials of the old ones go.
    pub fn replace_tokens(&mut self, site: Site, tokens: Tokens) {
        let Tokens { refresh_token, refresh_token_expire, access_token, access_token_expire } = tokens;
        self.site = Some(site);
        (self.oauth_refresh_token, self.oauth_refresh_token_expire) = (Some(refresh_token), refresh_token_expire);
        (self.oauth_access_token, self.oauth_access_token_expire) = (access_token, access_token_expire);
        (self.access_key_id, self.access_key_secret, self.sts_token) = (None, None, None);
        self.sts_expiration = None;
    }

    /// Its STS credentials, if they are complete.
    pub fn sts(&self) -> Option<StsCredentials> {
        Some(StsCredentials {
            access_key_id: self.access_key_id.clone()?,
            access_key_secret: self.access_key_secret.clone()?,
            security_token: self.sts_token.clone()?,
            expiration: self.sts_expiration?,
        })
    }

    /// The members of `node` that have a [`Field`].
    pub(super) fn members(node: &Node<'_>) -> Members {
        let found = Values::collect(node).found.into_iter();
        found.filter_map(|(field, entry)| Some((field, RawValue::from_string(entry.value.to_owned()).ok()?))).collect()
    }

    /// Reads the members of `node`, whose name is known to be `name`.
    pub(super) fn read(name: &ProfileName, node: &Node<'_>) -> Self {
        let mut values = Values::collect(node);
        let mut time = |field| values.time(field);
        let (sts_expiration, oauth_access_token_expire, oauth_refresh_token_expire) =
            (time(Field::StsExpiration), time(Field::OauthAccessTokenExpire), time(Field::OauthRefreshTokenExpire));
        let texts = values.texts();
        let text = |field| texts.get(&field).map(|text: &Secret| text.expose().to_owned());
        let secret = |field| texts.get(&field).cloned();
        let site = text(Field::OauthSiteType).map(|site| site.parse::<Site>());
        if matches!(site, Some(Err(_))) {
            values.faults.push(FieldDefect::Unusable(Field::OauthSiteType));
        }
        Self {
            name: name.clone(),
            mode: Mode::parse(texts.get(&Field::Mode).map_or("", Secret::expose)),
            site: site.and_then(Result::ok),
            region_id: text(Field::RegionId),
            output_format: text(Field::OutputFormat),
            language: text(Field::Language),
            source_profile: text(Field::SourceProfile).map(ProfileName::in_file),
            access_key_id: text(Field::AccessKeyId),
            access_key_secret: secret(Field::AccessKeySecret),
            sts_token: secret(Field::StsToken),
            sts_expiration,
            oauth_access_token: secret(Field::OauthAccessToken),
            oauth_refresh_token: secret(Field::OauthRefreshToken),
            oauth_access_token_expire,
            oauth_refresh_token_expire,
            faults: values.faults,
        }
    }
}

/// The known members of one profile, each under its field.
struct Values<'a> {
    found: BTreeMap<Field, Entry<'a>>,
    faults: Vec<FieldDefect>,
}

impl<'a> Values<'a> {
    /// Picks the members that [`Node::get`] would, in one pass.
    fn collect(node: &Node<'a>) -> Self {
        let (mut found, mut faults) = (BTreeMap::<Field, (bool, Entry<'a>)>::new(), Vec::new());
        for entry in node.entries() {
            let Some(key) = entry.key() else { continue };
            let Some(field) = Field::of(&key) else { continue };
            let exact = key == field.key();
            match found.get(&field) {
                Some(_) if !faults.contains(&FieldDefect::Repeated(field)) => faults.push(FieldDefect::Repeated(field)),
                _ => {}
            }
            if exact || !found.get(&field).is_some_and(|(exact, _)| *exact) {
                found.insert(field, (exact, *entry));
            }
        }
        Self { found: found.into_iter().map(|(field, (_, entry))| (field, entry)).collect(), faults }
    }

    fn texts(&mut self) -> BTreeMap<Field, Secret> {
        let mut texts = BTreeMap::new();
        for (&field, entry) in &self.found {
            match string(entry.value) {
                Some(text) if text.is_empty() => {}
                Some(text) => drop(texts.insert(field, Secret::new(text))),
                None if entry.value == "null" || field.is_number() => {}
                None => self.faults.push(FieldDefect::Unusable(field)),
            }
        }
        texts
    }

    fn time(&mut self, field: Field) -> Option<Timestamp> {
        const END_OF_9999: i64 = 253_402_300_799;
        match self.found.get(&field)?.value {
            "null" | "0" => None,
            raw => match raw.parse::<i64>() {
                Ok(seconds @ 1..=END_OF_9999) => Some(Timestamp::from_unix(seconds)),
                _ => {
                    self.faults.push(FieldDefect::Unusable(field));
                    None
                }
            },
        }
    }
}

/// The name of an item of `profiles`, if it is an object that has one.
pub(super) fn name_of(item: &str) -> Option<ProfileName> {
    let value = Node::object(item).ok()?.get("name")?.value;
    string(value).map(|name| ProfileName::in_file(name.into()))
}
