//! Logins in the shared file and its journal: new tokens are written twice, to the private journal first.

use std::path::Path;
use std::time::Duration;

use super::{Current, Issued, LockedLogins, LoginStore, Persisted, Restored};
use crate::config::{
    Changes, Config, Field, Journal, Locked, Login, Mode, Note, Profile, ProfileName, Snapshot, Store, StoreError,
    Verdict, Version,
};
use crate::secret::Secret;
use crate::site::Site;
use crate::time::Timestamp;
use crate::tokens::{StsCredentials, Tokens};

/// How much longer file and journal may become by a renewal: two tokens, credentials, and room.
const GROWTH: u64 = 64 * 1024;

/// The shared file at one path.
#[derive(Clone, Debug)]
pub struct SharedFile(Store);

impl SharedFile {
    /// The file of `store`.
    pub const fn new(store: Store) -> Self {
        Self(store)
    }
}

impl LoginStore for SharedFile {
    fn path(&self) -> &Path {
        self.0.path()
    }

    fn read(&self) -> Result<Snapshot, StoreError> {
        self.0.read()
    }

    fn version(&self) -> Option<Version> {
        self.0.version()
    }

    fn received(&self, profile: &ProfileName) -> Option<Timestamp> {
        self.0.journal().ok()?.newest(profile)?.received
    }

    fn with_newest_tokens(&self, mut profile: Profile) -> Profile {
        let journal = self.0.journal().unwrap_or_default();
        if let Some((site, tokens)) = newer_tokens(&journal, &profile) {
            profile.replace_tokens(site, tokens);
        }
        profile
    }

    fn remembered_names(&self) -> Vec<ProfileName> {
        let journal = self.0.journal().unwrap_or_default();
        journal.logins().map(|login| login.profile().clone()).collect()
    }

    fn remembered(&self, profile: &ProfileName) -> Option<(Site, Tokens)> {
        let journal = self.0.journal().ok()?;
        journal.newest(profile).map(|login| (login.site, login.tokens.clone()))
    }

    fn lock(&self, wait: Duration) -> Result<Box<dyn LockedLogins>, StoreError> {
        Ok(Box::new(LockedFile::new(self.0.lock(wait)?)?))
    }

    fn tidy(&self) -> Vec<Note> {
        let has_gone = |snapshot: Snapshot| self.0.journal().is_ok_and(|journal| journal.has_gone(&snapshot.config));
        if !self.0.read().is_ok_and(has_gone) {
            return Vec::new();
        }
        self.0.lock(Duration::ZERO).and_then(LockedFile::new).map(|mut file| file.take_notes()).unwrap_or_default()
    }
}

/// The newest tokens of the login that `profile` belongs to, and who issued them, if its own are superseded.
fn newer_tokens(journal: &Journal, profile: &Profile) -> Option<(Site, Tokens)> {
    let Verdict::Stale(login) = journal.judge(profile) else { return None };
    let expire = login.tokens.refresh_token_expire.or(profile.oauth_refresh_token_expire);
    Some((login.site, Tokens { refresh_token_expire: expire, ..login.tokens.clone() }))
}

struct LockedFile {
    locked: Locked,
    journal: Journal,
    /// What was noticed and not said yet.
    notes: Vec<Note>,
}

impl LockedLogins for LockedFile {
    fn read_and_heal(&mut self, profile: &ProfileName) -> Result<Current, StoreError> {
        let notes = self.take_notes();
        let config = self.locked.read()?.config;
        let Some(mut found) = config.find(profile) else {
            // Another tool deleted the profile, and its tokens go with it. The missing profile is what to report.
            self.keep_adrift().ok();
            self.prune(&config).ok();
            let names = config.names().into_iter().cloned().collect();
            return Ok(Current { profile: None, received: None, names, healed: false, missed: None, notes });
        };
        let received = self.journal.newest(profile).and_then(|login| login.received);
        let (mut healed, mut missed) = (false, None);
        if let Some((site, tokens)) = newer_tokens(&self.journal, &found) {
            let changes = Changes::new().tokens(&tokens).text(Field::OauthSiteType, site.as_str());
            missed = self.locked.edit(|config| config.upsert(profile, &changes)).err();
            found.replace_tokens(site, tokens);
            healed = true;
        }
        Ok(Current { profile: Some(found), received, names: Vec::new(), healed, missed, notes })
    }

    fn has_moved_on(&mut self, profile: &ProfileName, presented: &Secret) -> Result<bool, StoreError> {
        let Some(profile) = self.locked.read()?.config.find(profile) else { return Ok(false) };
        let other = profile.oauth_refresh_token.as_ref().is_some_and(|token| token != presented);
        Ok(other && !matches!(self.journal.judge(&profile), Verdict::Stale(_)))
    }

    fn reserve(&mut self) -> Result<(), StoreError> {
        self.locked.reserve(GROWTH)
    }

    fn persist(&mut self, issued: &Issued) -> Result<Persisted, StoreError> {
        // The reservation is used up by the first try: if it was what broke, the second one makes do without.
        self.try_to_persist(issued).or_else(|_| self.try_to_persist(issued)).map_err(|error| {
            match self.locked.strand() {
                Some(copy) => error.stranded(copy),
                None => error,
            }
        })
    }

    fn save_credentials(
        &mut self,
        profile: &ProfileName,
        source: &Secret,
        credentials: &StsCredentials,
        received: Option<Timestamp>,
    ) -> Result<Vec<Note>, StoreError> {
        let changes = Changes::new().sts(credentials);
        let notes = self.edit(&mut |config| {
            let there = config.find(profile);
            if there.is_some_and(|profile| profile.oauth_access_token.as_ref() == Some(source)) {
                config.upsert(profile, &changes);
            }
        })?;
        if self.journal.receive(profile, received) {
            self.save_journal()?;
        }
        Ok(notes)
    }

    fn adopt_if_foreign(&mut self, profile: &Profile) -> Result<(), StoreError> {
        let known = self.journal.newest(&profile.name).is_some();
        if known && !matches!(self.journal.judge(profile), Verdict::Foreign) {
            return Ok(());
        }
        if self.journal.adopt(profile) { self.save_journal() } else { Ok(()) }
    }

    fn edit(&mut self, edit: &mut dyn FnMut(&mut Config)) -> Result<Vec<Note>, StoreError> {
        self.keep_adrift()?;
        let mut after = None;
        let journal = &self.journal;
        let noticed = self.locked.edit(|config| {
            edit(config);
            after = journal.has_gone(config).then(|| config.clone());
        })?;
        if let Some(config) = after {
            self.prune(&config)?;
        }
        Ok(self.take_notes().into_iter().chain(noticed).collect())
    }

    fn restore(&mut self) -> Result<Restored, StoreError> {
        let changes = |login: &Login| {
            Changes::new()
                .text(Field::Mode, Mode::OAuth.as_str())
                .text(Field::RegionId, login.site.default_region())
                .text(Field::OauthSiteType, login.site.as_str())
                .tokens(&login.tokens)
        };
        let lost: Vec<_> = self.journal.logins().map(|login| (login.profile().clone(), changes(login))).collect();
        let aside = self.locked.set_aside()?;
        self.locked.refill();
        let mut profiles = Vec::new();
        let noticed = self.locked.edit(|config| {
            let broken = aside.as_ref().map(|file| String::from_utf8_lossy(&file.bytes));
            profiles = broken.map(|text| config.salvage(&text)).unwrap_or_default();
            for (profile, changes) in &lost {
                if !config.contains(profile) {
                    config.upsert(profile, changes);
                    profiles.push(profile.clone());
                }
            }
            if let (None, Some(first)) = (config.current(), profiles.first()) {
                config.set_current(first);
            }
        })?;
        let notes = self.take_notes().into_iter().chain(noticed).collect();
        Ok(Restored { profiles, aside: aside.map(|file| file.path), notes })
    }

    fn forget(&mut self, profile: &ProfileName) -> Result<(), StoreError> {
        if self.journal.purge(profile) { self.save_journal() } else { Ok(()) }
    }
}

impl LockedFile {
    fn new(mut locked: Locked) -> Result<Self, StoreError> {
        let notes = locked.take_notes();
        let journal = locked.journal()?;
        let mut file = Self { locked, journal, notes };
        if !file.journal.is_empty()
            && let Ok(snapshot) = file.locked.read()
        {
            // What cannot be saved now, the next one does.
            file.keep_adrift().ok();
            let forgotten = file.prune(&snapshot.config).unwrap_or_default();
            file.notes.extend((!forgotten.is_empty()).then_some(Note::Forgotten(forgotten)));
        }
        Ok(file)
    }

    fn take_notes(&mut self) -> Vec<Note> {
        let mut notes = std::mem::take(&mut self.notes);
        notes.extend(self.locked.take_notes());
        notes
    }

    fn save_journal(&mut self) -> Result<(), StoreError> {
        self.locked.save_journal(&self.journal)
    }

    /// Keeps the remembered logins where the file has lost every profile.
    fn keep_adrift(&mut self) -> Result<(), StoreError> {
        if self.journal.logins().next().is_none() || !self.locked.read()?.config.names().is_empty() {
            return Ok(());
        }
        if self.journal.set_adrift() { self.save_journal() } else { Ok(()) }
    }

    /// Forgets the logins of profiles that are no longer in `config`, and returns those profiles.
    fn prune(&mut self, config: &Config) -> Result<Vec<ProfileName>, StoreError> {
        if !self.journal.has_gone(config) {
            return Ok(Vec::new());
        }
        let forgotten = self.journal.prune(config);
        self.save_journal().map(|()| forgotten)
    }

    /// Writes the journal and then the shared file. One of the two is enough to keep the login.
    fn try_to_persist(&mut self, issued: &Issued) -> Result<Persisted, StoreError> {
        self.keep_adrift().ok();
        let Issued { profile, site, tokens, superseded, settings, overrule } = issued;
        self.journal.record(profile, *site, tokens, superseded.as_ref());
        let recorded = self.save_journal();
        let changes = settings.clone().tokens(tokens);
        let (mut overruled, mut after) = (false, None);
        let journal = &self.journal;
        let noticed = self.locked.edit(|config| {
            let ours = |profile: Profile| !matches!(journal.judge(&profile), Verdict::Foreign);
            overruled = !overrule && !config.find(profile).is_some_and(ours);
            if !overruled {
                let is_first = config.names().is_empty();
                config.upsert(profile, &changes);
                if is_first {
                    config.set_current(profile);
                }
            }
            after = journal.has_gone(config).then(|| config.clone());
        });
        match (recorded, noticed) {
            (recorded, Ok(noticed)) => {
                let pruned = after.map_or(Ok(()), |config| self.prune(&config).map(drop));
                let notes = self.take_notes().into_iter().chain(noticed).collect();
                Ok(Persisted { notes, missed: recorded.and(pruned).err(), overruled })
            }
            (Ok(()), Err(error)) => Ok(Persisted { notes: self.take_notes(), missed: Some(error), overruled }),
            (Err(_), Err(error)) => Err(error),
        }
    }
}
