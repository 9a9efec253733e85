//! Why an answer is unusable, as data. Holds no secret and no sentence.

use crate::host::TransportError;
use crate::site::NotSandboxToken;
use crate::time::Timestamp;

/// Why an answer is unusable.
#[derive(Debug, thiserror::Error)]
pub enum ReplyError {
    /// Nothing was sent.
    #[error(transparent)]
    NotSandboxToken(#[from] NotSandboxToken),
    /// No whole answer came.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The server said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Something else than the server answered, such as the sign-in page of a network.
    #[error("not-json")]
    NotJson {
        /// The host that was asked.
        host: String,
        /// What came instead.
        what: Instead,
        /// The HTTP status.
        status: u16,
    },
    /// The answer lacks something or has it wrong.
    #[error("field-unusable")]
    Field {
        /// The host that was asked.
        host: String,
        /// The name of the field.
        field: &'static str,
        /// What is wrong with it.
        problem: FieldProblem,
    },
}

/// What came instead of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// A redirect, which is never followed.
    Redirect,
    /// An empty body.
    Nothing,
    /// HTML.
    WebPage,
    /// Anything else.
    Other,
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldProblem {
    /// It is not there.
    Missing,
    /// It is an empty text.
    Empty,
    /// It is not a text.
    WrongType,
    /// It holds characters that it must not hold, or too many.
    Unusable,
    /// It is not a date.
    NotADate,
    /// It is a date in the past.
    Past,
}

/// The server refused (RFC 6749 section 5.2, or Alibaba Cloud's `Code` and `Message`).
#[derive(Debug, thiserror::Error)]
#[error("refused-{}", self.code.clone().unwrap_or_else(|| self.status.to_string()))]
pub struct Refusal {
    /// The host that was asked.
    pub host: String,
    /// The HTTP status.
    pub status: u16,
    /// The error code, safe to print.
    pub code: Option<String>,
    /// The server's own words, safe to print.
    pub description: Option<String>,
    /// What Alibaba Cloud's support asks for, safe to print.
    pub request_id: Option<String>,
    /// Seconds the server asks to wait (RFC 9110 section 10.2.3).
    pub retry_after: Option<u64>,
    /// The server's clock, where it sent one.
    pub date: Option<Timestamp>,
}

impl Refusal {
    /// Whether the error code is one of `codes`.
    pub fn is_any_of(&self, codes: &[&str]) -> bool {
        self.code.as_deref().is_some_and(|code| codes.contains(&code))
    }

    /// Whether the server has a temporary problem.
    pub fn is_temporary(&self) -> bool {
        self.status == 429 || self.status >= 500 || self.is_any_of(&["temporarily_unavailable", "server_error"])
    }
}
