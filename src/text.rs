//! Words from outside, made safe to show on a terminal, and those of errors.

use std::error::Error;

/// Returns `text` as one line of at most `limit` characters, without anything a terminal would obey: control
/// characters, bidirectional overrides, zero-width characters and line separators become spaces, and runs of
/// spaces one.
pub fn printable(text: &str, limit: usize) -> String {
    let visible: String = text.chars().map(|c| if is_plain(c) { c } else { ' ' }).collect();
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(limit.saturating_sub(1)) {
        Some((end, last)) if end + last.len_utf8() < line.len() => format!("{}…", &line[..end]),
        _ => line,
    }
}

/// Whether a terminal shows `c` and does nothing else with it.
pub fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// An error and its sources, apart by colons.
pub fn chain(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        words.push_str(&format!(": {source}"));
        next = source.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_gets_through() {
        assert_eq!(printable("a\x1b[31mb\u{202E}c\r\nd", 99), "a [31mb c d");
        assert_eq!(printable("杭州 – plain", 99), "杭州 – plain");
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(printable("abcdef", 3), "ab…");
        assert_eq!(printable("abc", 3), "abc");
    }
}
