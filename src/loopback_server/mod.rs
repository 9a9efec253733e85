//! A hardened HTTP server on 127.0.0.1, shared by the callback of a sign-in and the credentials endpoint.
//!
//! Whatever another program or a web page sends, the server neither panics nor hangs, and holds a bounded number
//! of connections with a bounded amount of memory. When it is full it closes the connection that has been idle
//! the longest. A request reaches the handler only when it names this server as its host; its body is never
//! read; every connection is closed after one answer. The server runs as tasks of the caller's `tokio` runtime,
//! without a thread of its own.
//!
//! Methods, paths, parameters and the content of every answer are left to the [`Handler`].

mod connection;
mod connections;
mod handler;
mod port;
mod request;
mod response;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use connections::Connections;
pub use handler::{Handler, Rejection};
use port::Port;
pub use port::bind;
pub use request::Request;
pub use response::{Response, respond};

/// Connections served at the same time.
pub const MAX_CONNECTIONS: usize = 64;
/// Pause after an `accept` that failed for a lasting reason.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A running server. Dropping it closes the port and every connection at once.
pub struct Server {
    port: Arc<Port>,
    accepting: JoinSet<()>,
}

impl Server {
    /// Serves `listener` with `handler`. Must be called inside a `tokio` runtime.
    ///
    /// # Errors
    /// When the socket is not bound to a loopback address ([`InvalidInput`](io::ErrorKind::InvalidInput)), or the
    /// runtime refuses it.
    pub fn start(listener: TcpListener, handler: impl Handler) -> io::Result<Self> {
        let local = listener.local_addr()?;
        if !local.ip().is_loopback() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let port = Arc::new(Port::open(listener)?);
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(Arc::clone(&port), local, Arc::new(handler)));
        Ok(Self { port, accepting })
    }

    /// Closes the port, waits at most `grace` for answers in progress, and closes every connection.
    pub async fn finish(mut self, grace: Duration) {
        self.port.close();
        // Either all have been answered or the time is up: the connections are closed in both cases.
        let _ = tokio::time::timeout(grace, self.accepting.join_next()).await;
    }
}

impl Drop for Server {
    /// Closes the port here: the aborted task would close it only when the runtime runs again.
    fn drop(&mut self) {
        self.port.close();
    }
}

async fn accept(port: Arc<Port>, local: SocketAddr, handler: Arc<impl Handler>) {
    let mut connections = Connections::default();
    loop {
        tokio::select! {
            biased;
            () = port.closed() => break,
            () = connections.closed() => {}
            accepted = port.accept(), if connections.can_accept() => match accepted {
                Ok((stream, peer)) if peer.ip().is_loopback() => {
                    let handler = Arc::clone(&handler);
                    connections.accept(|busy| connection::serve(stream, peer, local, busy, handler));
                    // The new connection may send its request before the next one can evict it.
                    tokio::task::yield_now().await;
                }
                // Reachable where the system routes foreign packets to 127.0.0.0/8 (CVE-2020-8558).
                Ok(_) => {}
                Err(error) if concerns_one_connection(&error) => {}
                // No file descriptor is left: the evicted connection's is free once its task has run.
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
