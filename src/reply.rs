//! Judges an HTTP answer before anyone believes it: is it JSON, is it a refusal, what does it say of the time.

use http::StatusCode;
use http::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use serde_json::{Map, Value};

use crate::host::{Response, TransportError};
use crate::secret::Secret;
use crate::text::printable;
use crate::time::Timestamp;

const MAX_CODE: usize = 64;
const MAX_DESCRIPTION: usize = 200;
const MAX_TOKEN: usize = 16 * 1024;

/// A JSON object that came with success. Its values may be secret: it is never printed.
pub(crate) struct Reply {
    host: String,
    fields: Map<String, Value>,
    /// The server's clock, where it sent one.
    pub(crate) date: Option<Timestamp>,
}

/// Why an answer is no use.
#[derive(Debug, thiserror::Error)]
pub enum ReplyError {
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
        problem: Problem,
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
pub enum Problem {
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
}

impl Refusal {
    /// Whether the error code is one of `codes`.
    pub fn is_any_of(&self, codes: &[&str]) -> bool {
        self.code.as_deref().is_some_and(|code| codes.contains(&code))
    }

    /// Whether the server has a passing problem of its own.
    pub fn is_temporary(&self) -> bool {
        self.status == 429 || self.status >= 500 || self.is_any_of(&["temporarily_unavailable", "server_error"])
    }
}

impl Reply {
    /// Takes an answer apart.
    ///
    /// # Errors
    /// [`ReplyError::NotJson`] for anything but a JSON object, [`ReplyError::Refused`] for every status but
    /// 200 and for an `error` in disguise of a success.
    pub(crate) fn judge(host: &str, response: &Response) -> Result<Self, ReplyError> {
        let status = response.status();
        let fields = serde_json::from_slice::<Map<String, Value>>(response.body()).unwrap_or_default();
        let refused = fields.contains_key("error") || (status != StatusCode::OK && !fields.is_empty());
        let passing = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
        if refused || passing || (status.is_client_error() && !looks_like_html(response)) {
            return Err(refusal(host, response, &fields).into());
        }
        if status != StatusCode::OK || fields.is_empty() {
            let what = match response.body() {
                body if body.is_empty() && status.is_redirection() => Instead::Redirect,
                body if body.is_empty() => Instead::Nothing,
                _ if looks_like_html(response) => Instead::WebPage,
                _ => Instead::Other,
            };
            return Err(ReplyError::NotJson { host: host.to_owned(), what, status: status.as_u16() });
        }
        Ok(Self { host: host.to_owned(), fields, date: date(response.headers()) })
    }

    /// The value of a field, whose name is matched without regard to case: Alibaba Cloud's own SDKs disagree
    /// about it.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).or_else(|| {
            let (_, value) = self.fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
            Some(value)
        })
    }

    /// A text that must be there and must be fit for an HTTP header: visible ASCII.
    pub(crate) fn token(&self, name: &'static str) -> Result<Secret, ReplyError> {
        let Some(Value::String(text)) = self.value(name) else {
            return Err(self.bad(name, if self.value(name).is_some() { Problem::WrongType } else { Problem::Missing }));
        };
        match text.len() {
            0 => Err(self.bad(name, Problem::Empty)),
            1..=MAX_TOKEN if text.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(Secret::new(text.as_str())),
            _ => Err(self.bad(name, Problem::Unusable)),
        }
    }

    /// The error for a field of this answer.
    pub(crate) fn bad(&self, field: &'static str, problem: Problem) -> ReplyError {
        ReplyError::Field { host: self.host.clone(), field, problem }
    }
}

fn refusal(host: &str, response: &Response, fields: &Map<String, Value>) -> Refusal {
    let text = |names: &[&str], limit| {
        let value = names.iter().find_map(|name| fields.get(*name)?.as_str())?;
        Some(printable(value, limit)).filter(|shown| !shown.is_empty())
    };
    let header = |name: &str| Some(printable(response.headers().get(name)?.to_str().ok()?, MAX_CODE));
    Refusal {
        host: host.to_owned(),
        status: response.status().as_u16(),
        code: text(&["error", "Code", "code"], MAX_CODE),
        description: text(&["error_description", "Message", "message"], MAX_DESCRIPTION),
        request_id: text(&["requestId", "RequestId", "request_id"], MAX_CODE).or_else(|| header("x-acs-request-id")),
        retry_after: header(RETRY_AFTER.as_str()).and_then(|seconds| seconds.parse().ok()),
    }
}

fn looks_like_html(response: &Response) -> bool {
    let named = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    named || response.body().trim_ascii_start().starts_with(b"<")
}

fn date(headers: &HeaderMap) -> Option<Timestamp> {
    Timestamp::parse_http_date(headers.get(DATE)?.to_str().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(status: u16, body: &str) -> Result<Reply, ReplyError> {
        let mut response = Response::new(body.as_bytes().to_vec());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        Reply::judge("oauth.example", &response)
    }

    fn refused(status: u16, body: &str) -> Refusal {
        match judged(status, body) {
            Err(ReplyError::Refused(refusal)) => refusal,
            other => panic!("{:?}", other.err()),
        }
    }

    #[test]
    fn a_refusal_keeps_code_description_and_request_id() {
        let body = r#"{"error":"invalid_grant","error_description":"expired\u001b[2J","requestId":"R-1"}"#;
        for status in [400, 200] {
            let refusal = refused(status, body);
            assert_eq!(refusal.code.as_deref(), Some("invalid_grant"), "an error in disguise is one too");
            assert_eq!(refusal.description.as_deref(), Some("expired [2J"));
            assert_eq!((refusal.request_id.as_deref(), refusal.status), (Some("R-1"), status));
        }
    }

    #[test]
    fn whatever_is_not_json_is_classified() {
        for (status, body, expected) in [
            (200, "<html>", Instead::WebPage),
            (403, "<html>", Instead::WebPage),
            (307, "", Instead::Redirect),
            (200, "", Instead::Nothing),
            (200, "[1]", Instead::Other),
        ] {
            match judged(status, body) {
                Err(ReplyError::NotJson { what, status: seen, .. }) => assert_eq!((what, seen), (expected, status)),
                other => panic!("{body}: {:?}", other.err()),
            }
        }
        for (status, body) in [(503, "<html>"), (403, "no")] {
            assert_eq!(refused(status, body).status, status);
        }
    }

    #[test]
    fn a_token_is_text_that_fits_a_header() {
        for (body, expected) in [
            (r#"{"a":1}"#, Problem::Missing),
            (r#"{"token":null}"#, Problem::WrongType),
            (r#"{"token":["x"]}"#, Problem::WrongType),
            (r#"{"token":""}"#, Problem::Empty),
            (r#"{"token":"a\r\nb: c"}"#, Problem::Unusable),
            (r#"{"token":"é"}"#, Problem::Unusable),
        ] {
            match judged(200, body).unwrap().token("token").unwrap_err() {
                ReplyError::Field { field: "token", problem, .. } => assert_eq!(problem, expected, "{body}"),
                other => panic!("{body}: {other:?}"),
            }
        }
        assert_eq!(judged(200, r#"{"Token":"x"}"#).unwrap().token("token").unwrap().expose(), "x");
    }
}
