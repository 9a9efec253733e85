//! Judges an HTTP answer before anyone believes it: is it JSON, is it a refusal, what does it say of the time.

use std::fmt;

use http::StatusCode;
use http::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::host::{Response, TransportError};
use crate::secret::Secret;
use crate::site::NotSandboxToken;
use crate::text::printable;
use crate::time::Timestamp;

const MAX_CODE: usize = 64;
const MAX_DESCRIPTION: usize = 200;
const MAX_TOKEN: usize = 16 * 1024;
/// How much of the server's words is searched for secrets; the rest is never shown.
const MAX_SEARCHED: usize = 4096;

/// A JSON object that came with success. Its values may be secret: it is never printed.
pub(crate) struct Reply {
    host: String,
    fields: Fields,
    /// The server's clock, where it sent one.
    pub(crate) date: Option<Timestamp>,
}

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

impl Reply {
    /// Takes an answer apart. `sent` are the secrets of the request: the server's words never show them.
    ///
    /// # Errors
    /// [`ReplyError::NotJson`] for anything but a JSON object, [`ReplyError::Refused`] for every status but
    /// 200 and for an `error` with a status of success.
    pub(crate) fn judge(host: &str, response: &Response, sent: &[&Secret]) -> Result<Self, ReplyError> {
        let status = response.status();
        let fields = Fields::of(response.body());
        let refused = fields.has_error() || (status != StatusCode::OK && !fields.0.is_empty());
        let passing = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
        if refused || passing || (status.is_client_error() && !looks_like_html(response)) {
            return Err(refusal(host, response, &fields, sent).into());
        }
        Self::of_success(host, response).ok_or_else(|| not_json(host, response))
    }

    /// The answer if it is a JSON object and a success by its status, whatever is in it.
    pub(crate) fn of_success(host: &str, response: &Response) -> Option<Self> {
        let fields = Fields::of(response.body());
        let success = response.status() == StatusCode::OK && !fields.0.is_empty();
        success.then(|| Self { host: host.to_owned(), fields, date: date(response.headers()) })
    }

    /// Judges an answer of which only success matters (RFC 7009 section 2.2): 200 with an empty body, or
    /// with an object that reports no failure in OAuth's words (`error`) or in Alibaba Cloud's (`Code`, `Success`).
    ///
    /// # Errors
    /// [`ReplyError`]
    pub(crate) fn acknowledged(host: &str, response: &Response, sent: &[&Secret]) -> Result<(), ReplyError> {
        let body = response.body().trim_ascii();
        if response.status() == StatusCode::OK && (body.is_empty() || body == b"{}") {
            return Ok(());
        }
        let reply = Self::judge(host, response, sent)?;
        if reply.raw("Code").is_some() || reply.raw("Success").is_some_and(|value| value != "true") {
            return Err(refusal(host, response, &reply.fields, sent).into());
        }
        Ok(())
    }

    /// The value of a field, whose name is matched without regard to case: Alibaba Cloud's own SDKs disagree
    /// about it.
    pub(crate) fn value(&self, name: &str) -> Option<Value> {
        serde_json::from_str(self.raw(name)?).ok()
    }

    /// The JSON of a field; of the last one where there are several.
    pub(crate) fn raw(&self, name: &str) -> Option<&str> {
        self.fields.all(name).next()
    }

    /// Everything in the answer; of a repeated field the last value.
    pub(crate) fn object(&self) -> serde_json::Map<String, Value> {
        let read =
            |(name, value): &(String, Box<RawValue>)| Some((name.clone(), serde_json::from_str(value.get()).ok()?));
        self.fields.0.iter().filter_map(read).collect()
    }

    /// A text that must be there and must be fit for an HTTP header: visible ASCII. Of several the last one that is
    /// fit counts.
    pub(crate) fn token(&self, name: &'static str) -> Result<Secret, ReplyError> {
        let mut problem = None;
        for raw in self.fields.all(name) {
            match token(raw) {
                Ok(token) => return Ok(token),
                Err(found) => _ = problem.get_or_insert(found),
            }
        }
        Err(self.bad(name, problem.unwrap_or(Problem::Missing)))
    }

    /// The error for a field of this answer.
    pub(crate) fn bad(&self, field: &'static str, problem: Problem) -> ReplyError {
        ReplyError::Field { host: self.host.clone(), field, problem }
    }
}

/// The fields of a JSON object in their order, each value as its JSON text. No value can affect
/// another field: a number beyond every type, a repeated name, bytes that are not Unicode, something after the object.
struct Fields(Vec<(String, Box<RawValue>)>);

impl Fields {
    fn of(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let mut json = serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}'));
        Self::deserialize(&mut json).unwrap_or(Self(Vec::new()))
    }

    /// The values of a field: those with exactly this name before those in another case, and the last one first.
    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let exact = self.0.iter().rev().filter(move |(key, _)| key == name);
        let similar = self.0.iter().rev().filter(move |(key, _)| key != name && key.eq_ignore_ascii_case(name));
        exact.chain(similar).map(|(_, value)| value.get())
    }

    fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.0.iter().rev().find(|(key, _)| key == name)?.1.get()).ok()
    }

    fn has_error(&self) -> bool {
        self.all("error").any(|error| !matches!(error, "null" | "false" | "\"\""))
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = object.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

fn token(raw: &str) -> Result<Secret, Problem> {
    if raw == "null" {
        return Err(Problem::Missing);
    }
    if !raw.starts_with('"') {
        return Err(Problem::WrongType);
    }
    let text: String = serde_json::from_str(raw).map_err(|_| Problem::Unusable)?;
    match text.len() {
        0 => Err(Problem::Empty),
        1..=MAX_TOKEN if text.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(Secret::new(text)),
        _ => Err(Problem::Unusable),
    }
}

fn not_json(host: &str, response: &Response) -> ReplyError {
    let what = match response.body() {
        body if body.is_empty() && response.status().is_redirection() => Instead::Redirect,
        body if body.is_empty() => Instead::Nothing,
        _ if looks_like_html(response) => Instead::WebPage,
        _ => Instead::Other,
    };
    ReplyError::NotJson { host: host.to_owned(), what, status: response.status().as_u16() }
}

fn refusal(host: &str, response: &Response, fields: &Fields, sent: &[&Secret]) -> Refusal {
    let clean = |text: &str, limit| printable(&Secret::cover(sent, &printable(text, MAX_SEARCHED)), limit);
    let text = |names: &[&str], limit| {
        let value = names.iter().find_map(|name| fields.text(name))?;
        Some(clean(&value, limit)).filter(|shown| !shown.is_empty())
    };
    let header = |name: &str| Some(clean(response.headers().get(name)?.to_str().ok()?, MAX_CODE));
    Refusal {
        host: host.to_owned(),
        status: response.status().as_u16(),
        code: text(&["error", "Code", "code"], MAX_CODE),
        description: text(&["error_description", "Message", "message"], MAX_DESCRIPTION),
        request_id: text(&["requestId", "RequestId", "request_id"], MAX_CODE).or_else(|| header("x-acs-request-id")),
        retry_after: header(RETRY_AFTER.as_str()).and_then(|seconds| seconds.parse().ok()),
        date: date(response.headers()),
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
        Reply::judge("oauth.example", &response, &[])
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
            (r#"{"token":null}"#, Problem::Missing),
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

    #[test]
    fn the_words_of_a_server_never_show_what_was_sent() {
        let token = Secret::new("rt-0123456789abcdefghij");
        for words in [
            "rt-0123456789abcdefghij is spent",
            "the token rt-0123456789abcdefghij",
            "starts with rt-0123456789",
            "ends in 9abcdefghij",
            "x=rt-0123456789abcdefghij&y=rt-0123456789abcdefghij",
            "rt-01234567\u{0}\u{200b}89abcdefghij",
        ] {
            let body = serde_json::json!({"error": words, "error_description": words, "requestId": words}).to_string();
            let mut response = Response::new(body.into_bytes());
            *response.status_mut() = StatusCode::BAD_REQUEST;
            let Err(ReplyError::Refused(refusal)) = Reply::judge("oauth.example", &response, &[&token]) else {
                panic!("{words}")
            };
            for shown in [refusal.code, refusal.description, refusal.request_id].into_iter().flatten() {
                assert!(shown.contains("***") && !shown.contains("0123456") && !shown.contains("cdefghij"), "{shown}");
            }
        }
    }

    #[test]
    fn only_an_empty_or_json_success_is_an_acknowledgement() {
        let acknowledged = |status: u16, body: &str| {
            let mut response = Response::new(body.as_bytes().to_vec());
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            Reply::acknowledged("oauth.example", &response, &[]).is_ok()
        };
        for body in ["", " \r\n", "{}", r#"{"requestId":"R"}"#, r#"{"success":true}"#, r#"{"error":null}"#] {
            assert!(acknowledged(200, body), "{body}");
            assert!(!acknowledged(400, body) && !acknowledged(302, body), "{body}");
        }
        let refused = [r#"{"error":"invalid_request"}"#, r#"{"Code":"Throttling"}"#, r#"{"success":false}"#];
        let strange = ["<html>", "<!doctype html>", "welcome to the hotel", "[]", "\"ok\"", "true"];
        for body in refused.into_iter().chain(strange) {
            assert!(!acknowledged(200, body), "{body}");
        }
    }
}
