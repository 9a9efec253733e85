//! The sandbox's front door: relays each connection to `tiny_http`, and can end it.
//!
//! `tiny_http` 0.12 cannot close a connection, answers 500 to a request that is dropped, and keeps a thread for as
//! long as a client is connected. The gate owns the clients' sockets instead: a fault can end one, and the end of the
//! sandbox ends all. A release of `tiny_http` that gives access to the socket of a request would replace this module.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::io::{AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};

use super::lock;

/// More wait in the listener's queue; a process may open only so many files.
const MAX_CONNECTIONS: usize = 160;
/// The wait after a failure to accept, such as too many open files.
const RETRY: Duration = Duration::from_millis(10);

/// An open port on 127.0.0.1. It closes, with every connection, when dropped.
pub(super) struct Gate {
    port: u16,
    connections: Connections,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The open connections, by the address under which `tiny_http` knows them.
#[derive(Clone, Default)]
pub(super) struct Connections(Arc<Mutex<HashMap<SocketAddr, oneshot::Sender<Ending>>>>);

/// The last bytes of a connection, and what is dropped once it is closed.
struct Ending(Vec<u8>, oneshot::Sender<()>);

impl Gate {
    /// Opens `port` on 127.0.0.1 for the server at `server`.
    pub(super) fn open(port: u16, server: SocketAddr) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(async { TcpListener::from_std(listener) })?;
        let (stop, stopped) = oneshot::channel();
        let connections = Connections::default();
        let accept = accept(listener, server, connections.clone());
        let thread = thread::Builder::new().spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { port, connections, stop: Some(stop), thread: Some(thread) })
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn connections(&self) -> Connections {
        self.connections.clone()
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

impl Connections {
    /// Sends `bytes` to the client that `tiny_http` knows as `peer`, and closes its connection.
    pub(super) fn end(&self, peer: Option<SocketAddr>, bytes: Vec<u8>) {
        let (open, closed) = oneshot::channel();
        if let Some(end) = peer.and_then(|peer| lock(&self.0).remove(&peer)) {
            end.send(Ending(bytes, open)).ok();
            closed.blocking_recv().ok();
        }
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, connections: Connections) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    while let Ok(permit) = Arc::clone(&room).acquire_owned().await {
        let Ok((client, _)) = listener.accept().await else {
            tokio::time::sleep(RETRY).await;
            continue;
        };
        let connections = connections.clone();
        tokio::spawn(async move {
            relay(client, server, &connections).await.ok();
            drop(permit);
        });
    }
}

/// Copies in both directions until both have ended or the connection is to end.
async fn relay(mut client: TcpStream, server: SocketAddr, connections: &Connections) -> io::Result<()> {
    let mut inner = TcpStream::connect(server).await?;
    let peer = inner.local_addr()?;
    client.set_nodelay(true)?;
    inner.set_nodelay(true)?;
    let (end, ended) = oneshot::channel();
    lock(&connections.0).insert(peer, end);
    let ending = tokio::select! {
        _ = copy_bidirectional(&mut client, &mut inner) => None,
        ending = ended => ending.ok(),
    };
    lock(&connections.0).remove(&peer);
    if let Some(Ending(bytes, open)) = ending {
        // What `tiny_http` answers from here on does not reach the client.
        drop(inner);
        client.write_all(&bytes).await?;
        drop((client, open));
    }
    Ok(())
}
