//! Lossless JSON: a value is found by its place in the text, and an edit replaces that place and no other byte.
//!
//! `serde_json` does the parsing: a [`RawValue`] is a slice of the text it was read from, so its address is
//! its place. Key order, number text, escapes, indentation and line ends survive because nothing prints them
//! again. What the values mean is left to [`super::profile`].

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

/// Text that may hold secrets, wiped when dropped.
pub(super) type Text = Zeroizing<String>;

/// The official client refuses deeper nesting (Go's `encoding/json`), so a file like that is broken for both.
const MAX_DEPTH: usize = 10_000;

/// `\u001f`: what a control character becomes.
const LONGEST_ESCAPE: usize = 6;

/// A text that is not the JSON expected: where, and what, never a word of the text itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("json-malformed")]
pub struct Malformed {
    /// The line, from 1.
    pub line: usize,
    /// The byte within the line, from 1.
    pub column: usize,
    /// What is wrong there.
    pub what: Defect,
}

/// What is wrong with a text that should be a shared file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// There is nothing but white space.
    Empty,
    /// It is not JSON from here on.
    NotJson,
    /// It ends in the middle.
    Truncated,
    /// The bytes are not UTF-8.
    NotUtf8,
    /// The bytes are UTF-16.
    Utf16,
    /// It is nested deeper than the official client reads.
    TooDeep,
    /// An object was expected.
    NotAnObject,
    /// `current` or `profiles` is there a second time.
    RepeatedKey,
    /// `profiles` is not a list.
    ProfilesNotAList,
    /// An item of `profiles` is not an object with a name.
    NotAProfile,
}

impl Malformed {
    /// Something wrong at the byte `offset` of `text`.
    pub(super) fn at(text: &[u8], offset: usize, what: Defect) -> Self {
        let before = &text[..offset.min(text.len())];
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
            column: before.len() - line_start + 1,
            what,
        }
    }
}

impl From<serde_json::Error> for Malformed {
    fn from(error: serde_json::Error) -> Self {
        let what = if error.is_eof() { Defect::Truncated } else { Defect::NotJson };
        Self { line: error.line(), column: error.column(), what }
    }
}

/// An object or an array: the text it is in, and the places of its entries.
pub(super) struct Node<'a> {
    text: &'a str,
    entries: Vec<Entry<'a>>,
}

/// One member of an object, or one item of an array (without a key).
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    key: Option<&'a str>,
    /// The text of the value.
    pub(super) value: &'a str,
}

impl<'a> Node<'a> {
    /// Reads an object. Space around it belongs to the node and is kept.
    pub(super) fn object(text: &'a str) -> Result<Self, serde_json::Error> {
        let Members(entries) = serde_json::from_str(text)?;
        Ok(Self { text, entries })
    }

    /// Reads an array.
    pub(super) fn array(text: &'a str) -> Result<Self, serde_json::Error> {
        let mut entries = Vec::new();
        each_item(text, |value| entries.push(Entry { key: None, value }))?;
        Ok(Self { text, entries })
    }

    /// The members or items, in the order of the text.
    pub(super) fn entries(&self) -> &[Entry<'a>] {
        &self.entries
    }

    /// The member called `key`: the last one, as every reader of JSON has it. Where none is spelled exactly so,
    /// the last one that differs in case only, which is what the official client reads.
    pub(super) fn get(&self, key: &str) -> Option<Entry<'a>> {
        let last = |same: fn(&str, &str) -> bool| {
            self.entries.iter().rev().find(|entry| entry.key().is_some_and(|found| same(&found, key)))
        };
        last(|a, b| a == b).or_else(|| last(str::eq_ignore_ascii_case)).copied()
    }

    /// The place of `part`, a slice of this node's text.
    pub(super) fn range(&self, part: &str) -> Range<usize> {
        let start = part.as_ptr().addr() - self.text.as_ptr().addr();
        start..start + part.len()
    }

    /// The text with the member `key` holding `value`. A new member goes after the last one of lower rank and
    /// is laid out like its siblings; in an empty object, as `layout` says.
    pub(super) fn set(&self, key: &str, value: &str, layout: &Layout, rank: fn(&str) -> Option<usize>) -> Text {
        if let Some(entry) = self.get(key) {
            return splice(self.text, self.range(entry.value), value);
        }
        let colon = self.layout().map_or_else(|| layout.colon.clone(), |own| own.colon);
        let member = Zeroizing::new(["\"", key, "\"", &colon, value].concat());
        let lower = |entry: &Entry<'_>| entry.key().and_then(|found| rank(&found)) < rank(key);
        let ranked = |entry: &Entry<'_>| entry.key().is_some_and(|found| rank(&found).is_some());
        let before = self.entries.iter().rposition(|entry| ranked(entry) && lower(entry));
        self.insert(before, &member, layout)
    }

    /// The text with `item` as its last item.
    pub(super) fn push(&self, item: &str, layout: &Layout) -> Text {
        self.insert(self.entries.len().checked_sub(1), item, layout)
    }

    /// The text with only those entries that `keep` wants, and the separators that stood before them.
    pub(super) fn retain(&self, keep: impl Fn(&Entry<'a>) -> bool) -> Text {
        let (open, close) = self.inside();
        let mut kept = Zeroizing::new(String::with_capacity(self.text.len()));
        let mut last = None;
        for (at, entry) in self.entries.iter().enumerate() {
            if !keep(entry) {
                continue;
            }
            let gap = match last {
                None => open..self.span(0).start,
                Some(_) => self.span(at - 1).end..self.span(at).start,
            };
            kept.push_str(&self.text[gap]);
            kept.push_str(&self.text[self.span(at)]);
            last = Some(at);
        }
        if last.is_some() {
            kept.push_str(&self.text[self.span(self.entries.len() - 1).end..close]);
        }
        splice(self.text, open..close, &kept)
    }

    /// How the entries are laid out, when there are any to look at.
    pub(super) fn layout(&self) -> Option<Layout> {
        let (open, close) = self.inside();
        let first = self.entries.first()?;
        let colon = first.key.map_or_else(
            || Layout::official().colon,
            |key| self.text[self.range(key).end..self.range(first.value).start].to_owned(),
        );
        Some(Layout {
            lead: self.text[open..self.span(0).start].to_owned(),
            close: self.text[self.span(self.entries.len() - 1).end..close].to_owned(),
            colon,
        })
    }

    fn insert(&self, before: Option<usize>, fresh: &str, layout: &Layout) -> Text {
        let Some(separator) = self.separator() else {
            let (open, close) = self.inside();
            let body = Zeroizing::new([&layout.lead, fresh, &layout.close].concat());
            return splice(self.text, open..close, &body);
        };
        match before {
            Some(at) => {
                let end = self.span(at).end;
                splice(self.text, end..end, &Zeroizing::new([&separator, fresh].concat()))
            }
            None => {
                let start = self.span(0).start;
                splice(self.text, start..start, &Zeroizing::new([fresh, &separator].concat()))
            }
        }
    }

    /// What stands between two entries, the comma included. A single entry shows its line break, or, on one
    /// line, the space after its colon.
    fn separator(&self) -> Option<String> {
        if self.entries.len() > 1 {
            return Some(self.text[self.span(0).end..self.span(1).start].to_owned());
        }
        let Layout { lead, colon, .. } = self.layout()?;
        let space = if lead.contains('\n') { &lead } else { colon.split_once(':').map_or("", |(_, after)| after) };
        Some(format!(",{space}"))
    }

    /// The place of the entry `at`, its key included.
    fn span(&self, at: usize) -> Range<usize> {
        let Entry { key, value } = self.entries[at];
        self.range(key.unwrap_or(value)).start..self.range(value).end
    }

    /// The places just inside the two brackets.
    fn inside(&self) -> (usize, usize) {
        let space = self.text.len() - self.text.trim_start_matches([' ', '\t', '\n', '\r']).len();
        (space + 1, self.text.trim_end_matches([' ', '\t', '\n', '\r']).len() - 1)
    }
}

impl<'a> Entry<'a> {
    /// The key, its escapes read. A lone surrogate makes it no key that anybody asks for.
    pub(super) fn key(&self) -> Option<Cow<'a, str>> {
        string(self.key?)
    }
}

/// The white space of an object or array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Before the first entry.
    lead: String,
    /// After the last entry.
    close: String,
    /// Between key and value, the colon included.
    colon: String,
}

impl Layout {
    /// The outermost object of the official client: Go's `MarshalIndent` with tabs.
    pub(super) fn official() -> Self {
        Self { lead: "\n\t".to_owned(), close: "\n".to_owned(), colon: ": ".to_owned() }
    }

    /// The same style, one level further in.
    pub(super) fn nested(&self) -> Self {
        if !self.lead.contains('\n') {
            return self.clone();
        }
        let unit = self.lead.strip_prefix(self.close.as_str()).filter(|unit| !unit.is_empty()).unwrap_or("\t");
        Self { lead: format!("{}{unit}", self.lead), close: self.lead.clone(), colon: self.colon.clone() }
    }
}

/// Checks that `text` is one JSON object nested no deeper than [`MAX_DEPTH`].
pub(super) fn check(text: &str) -> Result<Node<'_>, Malformed> {
    if let Some(offset) = too_deep(text) {
        return Err(Malformed::at(text.as_bytes(), offset, Defect::TooDeep));
    }
    let start = text.len() - text.trim_start_matches([' ', '\t', '\n', '\r']).len();
    match text.as_bytes().get(start) {
        None => Err(Malformed::at(text.as_bytes(), 0, Defect::Empty)),
        Some(b'{') => Ok(Node::object(text)?),
        Some(_) => match serde_json::from_str::<&RawValue>(text) {
            Ok(_) => Err(Malformed::at(text.as_bytes(), start, Defect::NotAnObject)),
            Err(error) => Err(error.into()),
        },
    }
}

/// The first bracket beyond the limit, if any.
fn too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Some(at);
                }
            }
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Reads a JSON string. `None` for another type, or for a lone surrogate.
pub(super) fn string(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str(raw).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

/// Writes a JSON string, escaping only what has to be, in an allocation that never has to grow.
pub(super) fn quote(text: &str) -> Text {
    let mut json = Vec::with_capacity(text.len() * LONGEST_ESCAPE + 2);
    serde_json::to_writer(&mut json, text).expect("a text can be written to memory");
    Zeroizing::new(String::from_utf8(json).expect("JSON of a text is text"))
}

/// `text` with `range` replaced, in an allocation of its final size, so that no copy is left behind.
pub(super) fn splice(text: &str, range: Range<usize>, replacement: &str) -> Text {
    let mut whole = Zeroizing::new(String::with_capacity(text.len() - range.len() + replacement.len()));
    whole.push_str(&text[..range.start]);
    whole.push_str(replacement);
    whole.push_str(&text[range.end..]);
    whole
}

/// Visits the items of an array in their order. None of them is kept: there may be millions.
pub(super) fn each_item<'a>(text: &'a str, visit: impl FnMut(&'a str)) -> Result<(), serde_json::Error> {
    struct Each<F>(F);

    impl<'de, F: FnMut(&'de str)> Visitor<'de> for Each<F> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array")
        }

        fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
            while let Some(item) = items.next_element::<&'de RawValue>()? {
                (self.0)(item.get());
            }
            Ok(())
        }
    }

    let mut parser = serde_json::Deserializer::from_str(text);
    parser.deserialize_seq(Each(visit))?;
    parser.end()
}

/// The members of an object, duplicates included, which no map keeps.
struct Members<'a>(Vec<Entry<'a>>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<&'de RawValue, &'de RawValue>()? {
                    members.push(Entry { key: Some(key.get()), value: value.get() });
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rank(key: &str) -> Option<usize> {
        ["a", "b", "c", "d"].iter().position(|known| *known == key)
    }

    fn set(text: &str, key: &str) -> String {
        Node::object(text).unwrap().set(key, "9", &Layout::official(), rank).to_string()
    }

    fn without(text: &str, key: &str) -> String {
        Node::object(text).unwrap().retain(|entry| entry.key().as_deref() != Some(key)).to_string()
    }

    #[test]
    fn a_value_is_replaced_and_nothing_else() {
        assert_eq!(set("\r\n{ \"a\" :\t1.50 , \"z\":1e400}\n", "a"), "\r\n{ \"a\" :\t9 , \"z\":1e400}\n");
    }

    #[test]
    fn the_last_of_repeated_keys_counts_and_all_are_removed() {
        let text = r#"{"a":1,"a":2,"z":3}"#;
        assert_eq!(set(text, "a"), r#"{"a":1,"a":9,"z":3}"#);
        assert_eq!(without(text, "a"), r#"{"z":3}"#);
    }

    #[test]
    fn the_exact_key_precedes_one_in_another_case() {
        assert_eq!(set(r#"{"A":1}"#, "a"), r#"{"A":9}"#);
        assert_eq!(set(r#"{"a":1,"A":2}"#, "a"), r#"{"a":9,"A":2}"#);
    }

    #[test]
    fn an_escaped_key_is_the_same_key() {
        assert_eq!(set(r#"{"\u0061":1}"#, "a"), r#"{"\u0061":9}"#);
    }

    #[test]
    fn a_new_member_has_its_rank_and_its_siblings_layout() {
        for (text, expected) in [
            ("{}", "{\n\t\"b\": 9\n}"),
            (" {\n } ", " {\n\t\"b\": 9\n} "),
            (r#"{"a":1}"#, r#"{"a":1,"b":9}"#),
            (r#"{"a": 1}"#, r#"{"a": 1, "b": 9}"#),
            (r#"{ "a":1, "c":1 }"#, r#"{ "a":1, "b":9, "c":1 }"#),
            (r#"{"c":1}"#, r#"{"b":9,"c":1}"#),
            (r#"{"a":1,"x":{},"c":1}"#, r#"{"a":1,"b":9,"x":{},"c":1}"#),
            (r#"{"x":1}"#, r#"{"b":9,"x":1}"#),
            ("{\r\n  \"a\" : 1\r\n}", "{\r\n  \"a\" : 1,\r\n  \"b\" : 9\r\n}"),
            ("{\n\"a\":1\n,\"c\":1}", "{\n\"a\":1\n,\"b\":9\n,\"c\":1}"),
        ] {
            assert_eq!(set(text, "b"), expected, "{text}");
        }
    }

    #[test]
    fn a_member_leaves_with_one_comma() {
        let text = "{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}";
        assert_eq!(without(text, "a"), "{\n  \"b\": 2,\n  \"c\": 3\n}");
        assert_eq!(without(text, "b"), "{\n  \"a\": 1,\n  \"c\": 3\n}");
        assert_eq!(without(text, "c"), "{\n  \"a\": 1,\n  \"b\": 2\n}");
        assert_eq!(without("{ \"a\": 1 }", "a"), "{}");
    }

    #[test]
    fn the_style_goes_on_inside() {
        let layout = |text| Node::object(text).unwrap().layout().unwrap().nested();
        assert_eq!(layout("{\n  \"a\":1\n}").lead, "\n    ");
        assert_eq!(
            layout("{\r\n\t\"a\":1\r\n}"),
            Layout { lead: "\r\n\t\t".to_owned(), close: "\r\n\t".to_owned(), colon: ":".to_owned() }
        );
        assert_eq!(layout(r#"{"a":1}"#).lead, "");
    }

    #[test]
    fn a_broken_text_is_described_by_its_place_only() {
        for (text, described) in [
            ("", (1, 1, Defect::Empty)),
            (" \n", (1, 1, Defect::Empty)),
            ("{\n \"secret\": secret}", (2, 12, Defect::NotJson)),
            ("{\n \"secret\":", (2, 10, Defect::Truncated)),
            ("[\"secret\"]", (1, 1, Defect::NotAnObject)),
            ("\nnull", (2, 1, Defect::NotAnObject)),
            ("{\"a\":1}secret", (1, 8, Defect::NotJson)),
        ] {
            let (line, column, what) = described;
            assert_eq!(check(text).err(), Some(Malformed { line, column, what }), "{text}");
        }
    }

    #[test]
    fn nesting_ends_where_the_official_client_ends_it() {
        let nested = |depth: usize| format!("{{\"a\":{}1{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
        assert!(check(&nested(MAX_DEPTH)).is_ok());
        let error = check(&nested(MAX_DEPTH + 1)).err().unwrap();
        assert_eq!(error, Malformed { line: 1, column: MAX_DEPTH + 5, what: Defect::TooDeep });
        assert!(check(&format!("{{\"a\":\"{}\"}}", "[\\\"".repeat(MAX_DEPTH * 2))).is_ok());
    }

    #[test]
    fn a_lone_surrogate_is_neither_text_nor_an_error() {
        assert!(check(r#"{"a":"\ud800","\ud800":1}"#).is_ok());
        assert_eq!(string(r#""\ud800""#), None);
        assert_eq!(string(r#""\ud83d\ude00""#).as_deref(), Some("\u{1f600}"));
    }
}
