//! Judges an HTTP answer before anyone believes it: is it JSON, is it a refusal, what does it say of the time.

mod error;
mod fields;
mod words;

use http::StatusCode;
use http::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use serde_json::Value;

use crate::host::Response;
use crate::secret::{Secret, fits_header};
use crate::time::Timestamp;

pub use error::{FieldProblem, Instead, Refusal, ReplyError};
use fields::Fields;
use words::shown;

const MAX_CODE: usize = 64;
const MAX_DESCRIPTION: usize = 200;
const MAX_TOKEN: usize = 16 * 1024;

/// A JSON object that came with success. Its values may be secret: it is never printed.
pub(crate) struct Reply {
    host: String,
    fields: Fields,
    /// The server's clock, where it sent one.
    pub(crate) date: Option<Timestamp>,
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
        let refused = fields.has_error() || (status != StatusCode::OK && !fields.is_empty());
        let passing = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
        if refused || passing || (status.is_client_error() && !looks_like_html(response)) {
            return Err(refusal(host, response, &fields, sent).into());
        }
        Self::of_success(host, response).filter(|reply| reply.fields.ended).ok_or_else(|| not_json(host, response))
    }

    /// The answer if it begins as a JSON object and is a success by its status, whatever is in it.
    pub(crate) fn of_success(host: &str, response: &Response) -> Option<Self> {
        let fields = Fields::of(response.body());
        let success = response.status() == StatusCode::OK && !fields.is_empty();
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
        self.fields.object()
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
        Err(self.bad(name, problem.unwrap_or(FieldProblem::Missing)))
    }

    /// The error for a field of this answer.
    pub(crate) fn bad(&self, field: &'static str, problem: FieldProblem) -> ReplyError {
        ReplyError::Field { host: self.host.clone(), field, problem }
    }
}

fn token(raw: &str) -> Result<Secret, FieldProblem> {
    if raw == "null" {
        return Err(FieldProblem::Missing);
    }
    if !raw.starts_with('"') {
        return Err(FieldProblem::WrongType);
    }
    let text: String = serde_json::from_str(raw).map_err(|_| FieldProblem::Unusable)?;
    match text.len() {
        0 => Err(FieldProblem::Empty),
        1..=MAX_TOKEN if fits_header(&text) => Ok(Secret::new(text)),
        _ => Err(FieldProblem::Unusable),
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
    let text = |names: &[&str], limit| {
        let value = names.iter().find_map(|name| fields.text(name))?;
        Some(shown(&value, sent, limit)).filter(|text| !text.is_empty())
    };
    let header = |name: &str| Some(shown(response.headers().get(name)?.to_str().ok()?, sent, MAX_CODE));
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
mod tests;
