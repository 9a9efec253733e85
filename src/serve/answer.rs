//! What a visitor of the endpoint gets. No browser, no other user and nobody without the whole URL gets anything.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::header::{ALLOW, HeaderName, HeaderValue, ORIGIN, REFERER};
use hyper::{Method, StatusCode};
use serde::Serialize;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

use super::keeper::Stock;
use crate::credentials::UriAnswer;
use crate::host::{Clock, Host, peers};
use crate::loopback_server::{Request, Response, respond};
use crate::secret::Secret;

/// How long a visitor waits for a renewal when there is nothing valid to hand out. Less than a connection lasts.
const PATIENCE: Duration = Duration::from_secs(45);

/// Answers visitors.
pub(super) struct CredentialsHandler {
    path: Secret,
    user: Option<u32>,
    clock: Arc<dyn Clock>,
    held: watch::Receiver<Stock>,
    renew: Arc<Notify>,
}

/// An answer without credentials, in the manner of one with them.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Refusal<'a> {
    code: &'a str,
    message: &'a str,
}

impl CredentialsHandler {
    pub(super) fn new(host: &Host, path: Secret, held: watch::Receiver<Stock>, renew: Arc<Notify>) -> Self {
        Self { path, user: host.user, clock: Arc::clone(&host.clock), held, renew }
    }

    /// Answers one request, from memory if anything there is valid.
    pub(super) async fn handle(&self, request: &Request) -> Response {
        if let Some(refusal) = self.refusal(request) {
            return refusal;
        }
        let mut held = self.held.clone();
        if let Some(answer) = self.credentials(&held.borrow_and_update()) {
            return answer;
        }
        self.renew.notify_one();
        // Whatever comes of it: what is held then is the answer.
        let _ = timeout(PATIENCE, held.changed()).await;
        let stock = held.borrow();
        self.credentials(&stock).unwrap_or_else(|| {
            let (code, message) = stock.trouble();
            refuse(StatusCode::SERVICE_UNAVAILABLE, code, message)
        })
    }

    fn credentials(&self, stock: &Stock) -> Option<Response> {
        let credentials = stock.valid(self.clock.now())?;
        let body = serde_json::to_vec(&UriAnswer::from(credentials)).expect("texts are JSON");
        Some(respond(StatusCode::OK, "application/json", body))
    }

    /// Turns away whoever should not be here.
    fn refusal(&self, request: &Request) -> Option<Response> {
        if request.headers().keys().any(only_browsers_send) {
            return Some(refuse(StatusCode::FORBIDDEN, "Forbidden", "browsers are not served"));
        }
        if request.method() != Method::GET {
            let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", "use GET");
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
            return Some(response);
        }
        if request.query().is_some() || Secret::new(request.path()) != self.path {
            return Some(refuse(StatusCode::NOT_FOUND, "NotFound", "nothing is here"));
        }
        let stranger = !self.knows(request);
        stranger.then(|| refuse(StatusCode::FORBIDDEN, "Forbidden", "only the user who started this is served"))
    }

    /// Whether the visitor is the user who runs this. Where the system cannot tell, the secret path has to do;
    /// where it could and does not, nobody is trusted.
    fn knows(&self, request: &Request) -> bool {
        match peers::owner(request.peer(), request.local()) {
            Ok(owner) => owner.is_some() && owner == self.user,
            Err(error) => error.kind() == io::ErrorKind::Unsupported,
        }
    }
}

/// Browsers tell where a request comes from; SDKs have nowhere to come from.
fn only_browsers_send(name: &HeaderName) -> bool {
    *name == ORIGIN || *name == REFERER || name.as_str().starts_with("sec-fetch-")
}

fn refuse(status: StatusCode, code: &str, message: &str) -> Response {
    let body = serde_json::to_vec(&Refusal { code, message }).expect("texts are JSON");
    respond(status, "application/json", body)
}
