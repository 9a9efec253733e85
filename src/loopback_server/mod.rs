//! A hardened HTTP server for this machine alone, shared by the callback of a sign-in and the credentials
//! endpoint.
//!
//! Whatever a stranger or a page in a browser sends, the server neither panics nor hangs, holds at most
//! [`MAX_CONNECTIONS`] sockets and a few KiB for each, and serves an honest visitor at once: when it is full
//! it hangs up on whoever has kept silent the longest. A request reaches the handler only when it names this
//! server, and nothing but this server, as its host; its body is never read; every connection ends after one
//! answer. All of it runs as tasks of the caller's `tokio` runtime, without a thread.
//!
//! Methods, paths, parameters and what to say are left to the handler.

mod connections;
mod port;
mod request;
mod response;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use connections::{Busy, Connections};
use port::Port;
pub use port::bind;
pub use request::Request;
pub use response::{Response, respond};

/// Connections served at the same time.
pub const MAX_CONNECTIONS: usize = 64;
/// Time a visitor has to send the request's head.
const HEAD_DEADLINE: Duration = Duration::from_secs(5);
/// Time a connection may last in all: two requests of ours to the cloud and the saving between them.
const CONNECTION_DEADLINE: Duration = Duration::from_secs(60);
/// Bytes of a request that are kept before it is refused.
const MAX_HEAD: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;
/// Pause after an `accept` that failed for a reason that will not go away by itself.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A running server. Dropping it closes the port at once and hangs up on everyone.
pub struct Server {
    port: Arc<Port>,
    accepting: JoinSet<()>,
}

impl Server {
    /// Serves the kept socket `listener` with `handler`. Must be called inside a `tokio` runtime.
    ///
    /// # Errors
    /// When the socket is not bound to a loopback address, or the runtime refuses it.
    pub fn start<H, F>(listener: TcpListener, handler: H) -> io::Result<Self>
    where
        H: Fn(Request) -> F + Send + Sync + 'static,
        F: Future<Output = Response> + Send + 'static,
    {
        let local = listener.local_addr()?;
        if !local.ip().is_loopback() {
            let message = format!("cannot serve on `{local}`: not a loopback address");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let port = Arc::new(Port::open(listener)?);
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(Arc::clone(&port), local, Arc::new(handler)));
        Ok(Self { port, accepting })
    }

    /// Closes the port, lets the answers that are under way leave for at most `grace`, and hangs up on the rest.
    pub async fn finish(mut self, grace: Duration) {
        self.port.close();
        // The task only ends early by itself, so there is nothing to learn from how it ended.
        let _ = tokio::time::timeout(grace, self.accepting.join_next()).await;
    }
}

impl Drop for Server {
    /// The task that accepts is only told to end here; the port has to be free without waiting for it.
    fn drop(&mut self) {
        self.port.close();
    }
}

async fn accept<H, F>(port: Arc<Port>, local: SocketAddr, handler: Arc<H>)
where
    H: Fn(Request) -> F + Send + Sync + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    let mut connections = Connections::default();
    loop {
        tokio::select! {
            biased;
            () = port.closed() => break,
            () = connections.closed() => {}
            accepted = port.accept(), if connections.can_accept() => match accepted {
                Ok((stream, peer)) if peer.ip().is_loopback() => {
                    let handler = Arc::clone(&handler);
                    connections.accept(|busy| serve_connection(stream, peer, local, busy, handler));
                    // The newcomer speaks before the next one may push it out.
                    tokio::task::yield_now().await;
                }
                // Reachable where the system routes foreign packets to 127.0.0.0/8 (CVE-2020-8558).
                Ok(_) => {}
                Err(error) if concerns_one_connection(&error) => {}
                // No file descriptor is left: that of a dismissed one is free when its task has run.
                Err(_) if connections.evict_oldest_idle() => tokio::task::yield_now().await,
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
        }
    }
    connections.drain().await;
}

fn concerns_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}

/// Serves one connection: one request, one answer.
async fn serve_connection<H, F>(stream: TcpStream, peer: SocketAddr, local: SocketAddr, busy: Busy, handler: Arc<H>)
where
    H: Fn(Request) -> F,
    F: Future<Output = Response>,
{
    let handler = &*handler;
    let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
        busy.set();
        let (head, _unread) = request.into_parts();
        let checked = Request::check(head, peer, local);
        async move {
            Ok::<_, Infallible>(match checked {
                Some(request) => handler(request).await,
                None => {
                    respond(StatusCode::FORBIDDEN, "text/plain; charset=utf-8", "This address is not served here.\n")
                }
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
    // Whether it ended well, badly or late: the visitor's affair, and the connection is closed all the same.
    let _ = tokio::time::timeout(CONNECTION_DEADLINE, connection).await;
}
