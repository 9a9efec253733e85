//! Whether a text is a shared file at all, and if not, where and why.

use serde_json::value::RawValue;

use super::node::Node;

/// The official client refuses deeper nesting (Go's `encoding/json`), so a file like that is broken for both.
const MAX_DEPTH: usize = 10_000;

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
    pub(in crate::config) fn at(text: &[u8], offset: usize, what: Defect) -> Self {
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

/// Checks that `text` is one JSON object nested no deeper than [`MAX_DEPTH`].
pub(in crate::config) fn check(text: &str) -> Result<Node<'_>, Malformed> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::document::string;

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
