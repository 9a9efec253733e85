//! The shared file: lossless, atomic, locked, and unimpressed by hostile content.

mod atomic;
mod editing;
mod hostile;
mod journal;
mod locking;
mod lossless;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aliyun_rs::config::{Changes, Config, Field, Note, Store, StoreError};
use aliyun_rs::time::Timestamp;
use tempfile::TempDir;

use crate::support::named;

/// Longer than any test waits for a lock that it will get.
const AMPLE: Duration = Duration::from_secs(60);

/// A file as the official client writes it, with a little of everything that has to survive.
const REALISTIC: &str = concat!(
    "{\n\t\"current\": \"dev\",\n\t\"profiles\": [\n\t\t{\n\t\t\t\"name\": \"dev\",\n\t\t\t\"mode\": \"OAuth\",\n",
    "\t\t\t\"access_key_id\": \"STS.example\",\n\t\t\t\"region_id\": \"cn-hangzhou\",\n",
    "\t\t\t\"sts_expiration\": 1700000000,\n\t\t\t\"oauth_refresh_token\": \"canary\\u003c\\/\",\n",
    "\t\t\t\"x_nested\": {\"a\": [1.50, 12345678901234567890123, \"\\ud83d\\ude00\"]}\n\t\t},\n",
    "\t\t{\n\t\t\t\"name\": \"生产\",\n\t\t\t\"mode\": \"AK\"\n\t\t}\n\t],\n\t\"meta_path\": \"\"\n}\n",
);

/// A folder of its own with a shared file in it.
struct Place {
    folder: TempDir,
}

impl Place {
    fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn with(content: impl AsRef<[u8]>) -> Self {
        let place = Self::empty();
        fs::write(place.path(), content).unwrap();
        make_private(&place.path());
        place
    }

    fn path(&self) -> PathBuf {
        self.at("config.json")
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn store(&self) -> Store {
        Store::at(self.path())
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path()).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn make_private(path: &Path) {
    #[cfg(unix)]
    set_mode(path, 0o600);
    #[cfg(not(unix))]
    let _ = path;
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// What came of an edit.
#[derive(Debug)]
struct Edited {
    /// Whether the file was replaced.
    written: bool,
    notes: Vec<Note>,
}

fn update(store: &Store, edit: impl Fn(&mut Config)) -> Result<Edited, StoreError> {
    let before = store.version();
    let notes = store.lock(AMPLE)?.edit(edit)?;
    Ok(Edited { written: store.version() != before, notes })
}

/// Adds one to a number that the profile `name` keeps.
fn count(config: &mut Config, name: &str) {
    let before = config.find(&named(name)).and_then(|profile| profile.sts_expiration).map_or(0, Timestamp::as_unix);
    config.upsert(&named(name), &Changes::new().number(Field::StsExpiration, before + 1));
}

fn counted(store: &Store, name: &str) -> i64 {
    store.read().unwrap().config.find(&named(name)).unwrap().sts_expiration.unwrap().as_unix()
}
