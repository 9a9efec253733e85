//! The shared file as it was read, by whatever way: a torn one is read again for a while.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::config::error::StoreError;
use crate::config::note::Note;
use crate::config::raw::Raw;
use crate::config::{Config, platform};

/// How long a file may be empty or torn: the Node and Java SDKs write in place.
pub(super) const UNTIL_WHOLE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(10);

/// The file as it was read.
#[derive(Clone)]
pub struct Snapshot {
    /// What it says; [`Config::empty`] when there is no file.
    pub config: Config,
    /// Whether there is a file.
    pub exists: bool,
    /// What a person may want to know about it.
    pub notes: Vec<Note>,
    pub(super) raw: Option<Raw>,
}

/// Reads a file again and again until it is whole or [`UNTIL_WHOLE`] is over.
pub(super) fn read(path: &Path, load: impl Fn() -> Result<Option<Raw>, StoreError>) -> Result<Snapshot, StoreError> {
    let until = Instant::now() + UNTIL_WHOLE;
    loop {
        let torn = match load()? {
            None => return Ok(Snapshot::missing()),
            Some(raw) => match Config::parse(&raw.bytes) {
                Ok(config) => return Ok(Snapshot::of(config, raw)),
                Err(_) if raw.is_blank() => StoreError::Empty { path: path.into() },
                Err(source) => StoreError::Malformed { path: path.into(), source },
            },
        };
        if Instant::now() >= until {
            return Err(torn);
        }
        thread::sleep(PAUSE);
    }
}

impl Snapshot {
    fn missing() -> Self {
        Self { config: Config::empty(), exists: false, notes: Vec::new(), raw: None }
    }

    pub(super) fn of(config: Config, raw: Raw) -> Self {
        let mut notes: Vec<Note> = config.oddities().iter().cloned().map(Note::Odd).collect();
        notes.extend(Some(config.more_oddities()).filter(|more| *more > 0).map(Note::More));
        if platform::is_exposed(&raw.metadata) {
            notes.push(Note::Exposed);
        }
        if platform::is_foreign(&raw.metadata) {
            notes.push(Note::ForeignOwner);
        }
        if platform::names(&raw.metadata) > 1 {
            notes.push(Note::HardLinked(platform::names(&raw.metadata)));
        }
        Self { config, exists: true, notes, raw: Some(raw) }
    }
}
