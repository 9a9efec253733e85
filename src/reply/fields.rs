//! The top level of a JSON object, read as far as it can be understood.
//!
//! An answer may hold the only copy of a token, so nothing in it costs another field: a number beyond every type,
//! `NaN`, a repeated name, bytes that are not Unicode, something after the object, a missing comma, an end in the
//! middle. A value that is not whole is left out.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Deserializer, Value};

/// The fields in their order, each value as its JSON text.
pub(super) struct Fields {
    fields: Vec<(String, Box<RawValue>)>,
    /// Whether the object has an end.
    pub(super) ended: bool,
}

impl Fields {
    /// Reads a body. One that does not begin like an object has no fields.
    pub(super) fn of(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let mut fields = Vec::new();
        let Some(mut rest) = text.trim_start_matches('\u{feff}').trim_start().strip_prefix('{') else {
            return Self { fields, ended: false };
        };
        loop {
            rest = rest.trim_start_matches([' ', '\t', '\r', '\n', ',']);
            if rest.is_empty() || rest.starts_with('}') {
                return Self { fields, ended: !rest.is_empty() };
            }
            rest = match member(rest) {
                Some((name, value, after)) => {
                    fields.push((name, value));
                    after
                }
                None => after_member(rest),
            };
        }
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The values of a field: those with exactly this name before those in another case, and the last one first.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let exact = self.fields.iter().rev().filter(move |(key, _)| key == name);
        let similar = self.fields.iter().rev().filter(move |(key, _)| key != name && key.eq_ignore_ascii_case(name));
        exact.chain(similar).map(|(_, value)| value.get())
    }

    /// The last value of a field with exactly this name, if it is a text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.fields.iter().rev().find(|(key, _)| key == name)?.1.get()).ok()
    }

    /// Everything that can be read; of a repeated name the last value.
    pub(super) fn object(&self) -> serde_json::Map<String, Value> {
        let read =
            |(name, value): &(String, Box<RawValue>)| Some((name.clone(), serde_json::from_str(value.get()).ok()?));
        self.fields.iter().filter_map(read).collect()
    }

    /// Whether an OAuth error is named.
    pub(super) fn has_error(&self) -> bool {
        self.all("error").any(|error| !matches!(error, "null" | "false" | "\"\""))
    }
}

/// The name and value at the start of `text`, and what follows them.
fn member(text: &str) -> Option<(String, Box<RawValue>, &str)> {
    let (name, rest) = first::<String>(text)?;
    let (value, rest) = first::<Box<RawValue>>(rest.trim_start().strip_prefix(':')?)?;
    Some((name, value, rest))
}

/// The value at the start of `text`, and what follows it.
fn first<'a, T: Deserialize<'a>>(text: &'a str) -> Option<(T, &'a str)> {
    let mut values = Deserializer::from_str(text).into_iter();
    let value = values.next()?.ok()?;
    Some((value, &text[values.byte_offset()..]))
}

/// What follows the member at the start of `text`, which is not JSON: what stands after the next comma, or from the
/// next closing brace, that belongs to no text and nothing nested.
fn after_member(text: &str) -> &str {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' | b'{' => depth += 1,
            b'}' | b',' if depth == 0 => return &text[at..],
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(body: &str) -> String {
        let Fields { fields, .. } = Fields::of(body.as_bytes());
        fields.iter().map(|(name, value)| format!("{name}={}", value.get())).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_not_json_costs_no_other_field() {
        for odd in [
            "NaN",
            "Infinity",
            "-Infinity",
            "nan",
            "undefined",
            "+1",
            "01",
            ".5",
            "1.",
            "0x10",
            "1e",
            "'text, and'",
            "{x: [1, 2], \"y\": {\"z\": \"}\"}}",
            "[1, NaN, \"]\", {}]",
            "\"tab\there\"",
            "\"line\nbreak\"",
            "\"\\x41\"",
            "",
        ] {
            assert_eq!(names(&format!(r#"{{"a":1,"odd":{odd},"b":"2"}}"#)), "a=1 b=\"2\"", "{odd}");
            assert_eq!(names(&format!(r#"{{"a":1,"b":"2","odd":{odd}}}"#)), "a=1 b=\"2\"", "{odd}");
        }
    }

    #[test]
    fn every_whole_field_is_read_and_no_other() {
        for (body, expected) in [
            ("", ""),
            ("[1]", ""),
            ("\"{\"", ""),
            ("{", ""),
            ("{}", ""),
            (r#"{"a":{"b":1}}"#, r#"a={"b":1}"#),
            (r#"{"a":[{"b":1}],"c":2}"#, r#"a=[{"b":1}] c=2"#),
            (r#"{"a":1 "b":2,,"c":3,}"#, "a=1 b=2 c=3"),
            (r#"{a:1,"b":2}"#, "b=2"),
            (r#"{"a"=1,"b":2}"#, "b=2"),
            (r#"{"a":{"b":1"#, ""),
            (r#"{"a":"b"#, ""),
            (r#"{"a":"b\"#, ""),
            (r#"{"a":"b\""#, ""),
            (r#"{"a":"b""#, r#"a="b""#),
            (r#"{"a":1}{"b":2}"#, "a=1"),
            ("\u{feff} {\"a\":1}", "a=1"),
        ] {
            assert_eq!(names(body), expected, "{body}");
        }
    }
}
