//! What a server leaves to its user: how requests, and requests it does not accept, are answered.

use std::future::Future;

use hyper::{HeaderMap, StatusCode};

use super::{Request, Response};

/// Answers the requests that a server receives.
pub trait Handler: Send + Sync + 'static {
    /// Names of this machine that a `Host` with the port may have, beside the address.
    const NAMES: &'static [&'static str] = &[];

    /// Answers a request that names this server as its host.
    fn handle(&self, request: Request) -> impl Future<Output = Response> + Send;

    /// Answers a request that the server did not accept. `headers` are the fields that could be read.
    fn reject(&self, rejection: Rejection, headers: &HeaderMap) -> Response;
}

/// Why a server did not accept a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// The target or the `Host` names another server.
    WrongHost,
    /// The head is longer than [`MAX_HEAD`](super::MAX_HEAD), or has too many fields.
    HeadTooLarge,
    /// It is not HTTP.
    Malformed,
}

impl Rejection {
    /// The status to answer with.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::WrongHost => StatusCode::FORBIDDEN,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Malformed => StatusCode::BAD_REQUEST,
        }
    }
}
