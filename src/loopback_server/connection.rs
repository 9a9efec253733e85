//! One connection: one request, one answer.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::connections::Progress;
use super::gate::Gate;
use super::{Handler, MAX_HEAD, Rejection, Request, reject};

/// Time until the request's head must have arrived.
const HEAD_DEADLINE: Duration = Duration::from_secs(5);
/// Longest life of a connection: two requests to the cloud and the save between them fit in.
const CONNECTION_DEADLINE: Duration = Duration::from_secs(60);
/// Most header fields of a request.
const MAX_FIELDS: usize = 512;

/// The two ends of a connection.
#[derive(Clone, Copy)]
pub(super) struct Ends {
    pub(super) peer: SocketAddr,
    pub(super) local: SocketAddr,
}

fn names_of<H: Handler>(_: &H) -> &'static [&'static str] {
    H::NAMES
}

/// Serves a connection until it is closed.
pub(super) async fn serve(stream: TcpStream, ends: Ends, progress: Progress, handler: Arc<impl Handler>) {
    let end = Instant::now() + HEAD_DEADLINE;
    if !matches!(timeout_at(end, stream.readable()).await, Ok(Ok(()))) {
        return;
    }
    progress.reading();
    let asked = Arc::new(AtomicBool::new(false));
    let names = names_of(&*handler);
    let service = service_fn(|request: hyper::Request<Incoming>| {
        asked.store(true, Ordering::Relaxed);
        progress.answering();
        let (head, _unread) = request.into_parts();
        let handler = &*handler;
        async move {
            Ok::<_, Infallible>(match Request::check(head, ends, names) {
                Ok(request) => handler.handle(request).await,
                Err(headers) => handler.reject(Rejection::WrongHost, &headers),
            })
        }
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(end.saturating_duration_since(Instant::now()))
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_FIELDS)
        .keep_alive(false)
        .serve_connection(TokioIo::new(Gate::new(stream, Arc::clone(&asked))), service);
    // The connection is closed whether it ended well, badly or late.
    let ended = timeout(CONNECTION_DEADLINE, &mut connection).await;
    if let Ok(Err(error)) = ended
        && error.is_parse()
        && !asked.load(Ordering::Relaxed)
    {
        let rejection = if error.is_parse_too_large() { Rejection::HeadTooLarge } else { Rejection::Malformed };
        let parts = connection.into_parts();
        let response = handler.reject(rejection, &reject::fields(&parts.read_buf));
        progress.answering();
        reject::send(parts.io.into_inner().into_stream(), response).await;
    }
}
