//! New tokens are kept twice: in the private journal first, then in the shared file.

use std::convert::Infallible;

use crate::secret::Secret;
use crate::site::Site;
use crate::time::Timestamp;

use super::{Changes, Config, Field, Journal, Locked, Note, StoreError, TokenPair, UpdateError, Updated};

/// The tokens of one profile, just received.
pub struct Rotation<'a> {
    /// Whose they are.
    pub profile: &'a str,
    /// Who issued them.
    pub site: Site,
    /// The tokens.
    pub tokens: TokenPair,
    /// When the refresh token ends, where the server said so.
    pub refresh_token_expire: Option<Timestamp>,
    /// The refresh token that they replace.
    pub superseded: Option<&'a Secret>,
    /// What else belongs into the profile at the same moment.
    pub besides: Changes,
}

/// Tokens that are safe.
#[derive(Debug)]
pub struct Kept {
    /// What a person may want to know about the file.
    pub notes: Vec<Note>,
    /// Which of the two places could not be written, and why.
    pub missed: Option<StoreError>,
}

impl Rotation<'_> {
    /// Makes the tokens durable in the journal and then in the shared file. One of the two is enough to keep
    /// the login.
    ///
    /// # Errors
    ///
    /// The shared file's error, when neither could be written.
    pub fn keep(self, locked: &mut Locked, journal: &mut Journal) -> Result<Kept, StoreError> {
        let recorded = journal.record(locked, self.profile, self.site, &self.tokens, self.superseded);
        let mut changes = self.besides.tokens(&self.tokens);
        if let Some(end) = self.refresh_token_expire {
            changes = changes.time(Field::OauthRefreshTokenExpire, end);
        }
        match (recorded, locked.edit(|config| config.upsert(self.profile, &changes))) {
            (recorded, Ok(updated)) => Ok(Kept { notes: updated.notes, missed: recorded.err() }),
            (Ok(()), Err(error)) => Ok(Kept { notes: Vec::new(), missed: Some(error) }),
            (Err(_), Err(error)) => Err(error),
        }
    }
}

impl Changes {
    /// Sets a token pair and when its access token ends.
    #[must_use]
    pub fn tokens(self, tokens: &TokenPair) -> Self {
        let changes = self
            .secret(Field::OauthAccessToken, &tokens.access_token)
            .secret(Field::OauthRefreshToken, &tokens.refresh_token);
        match tokens.access_token_expire {
            Some(end) => changes.time(Field::OauthAccessTokenExpire, end),
            None => changes.remove(Field::OauthAccessTokenExpire),
        }
    }

    /// Sets STS credentials and when they end.
    #[must_use]
    pub fn sts(self, id: &str, secret: &Secret, token: &Secret, expiration: Timestamp) -> Self {
        self.text(Field::AccessKeyId, id)
            .secret(Field::AccessKeySecret, secret)
            .secret(Field::StsToken, token)
            .time(Field::StsExpiration, expiration)
    }
}

impl Locked {
    /// [`Locked::update`] with an edit that cannot fail.
    ///
    /// # Errors
    ///
    /// As [`Locked::update`].
    pub fn edit(&mut self, mut edit: impl FnMut(&mut Config)) -> Result<Updated<()>, StoreError> {
        let updated = self.update(|config| {
            edit(config);
            Ok::<_, Infallible>(())
        });
        updated.map_err(|error| match error {
            UpdateError::Store(error) => error,
            UpdateError::Edit(never) => match never {},
        })
    }
}
