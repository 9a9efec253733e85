//! How a file is replaced: whole, private, in the place where it really is.

use std::fs;
#[cfg(unix)]
use std::path::Path;

use aliyun_rs::config::{Changes, Field, Store};
#[cfg(unix)]
use aliyun_rs::config::{Note, StoreError};

use crate::support::{at_once, named};

use super::{AMPLE, Place, REALISTIC, count, counted, update};

const LEFTOVER: &str = ".config.json.aliyun-rs.tmp";
const COPY: &str = ".config.json.aliyun-rs.copy";
const JOURNAL_LEFTOVER: &str = ".config.json.aliyun-rs.journal.tmp";

#[test]
fn the_first_write_leaves_only_the_file_and_its_lock() {
    let place = Place::empty();
    let store = Store::at(place.at(".aliyun/config.json"));
    assert!(update(&store, |config| count(config, "dev")).unwrap().written);
    assert_eq!(counted(&store, "dev"), 1);
    let mut names: Vec<_> =
        fs::read_dir(place.at(".aliyun")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["config.json", "config.json.lock"]);
    #[cfg(unix)]
    for (name, expected) in [(".aliyun", 0o700), (".aliyun/config.json", 0o600), (".aliyun/config.json.lock", 0o600)] {
        assert_eq!(super::mode(&place.at(name)), expected, "{name}");
    }
}

#[test]
fn nothing_is_written_when_nothing_changed() {
    let place = Place::with(REALISTIC);
    let before = fs::metadata(place.path()).unwrap().modified().unwrap();
    let updated = update(&place.store(), |config| config.set_current(&named("dev"))).unwrap();
    assert!(!updated.written && updated.notes.is_empty());
    assert_eq!(fs::metadata(place.path()).unwrap().modified().unwrap(), before);

    let place = Place::empty();
    assert!(!update(&place.store(), |config| assert!(!config.remove(&named("dev")))).unwrap().written);
    assert!(!place.path().exists());
}

#[test]
fn a_leftover_of_a_dead_process_is_removed() {
    let place = Place::with(REALISTIC);
    fs::write(place.at(LEFTOVER), "half a file with a token").unwrap();
    update(&place.store(), |config| config.set_current(&named("dev"))).unwrap();
    assert_eq!(place.names(), ["config.json", "config.json.lock"]);
}

#[test]
fn reserved_space_is_used_or_given_back() {
    let place = Place::with(REALISTIC);
    let mut locked = place.store().lock(AMPLE).unwrap();
    locked.reserve(1 << 16).unwrap();
    assert_eq!(fs::metadata(place.at(LEFTOVER)).unwrap().len(), REALISTIC.len() as u64 + (1 << 16));
    #[cfg(unix)]
    for name in [LEFTOVER, JOURNAL_LEFTOVER] {
        let reserved = fs::metadata(place.at(name)).unwrap();
        // In units of 512 bytes, whatever the file system's own are.
        let allocated = std::os::unix::fs::MetadataExt::blocks(&reserved) * 512;
        assert!(allocated >= reserved.len(), "{name}: {allocated} of {} bytes", reserved.len());
    }
    locked.edit(|config| config.set_current(&named("生产"))).unwrap();
    assert!(!place.at(LEFTOVER).exists());
    assert_eq!(place.text().len(), REALISTIC.len() + "生产".len() - "dev".len());
    for growth in [1, 2] {
        locked.reserve(growth).unwrap();
        assert_eq!(fs::metadata(place.at(JOURNAL_LEFTOVER)).unwrap().len(), growth);
        assert!(place.at(LEFTOVER).exists());
    }
    drop(locked);
    assert_eq!(place.names(), ["config.json", "config.json.lock"]);
}

#[test]
fn a_torn_file_is_completed_and_a_whole_one_kept() {
    let [old, new] = ["dev", "生产"].map(|name| REALISTIC.replacen("dev", name, 1));
    let torn = &new[..new.len() / 2];
    let cases = [
        ("", new.as_str(), Some(&new)),
        (torn, &new, Some(&new)),
        (&old, &new, Some(&old)),
        (&new, &new, Some(&new)),
        (torn, torn, None),
        (torn, "", None),
    ];
    at_once(cases, |(target, copy, expected)| {
        let place = Place::with(target);
        fs::write(place.at(COPY), copy).unwrap();
        let store = place.store();
        let read = store.read().map(|snapshot| snapshot.config.text().to_owned()).ok();
        assert_eq!(read.as_ref(), expected, "before: {target:.9} {copy:.9}");
        drop(store.lock(AMPLE).unwrap());
        assert_eq!(place.text(), *expected.map_or(target, String::as_str), "{target:.9} {copy:.9}");
        assert_eq!(place.names(), ["config.json", "config.json.lock"]);
    });
}

#[test]
fn a_writer_that_takes_no_lock_is_not_overwritten() {
    let place = Place::with(REALISTIC);
    let other = REALISTIC.replace("cn-hangzhou", "cn-shanghai");
    let runs = std::cell::Cell::new(0);
    let updated = update(&place.store(), |config| {
        runs.set(runs.get() + 1);
        if runs.get() == 1 {
            fs::write(place.path(), &other).unwrap();
        }
        config.upsert(&named("dev"), &Changes::new().text(Field::Language, "en"));
    });
    assert!(updated.unwrap().written);
    assert_eq!(runs.get(), 2);
    let profile = place.store().read().unwrap().config.find(&named("dev")).unwrap();
    assert_eq!((profile.region_id.as_deref(), profile.language.as_deref()), (Some("cn-shanghai"), Some("en")));
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::symlink;

    use super::super::{mode, set_mode};
    use super::*;

    #[test]
    fn a_symbolic_link_is_followed_and_kept() {
        let place = Place::empty();
        for folder in ["dotfiles", "home"] {
            fs::create_dir(place.at(folder)).unwrap();
        }
        fs::write(place.at("dotfiles/aliyun.json"), REALISTIC).unwrap();
        set_mode(&place.at("dotfiles/aliyun.json"), 0o600);
        symlink("../dotfiles/aliyun.json", place.at("home/between")).unwrap();
        symlink("between", place.at("home/config.json")).unwrap();

        let store = Store::at(place.at("home/config.json"));
        assert!(update(&store, |config| count(config, "生产")).unwrap().written);
        assert_eq!(fs::read_link(place.at("home/config.json")).unwrap(), Path::new("between"));
        assert_eq!(counted(&Store::at(place.at("dotfiles/aliyun.json")), "生产"), 1);
        assert_eq!(mode(&place.at("dotfiles/aliyun.json")), 0o600);
        assert!(place.at("dotfiles/aliyun.json.lock").exists());
        assert!(!place.at("home/config.json.lock").exists());
    }

    #[test]
    fn a_dangling_link_or_a_loop_is_an_error() {
        let place = Place::empty();
        symlink("nowhere", place.path()).unwrap();
        for error in [place.store().read().err().unwrap(), update(&place.store(), |_| ()).unwrap_err()] {
            assert!(matches!(error, StoreError::Dangling { .. }), "{error}");
        }
        symlink("loop", place.at("loop")).unwrap();
        let store = Store::at(place.at("loop"));
        assert!(matches!(store.read(), Err(StoreError::Io { .. })));
        assert!(matches!(update(&store, |_| ()), Err(StoreError::Io { .. })));
    }

    #[test]
    fn a_link_that_changes_during_work_is_noticed() {
        let place = Place::empty();
        for name in ["one", "two"] {
            fs::write(place.at(name), REALISTIC).unwrap();
        }
        symlink("one", place.path()).unwrap();
        let error = update(&place.store(), |config| {
            fs::remove_file(place.path()).unwrap();
            symlink("two", place.path()).unwrap();
            config.set_current(&named("生产"));
        });
        assert!(matches!(error, Err(StoreError::Moved { .. })), "{error:?}");
        for name in ["one", "two"] {
            assert_eq!(fs::read_to_string(place.at(name)).unwrap(), REALISTIC);
        }
    }

    #[test]
    fn any_edit_makes_a_readable_file_private() {
        for (name, written) in [("dev", false), ("生产", true)] {
            let place = Place::with(REALISTIC);
            set_mode(&place.path(), 0o644);
            assert_eq!(place.store().read().unwrap().notes, [Note::Exposed]);
            let updated = update(&place.store(), |config| config.set_current(&named(name))).unwrap();
            assert_eq!((updated.written, updated.notes), (written, vec![Note::Tightened]));
            assert_eq!(mode(&place.path()), 0o600);
        }
    }

    #[test]
    fn a_hard_linked_file_is_noted() {
        let place = Place::with(REALISTIC);
        fs::hard_link(place.path(), place.at("twin")).unwrap();
        let updated = update(&place.store(), |config| config.set_current(&named("生产"))).unwrap();
        assert_eq!(updated.notes, [Note::HardLinked(2)]);
        assert_eq!(fs::read_to_string(place.at("twin")).unwrap(), REALISTIC);
    }

    #[test]
    fn a_world_writable_directory_is_refused_unless_sticky() {
        let place = Place::with(REALISTIC);
        set_mode(place.folder.path(), 0o777);
        let error = update(&place.store(), |config| config.set_current(&named("生产"))).unwrap_err();
        assert!(matches!(error, StoreError::Unsafe { .. }), "{error}");
        assert_eq!(place.names(), ["config.json"]);
        assert!(place.store().read().unwrap().exists);
        set_mode(place.folder.path(), 0o1777);
        assert!(update(&place.store(), |config| config.set_current(&named("生产"))).unwrap().written);
    }

    #[test]
    fn a_folder_that_is_replaced_during_work_gets_nothing() {
        let place = Place::empty();
        for folder in ["home", "victim"] {
            fs::create_dir(place.at(folder)).unwrap();
        }
        fs::write(place.at("home/config.json"), REALISTIC).unwrap();
        set_mode(&place.at("home/config.json"), 0o600);
        let store = Store::at(place.at("home/config.json"));
        let error = update(&store, |config| {
            fs::rename(place.at("home"), place.at("moved")).unwrap();
            symlink("victim", place.at("home")).unwrap();
            config.set_current(&named("生产"));
        });
        assert!(matches!(error, Err(StoreError::Moved { .. })), "{error:?}");
        assert_eq!(fs::read_dir(place.at("victim")).unwrap().count(), 0);
        assert_eq!(fs::read_to_string(place.at("moved/config.json")).unwrap(), REALISTIC);
        let left: Vec<_> = fs::read_dir(place.at("moved")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left.len(), 2, "{left:?}");
    }

    #[test]
    fn a_folder_above_that_everybody_can_change_is_noted_once() {
        let place = Place::empty();
        fs::create_dir_all(place.at("shared/home")).unwrap();
        set_mode(&place.at("shared"), 0o777);
        let store = Store::at(place.at("shared/home/config.json"));
        let mut locked = store.lock(AMPLE).unwrap();
        let folder = fs::canonicalize(place.at("shared")).unwrap();
        let notes = locked.edit(|config| count(config, "dev")).unwrap();
        assert_eq!(notes, [Note::OpenToAll(folder)]);
        assert!(locked.edit(|config| count(config, "dev")).unwrap().is_empty());
        drop(locked);
        set_mode(&place.at("shared"), 0o1777);
        assert!(update(&store, |config| count(config, "dev")).unwrap().notes.is_empty());
    }

    #[test]
    fn a_lock_on_a_readable_file_is_not_waited_for_long() {
        let place = Place::with(REALISTIC);
        set_mode(&place.path(), 0o644);
        let theirs = fs::File::open(place.path()).unwrap();
        theirs.lock().unwrap();
        let updated = update(&place.store(), |config| count(config, "生产")).unwrap();
        assert_eq!(updated.notes, [Note::Tightened, Note::LockIgnored]);
    }

    #[test]
    fn a_lock_file_that_is_a_link_is_refused() {
        let place = Place::with(REALISTIC);
        fs::write(place.at("victim"), "").unwrap();
        symlink("victim", place.at("config.json.lock")).unwrap();
        assert!(matches!(update(&place.store(), |_| ()), Err(StoreError::Io { .. })));
    }
}
