//! A request as the endpoints see it, independent of sockets and of the HTTP library.

use std::collections::BTreeMap;
use std::io::Read as _;

use tiny_http::Method;

use super::faults::Endpoint;
use super::openapi;
use super::provider::{ErrorResponse, Parameters, request_id};
use super::sign_in::LOGIN;

const MAX_BODY: usize = 64 * 1024;
const FORM: &str = "application/x-www-form-urlencoded";

/// A request, read to its end.
pub(super) struct Request {
    /// The value of `x-acs-request-id`.
    pub(super) id: String,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Option<Parameters>,
    /// Names in lower case.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// Reads the request; `None` when its body is too large.
    pub(super) fn read(request: &mut tiny_http::Request) -> Option<Self> {
        if request.body_length().is_some_and(|length| length > MAX_BODY) {
            return None;
        }
        let (path, query) = request.url().split_once('?').unwrap_or((request.url(), ""));
        let (path, query) = (path.to_owned(), parameters(query.as_bytes()));
        let headers = request.headers().iter();
        let headers =
            headers.map(|header| (header.field.as_str().as_str().to_ascii_lowercase(), header.value.to_string()));
        let headers = headers.collect();
        let mut body = Vec::new();
        request.as_reader().take(MAX_BODY as u64 + 1).read_to_end(&mut body).ok()?;
        if body.len() > MAX_BODY {
            return None;
        }
        Some(Self { id: request_id(), method: request.method().clone(), path, query, headers, body })
    }

    pub(super) fn endpoint(&self) -> Option<Endpoint> {
        match (&self.method, self.path.as_str()) {
            (Method::Get | Method::Post, "/oauth2/v1/auth") => Some(Endpoint::Authorize),
            (Method::Get, LOGIN) => Some(Endpoint::Authorize),
            (Method::Post, "/v1/token") => Some(Endpoint::Token),
            (Method::Post, "/v1/exchange") => Some(Endpoint::Exchange),
            (Method::Post, "/v1/revoke") => Some(Endpoint::Revoke),
            (Method::Get, "/v1/userinfo") => Some(Endpoint::UserInfo),
            (Method::Get, "/v1/keys") => Some(Endpoint::Keys),
            (Method::Get, "/.well-known/openid-configuration") => Some(Endpoint::Discovery),
            (Method::Get | Method::Post, "/") => openapi::product(self),
            _ => None,
        }
    }

    /// The methods of the path; `None` if nothing is served there.
    pub(super) fn allowed(&self) -> Option<&'static str> {
        match self.path.as_str() {
            "/oauth2/v1/auth" | "/" => Some("GET, POST"),
            "/v1/token" | "/v1/exchange" | "/v1/revoke" => Some("POST"),
            LOGIN | "/v1/userinfo" | "/v1/keys" | "/.well-known/openid-configuration" | "/sandbox/ledger" => {
                Some("GET")
            }
            _ => None,
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(super) fn form(&self) -> Result<Parameters, ErrorResponse> {
        let kind = self.header("content-type").and_then(|kind| kind.split(';').next()).unwrap_or_default();
        if !kind.trim().eq_ignore_ascii_case(FORM) {
            return Err(ErrorResponse(400, "invalid_request", "The body must be a form."));
        }
        parameters(&self.body).ok_or(ErrorResponse(400, "invalid_request", "A parameter is repeated."))
    }

    /// The token of `Authorization: Bearer` (RFC 6750 section 2.1).
    pub(super) fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    /// What `Authorization: Basic` holds (RFC 6749 section 2.3.1).
    pub(super) fn basic(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Basic ")
    }

    /// The `grant_type` at the token endpoint, the action of an API.
    pub(super) fn grant(&self) -> Option<String> {
        match self.endpoint()? {
            Endpoint::Token => self.form().ok()?.get("grant_type").cloned(),
            Endpoint::Sts | Endpoint::Ims | Endpoint::Ram => openapi::action(self),
            _ => None,
        }
    }

    /// The credential it carries: the code, refresh token, or access token.
    pub(super) fn presented(&self) -> Option<String> {
        let form = self.form().unwrap_or_default();
        let token = ["refresh_token", "code", "token"].iter().find_map(|name| form.get(*name));
        token.cloned().or_else(|| self.bearer().map(str::to_owned))
    }

    pub(super) fn is_chinese(&self) -> bool {
        self.header("accept-language")
            .is_some_and(|languages| languages.trim_start().to_ascii_lowercase().starts_with("zh"))
    }
}

/// The parameters of a query or form; `None` when one is repeated (RFC 6749 section 3.1).
pub(super) fn parameters(text: &[u8]) -> Option<Parameters> {
    let mut found = Parameters::new();
    for (name, value) in url::form_urlencoded::parse(text).into_owned() {
        if found.insert(name, value).is_some() {
            return None;
        }
    }
    Some(found)
}
