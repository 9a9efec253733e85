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
    #[error("{host} answered with {what} instead of JSON (status {status})")]
    NotJson {
        /// The host that was asked.
        host: String,
        /// What came instead.
        what: &'static str,
        /// The HTTP status.
        status: u16,
    },
    /// The answer lacks something or has it wrong.
    #[error("the answer of {host} has {problem} `{field}`")]
    Field {
        /// The host that was asked.
        host: String,
        /// The name of the field.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// The server refused (RFC 6749 section 5.2, or Alibaba Cloud's `Code` and `Message`).
#[derive(Debug, thiserror::Error)]
#[error("{host} refused: {}", self.describe())]
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

    fn describe(&self) -> String {
        let mut words = match &self.code {
            Some(code) => format!("`{code}` (status {})", self.status),
            None => format!("status {}", self.status),
        };
        for (label, value) in [("", &self.description), ("request id ", &self.request_id)] {
            if let Some(value) = value {
                words.push_str(&format!(", {label}{value}"));
            }
        }
        words
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
                body if body.is_empty() && status.is_redirection() => "a redirect",
                body if body.is_empty() => "nothing",
                _ if looks_like_html(response) => "a web page",
                _ => "something",
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
            return Err(self.bad(name, if self.value(name).is_some() { "no text in" } else { "no" }));
        };
        match text.len() {
            0 => Err(self.bad(name, "an empty")),
            1..=MAX_TOKEN if text.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(Secret::new(text.as_str())),
            _ => Err(self.bad(name, "an unusable")),
        }
    }

    /// The error for a field of this answer.
    pub(crate) fn bad(&self, field: &'static str, problem: &'static str) -> ReplyError {
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

    fn words(status: u16, body: &str) -> String {
        judged(status, body).err().unwrap().to_string()
    }

    #[test]
    fn a_refusal_names_code_description_and_request_id() {
        let body = r#"{"error":"invalid_grant","error_description":"expired\u001b[2J","requestId":"R-1"}"#;
        assert_eq!(
            words(400, body),
            "oauth.example refused: `invalid_grant` (status 400), expired [2J, request id R-1"
        );
        assert!(words(200, body).starts_with("oauth.example refused: `invalid_grant`"), "an error in disguise");
    }

    #[test]
    fn every_other_kind_of_answer_has_its_own_words() {
        assert_eq!(words(200, "<html>"), "oauth.example answered with a web page instead of JSON (status 200)");
        assert_eq!(words(307, ""), "oauth.example answered with a redirect instead of JSON (status 307)");
        assert_eq!(words(200, ""), "oauth.example answered with nothing instead of JSON (status 200)");
        assert_eq!(words(200, "[1]"), "oauth.example answered with something instead of JSON (status 200)");
        assert_eq!(words(503, "<html>"), "oauth.example refused: status 503");
        assert_eq!(words(403, "no"), "oauth.example refused: status 403");
        assert_eq!(words(403, "<html>"), "oauth.example answered with a web page instead of JSON (status 403)");
    }

    #[test]
    fn a_token_is_text_that_fits_a_header() {
        for (body, problem) in [
            (r#"{"a":1}"#, "no `token`"),
            (r#"{"token":null}"#, "no text in `token`"),
            (r#"{"token":["x"]}"#, "no text in `token`"),
            (r#"{"token":""}"#, "an empty `token`"),
            (r#"{"token":"a\r\nb: c"}"#, "an unusable `token`"),
            (r#"{"token":"é"}"#, "an unusable `token`"),
        ] {
            let error = judged(200, body).unwrap().token("token").unwrap_err();
            assert_eq!(error.to_string(), format!("the answer of oauth.example has {problem}"), "{body}");
        }
        assert_eq!(judged(200, r#"{"Token":"x"}"#).unwrap().token("token").unwrap().expose(), "x");
    }
}
