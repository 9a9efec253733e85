//! What a command wants changed in a profile.

use std::collections::BTreeMap;

use crate::secret::Secret;
use crate::time::Timestamp;
use crate::tokens::{StsCredentials, Tokens};

use super::document::{Text, quote, string};
use super::field::Field;

/// What to change in a profile. An empty text and a zero remove the key, as the official client would not
/// write it (`omitempty`).
///
/// ```
/// use aliyun_rs::config::{Changes, Config, Field};
/// use aliyun_rs::secret::Secret;
///
/// let (mut config, dev) = (Config::empty(), "dev".parse()?);
/// let token = Secret::new("hidden");
/// config.upsert(&dev, &Changes::new().text(Field::Mode, "OAuth").secret(Field::OauthAccessToken, &token));
/// assert_eq!(config.find(&dev).unwrap().oauth_access_token, Some(token));
/// # Ok::<(), aliyun_rs::config::InvalidProfileName>(())
/// ```
#[derive(Clone, Default)]
pub struct Changes(BTreeMap<Field, Change>);

/// One change.
#[derive(Clone)]
pub(super) enum Change {
    Text(Secret),
    Number(i64),
    Remove,
}

impl Change {
    /// The JSON value to write, or `None` to remove the member.
    pub(super) fn json(&self) -> Option<Text> {
        match self {
            Self::Text(text) => Some(quote(text.expose())),
            Self::Number(number) => Some(Text::new(number.to_string())),
            Self::Remove => None,
        }
    }

    /// Whether the value `raw` says the same already, however it is spelled.
    pub(super) fn agrees(&self, raw: Option<&str>) -> bool {
        match (self, raw) {
            (Self::Text(text), Some(raw)) => string(raw).is_some_and(|found| found == text.expose()),
            (Self::Number(number), Some(raw)) => raw.parse() == Ok(*number),
            (Self::Remove, raw) => raw.is_none(),
            (_, None) => false,
        }
    }
}

impl Changes {
    /// No change yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a text.
    #[must_use]
    pub fn text(self, field: Field, text: &str) -> Self {
        self.secret(field, &Secret::new(text))
    }

    /// Sets a secret.
    #[must_use]
    pub fn secret(self, field: Field, secret: &Secret) -> Self {
        self.with(field, if secret.is_empty() { Change::Remove } else { Change::Text(secret.clone()) })
    }

    /// Sets a number.
    #[must_use]
    pub fn number(self, field: Field, number: i64) -> Self {
        self.with(field, if number == 0 { Change::Remove } else { Change::Number(number) })
    }

    /// Sets a time as Unix seconds.
    #[must_use]
    pub fn time(self, field: Field, time: Timestamp) -> Self {
        self.number(field, time.as_unix())
    }

    /// Removes a key, every repetition of it included.
    #[must_use]
    pub fn remove(self, field: Field) -> Self {
        self.with(field, Change::Remove)
    }

    /// Sets the tokens of a login and when they expire.
    #[must_use]
    pub fn tokens(self, tokens: &Tokens) -> Self {
        let Tokens { refresh_token, refresh_token_expire, access_token, access_token_expire } = tokens;
        let none = Secret::default();
        self.secret(Field::OauthAccessToken, access_token.as_ref().unwrap_or(&none))
            .secret(Field::OauthRefreshToken, refresh_token)
            .time(Field::OauthAccessTokenExpire, access_token_expire.unwrap_or_default())
            .time(Field::OauthRefreshTokenExpire, refresh_token_expire.unwrap_or_default())
    }

    /// Sets STS credentials and when they expire.
    #[must_use]
    pub fn sts(self, sts: &StsCredentials) -> Self {
        self.text(Field::AccessKeyId, &sts.access_key_id)
            .secret(Field::AccessKeySecret, &sts.access_key_secret)
            .secret(Field::StsToken, &sts.security_token)
            .time(Field::StsExpiration, sts.expiration)
    }

    fn with(mut self, field: Field, change: Change) -> Self {
        self.0.insert(field, change);
        self
    }

    /// The changes in the official order of the keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Field, &Change)> {
        self.0.iter().map(|(field, change)| (*field, change))
    }
}
