//! The way to the shared file: through symbolic links, one descriptor at a time.
//!
//! Links and directories may belong to another user than their reader: root works in other users' homes. A link is
//! read once and the directory that it leads to stays open, so that nothing can be exchanged between a check and
//! what was checked.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{self, Component, Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, mkdirat, openat, readlinkat, statat};
use rustix::io::Errno;

use super::super::uninterrupted;
use super::{Folder, Found, PRIVATE_DIRECTORY, ROOT, hand_over, is_open_to_all, me, restrict, sync};
use crate::config::error::{Danger, FileAction, StoreError};

/// As many links as the Linux kernel follows.
const MAX_LINKS: usize = 40;

/// A directory on the way need not be readable, where the system has a way to say so.
#[cfg(any(target_os = "linux", target_os = "android"))]
const ON_THE_WAY: OFlags = OFlags::PATH;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const ON_THE_WAY: OFlags = OFlags::RDONLY;

/// Finds the file that `path` leads to. Directories are made where there are none, and root gives each to the owner
/// of the one above it.
pub(crate) fn find(path: &Path) -> Result<Found, StoreError> {
    let walk = path::absolute(path).and_then(|absolute| {
        let root = openat(CWD, "/", ON_THE_WAY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?.into();
        Ok(Walk { asked: path, passed: vec![("/".into(), root)], ahead: ahead(&absolute, false), linkers: Vec::new() })
    });
    walk.map_err(StoreError::io(FileAction::Resolve, path))?.finish()
}

/// The steps of a path, the last one first.
fn ahead(path: &Path, linked: bool) -> Vec<Step> {
    let step = |component| match component {
        Component::ParentDir => Some(Step { name: "..".into(), linked }),
        Component::Normal(name) => Some(Step { name: name.to_owned(), linked }),
        _ => None,
    };
    path.components().filter_map(step).rev().collect()
}

struct Step {
    name: OsString,
    /// Whether a link said so.
    linked: bool,
}

struct Walk<'a> {
    asked: &'a Path,
    /// The directories from the root to where the walk has come.
    passed: Vec<(OsString, File)>,
    ahead: Vec<Step>,
    /// The owners of the links that were followed.
    linkers: Vec<u32>,
}

impl Walk<'_> {
    fn finish(mut self) -> Result<Found, StoreError> {
        while let Some(Step { name, linked }) = self.ahead.pop() {
            if name == ".." {
                self.passed.truncate(1.max(self.passed.len() - 1));
                continue;
            }
            let last = self.ahead.is_empty();
            match statat(self.here(), &name, AtFlags::SYMLINK_NOFOLLOW) {
                Err(Errno::NOENT) if linked => return Err(StoreError::Dangling { path: self.asked.into() }),
                Err(Errno::NOENT) if last => return self.found(name, None),
                Err(Errno::NOENT) => self.create(name)?,
                Err(error) => return Err(self.refused(error.into())),
                Ok(stat) => match FileType::from_raw_mode(stat.st_mode) {
                    FileType::Symlink => self.follow(&name, &stat)?,
                    FileType::RegularFile if last => return self.found(name, Some(stat.st_uid)),
                    _ if last => break,
                    _ => self.enter(name)?,
                },
            }
        }
        Err(StoreError::NotAFile { path: self.asked.into() })
    }

    fn here(&self) -> &File {
        &self.passed.last().expect("the root is never left").1
    }

    fn path(&self) -> PathBuf {
        self.passed.iter().map(|(name, _)| name).collect()
    }

    fn refused(&self, error: io::Error) -> StoreError {
        StoreError::io(FileAction::Resolve, self.asked)(error)
    }

    fn enter(&mut self, name: OsString) -> Result<(), StoreError> {
        let directory = open(self.here(), &name, ON_THE_WAY).map_err(|error| self.refused(error))?;
        self.passed.push((name, directory));
        Ok(())
    }

    fn follow(&mut self, name: &OsStr, link: &Stat) -> Result<(), StoreError> {
        if self.linkers.len() == MAX_LINKS {
            return Err(self.refused(Errno::LOOP.into()));
        }
        self.linkers.push(link.st_uid);
        let to = readlinkat(self.here(), name, Vec::new()).map_err(|error| self.refused(error.into()))?;
        let to = PathBuf::from(OsString::from_vec(to.into_bytes()));
        if to.is_absolute() {
            self.passed.truncate(1);
        }
        self.ahead.extend(ahead(&to, true));
        Ok(())
    }

    fn create(&mut self, name: OsString) -> Result<(), StoreError> {
        let made = self.path().join(&name);
        let create = || {
            let here = self.here();
            match mkdirat(here, &name, Mode::from_raw_mode(PRIVATE_DIRECTORY as _)) {
                Err(Errno::EXIST) => return open(here, &name, ON_THE_WAY),
                done => done?,
            }
            let directory = open(here, &name, OFlags::RDONLY)?;
            restrict(&directory, PRIVATE_DIRECTORY)?;
            hand_over(&directory, &here.metadata()?)?;
            sync(&open(here, OsStr::new("."), OFlags::RDONLY)?)?;
            Ok(directory)
        };
        let directory = create().map_err(StoreError::io(FileAction::Create, &made))?;
        self.passed.push((name, directory));
        Ok(())
    }

    fn found(self, name: OsString, owner: Option<u32>) -> Result<Found, StoreError> {
        let path = self.path();
        let folder =
            open(self.here(), OsStr::new("."), OFlags::RDONLY).map_err(StoreError::io(FileAction::Open, &path))?;
        let folder_owner = folder.metadata().map_err(StoreError::io(FileAction::Stat, &path))?.uid();
        let owners = [folder_owner, owner.unwrap_or(folder_owner)];
        let is_foreign = |linker: &u32| *linker != ROOT && owners != [*linker; 2];
        if me() == ROOT && self.linkers.iter().any(is_foreign) {
            return Err(StoreError::Unsafe { path: self.asked.into(), why: Danger::ForeignLink });
        }
        let above = &self.passed[..self.passed.len() - 1];
        let open_to_all = |(_, directory): &(_, File)| directory.metadata().is_ok_and(|found| is_open_to_all(&found));
        let loose = above.iter().rposition(open_to_all);
        let loose = loose.map(|at| above[..=at].iter().map(|(name, _)| name).collect());
        Ok(Found { folder: Folder::new(folder, path), name, loose })
    }
}

fn open(above: &File, name: &OsStr, flags: OFlags) -> io::Result<File> {
    let flags = flags | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    uninterrupted(|| Ok(openat(above, name, flags, Mode::empty())?.into()))
}
