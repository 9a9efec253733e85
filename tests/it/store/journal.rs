//! The journal on disk: private, durable, and replaced when it is damaged.

use std::fs;

use aliyun_rs::config::{Changes, Config, Field, Journal, JournalDefect, Locked, Note, Profile, StoreError, Verdict};
use aliyun_rs::secret::Secret;
use aliyun_rs::site::Site;
use aliyun_rs::time::Timestamp;
use aliyun_rs::tokens::Tokens;

use crate::support::named;

use super::{AMPLE, Place};

const LEFTOVER: &str = ".config.json.aliyun-rs.journal.tmp";
const FILE: &str = ".config.json.aliyun-rs.journal";
const ASIDE: &str = ".config.json.aliyun-rs.journal.damaged";

fn pair(number: usize) -> Tokens {
    Tokens {
        refresh_token: Secret::new(format!("canary-{number}")),
        refresh_token_expire: None,
        access_token: Some(Secret::new(format!("access-{number}"))),
        access_token_expire: Some(Timestamp::from_unix(1_700_000_000)),
    }
}

fn profile(number: usize) -> Profile {
    let mut config = Config::empty();
    let changes = Changes::new().text(Field::Mode, "OAuth").text(Field::OauthSiteType, "CN");
    config.upsert(&named("dev"), &changes.secret(Field::OauthRefreshToken, &pair(number).refresh_token));
    config.find(&named("dev")).unwrap()
}

fn rotate(journal: &mut Journal, locked: &mut Locked, number: usize) {
    let superseded = pair(number - 1).refresh_token;
    journal.record(&named("dev"), Site::China, &pair(number), Some(&superseded));
    locked.save_journal(journal).unwrap();
}

#[test]
fn the_journal_stores_only_the_newest_tokens() {
    let place = Place::empty();
    let mut locked = place.store().lock(AMPLE).unwrap();
    let mut journal = locked.journal().unwrap();
    for number in 1..=300 {
        rotate(&mut journal, &mut locked, number);
    }
    let journal = locked.journal().unwrap();
    assert!(journal.defect().is_none());
    assert!(matches!(journal.judge(&profile(300)), Verdict::Agrees));
    assert!(matches!(journal.judge(&profile(301)), Verdict::Foreign));
    let Verdict::Stale(login) = journal.judge(&profile(299)) else { panic!("299 was superseded") };
    assert_eq!((login.site, &login.tokens), (Site::China, &pair(300)));
    assert!(matches!(journal.judge(&profile(44)), Verdict::Stale(_)));
    assert!(matches!(journal.judge(&profile(43)), Verdict::Foreign), "256 are remembered");

    let text = fs::read_to_string(place.at(FILE)).unwrap();
    assert_eq!(text.matches("canary").count(), 1);
    #[cfg(unix)]
    assert_eq!(super::mode(&place.at(FILE)), 0o600);
}

#[test]
fn a_server_that_does_not_rotate_makes_nothing_stale() {
    let place = Place::empty();
    let locked = place.store().lock(AMPLE).unwrap();
    let mut journal = locked.journal().unwrap();
    journal.record(&named("dev"), Site::China, &pair(1), Some(&pair(1).refresh_token));
    assert!(matches!(journal.judge(&profile(1)), Verdict::Agrees));
}

#[test]
fn purging_the_last_profile_removes_the_journal() {
    let place = Place::empty();
    let mut locked = place.store().lock(AMPLE).unwrap();
    let mut journal = locked.journal().unwrap();
    rotate(&mut journal, &mut locked, 1);
    journal.record(&named("prod"), Site::International, &pair(7), None);
    assert!(journal.purge(&named("dev")));
    locked.save_journal(&journal).unwrap();
    assert!(!fs::read_to_string(place.at(FILE)).unwrap().contains("canary-1"));
    assert!(matches!(locked.journal().unwrap().judge(&profile(0)), Verdict::Agrees));
    assert!(journal.purge(&named("prod")));
    locked.save_journal(&journal).unwrap();
    assert!(!place.at(FILE).exists());
}

/// Puts something in the place of a journal, locks, and returns what is noted.
fn noted(place: &Place) -> Vec<Note> {
    let mut locked = place.store().lock(AMPLE).unwrap();
    assert!(locked.journal().unwrap().is_empty());
    let mut journal = Journal::default();
    rotate(&mut journal, &mut locked, 1);
    assert!(matches!(locked.journal().unwrap().judge(&profile(0)), Verdict::Stale(_)));
    locked.take_notes()
}

#[test]
fn a_damaged_journal_is_set_aside_and_named() {
    for content in ["", "{", "[]", "null", "\0\0", r#"{"version":1,"logins":[{"profile":"dev"}]}"#] {
        let place = Place::empty();
        fs::write(place.at(FILE), content).unwrap();
        assert_eq!(
            noted(&place),
            [Note::JournalSetAside(JournalDefect::Damaged, resolved(&place, ASIDE))],
            "{content}"
        );
        assert_eq!(fs::read_to_string(place.at(ASIDE)).unwrap(), content);
        assert_eq!(place.store().lock(AMPLE).unwrap().take_notes(), []);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn whatever_is_in_place_of_the_journal_is_set_aside() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    type Put = fn(&std::path::Path);
    let put: [(Put, JournalDefect); 4] = [
        (|path| fs::create_dir(path).unwrap(), JournalDefect::NotAFile),
        (|path| mknodat(CWD, path, FileType::Fifo, Mode::RUSR, 0).unwrap(), JournalDefect::NotAFile),
        (|path| std::os::unix::fs::symlink("config.json", path).unwrap(), JournalDefect::NotAFile),
        (|path| fs::File::create(path).unwrap().set_len(1 << 30).unwrap(), JournalDefect::TooLarge),
    ];
    for (put, defect) in put {
        let place = Place::with("{}");
        put(&place.at(FILE));
        assert_eq!(noted(&place), [Note::JournalSetAside(defect, resolved(&place, ASIDE))]);
        assert!(place.at(FILE).symlink_metadata().unwrap().is_file() && place.at(ASIDE).symlink_metadata().is_ok());
        assert_eq!(place.text(), "{}");
    }
}

#[test]
fn a_journal_of_a_later_version_is_left_alone() {
    let place = Place::empty();
    let later = r#"{"version":2,"logins":[]}"#;
    fs::write(place.at(FILE), later).unwrap();
    let error = place.store().lock(AMPLE).unwrap_err();
    assert!(matches!(error, StoreError::JournalTooNew { .. }), "{error:?}");
    assert_eq!(fs::read_to_string(place.at(FILE)).unwrap(), later);
}

fn resolved(place: &Place, name: &str) -> std::path::PathBuf {
    fs::canonicalize(place.folder.path()).unwrap().join(name)
}

#[test]
fn every_truncation_of_a_journal_is_read_as_damaged() {
    let place = Place::empty();
    let mut locked = place.store().lock(AMPLE).unwrap();
    rotate(&mut locked.journal().unwrap(), &mut locked, 1);
    let whole = fs::read(place.at(FILE)).unwrap();
    for end in 0..whole.len() {
        fs::write(place.at(FILE), &whole[..end]).unwrap();
        assert!(locked.journal().unwrap().defect().is_some(), "{end}");
    }
}

#[test]
fn a_complete_leftover_journal_is_used_a_torn_one_removed() {
    let place = Place::empty();
    let mut locked = place.store().lock(AMPLE).unwrap();
    rotate(&mut locked.journal().unwrap(), &mut locked, 1);
    let old = fs::read(place.at(FILE)).unwrap();
    rotate(&mut locked.journal().unwrap(), &mut locked, 2);
    let new = fs::read(place.at(FILE)).unwrap();
    drop(locked);
    let nothing = br#"{"version":1,"logins":[]}"#.to_vec();
    for (left, expected) in
        [(new.clone(), &new), (new[..new.len() - 1].to_vec(), &old), (vec![0; 99], &old), (nothing, &old)]
    {
        fs::write(place.at(FILE), &old).unwrap();
        fs::write(place.at(LEFTOVER), &left).unwrap();
        drop(place.store().lock(AMPLE).unwrap());
        assert_eq!(fs::read(place.at(FILE)).unwrap(), *expected);
        assert!(!place.at(LEFTOVER).exists());
    }
}
