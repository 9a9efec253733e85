//! Reads the authorization response from the request that the browser is redirected to (RFC 6749 section 4.1.2).
//!
//! Every page in the user's browser and every program on the machine can send requests to the callback. Only a
//! request with the `state` of this sign-in is believed; of any other, nothing but the `state` is read. Answering
//! is left to [`super::loopback`].

use std::fmt;

use hyper::header::{HeaderMap, HeaderName, ORIGIN};
use hyper::{Method, StatusCode};

use crate::secret::Secret;
use crate::text::printable;

/// The path of the redirect URI, as registered for the `official-cli` application.
pub const PATH: &str = "/cli/callback";
/// The longest code or error code that is accepted, in bytes.
const MAX_VALUE: usize = 4096;
/// The longest text of the server that is passed on, in characters.
const MAX_DESCRIPTION: usize = 200;
/// The most parameters that are accepted; no authorization server sends as many.
const MAX_PARAMETERS: usize = 32;

/// An authorization response.
#[derive(Debug, PartialEq, Eq)]
pub enum Callback {
    /// The authorization code.
    Code(Secret),
    /// An error (RFC 6749 section 4.1.2.1).
    Refused {
        /// The error code.
        error: ErrorCode,
        /// The description: safe to show on a terminal, at most 200 characters.
        description: Option<String>,
    },
}

/// The error codes of RFC 6749 section 4.1.2.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// `invalid_request`
    InvalidRequest,
    /// `unauthorized_client`
    UnauthorizedClient,
    /// `access_denied`: the user or the authorization server denied the request.
    AccessDenied,
    /// `unsupported_response_type`
    UnsupportedResponseType,
    /// `invalid_scope`
    InvalidScope,
    /// `server_error`
    ServerError,
    /// `temporarily_unavailable`
    TemporarilyUnavailable,
    /// Any other, safe to show on a terminal.
    Unknown(String),
}

impl ErrorCode {
    fn read(text: &str) -> Self {
        match text {
            "invalid_request" => Self::InvalidRequest,
            "unauthorized_client" => Self::UnauthorizedClient,
            "access_denied" => Self::AccessDenied,
            "unsupported_response_type" => Self::UnsupportedResponseType,
            "invalid_scope" => Self::InvalidScope,
            "server_error" => Self::ServerError,
            "temporarily_unavailable" => Self::TemporarilyUnavailable,
            other => Self::Unknown(printable(other, MAX_DESCRIPTION)),
        }
    }

    /// The code as the server spelled it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::AccessDenied => "access_denied",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::Unknown(text) => text,
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a request does not belong to this sign-in. It is answered and changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stray {
    /// It has another path.
    NotFound,
    /// It has another method.
    MethodNotAllowed,
    /// It is not a navigation: a script, a subresource or a prefetch sent it.
    Forbidden,
    /// It lacks the `state` of this sign-in, or it is malformed.
    BadRequest,
    /// Its head is too large.
    HeadTooLarge,
    /// Another user of this machine sent it.
    OtherUser,
}

impl Stray {
    /// The status to answer with.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Forbidden | Self::OtherUser => StatusCode::FORBIDDEN,
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        }
    }
}

/// Why a query is not the authorization response of this sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// It is not form-encoded UTF-8, or has too many parameters.
    Malformed,
    /// A parameter is there twice (RFC 6749 section 3.1).
    Repeated,
    /// It has no `state`.
    NoState,
    /// It has the `state` of another sign-in, or a part of one.
    WrongState,
    /// Another issuer sent it (RFC 9207).
    WrongIssuer,
    /// It has neither a code nor an error, both, or one that cannot be.
    NoCode,
}

/// What a request must carry to belong to this sign-in.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The path of the redirect URI.
    pub path: String,
    /// The `state` of the authorization request.
    pub state: Secret,
    /// The issuer that `iss` must name where it is present (RFC 9207); with `None`, `iss` is ignored.
    pub issuer: Option<String>,
}

impl Expected {
    /// Reads a request to the callback.
    ///
    /// # Errors
    /// When the request does not belong to this sign-in.
    pub fn read(
        &self,
        method: &Method,
        path: &str,
        query: Option<&str>,
        headers: &HeaderMap,
    ) -> Result<Callback, Stray> {
        if path != self.path {
            return Err(Stray::NotFound);
        }
        if method != Method::GET {
            return Err(Stray::MethodNotAllowed);
        }
        if !is_navigation(headers) {
            return Err(Stray::Forbidden);
        }
        self.read_query(query.unwrap_or_default()).map_err(|_| Stray::BadRequest)
    }

    /// Reads the query of a redirect, still percent-encoded.
    ///
    /// # Errors
    /// When it does not belong to this sign-in.
    pub fn read_query(&self, query: &str) -> Result<Callback, Mismatch> {
        let parameters = Parameters::parse(query)?;
        // Checked first, because anyone can send an `error` without the state (CVE-2026-42073).
        if parameters.get("state").ok_or(Mismatch::NoState)? != &self.state {
            return Err(Mismatch::WrongState);
        }
        if let (Some(expected), Some(sent)) = (&self.issuer, parameters.get("iss"))
            && sent.expose() != expected
        {
            return Err(Mismatch::WrongIssuer);
        }
        match (parameters.get("code"), parameters.get("error")) {
            (Some(code), None) if is_token(code.expose()) => Ok(Callback::Code(code.clone())),
            (None, Some(error)) if is_token(error.expose()) => Ok(Callback::Refused {
                error: ErrorCode::read(error.expose()),
                description: parameters
                    .get("error_description")
                    .map(|text| printable(text.expose(), MAX_DESCRIPTION))
                    .filter(|text| !text.is_empty()),
            }),
            _ => Err(Mismatch::NoCode),
        }
    }
}

/// Whether the headers allow the request to be a navigation. Browsers set these headers themselves; scripts on a
/// page cannot (Fetch Metadata, sections 2 and 5).
fn is_navigation(headers: &HeaderMap) -> bool {
    let all = |name: &'static str, wanted: &str| {
        headers.get_all(HeaderName::from_static(name)).iter().all(|value| value.as_bytes() == wanted.as_bytes())
    };
    let ahead = ["sec-purpose", "purpose", "x-purpose", "x-moz"].iter().any(|name| headers.contains_key(*name));
    !ahead && !headers.contains_key(ORIGIN) && all("sec-fetch-mode", "navigate") && all("sec-fetch-dest", "document")
}

/// The parameters of a query. None is repeated (RFC 6749 section 3.1).
struct Parameters(Vec<(String, Secret)>);

impl Parameters {
    fn parse(query: &str) -> Result<Self, Mismatch> {
        let mut parameters: Vec<(String, Secret)> = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name).ok_or(Mismatch::Malformed)?;
            if parameters.len() == MAX_PARAMETERS {
                return Err(Mismatch::Malformed);
            }
            if parameters.iter().any(|(known, _)| *known == name) {
                return Err(Mismatch::Repeated);
            }
            parameters.push((name, Secret::new(decode(value).ok_or(Mismatch::Malformed)?)));
        }
        Ok(Self(parameters))
    }

    fn get(&self, name: &str) -> Option<&Secret> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

/// Decodes `application/x-www-form-urlencoded` (RFC 6749 appendix B); `None` when it is malformed.
fn decode(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex(bytes.next()?)? << 4 | hex(bytes.next()?)?,
            plain => plain,
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

/// Whether `text` can be a code or an error code: visible ASCII and spaces (RFC 6749 appendices A.7 and A.11).
fn is_token(text: &str) -> bool {
    (1..=MAX_VALUE).contains(&text.len()) && text.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    const ISSUER: &str = "https://oauth.aliyun.com";

    fn expected() -> Expected {
        Expected { path: PATH.to_owned(), state: Secret::new("right"), issuer: Some(ISSUER.to_owned()) }
    }

    fn code(query: &str) -> Option<String> {
        match expected().read_query(query) {
            Ok(Callback::Code(code)) => Some(code.expose().to_owned()),
            _ => None,
        }
    }

    fn refusal(query: &str) -> Option<(ErrorCode, Option<String>)> {
        match expected().read_query(query) {
            Ok(Callback::Refused { error, description }) => Some((error, description)),
            _ => None,
        }
    }

    #[test]
    fn a_code_counts_in_any_order_and_beside_other_parameters() {
        for query in [
            "code=abc&state=right",
            "state=right&code=abc",
            "&state=%72ight&&code=a%62c&",
            "session=1&code=abc&state=right&empty",
            "code=abc&state=right&iss=https%3A%2F%2Foauth.aliyun.com",
        ] {
            assert_eq!(code(query).as_deref(), Some("abc"), "{query}");
        }
        assert_eq!(code("state=right&code=a%2Bb+c").as_deref(), Some("a+b c"));
    }

    #[test]
    fn without_an_expected_issuer_the_issuer_is_not_read() {
        let expected = Expected { path: PATH.to_owned(), state: Secret::new("right"), issuer: None };
        assert!(expected.read_query("state=right&code=a&iss=http://127.0.0.1:1").is_ok());
    }

    #[test]
    fn a_refusal_has_a_code_and_a_printable_description() {
        assert_eq!(refusal("error=access_denied&state=right"), Some((ErrorCode::AccessDenied, None)));
        assert_eq!(refusal("error=so%1b&state=right"), None, "no error code has a control character");
        let (error, description) = refusal(
            "state=right&error=new_kind&error_description=one%0D%0Atwo%1B%5B2J%E2%80%AEeerht%E2%80%8B++four%C2%9B",
        )
        .unwrap();
        assert_eq!(error, ErrorCode::Unknown("new_kind".to_owned()));
        assert_eq!(description.as_deref(), Some("one two [2J eerht four"));
    }

    #[test]
    fn a_long_description_is_cut_at_200_characters() {
        for (length, cut) in [(199, false), (200, false), (201, true), (3000, true)] {
            let query = format!("state=right&error=e&error_description={}", "权".repeat(length));
            let description = refusal(&query).unwrap().1.unwrap();
            assert_eq!(description.chars().count(), length.min(200), "{length}");
            assert_eq!(description.ends_with('…'), cut, "{length}");
        }
    }

    #[test]
    fn the_request_itself_is_judged_before_its_query() {
        let read = |method: Method, path: &str| {
            expected().read(&method, path, Some("state=right&code=abc"), &HeaderMap::new()).map(|_| ())
        };
        assert_eq!(read(Method::GET, PATH), Ok(()));
        assert_eq!(read(Method::HEAD, PATH), Err(Stray::MethodNotAllowed));
        assert_eq!(read(Method::POST, "/"), Err(Stray::NotFound));
        for path in ["/", "/favicon.ico", "/cli/callback/", "//cli/callback", "/cli/%63allback", "/CLI/callback", "*"] {
            assert_eq!(read(Method::GET, path), Err(Stray::NotFound), "{path}");
        }
    }

    #[test]
    fn only_a_navigation_is_read() {
        let read = |fields: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in fields {
                headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            expected().read(&Method::GET, PATH, Some("state=right&code=abc"), &headers).map(|_| ())
        };
        assert_eq!(read(&[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")]), Ok(()));
        assert_eq!(read(&[("sec-fetch-site", "cross-site"), ("referer", "https://signin.aliyun.com/")]), Ok(()));
        for fields in [
            [("origin", "null")].as_slice(),
            &[("origin", "http://127.0.0.1:12345")],
            &[("sec-purpose", "prefetch;prerender")],
            &[("purpose", "prefetch")],
            &[("sec-fetch-mode", "no-cors")],
            &[("sec-fetch-mode", "navigate"), ("sec-fetch-mode", "cors")],
            &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")],
        ] {
            assert_eq!(read(fields), Err(Stray::Forbidden), "{fields:?}");
        }
    }

    proptest! {
        #[test]
        fn a_query_without_the_state_is_refused(
            query in "([a-z=&%+;0-9\\x00-\\x7f]|state=|code=|error=|iss=|&|%[0-9a-f]{2}|\\PC){0,40}",
        ) {
            prop_assert!(expected().read_query(&query).is_err());
        }

        #[test]
        fn only_the_right_state_yields_the_code(state in "[a-z]{0,8}", code in "[!-~]{1,60}") {
            let escape = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
            let query = format!("code={}&state={}", escape(&code), escape(&state));
            let expected = Expected { path: PATH.to_owned(), state: Secret::new("right"), issuer: None };
            let said = expected.read_query(&query);
            prop_assert_eq!(said.is_ok(), state == "right");
            let right = Expected { path: PATH.to_owned(), state: Secret::new(state), issuer: None };
            prop_assert_eq!(right.read_query(&query), Ok(Callback::Code(Secret::new(code))));
        }
    }
}
