//! A text that must not be shown: tokens, keys, codes, verifiers.
//!
//! The type has no `Display`, its `Debug` says nothing, and its memory is wiped on drop. Whoever needs the
//! text calls [`Secret::expose`], which marks every place where a secret leaves the type.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// So many characters in common are not a coincidence.
const TELLING: usize = 8;
/// Anything shorter is not a secret of any protocol here.
const SHORTEST: usize = 4;

/// A secret text, wiped from memory when dropped.
///
/// ```
/// let token = aliyun_rs::secret::Secret::new("hidden");
/// assert_eq!(format!("{token:?}"), "Secret");
/// assert_eq!(token.expose(), "hidden");
/// ```
#[derive(Clone, Default)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes ownership of `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// Returns the text. The caller answers for where it goes.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns `text` with `***` in place of each part that it has in common with one of `secrets`, so that words of
    /// others can be shown. Parts of fewer than eight characters may remain.
    pub fn cover(secrets: &[&Self], text: &str) -> String {
        let mut covered = String::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let common = secrets.iter().map(|secret| secret.common(rest)).max().unwrap_or(0);
            covered.push_str(if common > 0 { "***" } else { &rest[..c.len_utf8()] });
            rest = &rest[common.max(c.len_utf8())..];
        }
        covered
    }

    /// How many bytes of the start of `text` are a part of the secret; 0 if that could be chance.
    fn common(&self, text: &str) -> usize {
        let least = TELLING.min(self.0.len());
        let is_part = |length: &usize| text.get(..*length).is_some_and(|part| self.0.contains(part));
        match least >= SHORTEST && is_part(&least) {
            true => (least..=text.len()).take_while(is_part).last().unwrap_or(0),
            false => 0,
        }
    }

    /// Whether the text fits into an HTTP header, a variable and a line: see [`fits_header`].
    pub fn fits_header(&self) -> bool {
        fits_header(&self.0)
    }

    /// Whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether `text` has characters and all of them are visible ASCII. Keys and tokens consist of nothing else; anything
/// beyond is a damaged file, and no header (RFC 9110 section 5.5), variable or line could hold it.
pub fn fits_header(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Compares in constant time (RFC 9700 leaves no room for guessing a `state` byte by byte).
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}
