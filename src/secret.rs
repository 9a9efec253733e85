//! A text that must not be shown: tokens, keys, codes, verifiers.
//!
//! The type has no `Display`, its `Debug` says nothing, and its memory is wiped on drop. Whoever needs the
//! text calls [`Secret::expose`], which marks every place where a secret leaves the type.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

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

    /// Whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
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
