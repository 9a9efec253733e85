//! One login as the journal remembers it, and the decision whether the tokens of a profile are its newest.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;

use crate::config::profile::{Mode, Profile};
use crate::config::profile_name::ProfileName;
use crate::secret::Secret;
use crate::site::Site;
use crate::time::Timestamp;
use crate::tokens::Tokens;

/// How many superseded tokens are remembered for a profile: ten days of a renewal every hour. A program that has
/// run for that long may still write back the copy that it started with.
pub(super) const REMEMBERED: usize = 256;

/// What the journal knows about one profile.
#[derive(Clone, Debug)]
pub struct Login {
    /// The site that issued the tokens.
    pub site: Site,
    /// The newest tokens.
    pub tokens: Tokens,
    /// When the newest STS credentials were received, by the local clock, if that was off.
    pub received: Option<Timestamp>,
    pub(super) profile: ProfileName,
    /// Hashes, the oldest first.
    pub(super) superseded: Vec<String>,
    /// Whether the file had lost every profile when it was last written: that was no deletion of this one.
    pub(super) adrift: bool,
}

/// What the tokens in the shared file are.
#[derive(Clone, Copy, Debug)]
pub enum Verdict<'a> {
    /// The newest, as far as is known here.
    Agrees,
    /// Superseded: another tool wrote an old copy, and the file must be repaired with this login. The STS
    /// credentials next to them may be from the old copy too.
    Stale(&'a Login),
    /// Of another login, or renewed elsewhere: they are to be adopted.
    Foreign,
}

impl Login {
    /// The name of its profile.
    pub fn profile(&self) -> &ProfileName {
        &self.profile
    }

    /// The decision about a profile of its own name, whose token was not superseded. Without a refresh token only
    /// the newest access token proves a copy of ours.
    pub(super) fn judge(&self, profile: &Profile) -> Verdict<'_> {
        let ours = profile.mode == Mode::OAuth && profile.site.is_none_or(|site| site == self.site);
        match &profile.oauth_refresh_token {
            _ if !ours => Verdict::Foreign,
            Some(token) if *token == self.tokens.refresh_token => Verdict::Agrees,
            None if profile.oauth_access_token.is_some() && profile.oauth_access_token == self.tokens.access_token => {
                Verdict::Stale(self)
            }
            _ => Verdict::Foreign,
        }
    }

    /// Takes over the newest tokens; the ones before and `spent` are used up.
    pub(super) fn supersede(&mut self, site: Site, newest: &Tokens, spent: Option<String>) {
        let before = hash(&self.tokens.refresh_token);
        (self.site, self.tokens, self.adrift) = (site, newest.clone(), false);
        self.remember([Some(before), spent].into_iter().flatten());
    }

    /// Remembers what is used up.
    pub(super) fn remember(&mut self, spent: impl IntoIterator<Item = String>) {
        self.superseded.extend(spent);
        self.superseded.dedup();
        let current = hash(&self.tokens.refresh_token);
        self.superseded.retain(|hash| *hash != current);
        self.superseded.drain(..self.superseded.len().saturating_sub(REMEMBERED));
    }
}

/// What is remembered of a token that is used up.
pub(super) fn hash(token: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, token.expose().as_bytes()))
}
