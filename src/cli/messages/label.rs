//! Words without a sentence: titles and cells of tables, and what stands before a line.

use std::time::Duration;

/// A title or a cell of a table.
pub(in crate::cli) enum Label {
    /// Title: the name of a profile.
    Profile,
    /// Title: the mode of a profile, and a part of its key that is not secret.
    Credential,
    /// Title: whether a profile can be used.
    Validity,
    /// Title: the default region.
    Region,
    /// Title: the default language.
    Language,
    /// Title: what ends when.
    Expires,
    /// Title: what kind of identity it is.
    Type,
    /// Title: the name of an identity or application.
    Name,
    /// Title: what identifies an application.
    Id,
    /// Title: the name that users see.
    DisplayName,
    /// Whether a profile can be used.
    Valid(bool),
    /// When the STS credentials and the session of a profile end, where that is known.
    Ends { sts: Option<End>, session: Option<End> },
}

/// When something ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum End {
    Unknown,
    Expired,
    In(Duration),
}

/// What stands before a line on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Prefix {
    Error,
    Hint,
    Warning,
}
