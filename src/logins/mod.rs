//! Where the tokens of a login are kept, behind one trait: read the newest, reserve, persist new ones, adopt another
//! tool's, forget.
//!
//! [`SharedFile`] keeps them in `~/.aliyun/config.json` and its journal. Which tokens to present and when is left to
//! [`crate::credentials`] and [`crate::login`].

mod shared_file;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::config::{Changes, Config, Note, Profile, ProfileName, Snapshot, StoreError, Version};
use crate::host::blocking;
use crate::secret::Secret;
use crate::site::Site;
use crate::time::Timestamp;
use crate::tokens::{StsCredentials, Tokens};

pub use shared_file::SharedFile;

/// How long a change waits for another program's, which may be renewing: two requests with the refresh token of a
/// minute each, three exchanges of 15 seconds each, and the saving.
pub const LOCK_DEADLINE: Duration = Duration::from_secs(180);

/// A place for logins. Profiles always live in the shared file, which every Alibaba Cloud tool reads: hence its path,
/// its version and the snapshot of all of it. Only tokens may live elsewhere: whoever needs those of a profile asks for
/// them here, and does not look at those that the file has.
pub trait LoginStore: fmt::Debug + Send + Sync {
    /// The file that has the profiles, as it is named in messages.
    fn path(&self) -> &Path;

    /// Reads all profiles without a lock. A missing file has none.
    ///
    /// # Errors
    /// [`StoreError`], except [`StoreError::Busy`].
    fn read(&self) -> Result<Snapshot, StoreError>;

    /// Which state the file is in; it changes with every write.
    fn version(&self) -> Option<Version>;

    /// When the newest STS credentials of `profile` were received, by the local clock, if that was known to be off.
    fn received(&self, profile: &ProfileName) -> Option<Timestamp>;

    /// Returns `profile` with the newest tokens of its login, and who issued them, wherever they are kept. A place that
    /// cannot be read counts as empty: whoever needs to change it learns why.
    fn with_newest_tokens(&self, profile: Profile) -> Profile;

    /// The profiles whose tokens this program remembers.
    fn remembered_names(&self) -> Vec<ProfileName>;

    /// The login that this program remembers of `profile`, which may be gone from the file.
    fn remembered(&self, profile: &ProfileName) -> Option<(Site, Tokens)>;

    /// Forgets the logins of profiles that another tool has deleted, if nobody else is at work. Returns what was noticed.
    fn tidy(&self) -> Vec<Note>;

    /// Waits up to `wait` for the exclusive right to change logins. Blocks: in a runtime, use [`acquire`]. Never
    /// hold the result while a person is asked.
    ///
    /// # Errors
    /// [`StoreError::Busy`] at the deadline; otherwise what prevents locking, or makes the place unsafe for secrets.
    fn lock(&self, wait: Duration) -> Result<Box<dyn LockedLogins>, StoreError>;
}

/// The exclusive right to change logins, given up when dropped. The logins of profiles that another tool has deleted
/// are forgotten first.
pub trait LockedLogins: Send {
    /// Reads `profile`. If its tokens are known to be superseded, another tool wrote back an old copy: then the newest
    /// ones are put in their place.
    ///
    /// # Errors
    /// [`StoreError`]
    fn read_and_heal(&mut self, profile: &ProfileName) -> Result<Current, StoreError>;

    /// Whether `profile` has tokens that are neither `presented` nor known to be superseded.
    ///
    /// # Errors
    /// [`StoreError`]
    fn has_moved_on(&mut self, profile: &ProfileName, presented: &Secret) -> Result<bool, StoreError>;

    /// Makes sure that the next [`LockedLogins::persist`] finds its disk space.
    ///
    /// # Errors
    /// Whatever that call would fail with.
    fn reserve(&mut self) -> Result<(), StoreError>;

    /// Makes tokens durable. One durable copy is success: what could not be written is in [`Persisted::missed`].
    ///
    /// # Errors
    /// When the tokens could be persisted nowhere, at a second try neither.
    fn persist(&mut self, issued: &Issued) -> Result<Persisted, StoreError>;

    /// Saves STS credentials in `profile` if the access token that they were issued for is still there. `received`
    /// is the local time if the clock is known to be off.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was saved.
    fn save_credentials(
        &mut self,
        profile: &ProfileName,
        source: &Secret,
        credentials: &StsCredentials,
        received: Option<Timestamp>,
    ) -> Result<Vec<Note>, StoreError>;

    /// Remembers the tokens of `profile` as the newest if they are not known here: another tool's, which have just
    /// worked. A copy of the older ones that is written back will be healed.
    ///
    /// # Errors
    /// [`StoreError`]
    fn adopt_if_foreign(&mut self, profile: &Profile) -> Result<(), StoreError>;

    /// Changes profiles by `edit`, which may run more than once, and writes if that changed anything.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing has changed.
    fn edit(&mut self, edit: &mut dyn FnMut(&mut Config)) -> Result<Vec<Note>, StoreError>;

    /// Puts the remembered logins that the file has lost back into it, an empty file included. A broken file gets another
    /// name first, and its profiles that are whole are kept. Of the others nothing but the login is restored.
    ///
    /// # Errors
    /// [`StoreError`]; then no profile has changed.
    fn restore(&mut self) -> Result<Restored, StoreError>;

    /// Forgets every token of `profile` that is kept outside the file.
    ///
    /// # Errors
    /// [`StoreError`]
    fn forget(&mut self, profile: &ProfileName) -> Result<(), StoreError>;
}

/// What was restored.
#[derive(Debug, Default)]
pub struct Restored {
    /// The profiles.
    pub profiles: Vec<ProfileName>,
    /// Where a broken file is now.
    pub aside: Option<PathBuf>,
    /// What was noticed.
    pub notes: Vec<Note>,
}

/// A profile read under the lock.
#[derive(Debug)]
pub struct Current {
    /// The profile with its newest tokens, if there is one.
    pub profile: Option<Profile>,
    /// When its newest STS credentials were received, as [`LoginStore::received`] says.
    pub received: Option<Timestamp>,
    /// The names of all profiles, if none has that name.
    pub names: Vec<ProfileName>,
    /// Whether its tokens were replaced by newer ones.
    pub healed: bool,
    /// Why the file could not be healed. The profile above has the newest tokens all the same.
    pub missed: Option<StoreError>,
    /// What was noticed.
    pub notes: Vec<Note>,
}

/// Tokens that a server has just issued for one profile (RFC 6749 sections 5.1 and 6).
#[derive(Clone)]
pub struct Issued {
    /// The profile.
    pub profile: ProfileName,
    /// Who issued them.
    pub site: Site,
    /// The tokens.
    pub tokens: Tokens,
    /// The refresh token that they replace.
    pub superseded: Option<Secret>,
    /// What else changes in the profile at the same moment.
    pub settings: Changes,
    /// Whether they go into the profile whatever it holds, because a person has just signed in. Otherwise a login
    /// that another tool made in the meantime stays, and a deleted profile stays deleted.
    pub overrule: bool,
}

/// What came of making tokens durable.
#[derive(Debug)]
pub struct Persisted {
    /// What was noticed.
    pub notes: Vec<Note>,
    /// Which of the two places could not be written, and why.
    pub missed: Option<StoreError>,
    /// Whether the profile now has another login, which was left unchanged.
    pub overruled: bool,
}

/// Logins locked for a task: what is done with them runs on another thread, so that no lock or disk holds up a
/// runtime.
pub struct Guard(Option<Box<dyn LockedLogins>>);

/// As [`LoginStore::lock`], for a task.
///
/// # Errors
/// As [`LoginStore::lock`].
pub async fn acquire(store: &Arc<dyn LoginStore>, wait: Duration) -> Result<Guard, StoreError> {
    let store = Arc::clone(store);
    blocking(move || store.lock(wait)).await.map(|locked| Guard(Some(locked)))
}

impl Guard {
    /// Does `work` with the logins. It is done to its end even if the returned future is dropped.
    pub async fn with<T, W>(&mut self, work: W) -> T
    where
        T: Send + 'static,
        W: FnOnce(&mut dyn LockedLogins) -> T + Send + 'static,
    {
        let mut locked = self.0.take().expect("a guard is given back by the work before");
        let (locked, done) = blocking(move || {
            let done = work(&mut *locked);
            (locked, done)
        })
        .await;
        self.0 = Some(locked);
        done
    }
}
