//! A private record of rotated tokens, so that no other tool can lose a login.
//!
//! Alibaba Cloud replaces the refresh token on every use, and other tools write the shared file back from old
//! copies. For each profile that was renewed here the journal keeps the newest tokens and the hashes of those
//! they superseded: it distinguishes a stale copy from a login that another tool renewed or created. It decides only
//! which tokens are current; everything else is read from the shared file. What happens to a damaged journal is left
//! to [`super::store`]; one that cannot be read is an error, because it may hold the only copy of a login.

mod login;
mod stored;

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::path::Path;

use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::site::Site;
use crate::time::Timestamp;
use crate::tokens::Tokens;

use super::Config;
use super::error::StoreError;
use super::note::JournalDefect;
use super::profile::{Mode, Profile};
use super::profile_name::ProfileName;

use login::hash;
pub use login::{Login, Verdict};

/// The journal of one shared file.
#[derive(Debug, Default)]
pub struct Journal {
    logins: Vec<Login>,
    defect: Option<JournalDefect>,
}

impl Journal {
    /// Reads a journal that was `opened` at `path`. One that is missing, damaged or owned by another user has no
    /// logins: see [`Journal::defect`].
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] if a journal that is there cannot be read.
    pub(super) fn read(path: &Path, opened: io::Result<File>) -> Result<Self, StoreError> {
        match stored::read(path, opened)? {
            Ok(logins) => Ok(Self { logins, defect: None }),
            Err(defect) => Ok(Self { logins: Vec::new(), defect: Some(defect) }),
        }
    }

    /// Why nothing could be taken from a journal that is there.
    pub fn defect(&self) -> Option<JournalDefect> {
        self.defect
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

    /// Remembers that `newest` are the tokens of `profile`, and that neither `superseded` nor what was
    /// the newest before must ever be presented again, whichever profile shares the login.
    pub fn record(&mut self, profile: &ProfileName, site: Site, newest: &Tokens, superseded: Option<&Secret>) {
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
                let mut login = Login { site, tokens, received: None, profile, superseded: Vec::new(), adrift: false };
                login.remember(spent);
                self.logins.push(login);
            }
        }
    }

    /// Takes over the tokens of `profile`, which another tool renewed or signed in: they are the newest now.
    /// Returns whether that changed anything.
    pub fn adopt(&mut self, profile: &Profile) -> bool {
        match (&profile.mode, profile.site, profile.tokens()) {
            (Mode::OAuth, Some(site), Some(tokens)) => self.record(&profile.name, site, &tokens, None),
            _ => return self.purge(&profile.name),
        }
        true
    }

    /// Remembers when STS credentials of `profile` were received by a clock that was off; `None` if it was right.
    /// Returns whether that changed anything.
    pub fn receive(&mut self, profile: &ProfileName, at: Option<Timestamp>) -> bool {
        let login = self.logins.iter_mut().find(|login| login.profile == *profile && login.received != at);
        login.map(|login| login.received = at).is_some()
    }

    /// Forgets `profile`. Returns whether it was known.
    pub fn purge(&mut self, profile: &ProfileName) -> bool {
        let before = self.logins.len();
        self.logins.retain(|login| login.profile != *profile);
        self.logins.len() < before
    }

    /// Drops the logins of profiles that are no longer in `config`: another tool deleted them. A profile that was only
    /// renamed keeps its login. Returns the profiles whose logins were dropped.
    pub fn prune(&mut self, config: &Config) -> Vec<ProfileName> {
        let names: HashSet<&ProfileName> = config.names().into_iter().collect();
        let logins = std::mem::take(&mut self.logins).into_iter();
        let (known, gone) = logins.partition(|login| login.adrift || names.contains(&login.profile));
        self.logins = known;
        self.follow_renamed(gone, config)
    }

    /// Whether there are logins of profiles that are not in `config`.
    pub fn has_gone(&self, config: &Config) -> bool {
        if self.logins.is_empty() {
            return false;
        }
        let names: HashSet<&ProfileName> = config.names().into_iter().collect();
        !self.logins.iter().all(|login| login.adrift || names.contains(&login.profile))
    }

    /// Remembers that the file has no profiles: no login is dropped for that, until it is purged or its profile is there
    /// again. Returns whether anything changed.
    pub fn set_adrift(&mut self) -> bool {
        let changed = self.logins.iter().any(|login| !login.adrift);
        self.logins.iter_mut().for_each(|login| login.adrift = true);
        changed
    }

    /// Gives the logins of missing profiles to those that have their tokens and no login of their own. Returns the
    /// profiles whose logins nobody takes.
    fn follow_renamed(&mut self, gone: Vec<Login>, config: &Config) -> Vec<ProfileName> {
        let mut taken: HashSet<ProfileName> = self.logins.iter().map(|login| login.profile.clone()).collect();
        let mut heirs: HashMap<String, Vec<ProfileName>> = HashMap::new();
        for profile in config.profiles().filter(|profile| !taken.contains(&profile.name)) {
            if let Some(token) = &profile.oauth_refresh_token {
                heirs.entry(hash(token)).or_default().push(profile.name);
            }
        }
        let mut dropped = Vec::new();
        for mut login in gone {
            let tokens = std::iter::once(hash(&login.tokens.refresh_token)).chain(login.superseded.iter().cloned());
            let mut names = tokens.filter_map(|token| heirs.get(&token)).flatten();
            if let Some(name) = names.find(|name| !taken.contains(*name)).cloned() {
                taken.insert(name.clone());
                login.profile = name;
                self.logins.push(login);
            } else {
                dropped.push(login.profile);
            }
        }
        dropped
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.logins.is_empty()
    }

    /// The content of its file.
    pub(super) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        stored::to_bytes(&self.logins)
    }
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
        let login = Login { site: Site::China, tokens, received: None, profile, superseded, adrift: false };
        Journal { logins: vec![login], defect: None }
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
