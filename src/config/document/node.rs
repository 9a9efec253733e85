//! An object or array in its text: found entries, and edits that leave everything else as it is.

use std::borrow::Cow;
use std::ops::Range;

use zeroize::Zeroizing;

use super::Text;
use super::layout::Layout;
use super::parse::{Members, each_item};
use super::string::string;

/// An object or an array: the text it is in, and the places of its entries.
pub(in crate::config) struct Node<'a> {
    text: &'a str,
    entries: Vec<Entry<'a>>,
}

/// One member of an object, or one item of an array (without a key).
#[derive(Clone, Copy)]
pub(in crate::config) struct Entry<'a> {
    key: Option<&'a str>,
    /// The text of the value.
    pub(in crate::config) value: &'a str,
}

impl<'a> Node<'a> {
    /// Reads an object. Space around it belongs to the node and is kept.
    pub(in crate::config) fn object(text: &'a str) -> Result<Self, serde_json::Error> {
        let Members(members) = serde_json::from_str(text)?;
        let entries = members.into_iter().map(|(key, value)| Entry { key: Some(key), value }).collect();
        Ok(Self { text, entries })
    }

    /// Reads an array.
    pub(in crate::config) fn array(text: &'a str) -> Result<Self, serde_json::Error> {
        let mut entries = Vec::new();
        each_item(text, |value| entries.push(Entry { key: None, value }))?;
        Ok(Self { text, entries })
    }

    /// The members or items, in the order of the text.
    pub(in crate::config) fn entries(&self) -> &[Entry<'a>] {
        &self.entries
    }

    /// The member called `key`: the last one, as every reader of JSON has it. Where none is spelled exactly so,
    /// the last one that differs in case only, which is what the official client reads.
    pub(in crate::config) fn get(&self, key: &str) -> Option<Entry<'a>> {
        let last = |same: fn(&str, &str) -> bool| {
            self.entries.iter().rev().find(|entry| entry.key().is_some_and(|found| same(&found, key)))
        };
        last(|a, b| a == b).or_else(|| last(str::eq_ignore_ascii_case)).copied()
    }

    /// The place of `part`, a slice of this node's text.
    pub(in crate::config) fn range(&self, part: &str) -> Range<usize> {
        let start = part.as_ptr().addr() - self.text.as_ptr().addr();
        start..start + part.len()
    }

    /// The text with the member `key` holding `value`. A new member goes after the last one of lower rank and
    /// is laid out like its siblings; in an empty object, as `layout` says.
    pub(in crate::config) fn set(
        &self,
        key: &str,
        value: &str,
        layout: &Layout,
        rank: fn(&str) -> Option<usize>,
    ) -> Text {
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
    pub(in crate::config) fn push(&self, item: &str, layout: &Layout) -> Text {
        self.insert(self.entries.len().checked_sub(1), item, layout)
    }

    /// The text with only those entries that `keep` wants, and the separators that stood before them.
    pub(in crate::config) fn retain(&self, keep: impl Fn(&Entry<'a>) -> bool) -> Text {
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
    pub(in crate::config) fn layout(&self) -> Option<Layout> {
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
    pub(in crate::config) fn key(&self) -> Option<Cow<'a, str>> {
        string(self.key?)
    }
}

/// `text` with `range` replaced, in an allocation of its final size, so that no copy is left behind.
pub(in crate::config) fn splice(text: &str, range: Range<usize>, replacement: &str) -> Text {
    let mut whole = Zeroizing::new(String::with_capacity(text.len() - range.len() + replacement.len()));
    whole.push_str(&text[..range.start]);
    whole.push_str(replacement);
    whole.push_str(&text[range.end..]);
    whole
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
}
