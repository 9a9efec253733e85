//! What can be wrong with a value, in an option or an answer.

use crate::oauth::paste::PasteError;

/// Why a value was not accepted. Its `Display` is a code for programs; people get [`super::Say`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::cli) enum Problem {
    /// Not a client id.
    #[error("invalid-client-id")]
    ClientId,
    /// Not a name for an application.
    #[error("invalid-app-name")]
    AppName,
    /// Not a name for an application that users see.
    #[error("invalid-display-name")]
    DisplayName,
    /// Not a callback.
    #[error("invalid-callback-url")]
    CallbackUrl,
    /// Not a scope.
    #[error("invalid-scope")]
    Scope,
    /// Not the address of a GitLab.
    #[error("invalid-gitlab-url")]
    GitLabUrl,
    /// Not a fault that the sandbox can inject.
    #[error("invalid-fault")]
    Fault,
    /// Not a duration, or out of bounds.
    #[error("invalid-duration")]
    Duration,
    /// Not a duration of at most a day.
    #[error("invalid-timeout")]
    Timeout,
    /// Not a key of the file.
    #[error("invalid-key")]
    Key,
    /// Not a language.
    #[error("invalid-language")]
    Language,
    /// Not a mode that anybody knows.
    #[error("invalid-mode")]
    Mode,
    /// Not a name for a profile.
    #[error("invalid-profile-name")]
    ProfileName,
    /// Not a region id.
    #[error("invalid-region")]
    Region,
    /// Not a site.
    #[error("invalid-site")]
    Site,
    /// Neither yes nor no.
    #[error("invalid-answer")]
    YesNo,
    /// Not the address that the browser of this sign-in ends on.
    #[error("invalid-paste")]
    Paste(PasteError),
    /// Not text.
    #[error("invalid-text")]
    NotText,
    /// A line that has no end.
    #[error("answer-too-long")]
    TooLong,
}
