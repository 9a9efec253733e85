//! The exclusive right to change the shared file where the file system has no locks: whoever creates the lease file
//! has it, until the file is removed.
//!
//! A process that is killed leaves its lease behind. It counts as abandoned after [`ABANDONED`] by the clock of the
//! file system, which is the one that all machines with that file system have in common.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::place::Place;
use super::platform;

/// Longer than any lease is held by a process that runs.
const ABANDONED: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(50);
/// How often the clock of the file system is looked at, which takes a file.
const LOOK: Duration = Duration::from_secs(1);
const KIND: &str = "lease";
/// The length of an owner's name.
const NAME: u64 = 32;

/// A lease, given up when dropped.
#[derive(Debug)]
pub(super) struct Lease(Claim);

/// One who wants the lease, or has it.
#[derive(Debug)]
struct Claim {
    place: Arc<Place>,
    name: OsString,
    owner: String,
}

impl Lease {
    /// Waits for the lease until a moment, then fails with [`ErrorKind::TimedOut`].
    pub(super) fn acquire(place: &Arc<Place>, until: Option<Instant>) -> io::Result<Self> {
        let owner = format!("{:016x}{:016x}", random(), random());
        let claim = Claim { name: place.own(KIND), place: Arc::clone(place), owner };
        let mut looked = None;
        loop {
            match place.folder.create(&claim.name) {
                Ok(file) => {
                    let lease = Self(claim);
                    return lease.0.sign(file).map(|()| lease);
                }
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
                Err(_) => {}
            }
            let now = Instant::now();
            if looked.is_none_or(|looked: Instant| now - looked >= LOOK) {
                looked = Some(now);
                if claim.end_abandoned()? {
                    continue;
                }
            }
            if until.is_some_and(|until| now >= until) {
                return Err(ErrorKind::TimedOut.into());
            }
            thread::sleep(PAUSE);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Claim { place, name, owner } = &self.0;
        // One that was held for too long may belong to another process now.
        if matches!(self.0.holder(), Ok(Some((holder, _))) if holder == *owner || holder.is_empty()) {
            let _ = place.folder.remove(name);
        }
    }
}

impl Claim {
    fn sign(&self, mut file: File) -> io::Result<()> {
        file.write_all(self.owner.as_bytes())?;
        platform::sync(&file)
    }

    /// Ends a lease that is older than any can be. Returns whether there was one.
    fn end_abandoned(&self) -> io::Result<bool> {
        let Some((owner, since)) = self.holder()? else { return Ok(false) };
        let aside = self.place.own(&format!("{KIND}.{}", self.owner));
        let probe = self.place.folder.create(&aside)?;
        let now = probe.metadata()?.modified();
        self.place.folder.remove(&aside)?;
        let abandoned = now?.duration_since(since).is_ok_and(|age| age > ABANDONED);
        if abandoned {
            self.end(&owner, &aside)?;
        }
        Ok(abandoned)
    }

    fn end(&self, owner: &str, aside: &OsStr) -> io::Result<()> {
        match self.place.folder.rename(&self.name, aside) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            done => done?,
        }
        // Another process may have ended it and started its own lease.
        let mut taken = String::new();
        self.place.folder.open(aside)?.take(NAME).read_to_string(&mut taken)?;
        if taken == owner { self.place.folder.remove(aside) } else { self.place.folder.rename(aside, &self.name) }
    }

    /// Who has the lease, since when.
    fn holder(&self) -> io::Result<Option<(String, SystemTime)>> {
        let file = match self.place.folder.open(&self.name) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let since = file.metadata()?.modified()?;
        let mut owner = String::new();
        file.take(NAME).read_to_string(&mut owner)?;
        Ok(Some((owner, since)))
    }
}

fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(folder: &tempfile::TempDir) -> Arc<Place> {
        Arc::new(Place::find(&folder.path().join("config.json")).unwrap())
    }

    fn names(folder: &tempfile::TempDir) -> usize {
        folder.path().read_dir().unwrap().count()
    }

    #[test]
    fn one_of_many_has_the_lease_and_the_last_one_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (place, held) = (place(&folder), std::sync::Mutex::new(()));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..5 {
                        let _lease = Lease::acquire(&place, None).unwrap();
                        let _alone = held.try_lock().expect("nobody else has the lease");
                    }
                });
            }
        });
        assert_eq!(names(&folder), 0);
    }

    #[test]
    fn only_an_abandoned_lease_is_ended() {
        for (age, taken) in [(ABANDONED * 2, true), (ABANDONED / 2, false), (Duration::ZERO, false)] {
            let folder = tempfile::tempdir().unwrap();
            let place = place(&folder);
            let mut left = place.folder.create(&place.own(KIND)).unwrap();
            left.write_all(b"somebody").unwrap();
            let written = left.metadata().unwrap().modified().unwrap();
            left.set_modified(written - age).unwrap();
            let lease = Lease::acquire(&place, Some(Instant::now()));
            assert_eq!(lease.is_ok(), taken, "{age:?}");
            assert_eq!(names(&folder), 1, "{age:?}");
            drop(lease);
            assert_eq!(names(&folder), usize::from(!taken), "{age:?}");
        }
    }
}
