//! Words from outside, made safe to show on a terminal.
//!
//! A terminal must neither obey them nor hide a part of them. Which characters are safe is decided by their
//! Unicode properties, not by a list. [`printable`] is for prose, [`visible`] for a sentence that is complete
//! already, [`shell_word`] for a word of a command that a person copies into a shell.

use std::ffi::OsStr;

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// How many combining marks a character may carry. No script needs more; a pile of them covers other lines.
const MAX_MARKS: usize = 4;

/// Returns `text` as one line of at most `limit` characters, in which each unsafe character is a space and
/// runs of spaces are one.
pub fn printable(text: &str, limit: usize) -> String {
    let line = visible(text).split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(limit.saturating_sub(1)) {
        Some((end, last)) if end + last.len_utf8() < line.len() => format!("{}…", &line[..end]),
        _ => line,
    }
}

/// Returns `text` as one line, in which each unsafe character and each other kind of blank is a space. Spaces
/// stay as they are, so that a command in it stays the same command.
pub fn visible(text: &str) -> String {
    shown(text).map(|(c, safe)| if safe && !c.is_whitespace() { c } else { ' ' }).collect()
}

/// Returns `json` with every unsafe character escaped, as only strings hold any: the same value, safe to show.
pub fn visible_json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || is_plain(c) {
            safe.push(c);
        } else {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| safe.push_str(&format!("\\u{unit:04x}")));
        }
    }
    safe
}

/// Whether a terminal shows `c` and does nothing else with it.
pub fn is_plain(c: char) -> bool {
    use GeneralCategory as Category;
    /// Looks like a space and is a symbol by its category.
    const BLANK_BRAILLE: char = '\u{2800}';
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    let obeyed = matches!(
        CodePointMapData::<Category>::new().get(c),
        Category::Control
            | Category::Format
            | Category::Surrogate
            | Category::Unassigned
            | Category::PrivateUse
            | Category::LineSeparator
            | Category::ParagraphSeparator
    );
    // Hangul fillers, variation selectors and the like: letters or marks by category, and invisible.
    let hidden = c == BLANK_BRAILLE || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c);
    !obeyed && !hidden
}

/// Returns `word` as a POSIX shell reads it back, byte for byte. Where it holds a character that is not safe to
/// show, it is written as `$'...'`, with the character as `\uHHHH`.
pub fn shell_word(word: &OsStr) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    match word.to_str() {
        Some(text) if !text.is_empty() && text.bytes().all(bare) => text.to_owned(),
        Some(text) if shown(text).all(|(c, safe)| safe && is_distinct(c)) => {
            format!("'{}'", text.replace('\'', r"'\''"))
        }
        _ => escaped(word),
    }
}

fn escaped(word: &OsStr) -> String {
    let mut quoted = "$'".to_owned();
    for chunk in word.as_encoded_bytes().utf8_chunks() {
        for (c, safe) in shown(chunk.valid()) {
            match u32::from(c) {
                _ if c == '\'' || c == '\\' => quoted.extend(['\\', c]),
                _ if safe && is_distinct(c) => quoted.push(c),
                code @ 0..=0xFFFF => quoted.push_str(&format!("\\u{code:04x}")),
                code => quoted.push_str(&format!("\\U{code:08x}")),
            }
        }
        for byte in chunk.invalid() {
            quoted.push_str(&format!("\\x{byte:02x}"));
        }
    }
    quoted.push('\'');
    quoted
}

/// Whether `c` cannot be mistaken for an ordinary space.
fn is_distinct(c: char) -> bool {
    c == ' ' || !c.is_whitespace()
}

/// Each character and whether it is safe to show where it stands: a mark needs something to stand on.
fn shown(text: &str) -> impl Iterator<Item = (char, bool)> {
    let mut marks = MAX_MARKS;
    text.chars().map(move |c| {
        let mark = is_mark(c);
        let safe = is_plain(c) && (!mark || marks < MAX_MARKS);
        marks = match (safe, mark) {
            (true, true) => marks + 1,
            (true, false) if !c.is_whitespace() => 0,
            _ => MAX_MARKS,
        };
        (c, safe)
    })
}

fn is_mark(c: char) -> bool {
    use GeneralCategory as Category;
    let category = || CodePointMapData::<Category>::new().get(c);
    !c.is_ascii() && matches!(category(), Category::NonspacingMark | Category::EnclosingMark | Category::SpacingMark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_its_value_and_shows_nothing_unsafe() {
        let value = serde_json::json!({"name": "a\u{202E}b\u{3164}\u{E0001}\u{7f}杭州", "list": ["\n", 1.5]});
        let safe = visible_json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(safe.chars().all(|c| c == '\n' || is_plain(c)), "{safe}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
    }

    #[test]
    fn nothing_that_a_terminal_obeys_or_hides_is_shown() {
        for (name, hidden) in [
            ("escape", "\x1b"),
            ("C1 control", "\u{9b}"),
            ("delete", "\x7f"),
            ("line separator", "\u{2028}"),
            ("paragraph separator", "\u{2029}"),
            ("right-to-left override", "\u{202E}"),
            ("isolate", "\u{2066}"),
            ("Arabic letter mark", "\u{61C}"),
            ("zero-width space", "\u{200B}"),
            ("zero-width joiner", "\u{200D}"),
            ("soft hyphen", "\u{AD}"),
            ("byte order mark", "\u{FEFF}"),
            ("interlinear annotation", "\u{FFF9}"),
            ("tag", "\u{E0041}"),
            ("variation selector", "\u{FE0F}"),
            ("variation selector of the supplement", "\u{E0100}"),
            ("Mongolian vowel separator", "\u{180E}"),
            ("Hangul choseong filler", "\u{115F}"),
            ("Hangul jungseong filler", "\u{1160}"),
            ("Hangul filler", "\u{3164}"),
            ("halfwidth Hangul filler", "\u{FFA0}"),
            ("Khmer inherent vowel", "\u{17B4}"),
            ("combining grapheme joiner", "\u{34F}"),
            ("blank Braille pattern", "\u{2800}"),
            ("private use", "\u{E000}"),
            ("unassigned", "\u{378}"),
            ("noncharacter", "\u{FFFF}"),
            ("shorthand format control", "\u{1BCA0}"),
        ] {
            assert_eq!(printable(&format!("a{hidden}b"), 99), "a b", "{name}");
            assert!(shell_word(OsStr::new(&format!("a{hidden}b"))).starts_with("$'a\\"), "{name}");
        }
    }

    #[test]
    fn the_letters_of_the_world_are_shown() {
        for text in ["杭州 – plain", "Ünï — “quoted”", "नमस्ते", "สวัสดี", "שָׁלוֹם", "e\u{301}", "😀", "naïve"]
        {
            assert_eq!(printable(text, 99), text);
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn a_mark_needs_a_letter_and_there_are_not_many() {
        assert_eq!(printable("\u{301}a", 99), "a");
        assert_eq!(printable("a \u{20DD}b", 99), "a b");
        assert_eq!(visible(&format!("a{}b", "\u{301}".repeat(9))), format!("a{}     b", "\u{301}".repeat(4)));
    }

    #[test]
    fn prose_is_one_line_with_single_spaces() {
        assert_eq!(printable("a\x1b[31mb\u{202E}c\r\nd  e\u{3000}f", 99), "a [31mb c d e f");
    }

    #[test]
    fn a_complete_sentence_keeps_its_spaces() {
        assert_eq!(visible("rm 'x  y.json'\n\u{A0}z"), "rm 'x  y.json'  z");
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(printable("abcdef", 3), "ab…");
        assert_eq!(printable("abc", 3), "abc");
    }

    #[test]
    fn a_shell_reads_the_same_word_back() {
        for (word, quoted) in [
            ("work", "work"),
            ("/home/me/.aliyun/config.json", "/home/me/.aliyun/config.json"),
            ("", "''"),
            ("x  y.json", "'x  y.json'"),
            ("it's", r"'it'\''s'"),
            ("$HOME;`rm`", "'$HOME;`rm`'"),
            ("杭州", "'杭州'"),
            (r"a\b", r"'a\b'"),
            ("a\nb", r"$'a\u000ab'"),
            ("it's\t\\", r"$'it\'s\u0009\\'"),
            ("a\u{202E}b", r"$'a\u202eb'"),
            ("a\u{A0}b", r"$'a\u00a0b'"),
            ("a\u{E0041}", r"$'a\U000e0041'"),
            ("\u{301}a", r"$'\u0301a'"),
        ] {
            assert_eq!(shell_word(OsStr::new(word)), quoted, "{word:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_not_unicode_keeps_its_bytes() {
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(shell_word(OsStr::from_bytes(b"a\xffb c")), r"$'a\xffb c'");
    }
}
