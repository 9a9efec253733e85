//! Lossless JSON: a value is found by its place in the text, and an edit replaces that place and no other byte.
//!
//! `serde_json` does the parsing: a [`serde_json::value::RawValue`] is a slice of the text it was read from, so its
//! address is its place. Key order, number text, escapes, indentation and line ends survive because nothing prints them
//! again. What the values mean is left to [`super::profile`].

mod check;
mod layout;
mod node;
mod parse;
mod string;

use zeroize::Zeroizing;

pub(super) use check::check;
pub use check::{Defect, Malformed};
pub(super) use layout::Layout;
pub(super) use node::{Entry, Node, splice};
pub(super) use parse::each_item;
pub(super) use string::{quote, string};

/// Text that may hold secrets, wiped when dropped.
pub(super) type Text = Zeroizing<String>;
