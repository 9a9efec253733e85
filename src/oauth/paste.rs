//! Reads the authorization response from an address that a person has pasted.
//!
//! The browser of another machine ends on the redirect URI and finds nobody there; its address bar holds the response.
//! What arrives of it may be quoted, broken into lines, escaped, or only a part. All of that is undone, and then it is
//! read as the callback's own query is: without the `state` of this sign-in nothing is believed.

use std::net::Ipv4Addr;

use url::{Host, Url};
use zeroize::Zeroizing;

use super::callback::{Callback, Expected, Mismatch, PATH};
use crate::site::AUTHORIZE_PATH;
use crate::text::is_plain;

/// The most that is kept of lines that may belong together, in bytes.
const MAX_LENGTH: usize = 64 * 1024;
/// The fewest characters that are taken for a code.
const SHORTEST_CODE: usize = 8;
/// What terminals put around a paste (xterm control sequences, "Bracketed Paste Mode").
const BRACKETS: [&str; 2] = ["\x1b[200~", "\x1b[201~"];
/// What stands around an address in a chat or a document.
const QUOTES: [char; 16] = ['"', '\'', '`', '<', '>', '(', ')', '[', ']', '“', '”', '‘', '’', '「', '」', '»'];

/// Why a paste is not the authorization response of this sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasteError {
    /// Nothing was pasted.
    Empty,
    /// It is not an address.
    NotAnAddress,
    /// It is a code without the `state` that proves whose it is.
    CodeAlone,
    /// It is the page to sign in at, not the one that the browser ends on.
    SignInPage,
    /// It is the address of some other page.
    OtherPage,
    /// It is a callback's address with this port, which is not ours.
    OtherPort(u16),
    /// It is the right address with another query.
    Mismatch(Mismatch),
}

/// Reads the pastes of one sign-in.
pub struct Pastes {
    expected: Expected,
    port: u16,
    /// What did not make sense by itself so far.
    earlier: Zeroizing<String>,
}

impl Pastes {
    /// Reads responses that are `expected` at the redirect URI with `port`.
    pub fn new(expected: Expected, port: u16) -> Self {
        Self { expected, port, earlier: Zeroizing::default() }
    }

    /// Reads one paste. It may also be the rest of an address whose beginning came before.
    ///
    /// # Errors
    /// When it is not the response of this sign-in.
    pub fn read(&mut self, pasted: &str) -> Result<Callback, PasteError> {
        let error = match read(pasted, &self.expected, self.port) {
            Ok(callback) => return Ok(callback),
            Err(error) => error,
        };
        if self.earlier.len() + pasted.len() > MAX_LENGTH || error == PasteError::Empty {
            self.earlier.clear();
        }
        self.earlier.push_str(pasted);
        read(&self.earlier, &self.expected, self.port).map_err(|_| error)
    }
}

/// Whether a terminal has said that a paste begins, and not yet that it ends.
pub fn is_unfinished(text: &str) -> bool {
    let [begin, end] = BRACKETS.map(|bracket| text.rfind(bracket));
    begin > end
}

fn read(pasted: &str, expected: &Expected, port: u16) -> Result<Callback, PasteError> {
    let text = undressed(pasted);
    if text.is_empty() {
        return Err(PasteError::Empty);
    }
    let (address, query) = split(&text);
    if query.split('&').any(|parameter| parameter.starts_with("code_challenge=")) {
        return Err(PasteError::SignInPage);
    }
    if let Some(address) = address {
        check(address, is_one_word(pasted), port)?;
    }
    expected.read_query(query).map_err(PasteError::Mismatch)
}

/// The text without what mail programs, documents, shells and terminals add to an address. No address has a blank.
fn undressed(pasted: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(pasted.to_owned());
    for bracket in BRACKETS {
        text = Zeroizing::new(text.replace(bracket, ""));
    }
    text.retain(|c| is_plain(c) && !c.is_whitespace() && c != '\\');
    let text = text.trim_matches(QUOTES);
    Zeroizing::new(text.replace("&amp;", "&").replace("&#38;", "&"))
}

/// The address, if there is one, and the query. The fragment is dropped.
fn split(text: &str) -> (Option<&str>, &str) {
    let text = text.split('#').next().unwrap_or_default();
    let is_query = |text: &str| {
        let name = text.split_once('=').map(|(name, _)| name);
        name.is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_&".contains(&byte)))
    };
    match text.split_once('?') {
        Some(("", query)) => (None, query),
        None if is_query(text) => (None, text),
        Some((address, query)) => (Some(address), query),
        None => (Some(text), ""),
    }
}

/// Checks that an address is the redirect URI, by the name that a port forwarder may have given to this machine.
fn check(address: &str, is_one_word: bool, port: u16) -> Result<(), PasteError> {
    let url = match address {
        _ if address.contains("://") => Url::parse(address),
        path if path.starts_with('/') => Url::parse(&format!("http://{}:{port}{path}", Ipv4Addr::LOCALHOST)),
        _ if address.contains('/') => Url::parse(&format!("http://{address}")),
        code if is_one_word && is_code(code) => return Err(PasteError::CodeAlone),
        _ => return Err(PasteError::NotAnAddress),
    };
    let url = url.map_err(|_| PasteError::NotAnAddress)?;
    if url.path() == AUTHORIZE_PATH {
        return Err(PasteError::SignInPage);
    }
    let is_loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let is_plain = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    if !is_loopback || !is_plain || url.path() != PATH {
        return Err(PasteError::OtherPage);
    }
    match url.port_or_known_default() {
        Some(other) if other != port => Err(PasteError::OtherPort(other)),
        _ => Ok(()),
    }
}

fn is_one_word(pasted: &str) -> bool {
    pasted.split_whitespace().count() == 1
}

/// Whether a word is likely to be a code; a mistyped answer is shorter.
fn is_code(word: &str) -> bool {
    word.len() >= SHORTEST_CODE && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+%=".contains(&byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::oauth::callback::ErrorCode;
    use crate::secret::Secret;

    fn pastes() -> Pastes {
        let issuer = Some("https://oauth.aliyun.com".to_owned());
        Pastes::new(Expected { path: PATH.to_owned(), state: Secret::new("s-_3"), issuer }, 12345)
    }

    fn code(pasted: &str) -> Result<String, PasteError> {
        match pastes().read(pasted)? {
            Callback::Code(code) => Ok(code.expose().to_owned()),
            Callback::Refused { error, .. } => Ok(format!("refused: {error}")),
        }
    }

    #[test]
    fn an_address_counts_however_it_arrives() {
        for pasted in [
            "http://127.0.0.1:12345/cli/callback?code=abc&state=s-_3",
            "http://127.0.0.1:12345/cli/callback?state=s-_3&code=abc",
            "  http://127.0.0.1:12345/cli/callback?code=abc&state=s-_3\r\n",
            "http://localhost:12345/cli/callback?code=abc&state=s-_3",
            "http://[::1]:12345/cli/callback?code=abc&state=s-_3",
            "https://127.0.0.1:12345/cli/callback?code=abc&state=s-_3",
            "HTTP://127.0.0.1:12345/cli/callback?code=abc&state=s-_3",
            "127.0.0.1:12345/cli/callback?code=abc&state=s-_3",
            "localhost:12345/cli/callback?code=abc&state=s-_3",
            "/cli/callback?code=abc&state=s-_3",
            "?code=abc&state=s-_3",
            "code=abc&state=s-_3",
            "&code=abc&state=s-_3",
            "state=s-_3&code=abc&iss=https%3A%2F%2Foauth.aliyun.com",
            "\"http://127.0.0.1:12345/cli/callback?code=abc&state=s-_3\"",
            "'http://127.0.0.1:12345/cli/callback?code=abc&state=s-_3'",
            "<http://127.0.0.1:12345/cli/callback?code=abc&state=s-_3>",
            "“http://127.0.0.1:12345/cli/callback?code=abc&state=s-_3”",
            "http://127.0.0.1:12345/cli/callback?code=abc&amp;state=s-_3",
            r"http://127.0.0.1:12345/cli/callback\?code\=abc\&state\=s-_3",
            "http://127.0.0.1:12345/cli/call\nback?code=a\r\n  bc&state=s-_3",
            "\x1b[200~http://127.0.0.1:12345/cli/callback?co\nde=abc&state=s-_3\x1b[201~",
            "\u{feff}http://127.0.0.1:12345/cli/callback?code=abc&state=s-_3\u{200b}",
            "http://127.0.0.1:12345/cli/callback?code=abc&state=s-_3#",
        ] {
            assert_eq!(code(pasted).as_deref(), Ok("abc"), "{pasted:?}");
        }
        assert_eq!(code("?code=a%2Bb%26&state=s-_3").as_deref(), Ok("a+b&"));
    }

    #[test]
    fn each_other_paste_has_its_own_reason() {
        use Mismatch::{Malformed, NoCode, NoState, Repeated, WrongIssuer, WrongState};
        let mismatch = |mismatch| PasteError::Mismatch(mismatch);
        for (pasted, error) in [
            ("", PasteError::Empty),
            (" \t\x1b[200~\x1b[201~", PasteError::Empty),
            ("\"\"", PasteError::Empty),
            ("y", PasteError::NotAnAddress),
            ("no idea what to paste", PasteError::NotAnAddress),
            ("127.0.0.1:12345", PasteError::NotAnAddress),
            ("http://", PasteError::NotAnAddress),
            ("http://127.0.0.1:99999/cli/callback?code=abc&state=s-_3", PasteError::NotAnAddress),
            ("0123456789abcdef", PasteError::CodeAlone),
            (
                "https://signin.aliyun.com/oauth2/v1/auth?state=s-_3&code_challenge=x&response_type=code",
                PasteError::SignInPage,
            ),
            ("https://signin.alibabacloud.com/oauth2/v1/auth", PasteError::SignInPage),
            ("response_type=code&state=s-_3&code_challenge=x", PasteError::SignInPage),
            ("https://signin.aliyun.com/login.htm?callback=x", PasteError::OtherPage),
            ("https://evil.example/cli/callback?code=abc&state=s-_3", PasteError::OtherPage),
            ("http://127.0.0.1:12345@evil.example/cli/callback?code=abc&state=s-_3", PasteError::OtherPage),
            ("http://me@127.0.0.1:12345/cli/callback?code=abc&state=s-_3", PasteError::OtherPage),
            ("http://127.0.0.1:12345/?code=abc&state=s-_3", PasteError::OtherPage),
            ("file:///cli/callback?code=abc&state=s-_3", PasteError::OtherPage),
            ("chrome-error://chromewebdata/", PasteError::OtherPage),
            ("http://127.0.0.1:12346/cli/callback?code=abc&state=s-_3", PasteError::OtherPort(12346)),
            ("http://127.0.0.1/cli/callback?code=abc&state=s-_3", PasteError::OtherPort(80)),
            ("http://127.0.0.1:12345/cli/callback", mismatch(NoState)),
            ("http://127.0.0.1:12345/cli/callback?code=abc", mismatch(NoState)),
            ("error=access_denied", mismatch(NoState)),
            ("code=abc&state=", mismatch(WrongState)),
            ("code=abc&state=s-_", mismatch(WrongState)),
            ("error=access_denied&state=other", mismatch(WrongState)),
            ("code=abc&code=abc&state=s-_3", mismatch(Repeated)),
            ("code=abc&state=s-_3&state=s-_3", mismatch(Repeated)),
            ("code=abc%&state=s-_3", mismatch(Malformed)),
            ("code=%ff&state=s-_3", mismatch(Malformed)),
            ("code=abc&state=s-_3&iss=https://evil.example", mismatch(WrongIssuer)),
            ("state=s-_3", mismatch(NoCode)),
            ("code=&state=s-_3", mismatch(NoCode)),
            ("code=abc&error=access_denied&state=s-_3", mismatch(NoCode)),
        ] {
            assert_eq!(code(pasted), Err(error), "{pasted:?}");
        }
    }

    #[test]
    fn a_refusal_is_pasted_as_well_as_a_code() {
        let refusal = Callback::Refused { error: ErrorCode::AccessDenied, description: Some("not now".to_owned()) };
        assert_eq!(pastes().read("?error=access_denied&error_description=not+now&state=s-_3"), Ok(refusal));
    }

    #[test]
    fn lines_that_come_one_by_one_are_put_together() {
        let mut pastes = pastes();
        assert!(pastes.read("http://127.0.0.1:12345/cli/callback?co").is_err());
        assert!(pastes.read("de=abc&sta").is_err());
        assert_eq!(pastes.read("te=s-_3"), Ok(Callback::Code(Secret::new("abc"))));
    }

    #[test]
    fn what_was_wrong_does_not_spoil_what_is_right() {
        let mut pastes = pastes();
        let right = "http://127.0.0.1:12345/cli/callback?code=abc&state=s-_3";
        let long = "x".repeat(MAX_LENGTH);
        for wrong in ["nonsense", &right.replace("s-_3", "old"), &long, "\u{1b}[200~"] {
            assert!(pastes.read(wrong).is_err());
        }
        assert_eq!(pastes.read(right), Ok(Callback::Code(Secret::new("abc"))));
    }

    proptest! {
        #[test]
        fn no_paste_panics_and_none_without_the_state_signs_in(
            lines in prop::collection::vec(
                "(http://127.0.0.1:12345/cli/callback|\\?|state=|code=|error=|&amp;|&|%[0-9a-f]{2}|\\PC|[\\x00-\\x7f]){0,20}",
                1..4,
            ),
        ) {
            let expected = Expected { path: PATH.to_owned(), state: Secret::new("of-this-sign-in-and-never-drawn-by-chance"), issuer: None };
            let mut pastes = Pastes::new(expected, 12345);
            for line in &lines {
                prop_assert!(pastes.read(line).is_err());
            }
        }

        #[test]
        fn only_the_right_state_signs_in(state in "[a-z3_-]{0,5}", dress in 0..4_usize, cut in 0..60_usize) {
            let address = format!("http://127.0.0.1:12345/cli/callback?code=abc&state={state}");
            let (start, end) = address.split_at(cut.min(address.len()));
            let pasted = match dress {
                0 => address.clone(),
                1 => format!("{start}\n   {end}"),
                2 => format!("'{start}{end}'"),
                _ => address.replace('&', "&amp;"),
            };
            prop_assert_eq!(code(&pasted).is_ok(), state == "s-_3", "{}", pasted);
        }
    }
}
