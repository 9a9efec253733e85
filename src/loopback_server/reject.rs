//! The response to a request whose head could not be read to its end.

use std::io;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Response;

/// Time for the response to be read.
const LINGER: Duration = Duration::from_secs(2);
/// Bytes that the client may still send: more than browsers keep in cookies for one host.
const MAX_DISCARDED: usize = 2 * 1024 * 1024;
/// Header fields that are looked at.
const MAX_FIELDS: usize = 64;

/// Reads the header fields at the start of a request, as far as they are well-formed.
pub(super) fn fields(head: &[u8]) -> HeaderMap {
    let lines = head.split(|byte| *byte == b'\n').skip(1).take(MAX_FIELDS);
    let fields = lines.filter_map(|line| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        Some((name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?))
    });
    fields.collect()
}

/// Sends `response` and closes the connection.
pub(super) async fn send(mut stream: TcpStream, response: Response) {
    // A client that does not read its response in time loses it.
    let _ = timeout(LINGER, write(&mut stream, response)).await;
}

async fn write(stream: &mut TcpStream, response: Response) -> io::Result<()> {
    let (head, body) = response.into_parts();
    let Ok(body) = body.collect().await.map(http_body_util::Collected::to_bytes);
    let mut bytes = format!("{:?} {}\r\n", head.version, head.status).into_bytes();
    for (name, value) in &head.headers {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len()).as_bytes());
    bytes.extend_from_slice(&body);
    stream.write_all(&bytes).await?;
    stream.shutdown().await?;
    discard(stream).await
}

/// Reads what the client still sends: closing with unread bytes would take the response away from it.
async fn discard(stream: &mut TcpStream) -> io::Result<()> {
    let mut buffer = [0; 8 * 1024];
    let mut discarded = 0;
    while discarded < MAX_DISCARDED {
        match stream.read(&mut buffer).await? {
            0 => break,
            length => discarded += length,
        }
    }
    Ok(())
}
