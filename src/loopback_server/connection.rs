//! One connection: one request, one answer.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;

use super::connections::Busy;
use super::{Handler, Rejection, Request};

/// Time until the request's head must have arrived.
const HEAD_DEADLINE: Duration = Duration::from_secs(5);
/// Longest life of a connection: two requests to the cloud and the save between them fit in.
const CONNECTION_DEADLINE: Duration = Duration::from_secs(60);
/// Longest head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;

/// Serves a connection until it is closed.
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    local: SocketAddr,
    busy: Busy,
    handler: Arc<impl Handler>,
) {
    let handler = &*handler;
    let service = service_fn(|request: hyper::Request<Incoming>| {
        busy.set();
        let (head, _unread) = request.into_parts();
        async move {
            Ok::<_, Infallible>(match Request::check(head, peer, local) {
                Ok(request) => handler.handle(request).await,
                Err(headers) => handler.reject(Rejection::WrongHost, &headers),
            })
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_DEADLINE)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // The connection is closed whether it ended well, badly or late.
    let _ = tokio::time::timeout(CONNECTION_DEADLINE, connection).await;
}
