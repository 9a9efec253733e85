//! A private record of rotated tokens, so that no other tool can lose a login.
//!
//! Alibaba Cloud replaces the refresh token on every use, and other tools write the shared file back from old
//! copies. The journal keeps, for each profile that was renewed here, the newest tokens and hashes of those
//! they superseded: it tells a stale copy from a login that somebody else renewed or made anew. It decides
//! only which tokens are current; everything else is read from the shared file. A journal that cannot be
//! read is an empty one: it must never stand in the way.

use std::io::{self, Read};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::site::Site;
use crate::time::Timestamp;

use super::error::{Note, StoreError};
use super::platform;
use super::profile::{Mode, Profile};
use super::store::Locked;

/// How many superseded tokens are remembered for a profile: ten days of a renewal every hour. A program that has
/// run for so long may still write back the copy that it started with.
const REMEMBERED: usize = 256;
const MAX_SIZE: u64 = 16 << 20;
const VERSION: u32 = 1;

/// The tokens of a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenPair {
    /// The access token.
    pub access_token: Secret,
    /// When the access token ends, for the file that has to be healed.
    pub access_token_expire: Option<Timestamp>,
    /// The refresh token.
    pub refresh_token: Secret,
}

/// What the journal knows about one profile.
#[derive(Clone, Debug)]
pub struct Login {
    /// The site that issued the tokens.
    pub site: Site,
    /// The newest tokens.
    pub tokens: TokenPair,
    profile: String,
    /// Hashes, the oldest first.
    superseded: Vec<String>,
}

/// What the tokens in the shared file are.
#[derive(Clone, Copy, Debug)]
pub enum Verdict<'a> {
    /// The newest, as far as is known here.
    Agrees,
    /// Superseded: another tool wrote an old copy, and the file has to be healed with this login. The STS
    /// credentials beside them may be of the old copy too.
    Stale(&'a Login),
    /// Of another login, or renewed elsewhere: they are to be adopted, and the journal's entry purged.
    Foreign,
}

/// The journal beside one shared file.
#[derive(Debug, Default)]
pub struct Journal {
    logins: Vec<Login>,
    ignored: Option<&'static str>,
}

impl Journal {
    /// Reads the journal. What is missing, corrupt or not ours counts as empty: see [`Journal::note`].
    pub fn load(locked: &Locked) -> Self {
        match read(&locked.journal_path()) {
            Ok(logins) => Self { logins, ignored: None },
            Err(why) => Self { logins: Vec::new(), ignored: Some(why) },
        }
    }

    /// Why a journal that is there was ignored.
    pub fn note(&self) -> Option<Note> {
        self.ignored.map(Note::JournalIgnored)
    }

    /// What is known of the profile called `name`.
    pub fn newest(&self, name: &str) -> Option<&Login> {
        self.logins.iter().find(|login| login.profile == name)
    }

    /// Judges the tokens that the shared file has for `profile`.
    pub fn decide(&self, profile: &Profile) -> Verdict<'_> {
        let login = self.newest(&profile.name);
        login.map_or(Verdict::Agrees, |login| login.judge(profile))
    }

    /// Remembers, durably, that `newest` are the tokens of `profile`, and that neither `superseded` nor what was
    /// the newest before must ever be presented again.
    ///
    /// # Errors
    ///
    /// Fails if the journal cannot be written; [`Locked::reserve`] finds out beforehand.
    pub fn record(
        &mut self,
        locked: &mut Locked,
        profile: &str,
        site: Site,
        newest: &TokenPair,
        superseded: Option<&Secret>,
    ) -> Result<(), StoreError> {
        let known = self.logins.iter().position(|login| login.profile == profile);
        let mut hashes = Vec::new();
        if let Some(at) = known {
            let before = self.logins.swap_remove(at);
            hashes = before.superseded;
            hashes.push(hash(&before.tokens.refresh_token));
        }
        hashes.extend(superseded.map(hash));
        hashes.dedup();
        let current = hash(&newest.refresh_token);
        hashes.retain(|hash| *hash != current);
        hashes.drain(..hashes.len().saturating_sub(REMEMBERED));
        self.logins.push(Login { site, tokens: newest.clone(), profile: profile.to_owned(), superseded: hashes });
        self.save(locked)
    }

    /// Forgets `profile`, durably. A journal with nothing left in it is removed.
    ///
    /// # Errors
    ///
    /// Fails if the journal cannot be written or removed.
    pub fn purge(&mut self, locked: &mut Locked, profile: &str) -> Result<(), StoreError> {
        let before = self.logins.len();
        self.logins.retain(|login| login.profile != profile);
        if self.logins.len() == before && self.ignored.is_none() {
            return Ok(());
        }
        self.save(locked)
    }

    fn save(&mut self, locked: &mut Locked) -> Result<(), StoreError> {
        if self.logins.is_empty() {
            locked.remove_journal()?;
        } else {
            let file = File { version: VERSION, logins: self.logins.iter().map(Line::of).collect() };
            let mut bytes = Zeroizing::new(Vec::with_capacity(self.logins.len() * TYPICAL_LINE));
            serde_json::to_writer(&mut *bytes, &file).expect("tokens can be written to memory");
            locked.write_journal(&bytes)?;
        }
        self.ignored = None;
        Ok(())
    }
}

impl Login {
    /// The decision: pure, and about nothing but which tokens these are. A known superseded token is stale
    /// whatever else the copy says; without a refresh token only the newest access token proves a copy of ours.
    fn judge(&self, profile: &Profile) -> Verdict<'_> {
        let ours = profile.mode == Mode::OAuth && profile.site.is_none_or(|site| site == self.site);
        match &profile.oauth_refresh_token {
            _ if profile.mode != Mode::OAuth => Verdict::Foreign,
            Some(token) if self.superseded.contains(&hash(token)) => Verdict::Stale(self),
            Some(token) if ours && *token == self.tokens.refresh_token => Verdict::Agrees,
            None if ours && profile.oauth_access_token.as_ref() == Some(&self.tokens.access_token) => {
                Verdict::Stale(self)
            }
            _ => Verdict::Foreign,
        }
    }
}

fn hash(token: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, token.expose().as_bytes()))
}

/// Two tokens of some kilobytes, and hashes: the buffer does not grow and leave copies behind.
const TYPICAL_LINE: usize = (16 << 10) + REMEMBERED * 48;

#[derive(Serialize, Deserialize)]
struct File<L> {
    version: u32,
    logins: Vec<L>,
}

#[derive(Serialize)]
struct Line<'a> {
    profile: &'a str,
    site: &'a str,
    access_token: &'a str,
    access_token_expire: Option<i64>,
    refresh_token: &'a str,
    superseded: &'a [String],
}

#[derive(Deserialize)]
struct OwnedLine {
    profile: String,
    site: String,
    access_token: String,
    access_token_expire: Option<i64>,
    refresh_token: String,
    superseded: Vec<String>,
}

impl<'a> Line<'a> {
    fn of(login: &'a Login) -> Self {
        Self {
            profile: &login.profile,
            site: login.site.as_str(),
            access_token: login.tokens.access_token.expose(),
            access_token_expire: login.tokens.access_token_expire.map(Timestamp::as_unix),
            refresh_token: login.tokens.refresh_token.expose(),
            superseded: &login.superseded,
        }
    }
}

impl OwnedLine {
    fn into_login(self) -> Option<Login> {
        let tokens = TokenPair {
            access_token: Secret::new(self.access_token),
            access_token_expire: self.access_token_expire.map(Timestamp::from_unix),
            refresh_token: Secret::new(self.refresh_token),
        };
        let site = self.site.parse().ok();
        site.map(|site| Login { site, tokens, profile: self.profile, superseded: self.superseded })
    }
}

/// The logins in the journal at `path`, or why it is ignored.
fn read(path: &Path) -> Result<Vec<Login>, &'static str> {
    let file = match platform::open_own(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        opened => opened.map_err(|_| "it cannot be opened")?,
    };
    let size = match file.metadata() {
        Ok(metadata) if !metadata.is_file() => return Err("it is no regular file"),
        Ok(metadata) if platform::is_foreign(&metadata) => return Err("it belongs to another user"),
        Ok(metadata) if metadata.len() > MAX_SIZE => return Err("it is too large"),
        Ok(metadata) => metadata.len(),
        Err(_) => return Err("it cannot be read"),
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(size + 1).unwrap_or_default()));
    file.take(MAX_SIZE).read_to_end(&mut bytes).map_err(|_| "it cannot be read")?;
    let file: File<OwnedLine> = serde_json::from_slice(&bytes).map_err(|_| "it is damaged")?;
    if file.version != VERSION {
        return Err("another version wrote it");
    }
    file.logins.into_iter().map(OwnedLine::into_login).collect::<Option<_>>().ok_or("it is damaged")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const SITES: [Site; 2] = [Site::China, Site::International];

    fn pair(name: &str) -> TokenPair {
        let token = |kind: &str| Secret::new(format!("{kind}-{name}"));
        TokenPair { access_token: token("access"), access_token_expire: None, refresh_token: token("refresh") }
    }

    fn journal() -> Journal {
        let superseded = ["old", "older"].map(|name| hash(&pair(name).refresh_token)).to_vec();
        let login = Login { site: Site::China, tokens: pair("new"), profile: "dev".to_owned(), superseded };
        Journal { logins: vec![login], ignored: None }
    }

    fn profile(name: &str, mode: &str, site: Option<Site>, refresh: Option<&str>, access: Option<&str>) -> Profile {
        let mut members = vec![format!(r#""name": "{name}", "mode": "{mode}""#)];
        members.extend(site.map(|site| format!(r#""oauth_site_type": "{site}""#)));
        members.extend(refresh.map(|token| format!(r#""oauth_refresh_token": "refresh-{token}""#)));
        members.extend(access.map(|token| format!(r#""oauth_access_token": "access-{token}""#)));
        let text = format!(r#"{{"profiles": [{{{}}}]}}"#, members.join(", "));
        Config::parse(text.as_bytes()).unwrap().find(name).unwrap()
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
                        let found = match journal.decide(&profile("dev", mode, site, refresh, access)) {
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
    fn a_profile_without_an_entry_agrees_with_whatever_it_has() {
        let other = profile("prod", "OAuth", Some(Site::China), Some("old"), None);
        assert!(matches!(journal().decide(&other), Verdict::Agrees));
    }

    #[test]
    fn a_journal_shows_no_token_when_it_is_debugged() {
        let shown = format!("{:?}", journal());
        assert!(!shown.contains("refresh-new") && !shown.contains("access-new"), "{shown}");
    }
}
