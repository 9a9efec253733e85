//! A hardened HTTP server on 127.0.0.1, shared by the callback of a sign-in and the credentials endpoint.
//!
//! Whatever another program or a web page sends, the server neither panics nor hangs, and holds a bounded number
//! of connections with a bounded amount of memory. When it is full it closes an idle connection of the user who has
//! the most. A request reaches the handler only when it names this server as its host; its body is never
//! read; every connection is closed after one answer. The server runs as tasks of the caller's `tokio` runtime,
//! without a thread of its own.
//!
//! Methods, paths, parameters and the content of every answer are left to the [`Handler`].

mod connection;
mod connections;
mod gate;
mod handler;
mod port;
mod reject;
mod request;
mod response;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::host::{Host, Peers, open_files};

use connection::Ends;
use connections::{Connections, Opening};
pub use handler::{Handler, Rejection};
use port::Port;
pub use port::bind;
pub use request::Request;
pub use response::{Response, respond};

/// Connections that may be open at the same time.
pub const MAX_CONNECTIONS: usize = 512;
/// Connections whose requests are read at the same time.
pub const MAX_READING: usize = 64;
/// Longest head of a request that is certainly read, in bytes; one more than twice as long never is. Browsers send
/// along the cookies of every application that was ever opened on 127.0.0.1.
pub const MAX_HEAD: usize = 256 * 1024;
/// Pause after an `accept` that failed for a lasting reason.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A running server. Dropping it closes the port and every connection at once.
pub struct Server {
    port: Arc<Port>,
    accepting: JoinSet<()>,
}

impl Server {
    /// Serves `listener` with `handler`, on the system `host`. Must be called inside a `tokio` runtime.
    ///
    /// # Errors
    /// When the socket is not bound to a loopback address ([`InvalidInput`](io::ErrorKind::InvalidInput)), or the
    /// runtime refuses it.
    pub fn start(host: &Host, listener: TcpListener, handler: impl Handler) -> io::Result<Self> {
        let local = listener.local_addr()?;
        if !local.ip().is_loopback() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let port = Arc::new(Port::open(listener)?);
        let mut accepting = JoinSet::new();
        let connections = Connections::new(open_files(), host.user);
        accepting.spawn(accept(Arc::clone(&port), local, connections, Arc::clone(&host.peers), Arc::new(handler)));
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

async fn accept(
    port: Arc<Port>,
    local: SocketAddr,
    mut connections: Connections,
    peers: Arc<dyn Peers>,
    handler: Arc<impl Handler>,
) {
    loop {
        let opening = connections.opening();
        tokio::select! {
            biased;
            () = port.closed() => break,
            () = connections.closed() => {}
            accepted = next(opening, &port) => match accepted {
                Ok((stream, peer)) if peer.ip().is_loopback() => {
                    let handler = Arc::clone(&handler);
                    let owner = peers.owner_at_once(peer, local);
                    let ends = Ends { peer, local };
                    connections.accept(owner, |progress| connection::serve(stream, ends, progress, handler));
                    // The new connection may send its request before the next one can evict it.
                    tokio::task::yield_now().await;
                }
                // Reachable where the system routes foreign packets to 127.0.0.0/8 (CVE-2020-8558).
                Ok(_) => {}
                Err(error) if concerns_one_connection(&error) => {}
                // No file descriptor is left: the evicted connection's is free once its task has run.
                Err(_) if connections.evict() => tokio::task::yield_now().await,
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
        }
    }
    connections.drain().await;
}

async fn next(opening: Opening, port: &Port) -> io::Result<(TcpStream, SocketAddr)> {
    opening.wait().await;
    port.accept().await
}

fn concerns_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}
