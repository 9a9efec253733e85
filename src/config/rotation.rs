//! New tokens are kept twice: in the private journal first, then in the shared file.

use std::convert::Infallible;

use crate::secret::Secret;
use crate::site::Site;
use crate::time::Timestamp;

use super::{
    Changes, Config, Field, Journal, Locked, Mode, Note, Profile, StoreError, TokenPair, UpdateError, Updated, Verdict,
};

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
    /// Whether they go into the profile whatever it holds: a person has just signed in. Otherwise a login that
    /// another tool made meanwhile stays, and a profile that was deleted stays deleted.
    pub overrule: bool,
}

/// Tokens that are safe.
#[derive(Debug)]
pub struct Kept {
    /// What a person may want to know about the file.
    pub notes: Vec<Note>,
    /// Which of the two places could not be written, and why.
    pub missed: Option<StoreError>,
    /// Whether the profile has another login by now, which was left as it is.
    pub overruled: bool,
}

impl Rotation<'_> {
    /// Makes the tokens durable in the journal and then in the shared file. One of the two is enough to keep
    /// the login.
    ///
    /// # Errors
    ///
    /// The shared file's error, when neither could be written, and not at a second try either.
    pub fn keep(self, locked: &mut Locked, journal: &mut Journal) -> Result<Kept, StoreError> {
        // The reservation is used up by the first try: if it was what broke, the second one makes do without.
        self.try_to_keep(locked, journal).or_else(|_| self.try_to_keep(locked, journal))
    }

    fn try_to_keep(&self, locked: &mut Locked, journal: &mut Journal) -> Result<Kept, StoreError> {
        let recorded = journal.record(locked, self.profile, self.site, &self.tokens, self.superseded);
        let mut changes = self.besides.clone().tokens(&self.tokens);
        if let Some(end) = self.refresh_token_expire {
            changes = changes.time(Field::OauthRefreshTokenExpire, end);
        }
        let mut overruled = false;
        let updated = locked.edit(|config| {
            let ours = |profile: Profile| !matches!(journal.decide(&profile), Verdict::Foreign);
            overruled = !self.overrule && !config.find(self.profile).is_some_and(ours);
            if !overruled {
                config.upsert(self.profile, &changes);
            }
        });
        match (recorded, updated) {
            (recorded, Ok(updated)) => Ok(Kept { notes: updated.notes, missed: recorded.err(), overruled }),
            (Ok(()), Err(error)) => Ok(Kept { notes: Vec::new(), missed: Some(error), overruled }),
            (Err(_), Err(error)) => Err(error),
        }
    }
}

impl Journal {
    /// Takes over the tokens of `profile`, which another tool renewed or signed in: they are the newest now.
    ///
    /// # Errors
    ///
    /// Fails if the journal cannot be written.
    pub fn adopt(&mut self, locked: &mut Locked, profile: &Profile) -> Result<(), StoreError> {
        let (Mode::OAuth, Some(site), Some(access_token), Some(refresh_token)) =
            (&profile.mode, profile.site, &profile.oauth_access_token, &profile.oauth_refresh_token)
        else {
            return self.purge(locked, &profile.name);
        };
        let theirs = TokenPair {
            access_token: access_token.clone(),
            access_token_expire: profile.oauth_access_token_expire,
            refresh_token: refresh_token.clone(),
        };
        self.record(locked, &profile.name, site, &theirs, None)
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
