//! Property: an edit changes the bytes of the values it changes and no other, and means what it should.
//!
//! The generator writes a document in a random style and remembers where it put every value, so that the
//! expected text of an edit is put together without the code under test; `serde_json` says what both mean.

use std::ops::Range;

use aliyun_rs::config::{Changes, Config, Field};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

use crate::support::named;

const NUMBERS: [&str; 8] =
    ["0", "-0", "1.50", "1E5", "12345678901234567890123", "-1.0e-7", "1700000000", "9007199254740993"];
const STRINGS: [&str; 9] = [
    r#""plain""#,
    r#""""#,
    r#""\u003c\u003E\u0026""#,
    r#""a\/b\\""#,
    r#""]}[{,:""#,
    r#""中文 \ud83d\ude00""#,
    r#""tab\tline\n\"quoted\"""#,
    r#""\u4e2d""#,
    r#""other""#,
];
const NAMES: [&str; 4] = [r#""a""#, r#""\u0062""#, r#""<c>""#, r#""生产""#];
const FIELDS: [Field; 6] = [
    Field::Mode,
    Field::RegionId,
    Field::StsExpiration,
    Field::OauthAccessToken,
    Field::OauthSiteType,
    Field::BearerToken,
];

#[derive(Clone, Debug)]
enum Json {
    Raw(&'static str),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

#[derive(Clone, Debug)]
struct Style {
    line: &'static str,
    unit: &'static str,
    colon: &'static str,
    after_comma: &'static str,
    inline_from: usize,
    around: &'static str,
}

/// The text of a document, and where each member of each object went: its depth, key and value.
#[derive(Default)]
struct Writer {
    text: String,
    members: Vec<(usize, String, Range<usize>)>,
}

impl Writer {
    fn value(&mut self, json: &Json, depth: usize, style: &Style) {
        match json {
            Json::Raw(raw) => self.text.push_str(raw),
            Json::List(items) => {
                let items: Vec<_> = items.iter().map(|item| (None, item)).collect();
                self.entries(["[", "]"], &items, depth, style);
            }
            Json::Object(members) => {
                let members: Vec<_> = members.iter().map(|(key, value)| (Some(key), value)).collect();
                self.entries(["{", "}"], &members, depth, style);
            }
        }
    }

    fn entries(&mut self, brackets: [&str; 2], entries: &[(Option<&String>, &Json)], depth: usize, style: &Style) {
        let inline = depth >= style.inline_from;
        let pad = |depth: usize| {
            if inline { String::new() } else { format!("{}{}", style.line, style.unit.repeat(depth)) }
        };
        self.text.push_str(brackets[0]);
        for (at, (key, value)) in entries.iter().enumerate() {
            if at > 0 {
                self.text.push_str(if inline { style.after_comma } else { "," });
            }
            self.text.push_str(&pad(depth + 1));
            if let Some(key) = key {
                self.text.push_str(&format!("{key}{}", style.colon));
            }
            let start = self.text.len();
            self.value(value, depth + 1, style);
            self.members.extend(key.map(|key| (depth, key.clone(), start..self.text.len())));
        }
        if !entries.is_empty() {
            self.text.push_str(&pad(depth));
        }
        self.text.push_str(brackets[1]);
    }
}

fn style() -> impl Strategy<Value = Style> {
    let line = prop_oneof![Just("\n"), Just("\r\n"), Just("")];
    let unit = select(vec!["\t", "  ", "    ", ""]);
    let colon = select(vec![": ", ":", " : "]);
    let around = select(vec!["", "\n", "\r\n", " \n\t"]);
    (line, unit, colon, select(vec![",", ", "]), 0..6_usize, around).prop_map(
        |(line, unit, colon, after_comma, inline_from, around)| {
            let unit = if line.is_empty() { "" } else { unit };
            Style { line, unit, colon, after_comma, inline_from, around }
        },
    )
}

fn json() -> impl Strategy<Value = Json> {
    let atom = prop_oneof![
        select(NUMBERS.to_vec()).prop_map(Json::Raw),
        select(STRINGS.to_vec()).prop_map(Json::Raw),
        select(vec!["null", "true", "false"]).prop_map(Json::Raw),
    ];
    atom.prop_recursive(2, 8, 3, |inner| {
        let member = (select(vec![r#""x""#, r#""\u0078""#, r#""name""#, r#""""#]), inner.clone());
        let object = vec(member.prop_map(|(key, value)| (key.to_owned(), value)), 0..3).prop_map(Json::Object);
        prop_oneof![vec(inner, 0..3).prop_map(Json::List), object]
    })
}

fn profile() -> impl Strategy<Value = Json> {
    let known = (select(FIELDS.to_vec()), json()).prop_map(|(field, value)| (format!("\"{}\"", field.key()), value));
    let unknown = (select(vec![r#""x_1""#, r#""\u0078_1""#, r#""x_2""#]), json());
    let member = prop_oneof![3 => known, 1 => unknown.prop_map(|(key, value)| (key.to_owned(), value))];
    (select(NAMES.to_vec()), vec(member, 0..6), any::<prop::sample::Index>()).prop_map(|(name, mut members, at)| {
        let at = at.index(members.len() + 1);
        members.insert(at, (r#""name""#.to_owned(), Json::Raw(name)));
        Json::Object(members)
    })
}

fn document() -> impl Strategy<Value = (Json, Style)> {
    let item = prop_oneof![8 => profile(), 1 => json()];
    let list = vec(item, 0..4).prop_map(|items| (r#""profiles""#.to_owned(), Json::List(items)));
    let current = select(NAMES.to_vec()).prop_map(|name| (r#""current""#.to_owned(), Json::Raw(name)));
    let extra = (select(vec![r#""meta_path""#, r#""x""#, r#""plugin""#]), json());
    let extra = vec(extra.prop_map(|(key, value)| (key.to_owned(), value)), 0..3);
    let parts = (proptest::option::weighted(0.9, list), vec(current, 0..2), extra);
    let root = parts.prop_map(|(list, current, extra)| list.into_iter().chain(current).chain(extra).collect());
    (root.prop_shuffle().prop_map(Json::Object), style())
}

fn written((json, style): &(Json, Style)) -> Writer {
    let mut writer = Writer { text: style.around.to_owned(), ..Writer::default() };
    writer.value(json, 0, style);
    writer.text.push_str(style.around);
    writer
}

/// Which name a command is about, by what the generator wrote; one of them is in no document.
fn name() -> impl Strategy<Value = &'static str> {
    select(vec!["a", "b", "<c>", "生产", "new"])
}

fn set(field: Field, text: &str) -> (Changes, Value) {
    match field {
        Field::StsExpiration => (Changes::new().number(field, 1_800_000_000), Value::from(1_800_000_000)),
        _ => (Changes::new().text(field, text), Value::from(text)),
    }
}

fn meaning(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn profiles(value: &mut Value) -> &mut Vec<Value> {
    let list = value.as_object_mut().unwrap().entry("profiles").or_insert_with(|| Value::Array(Vec::new()));
    list.as_array_mut().unwrap()
}

/// Whether `longer` is `shorter` with one piece put in.
fn is_insertion(shorter: &str, longer: &str) -> bool {
    let same = |pairs: &mut dyn Iterator<Item = (u8, u8)>| pairs.take_while(|(a, b)| a == b).count();
    let front = same(&mut shorter.bytes().zip(longer.bytes()));
    let back = same(&mut shorter.bytes().rev().zip(longer.bytes().rev()));
    longer.len() >= shorter.len() && front + back >= shorter.len()
}

/// Whether `shorter` is `longer` with pieces taken out.
fn is_subsequence(shorter: &str, longer: &str) -> bool {
    let mut rest = longer.bytes();
    shorter.bytes().all(|wanted| rest.any(|byte| byte == wanted))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn setting_a_field_changes_its_value_alone(
        document in document(), name in name(), field in select(FIELDS.to_vec()), text in "[a-z<\u{e9}\"]{1,6}",
    ) {
        let before = written(&document).text;
        let mut config = Config::parse(before.as_bytes()).unwrap();
        let (changes, value) = set(field, &text);
        let existed = config.contains(&named(name));
        config.upsert(&named(name), &changes);

        let mut expected = meaning(&before);
        let list = profiles(&mut expected);
        match list.iter_mut().find(|profile| profile["name"] == name) {
            Some(profile) => profile[field.key()] = value.clone(),
            None => list.push(serde_json::json!({ "name": name, field.key(): value.clone() })),
        }
        prop_assert_eq!(meaning(config.text()), expected);
        prop_assert!(Config::parse(config.text().as_bytes()).unwrap().find(&named(name)).unwrap().name == *name);

        let had = existed && meaning(&before)["profiles"].as_array().unwrap().iter()
            .find(|profile| profile["name"] == name).unwrap().get(field.key()).is_some();
        if had {
            // Some value of that key, where the writer put it, is all that differs.
            let places = written(&document).members.into_iter()
                .filter(|(depth, key, _)| *depth == 2 && *key == format!("\"{}\"", field.key()));
            let replaced = places.map(|(_, _, place)| {
                format!("{}{}{}", &before[..place.start], serde_json::to_string(&value).unwrap(), &before[place.end..])
            });
            prop_assert!(config.text() == before || replaced.into_iter().any(|text| text == config.text()), "{}", config.text());
        } else {
            prop_assert!(is_insertion(&before, config.text()), "{}", config.text());
        }
        let again = config.text().to_owned();
        config.upsert(&named(name), &changes);
        prop_assert_eq!(config.text(), again);
    }

    #[test]
    fn taking_away_takes_nothing_else(
        document in document(), name in name(), field in select(FIELDS.to_vec()), whole in any::<bool>(),
    ) {
        let before = written(&document).text;
        let mut config = Config::parse(before.as_bytes()).unwrap();
        let existed = config.contains(&named(name));
        let mut expected = meaning(&before);
        if whole {
            prop_assert_eq!(config.remove(&named(name)), existed);
            if existed {
                profiles(&mut expected).retain(|profile| profile["name"] != name);
            }
        } else if existed {
            config.upsert(&named(name), &Changes::new().remove(field));
            let list = profiles(&mut expected);
            let profile = list.iter_mut().find(|profile| profile["name"] == name).unwrap();
            profile.as_object_mut().unwrap().remove(field.key());
        }
        prop_assert_eq!(meaning(config.text()), expected);
        prop_assert!(is_subsequence(config.text(), &before));
    }

    #[test]
    fn switching_there_and_back_restores_every_byte(document in document(), name in name()) {
        let before = written(&document).text;
        let mut config = Config::parse(before.as_bytes()).unwrap();
        let current = config.current().cloned();
        config.set_current(&named(name));
        let mut expected = meaning(&before);
        expected["current"] = Value::from(name);
        prop_assert_eq!(meaning(config.text()), expected);
        prop_assert_eq!(config.current(), Some(&named(name)));
        match current {
            None => prop_assert!(is_insertion(&before, config.text())),
            Some(current) => {
                config.set_current(&current);
                // The writer escapes this name, which only a profile of that name shows.
                if current != *"b" || config.contains(&named("b")) {
                    prop_assert_eq!(config.text(), before);
                }
            }
        }
    }
}
