//! The head of a request that names this server as its host.

use std::net::SocketAddr;

use hyper::header::{HOST, HeaderValue};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method};

use super::connection::Ends;

/// A request: its head and the two ends of its connection. It has no `Debug`, because its query may be a secret.
pub struct Request {
    head: Parts,
    ends: Ends,
}

impl Request {
    /// Accepts a request in origin form (RFC 9112 section 3.2.1) with one `Host` that is the literal address of
    /// this server. Anything else was sent by a page under another name (DNS rebinding) or by a proxy's client.
    /// The port may be missing: the official Python SDK omits it. `names` are other names of this machine, which
    /// never lack it.
    ///
    /// # Errors
    /// Any other request; the header fields are returned.
    pub(super) fn check(head: Parts, ends: Ends, names: &[&str]) -> Result<Self, HeaderMap> {
        let origin_form = head.uri.scheme().is_none() && head.uri.authority().is_none();
        let mut hosts = head.headers.get_all(HOST).iter();
        let addresses = [ends.local.to_string(), ends.local.ip().to_string()];
        let named = names.iter().map(|name| format!("{name}:{}", ends.local.port()));
        let is_ours =
            |host: &HeaderValue| addresses.into_iter().chain(named).any(|ours| host.as_bytes() == ours.as_bytes());
        let ours = hosts.next().is_some_and(is_ours);
        let accepted = origin_form && ours && hosts.next().is_none();
        if accepted { Ok(Self { head, ends }) } else { Err(head.headers) }
    }

    /// Whether the `Host` includes the port, as every browser's does.
    pub fn names_port(&self) -> bool {
        self.head
            .headers
            .get(HOST)
            .is_some_and(|host| host.as_bytes().ends_with(format!(":{}", self.ends.local.port()).as_bytes()))
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.head.method
    }

    /// The path, still percent-encoded.
    pub fn path(&self) -> &str {
        self.head.uri.path()
    }

    /// The query without its question mark, still percent-encoded.
    pub fn query(&self) -> Option<&str> {
        self.head.uri.query()
    }

    /// The header fields.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The client's end of the connection, for [`crate::host::Peers::owner`].
    pub fn peer(&self) -> SocketAddr {
        self.ends.peer
    }

    /// The server's end of the connection.
    pub fn local(&self) -> SocketAddr {
        self.ends.local
    }
}
