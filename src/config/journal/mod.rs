//! A private record of rotated tokens, so that no other tool can lose a login.
//!
//! Alibaba Cloud replaces the refresh token on every use, and other tools write the shared file back from old
//! copies. For each profile that was renewed here the journal keeps the newest tokens and the hashes of those
//! they superseded: it distinguishes a stale copy from a login that another tool renewed or created. It decides only
//! which tokens are current; everything else is read from the shared file. A damaged journal counts as empty; one
//! that cannot be read is an error, because it may hold the only copy of a login.

mod stored;

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;

use crate::secret::Secret;
use crate::site::Site;
use crate::time::Timestamp;
use crate::tokens::Tokens;

use super::Config;
use super::error::StoreError;
use super::note::{JournalDefect, Note};
use super::profile::{Mode, Profile};
use super::profile_name::ProfileName;
use super::store::Locked;

/// How many superseded tokens are remembered for a profile: ten days of a renewal every hour. A program that has
/// run for that long may still write back the copy that it started with.
const REMEMBERED: usize = 256;

/// What the journal knows about one profile.
#[derive(Clone, Debug)]
pub struct Login {
    /// The site that issued the tokens.
    pub site: Site,
    /// The newest tokens.
    pub tokens: Tokens,
    /// When the newest STS credentials were received, by the local clock, if that was off.
    pub received: Option<Timestamp>,
    profile: ProfileName,
    /// Hashes, the oldest first.
    superseded: Vec<String>,
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

/// The journal of one shared file.
#[derive(Debug, Default)]
pub struct Journal {
    logins: Vec<Login>,
    ignored: Option<JournalDefect>,
}

impl Journal {
    /// Reads the journal. One that is missing, damaged or owned by another user counts as empty: see [`Journal::note`].
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] if a journal that is there cannot be read.
    pub fn load(locked: &Locked) -> Result<Self, StoreError> {
        locked.read_journal()
    }

    /// Reads a journal that was `opened` at `path`.
    pub(super) fn read(path: &Path, opened: io::Result<File>) -> Result<Self, StoreError> {
        match stored::read(path, opened)? {
            Ok(logins) => Ok(Self { logins, ignored: None }),
            Err(defect) => Ok(Self { logins: Vec::new(), ignored: Some(defect) }),
        }
    }

    /// Why a journal that is there was ignored.
    pub fn note(&self) -> Option<Note> {
        self.ignored.map(Note::JournalIgnored)
    }

    /// What is known of the profile called `name`.
    pub fn newest(&self, name: &ProfileName) -> Option<&Login> {
        self.logins.iter().find(|login| login.profile == *name)
    }

    /// The logins that are kept here.
    pub fn logins(&self) -> impl Iterator<Item = &Login> {
        self.logins.iter()
    }

    /// Judges the tokens that the shared file has for `profile`. A token that was superseded in any login is
    /// stale: a profile that was copied or renamed shares the login of the original.
    pub fn judge(&self, profile: &Profile) -> Verdict<'_> {
        let own = self.newest(&profile.name);
        if profile.mode == Mode::OAuth
            && let Some(token) = &profile.oauth_refresh_token
        {
            let presented = hash(token);
            let mut candidates = own.into_iter().chain(&self.logins);
            if let Some(login) = candidates.find(|login| login.superseded.contains(&presented)) {
                return Verdict::Stale(login);
            }
        }
        own.map_or(Verdict::Agrees, |login| login.judge(profile))
    }

    /// Remembers, durably, that `newest` are the tokens of `profile`, and that neither `superseded` nor what was
    /// the newest before must ever be presented again, whichever profile shares the login.
    ///
    /// # Errors
    ///
    /// Fails if the journal cannot be written; [`Locked::reserve`] finds out beforehand.
    pub fn record(
        &mut self,
        locked: &mut Locked,
        profile: &ProfileName,
        site: Site,
        newest: &Tokens,
        superseded: Option<&Secret>,
    ) -> Result<(), StoreError> {
        let spent = superseded.map(hash);
        for other in &mut self.logins {
            if other.profile != *profile && spent == Some(hash(&other.tokens.refresh_token)) {
                other.supersede(site, newest, None);
            }
        }
        match self.logins.iter_mut().find(|login| login.profile == *profile) {
            Some(login) => login.supersede(site, newest, spent),
            None => {
                let (tokens, profile) = (newest.clone(), profile.clone());
                let mut login = Login { site, tokens, received: None, profile, superseded: Vec::new() };
                login.remember(spent);
                self.logins.push(login);
            }
        }
        self.save(locked)
    }

    /// Takes over the tokens of `profile`, which another tool renewed or signed in: they are the newest now.
    ///
    /// # Errors
    ///
    /// Fails if the journal cannot be written.
    pub fn adopt(&mut self, locked: &mut Locked, profile: &Profile) -> Result<(), StoreError> {
        match (&profile.mode, profile.site, profile.tokens()) {
            (Mode::OAuth, Some(site), Some(tokens)) => self.record(locked, &profile.name, site, &tokens, None),
            _ => self.purge(locked, &profile.name),
        }
    }

    /// Remembers, durably, when STS credentials of `profile` were received by a clock that was off; `None` if it was
    /// right.
    ///
    /// # Errors
    ///
    /// Fails if the journal cannot be written.
    pub fn receive(
        &mut self,
        locked: &mut Locked,
        profile: &ProfileName,
        at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        match self.logins.iter_mut().find(|login| login.profile == *profile && login.received != at) {
            Some(login) => login.received = at,
            None => return Ok(()),
        }
        self.save(locked)
    }

    /// Forgets `profile`, durably. A journal with nothing left in it is removed.
    ///
    /// # Errors
    ///
    /// Fails if the journal cannot be written or removed.
    pub fn purge(&mut self, locked: &mut Locked, profile: &ProfileName) -> Result<(), StoreError> {
        let before = self.logins.len();
        self.logins.retain(|login| login.profile != *profile);
        if self.logins.len() == before && self.ignored.is_none() {
            return Ok(());
        }
        self.save(locked)
    }

    /// Drops, durably, the logins of profiles that are no longer in `config`: another tool deleted them. A profile
    /// that was only renamed keeps its login.
    ///
    /// # Errors
    ///
    /// Fails if the journal cannot be written or removed.
    pub fn prune(&mut self, locked: &mut Locked, config: &Config) -> Result<(), StoreError> {
        if !self.has_gone(config) {
            return Ok(());
        }
        let names: HashSet<&ProfileName> = config.names().into_iter().collect();
        let logins = std::mem::take(&mut self.logins).into_iter();
        let (known, gone) = logins.partition(|login| names.contains(&login.profile));
        self.logins = known;
        self.follow_renamed(gone, config);
        self.save(locked)
    }

    /// Whether there are logins of profiles that are not in `config`.
    pub fn has_gone(&self, config: &Config) -> bool {
        if self.logins.is_empty() {
            return false;
        }
        let names: HashSet<&ProfileName> = config.names().into_iter().collect();
        !self.logins.iter().all(|login| names.contains(&login.profile))
    }

    /// Gives the logins of missing profiles to those that have their tokens and no login of their own.
    fn follow_renamed(&mut self, gone: Vec<Login>, config: &Config) {
        let mut taken: HashSet<ProfileName> = self.logins.iter().map(|login| login.profile.clone()).collect();
        let mut heirs: HashMap<String, Vec<ProfileName>> = HashMap::new();
        for profile in config.profiles().filter(|profile| !taken.contains(&profile.name)) {
            if let Some(token) = &profile.oauth_refresh_token {
                heirs.entry(hash(token)).or_default().push(profile.name);
            }
        }
        if heirs.is_empty() {
            return;
        }
        for mut login in gone {
            let tokens = std::iter::once(hash(&login.tokens.refresh_token)).chain(login.superseded.iter().cloned());
            let mut names = tokens.filter_map(|token| heirs.get(&token)).flatten();
            if let Some(name) = names.find(|name| !taken.contains(*name)).cloned() {
                taken.insert(name.clone());
                login.profile = name;
                self.logins.push(login);
            }
        }
    }

    /// Writes the journal, durably, and removes one with nothing in it.
    fn save(&mut self, locked: &mut Locked) -> Result<(), StoreError> {
        if self.logins.is_empty() {
            locked.remove_journal()?;
        } else {
            locked.write_journal(&stored::to_bytes(&self.logins))?;
        }
        self.ignored = None;
        Ok(())
    }
}

impl Login {
    /// The name of its profile.
    pub fn profile(&self) -> &ProfileName {
        &self.profile
    }

    /// The decision about a profile of its own name, whose token was not superseded. Without a refresh token only
    /// the newest access token proves a copy of ours.
    fn judge(&self, profile: &Profile) -> Verdict<'_> {
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

    fn supersede(&mut self, site: Site, newest: &Tokens, spent: Option<String>) {
        let before = hash(&self.tokens.refresh_token);
        (self.site, self.tokens) = (site, newest.clone());
        self.remember([Some(before), spent].into_iter().flatten());
    }

    fn remember(&mut self, spent: impl IntoIterator<Item = String>) {
        self.superseded.extend(spent);
        self.superseded.dedup();
        let current = hash(&self.tokens.refresh_token);
        self.superseded.retain(|hash| *hash != current);
        self.superseded.drain(..self.superseded.len().saturating_sub(REMEMBERED));
    }
}

fn hash(token: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, token.expose().as_bytes()))
}
#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const SITES: [Site; 2] = [Site::China, Site::International];

    fn pair(name: &str) -> Tokens {
        let token = |kind: &str| Secret::new(format!("{kind}-{name}"));
        Tokens {
            refresh_token: token("refresh"),
            refresh_token_expire: None,
            access_token: Some(token("access")),
            access_token_expire: None,
        }
    }

    fn journal() -> Journal {
        let superseded = ["old", "older"].map(|name| hash(&pair(name).refresh_token)).to_vec();
        let (tokens, profile) = (pair("new"), "dev".parse().unwrap());
        let login = Login { site: Site::China, tokens, received: None, profile, superseded };
        Journal { logins: vec![login], ignored: None }
    }

    fn profile(name: &str, mode: &str, site: Option<Site>, refresh: Option<&str>, access: Option<&str>) -> Profile {
        let mut members = vec![format!(r#""name": "{name}", "mode": "{mode}""#)];
        members.extend(site.map(|site| format!(r#""oauth_site_type": "{site}""#)));
        members.extend(refresh.map(|token| format!(r#""oauth_refresh_token": "refresh-{token}""#)));
        members.extend(access.map(|token| format!(r#""oauth_access_token": "access-{token}""#)));
        let text = format!(r#"{{"profiles": [{{{}}}]}}"#, members.join(", "));
        Config::parse(text.as_bytes()).unwrap().find(&name.parse().unwrap()).unwrap()
    }

    /// What the table of the decision says, in words of its own.
    fn expected(mode: &str, site: Option<Site>, refresh: Option<&str>, access: Option<&str>) -> &'static str {
        let other_site = site == Some(Site::International);
        match (mode, refresh) {
            ("AK", _) => "foreign",
            (_, Some("old" | "older")) => "stale",
            (_, Some("new")) if !other_site => "agrees",
            (_, None) if access == Some("new") && !other_site => "stale",
            _ => "foreign",
        }
    }

    #[test]
    fn every_combination_of_tokens_is_judged() {
        let journal = journal();
        let sites = [None, Some(SITES[0]), Some(SITES[1])];
        let tokens = [None, Some("new"), Some("old"), Some("older"), Some("strange")];
        for mode in ["OAuth", "oauth", "AK"] {
            for site in sites {
                for refresh in tokens {
                    for access in tokens {
                        let found = match journal.judge(&profile("dev", mode, site, refresh, access)) {
                            Verdict::Agrees => "agrees",
                            Verdict::Foreign => "foreign",
                            Verdict::Stale(login) => {
                                assert_eq!(login.tokens, pair("new"));
                                "stale"
                            }
                        };
                        let case = format!("{mode} {site:?} {refresh:?} {access:?}");
                        assert_eq!(found, expected(mode, site, refresh, access), "{case}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_profile_without_an_entry_agrees_with_unknown_tokens() {
        for token in [None, Some("new"), Some("strange")] {
            let other = profile("prod", "OAuth", Some(Site::China), token, None);
            assert!(matches!(journal().judge(&other), Verdict::Agrees), "{token:?}");
        }
    }

    #[test]
    fn a_token_spent_under_another_name_is_stale() {
        let journal = journal();
        let copy = profile("copy", "OAuth", Some(Site::China), Some("old"), None);
        let Verdict::Stale(login) = journal.judge(&copy) else { panic!("spent by `dev`") };
        assert_eq!(login.tokens, pair("new"));
    }

    #[test]
    fn a_journal_shows_no_token_when_it_is_debugged() {
        let shown = format!("{:?}", journal());
        assert!(!shown.contains("refresh-new") && !shown.contains("access-new"), "{shown}");
    }
}
