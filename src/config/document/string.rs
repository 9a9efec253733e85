//! JSON strings: read and written without a copy left behind.

use std::borrow::Cow;

use zeroize::Zeroizing;

use super::Text;

/// `\u001f`: what a control character becomes.
const LONGEST_ESCAPE: usize = 6;

/// Reads a JSON string. `None` for another type, or for a lone surrogate.
pub(in crate::config) fn string(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str(raw).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

/// Writes a JSON string, escaping only what has to be, in an allocation that never has to grow.
pub(in crate::config) fn quote(text: &str) -> Text {
    let mut json = Vec::with_capacity(text.len() * LONGEST_ESCAPE + 2);
    serde_json::to_writer(&mut json, text).expect("a text can be written to memory");
    Zeroizing::new(String::from_utf8(json).expect("JSON of a text is text"))
}
