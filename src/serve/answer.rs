//! The responses of the endpoint. Only a program of the same user that knows the whole URL gets credentials, and
//! no browser does.

use std::io;
use std::sync::Arc;

use hyper::header::{ALLOW, HeaderName, HeaderValue, ORIGIN, REFERER};
use hyper::{HeaderMap, Method, StatusCode};
use serde::Serialize;

use super::{Describe, Refused};
use crate::credentials::{Error, Held, UriAnswer};
use crate::host::{Host, Peers};
use crate::loopback_server::{Handler, Rejection, Request, Response, respond};
use crate::secret::Secret;

/// Answers requests for the credentials.
pub(super) struct CredentialsHandler {
    path: Secret,
    user: Option<u32>,
    peers: Arc<dyn Peers>,
    held: Held,
    region: Option<String>,
    describe: Describe,
}

/// A response without credentials, in the format of one with them.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct RefusalBody<'a> {
    code: &'a str,
    message: &'a str,
}

impl Handler for CredentialsHandler {
    async fn handle(&self, request: Request) -> Response {
        match self.refusal(&request) {
            Some(refusal) => refusal,
            None => self.respond().await,
        }
    }

    fn reject(&self, rejection: Rejection, _headers: &HeaderMap) -> Response {
        let refused = match rejection {
            Rejection::WrongHost => Refused::Host,
            Rejection::HeadTooLarge => Refused::HeadTooLarge,
            Rejection::Malformed => Refused::Malformed,
        };
        self.refuse(rejection.status(), refused)
    }
}

impl CredentialsHandler {
    pub(super) fn new(host: &Host, path: Secret, held: Held, region: Option<String>, describe: Describe) -> Self {
        Self { path, user: host.user, peers: Arc::clone(&host.peers), held, region, describe }
    }

    /// Returns the credentials in memory while they are valid, else waits for a renewal.
    async fn respond(&self) -> Response {
        match self.held.credentials().await {
            Ok(credentials) => {
                let body = serde_json::to_vec(&UriAnswer::from(&credentials).in_region(self.region.as_deref()))
                    .expect("texts are JSON");
                respond(StatusCode::OK, "application/json", body)
            }
            Err(Some(error)) => self.refuse(StatusCode::SERVICE_UNAVAILABLE, Refused::Failed(&error)),
            Err(None) => self.refuse(StatusCode::SERVICE_UNAVAILABLE, Refused::Expired),
        }
    }

    /// Returns the response to a request that must not get credentials.
    fn refusal(&self, request: &Request) -> Option<Response> {
        if request.headers().keys().any(only_browsers_send) {
            return Some(self.refuse(StatusCode::FORBIDDEN, Refused::Browser));
        }
        if request.method() != Method::GET {
            let mut response = self.refuse(StatusCode::METHOD_NOT_ALLOWED, Refused::Method);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
            return Some(response);
        }
        if request.query().is_some() || Secret::new(request.path()) != self.path {
            return Some(self.refuse(StatusCode::NOT_FOUND, Refused::Path));
        }
        let other_user = !self.is_own_user(request);
        other_user.then(|| self.refuse(StatusCode::FORBIDDEN, Refused::User))
    }

    fn refuse(&self, status: StatusCode, refused: Refused<'_>) -> Response {
        let refusal = RefusalBody { code: code(&refused), message: &(self.describe)(&refused) };
        respond(status, "application/json", serde_json::to_vec(&refusal).expect("texts are JSON"))
    }

    /// Whether the request comes from the user who runs this program. Where the system does not support the
    /// question, the secret path suffices; where it does but has no answer, the request is refused.
    fn is_own_user(&self, request: &Request) -> bool {
        match self.peers.owner(request.peer(), request.local()) {
            Ok(owner) => owner.is_some() && owner == self.user,
            Err(error) => error.kind() == io::ErrorKind::Unsupported,
        }
    }
}

/// Whether browsers send the header and SDKs do not.
fn only_browsers_send(name: &HeaderName) -> bool {
    *name == ORIGIN || *name == REFERER || name.as_str().starts_with("sec-fetch-")
}

/// The kind of a refusal, for programs that read the response.
fn code(refused: &Refused<'_>) -> &'static str {
    match refused {
        Refused::Host | Refused::Browser | Refused::User => "Forbidden",
        Refused::HeadTooLarge => "HeadTooLarge",
        Refused::Malformed => "BadRequest",
        Refused::Method => "MethodNotAllowed",
        Refused::Path => "NotFound",
        Refused::Expired => "Expired",
        Refused::Failed(error) => failed(error),
    }
}

fn failed(error: &Error) -> &'static str {
    match error {
        Error::SignIn { .. } | Error::Lost(_) => "SignInNeeded",
        Error::Refresh(_) | Error::Exchange(_) | Error::TooShort { .. } => "RenewalFailed",
        Error::Store(error) if error.is_temporary() => "RenewalFailed",
        _ => "ProfileUnusable",
    }
}
