//! Titles, cells and prefixes in English. The first five titles are the official client's.

use std::fmt::{Result, Write as _};

use crate::cli::messages::{End, Label, Prefix};
use crate::cli::render::span;

pub(in crate::cli::messages) fn label(label: &Label, f: &mut String) -> Result {
    f.write_str(match label {
        Label::Profile => "Profile",
        Label::Credential => "Credential",
        Label::Validity => "Valid",
        Label::Region => "Region",
        Label::Language => "Language",
        Label::Expires => "Expires",
        Label::Type => "Type",
        Label::Id => "ID",
        Label::DisplayName => "Display name",
        Label::Name => "Name",
        Label::Valid(true) => "Valid",
        Label::Valid(false) => "Invalid",
        Label::Ends { sts, session } => {
            let parts = [("STS", sts), ("session", session)];
            let parts = parts.into_iter().filter_map(|(what, end)| Some(format!("{what} {}", ends((*end)?))));
            return f.write_str(&parts.collect::<Vec<_>>().join(", "));
        }
    })
}

fn ends(end: End) -> String {
    match end {
        End::Unknown => "unknown".to_owned(),
        End::Expired => "expired".to_owned(),
        End::In(left) => format!("in {}", span(left)),
    }
}

pub(in crate::cli::messages) fn prefix(prefix: &Prefix, f: &mut String) -> Result {
    f.write_str(match prefix {
        Prefix::Error => "error: ",
        Prefix::Hint => "hint: ",
        Prefix::Warning => "warning: ",
    })
}
