//! A client of the credentials endpoint: plain HTTP, one request a connection.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::PATIENCE;

/// An answer over HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// A field of the body.
    pub(crate) fn field(&self, name: &str) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"));
        body[name].as_str().unwrap_or_default().to_owned()
    }
}

/// Gets `url` as an SDK does.
pub(crate) fn get(url: &str) -> Answer {
    ask(url, "GET", "")
}

/// Sends a request for `url` with more header fields, each with its line end.
pub(crate) fn ask(url: &str, method: &str, fields: &str) -> Answer {
    let (authority, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(authority).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "{method} /{path} HTTP/1.1\r\nHost: {authority}\r\n{fields}\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_lowercase(), body: body.to_owned() }
}

/// Whether nobody listens at `url` any more.
pub(crate) fn is_closed(url: &str) -> bool {
    let authority = url.strip_prefix("http://").unwrap().split('/').next().unwrap();
    TcpStream::connect(authority).is_err()
}
