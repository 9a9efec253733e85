//! Why no complete answer came, as data. Holds no part of the request and no sentence.

use std::error::Error;
use std::fmt;
use std::io;

use http::Uri;
use rustls::CertificateError;

use super::proxy::{Proxy, ProxyProblem};
use super::roots::RootsError;
use super::{Response, host_of};
use crate::time::Timestamp;

/// No complete answer came back.
#[derive(Debug, thiserror::Error)]
#[error("no-answer")]
pub struct TransportError {
    /// The host that was asked.
    pub host: String,
    /// What went wrong.
    #[source]
    pub cause: TransportCause,
    /// How far the request got.
    pub kind: TransportKind,
    /// How much of the answer came.
    pub received: Received,
}

/// The part of an answer that came before the rest did not. It may hold secrets and is never shown.
#[derive(Default)]
pub struct Received(pub Option<Box<Response>>);

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Received")
    }
}

/// How far a failed request got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportKind {
    /// It was never sent: repeating it is safe.
    NotSent,
    /// It was never sent, and repeating it fails again until a person changes something.
    Blocked,
    /// It may have been acted upon.
    Ambiguous,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum TransportCause {
    /// The answer is larger than any answer of the server.
    #[error("answer-too-large")]
    TooLarge {
        /// The largest answer that is read, in bytes.
        limit: usize,
    },
    /// The time limit passed.
    #[error("timed-out")]
    TimedOut,
    /// The server's certificate was refused.
    #[error("certificate-refused")]
    Certificate {
        /// Why.
        problem: CertificateProblem,
        /// The verifier's own error.
        #[source]
        source: Box<rustls::Error>,
    },
    /// `SSL_CERT_FILE` or `SSL_CERT_DIR` leads to no certificates.
    #[error("roots-unusable")]
    Roots(#[source] RootsError),
    /// The proxy did not connect to the host, or its variable is unusable.
    #[error("proxy-failed")]
    Proxy {
        /// The variable that names it.
        variable: &'static str,
        /// Its address without user name and password, if it has one.
        address: Option<String>,
        /// What it did.
        #[source]
        problem: ProxyProblem,
    },
    /// The host's name could not be resolved.
    #[error("name-not-resolved")]
    Dns(#[source] reqwest::Error),
    /// Nothing listens there.
    #[error("connection-refused")]
    Refused(#[source] reqwest::Error),
    /// The connection ended before the answer did.
    #[error("connection-closed")]
    Closed(#[source] reqwest::Error),
    /// What came back is not HTTP.
    #[error("not-http")]
    NotHttp(#[source] reqwest::Error),
    /// Anything else.
    #[error("transport-failed")]
    Other(#[source] reqwest::Error),
}

/// Why a certificate was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateProblem {
    /// Its validity has ended, or the local clock is ahead.
    Expired {
        /// The local clock.
        now: Option<Timestamp>,
        /// The end of its validity.
        not_after: Option<Timestamp>,
    },
    /// Its validity has not begun, or the local clock is behind.
    NotValidYet {
        /// The local clock.
        now: Option<Timestamp>,
        /// The beginning of its validity.
        not_before: Option<Timestamp>,
    },
    /// No trusted authority signed it.
    UnknownIssuer,
    /// It belongs to other hosts.
    WrongName {
        /// The names in it: the server's words.
        presented: Vec<String>,
    },
    /// Its signature is wrong.
    BadSignature,
    /// Its authority revoked it.
    Revoked,
    /// Anything else; the verifier's error says what.
    Other,
}

impl CertificateProblem {
    fn of(error: &CertificateError) -> Self {
        let at = |time: &rustls::pki_types::UnixTime| {
            Some(Timestamp::from_unix(i64::try_from(time.as_secs()).unwrap_or(i64::MAX)))
        };
        match error {
            CertificateError::Expired => Self::Expired { now: None, not_after: None },
            CertificateError::ExpiredContext { time, not_after } => {
                Self::Expired { now: at(time), not_after: at(not_after) }
            }
            CertificateError::NotValidYet => Self::NotValidYet { now: None, not_before: None },
            CertificateError::NotValidYetContext { time, not_before } => {
                Self::NotValidYet { now: at(time), not_before: at(not_before) }
            }
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            CertificateError::NotValidForName => Self::WrongName { presented: Vec::new() },
            CertificateError::NotValidForNameContext { presented, .. } => {
                Self::WrongName { presented: presented.iter().map(|name| bare_name(name)).collect() }
            }
            CertificateError::BadSignature => Self::BadSignature,
            CertificateError::Revoked => Self::Revoked,
            _ => Self::Other,
        }
    }
}

/// Takes a name out of the verifier's `DnsName("oauth.example")`.
fn bare_name(name: &str) -> String {
    let inside = name.strip_prefix("DnsName(\"").and_then(|name| name.strip_suffix("\")"));
    inside.unwrap_or(name).to_owned()
}

impl TransportError {
    /// An error before any part of an answer came.
    pub(super) fn new(host: String, cause: TransportCause, kind: TransportKind) -> Self {
        Self { host, cause, kind, received: Received(None) }
    }

    /// Judges an error of the HTTP crate about a request to `host`.
    pub(super) fn of(host: &str, error: reqwest::Error) -> Self {
        let error = error.without_url();
        let unsent = error.is_connect() || error.is_builder();
        let (cause, kind) = match certificate_error(&error) {
            Some((problem, source)) => (TransportCause::Certificate { problem, source }, TransportKind::Blocked),
            None if unsent => (cause(error), TransportKind::NotSent),
            None => (cause(error), TransportKind::Ambiguous),
        };
        Self::new(host.to_owned(), cause, kind)
    }

    /// Judges an error about a request to `uri` that was to go through `proxy`, and asks the proxy what it said if
    /// it did not connect.
    pub(super) async fn through(proxy: &Proxy, uri: &Uri, error: reqwest::Error) -> Self {
        let host = host_of(uri);
        // Through SOCKS, an unresolved name is the host's: SOCKS does not report the proxy's own.
        let host_unknown = error.is_dns() && proxy.is_socks();
        if !error.is_connect() || host_unknown || certificate_error(&error).is_some() {
            return Self::of(&host, error);
        }
        let error = error.without_url();
        let problem = match find(&error, |error| error.downcast_ref::<io::Error>().map(io::Error::kind)) {
            _ if error.is_timeout() => ProxyProblem::TimedOut,
            _ if error.is_dns() => ProxyProblem::Unreachable(error),
            Some(
                io::ErrorKind::ConnectionRefused | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable,
            ) => ProxyProblem::Unreachable(error),
            _ => match proxy.refusal(uri).await {
                Some(status) => ProxyProblem::Answered(status),
                None => ProxyProblem::Failed(error),
            },
        };
        let hopeless = matches!(problem, ProxyProblem::Answered(..500));
        let kind = if hopeless { TransportKind::Blocked } else { TransportKind::NotSent };
        let cause = TransportCause::Proxy { variable: proxy.variable, address: Some(proxy.address()), problem };
        Self::new(host, cause, kind)
    }

    /// The time limit passed after a connection was begun.
    pub(super) fn timed_out(host: &str) -> Self {
        Self::new(host.to_owned(), TransportCause::TimedOut, TransportKind::Ambiguous)
    }

    /// The answer is larger than `limit` bytes.
    pub(super) fn too_large(host: &str, limit: usize) -> Self {
        let cause = TransportCause::TooLarge { limit };
        Self::new(host.to_owned(), cause, TransportKind::Ambiguous)
    }

    /// Whether another set of authorities may know the server's.
    pub(super) fn is_unknown_issuer(&self) -> bool {
        matches!(self.cause, TransportCause::Certificate { problem: CertificateProblem::UnknownIssuer, .. })
    }
}

fn cause(error: reqwest::Error) -> TransportCause {
    if error.is_timeout() {
        return TransportCause::TimedOut;
    }
    if error.is_dns() {
        return TransportCause::Dns(error);
    }
    let io = find(&error, |error| error.downcast_ref::<io::Error>().map(io::Error::kind));
    let hyper = find(&error, |error| error.downcast_ref::<hyper::Error>());
    match (io, hyper) {
        (Some(io::ErrorKind::ConnectionRefused), _) => TransportCause::Refused(error),
        (Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof), _) => {
            TransportCause::Closed(error)
        }
        (_, Some(hyper)) if hyper.is_incomplete_message() || hyper.is_body_write_aborted() => {
            TransportCause::Closed(error)
        }
        (_, Some(hyper)) if hyper.is_parse() => TransportCause::NotHttp(error),
        _ => TransportCause::Other(error),
    }
}

/// Finds why `rustls` refused the server's certificate.
fn certificate_error(error: &reqwest::Error) -> Option<(CertificateProblem, Box<rustls::Error>)> {
    find(error, |error| match error.downcast_ref::<rustls::Error>() {
        Some(source @ rustls::Error::InvalidCertificate(reason)) => {
            Some((CertificateProblem::of(reason), Box::new(source.clone())))
        }
        _ => None,
    })
}

/// The first thing that `pick` finds in an error and its sources. What hides inside an `io::Error` is looked at
/// too: its `source` skips it.
fn find<'a, T>(error: &'a (dyn Error + 'static), pick: impl Fn(&'a (dyn Error + 'static)) -> Option<T>) -> Option<T> {
    let mut next = Some(error);
    while let Some(current) = next {
        if let Some(found) = pick(current) {
            return Some(found);
        }
        next = match current.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inside) => Some(inside),
            None => current.source(),
        };
    }
    None
}
