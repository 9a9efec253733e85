//! Files that are not what they should be: an error with the place, no content in it, and the file as it was.

use std::fs;
use std::time::{Duration, Instant};

use aliyun_rs::config::{Config, Defect, Malformed, Note, Oddity, Store, StoreError};

use crate::support::{at_once, named};

use super::{Place, REALISTIC, update};

/// Everything that an error and its causes hold.
fn told(error: &StoreError) -> String {
    format!("{error:?}")
}

#[test]
fn every_truncation_of_a_file_is_an_error_and_leaves_it_alone() {
    let whole = REALISTIC.trim_end().len();
    for end in 0..REALISTIC.len() {
        assert_eq!(Config::parse(&REALISTIC.as_bytes()[..end]).is_ok(), end >= whole, "{end}");
    }
    at_once((1..whole).step_by(40), |end| {
        let prefix = &REALISTIC.as_bytes()[..end];
        let place = Place::with(prefix);
        let error = update(&place.store(), |config| config.set_current(&named("生产"))).unwrap_err();
        assert!(!told(&error).contains("canary"), "{error}");
        assert_eq!(fs::read(place.path()).unwrap(), prefix);
    });
}

#[test]
fn broken_files_are_named_with_the_place_and_never_quoted() {
    let deep = format!("{{\"canary\":{}", "[".repeat(100_000));
    let cases: [(&[u8], usize, usize, Defect); 12] = [
        (b"{\"canary\": \"\xff\"}", 1, 13, Defect::NotUtf8),
        (b"\xff\xfe{\0}\0", 1, 1, Defect::Utf16),
        (b"{\"a\": \"canary\x00\"}", 1, 13, Defect::NotJson),
        (b"{\"profiles\":\n {\"canary\": 1}}", 2, 2, Defect::ProfilesNotAList),
        (b"{\"profiles\": \"canary\"}", 1, 14, Defect::ProfilesNotAList),
        (b"\"canary\"", 1, 1, Defect::NotAnObject),
        (b"[\"canary\"]", 1, 1, Defect::NotAnObject),
        (b"{\"a\": canary}", 1, 7, Defect::NotJson),
        (b"{\"a\": \"canary", 1, 13, Defect::Truncated),
        (b"{}\0\0\0", 1, 3, Defect::NotJson),
        (b"{\"current\":\"canary\",\"Current\":\"canary\"}", 1, 31, Defect::RepeatedKey),
        (deep.as_bytes(), 1, 10010, Defect::TooDeep),
    ];
    at_once(cases, |(content, line, column, what)| {
        let expected = format!("{:?}", Malformed { line, column, what });
        let place = Place::with(content);
        for error in [place.store().read().err().unwrap(), update(&place.store(), |_| ()).unwrap_err()] {
            let told = told(&error);
            assert!(told.contains(&expected) && told.contains("config.json"), "{told}");
            assert!(!told.contains("canary") && !format!("{error:?}").contains("canary"), "{error:?}");
        }
        assert_eq!(fs::read(place.path()).unwrap(), content);
    });
}

#[test]
fn an_empty_file_is_broken_but_a_missing_one_is_fine() {
    let place = Place::with(" \n");
    let started = Instant::now();
    let error = place.store().read().err().unwrap();
    assert!(matches!(error, StoreError::Empty { .. }), "{error}");
    assert!(started.elapsed() >= Duration::from_secs(1));

    let place = Place::empty();
    let snapshot = place.store().read().unwrap();
    assert!(!snapshot.exists && snapshot.config.names().is_empty());
    assert!(place.names().is_empty());
}

#[test]
fn a_byte_order_mark_is_noted_and_later_dropped() {
    let marked = format!("\u{feff}{REALISTIC}");
    let place = Place::with(&marked);
    let read = place.store().read().unwrap();
    assert_eq!(read.notes, [Note::Odd(Oddity::ByteOrderMark)]);
    assert!(!update(&place.store(), |config| config.set_current(&named("dev"))).unwrap().written);
    assert_eq!(place.text(), marked);
    assert!(update(&place.store(), |config| config.set_current(&named("生产"))).unwrap().written);
    assert_eq!(place.text(), REALISTIC.replace("\"current\": \"dev\"", "\"current\": \"生产\""));
}

#[test]
fn a_byte_order_mark_is_noted_whatever_was_edited() {
    let marked = format!("\u{feff}{REALISTIC}");
    for (text, expected) in [(marked.as_str(), &[Oddity::ByteOrderMark][..]), (REALISTIC, &[])] {
        let mut config = Config::parse(text.as_bytes()).unwrap();
        for name in ["生产", "dev"] {
            config.set_current(&named(name));
            assert_eq!(config.oddities(), expected, "{name}");
        }
    }
}

#[test]
fn a_file_of_more_than_sixteen_mebibytes_is_not_read() {
    let place = Place::with("");
    fs::File::options().write(true).open(place.path()).unwrap().set_len((16 << 20) + 1).unwrap();
    assert!(matches!(place.store().read(), Err(StoreError::TooLarge { .. })));
    let filler = "x".repeat(15 << 20);
    let place = Place::with(format!("{{\"x\":\"{filler}\",\"profiles\":[{{\"name\":\"a\"}}]}}"));
    assert!(place.store().read().unwrap().config.contains(&named("a")));
}

#[test]
fn a_directory_in_place_of_the_file_is_an_error() {
    let place = Place::empty();
    fs::create_dir(place.path()).unwrap();
    for error in [place.store().read().err().unwrap(), update(&place.store(), |_| ()).unwrap_err()] {
        assert!(matches!(error, StoreError::NotAFile { .. }), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_in_place_of_the_directory_is_an_error() {
    let place = Place::with("{}");
    let below = Store::at(place.path().join("config.json"));
    for error in [below.read().err().unwrap(), update(&below, |_| ()).unwrap_err()] {
        assert!(matches!(error, StoreError::Io { .. }), "{error}");
    }
    assert_eq!(place.names(), ["config.json"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_fifo_or_a_device_in_place_of_the_file_is_an_error_at_once() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    let place = Place::empty();
    mknodat(CWD, place.path(), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let started = Instant::now();
    for store in [place.store(), Store::at("/dev/null"), Store::at("/dev/full")] {
        for error in [store.read().err().unwrap(), update(&store, |_| ()).unwrap_err()] {
            assert!(matches!(error, StoreError::NotAFile { .. }), "{error}");
        }
    }
    assert!(started.elapsed() < Duration::from_secs(1));
    assert_eq!(place.names(), ["config.json"]);
}

#[test]
fn a_torn_file_is_read_again_until_its_writer_is_done() {
    let place = Place::with(REALISTIC);
    let path = place.path();
    std::thread::scope(|scope| {
        let writer = scope.spawn(move || {
            for end in (1..REALISTIC.len()).step_by(3) {
                fs::write(&path, &REALISTIC.as_bytes()[..end]).unwrap();
                fs::write(&path, REALISTIC).unwrap();
            }
        });
        while !writer.is_finished() {
            assert!(place.store().read().unwrap().config.contains(&named("dev")));
        }
        writer.join().unwrap();
    });
}

/// The lines of notes, and how many more there would be.
fn notes_of(profiles: &str) -> (Vec<Note>, usize) {
    let place = Place::with(format!("{{\"profiles\":[{profiles}{{\"name\":\"a\"}}]}}"));
    let mut notes = place.store().read().unwrap().notes;
    let more = match notes.last() {
        Some(Note::More(more)) => *more,
        _ => return (notes, 0),
    };
    notes.pop();
    (notes, more)
}

#[test]
fn of_many_oddities_ten_are_noted_and_the_others_counted() {
    const MANY: usize = 200_000;
    let pair = |name: usize| format!(r#"{{"name":"{name}"}},{{"name":"{name}"}},"#);
    for (profiles, odd) in [
        ("1,".to_owned(), 1),
        ("1,".repeat(10), 10),
        ("1,".repeat(11), 11),
        ("1,\n".repeat(MANY), MANY),
        (r#"{"name":"a"},"#.repeat(MANY), 1),
        ((0..MANY).map(pair).collect(), MANY),
        (r#"{"x":1},"#.repeat(MANY), MANY),
    ] {
        let (notes, more) = notes_of(&profiles);
        assert_eq!((notes.len(), more), (odd.min(10), odd.saturating_sub(10)), "{profiles:.40}");
        assert!(notes.iter().all(|note| matches!(note, Note::Odd(_))));
    }
}

#[test]
fn a_byte_order_mark_is_noted_whatever_else_there_is() {
    let place = Place::with(format!("\u{feff}{{\"profiles\":[{}1]}}", "1,".repeat(19)));
    let notes = place.store().read().unwrap().notes;
    assert_eq!((notes.len(), &notes[0], &notes[10]), (11, &Note::Odd(Oddity::ByteOrderMark), &Note::More(11)));
}

#[test]
fn what_is_odd_is_noted_by_the_first_reading_alone() {
    let place = Place::with("{\"profiles\":[1,{\"name\":\"a\"}]}");
    let store = place.store();
    assert_eq!(store.read().unwrap().notes.len(), 1);
    assert!(update(&store, |config| config.set_current(&named("a"))).unwrap().notes.is_empty());
    assert_eq!(update(&place.store(), |config| config.set_current(&named("b"))).unwrap().notes.len(), 1);
}
