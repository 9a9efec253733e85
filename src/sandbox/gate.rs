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
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::sleep;

use super::lock;

/// More wait in the listener's queue; a process may open only so many files.
const MAX_CONNECTIONS: usize = 160;
/// The wait after a failure to accept, such as too many open files.
const RETRY: Duration = Duration::from_millis(10);
const BACKLOG: u32 = 128;

/// An open port on 127.0.0.1. It closes, with every connection, when dropped.
pub(super) struct AcceptGate {
    port: u16,
    connections: OpenConnections,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The open connections, and the port.
#[derive(Clone)]
pub(super) struct OpenConnections {
    /// By the address under which `tiny_http` knows them. A connection ends when its sender is used or dropped.
    open: Arc<Mutex<HashMap<SocketAddr, Ender>>>,
    /// How long the port is to refuse connections.
    refuse: mpsc::UnboundedSender<(Duration, Signal)>,
}

/// The end of a connection.
pub(super) struct Ending {
    pub(super) bytes: Vec<u8>,
    /// After each byte.
    pub(super) pause: Option<Duration>,
}

type Ender = oneshot::Sender<(Ending, Signal)>;

/// Dropped when something is done.
type Signal = oneshot::Sender<()>;

impl AcceptGate {
    /// Opens `port` on 127.0.0.1 for the server at `server`.
    pub(super) fn open(port: u16, server: SocketAddr) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(async { bind(port)?.listen(BACKLOG) })?;
        let port = listener.local_addr()?.port();
        let (stop, stopped) = oneshot::channel();
        let (refuse, refusals) = mpsc::unbounded_channel();
        let connections = OpenConnections { open: Arc::default(), refuse };
        let accept = accept(listener, refusals, server, connections.clone());
        let thread = thread::Builder::new().spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = accept => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { port, connections, stop: Some(stop), thread: Some(thread) })
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn connections(&self) -> OpenConnections {
        self.connections.clone()
    }
}

impl Drop for AcceptGate {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

impl OpenConnections {
    /// Ends the connection that `tiny_http` knows as `peer`, and waits for that.
    pub(super) fn end(&self, peer: Option<SocketAddr>, ending: Ending) {
        let (signal, done) = oneshot::channel();
        if let Some(connection) = peer.and_then(|peer| lock(&self.open).remove(&peer)) {
            connection.send((ending, signal)).ok();
            done.blocking_recv().ok();
        }
    }

    /// Ends all connections but `peer`'s and lets the port refuse new ones for `span` from now on.
    pub(super) fn refuse_others(&self, peer: Option<SocketAddr>, span: Duration) {
        let (signal, done) = oneshot::channel();
        self.refuse.send((span, signal)).ok();
        done.blocking_recv().ok();
        lock(&self.open).retain(|other, _| Some(*other) == peer);
    }
}

/// Reserves a port of 127.0.0.1, which refuses connections until it is listened on.
fn bind(port: u16) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Elsewhere the option would let another program take the port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind((Ipv4Addr::LOCALHOST, port).into())?;
    Ok(socket)
}

async fn accept(
    mut listener: TcpListener,
    mut refusals: mpsc::UnboundedReceiver<(Duration, Signal)>,
    server: SocketAddr,
    connections: OpenConnections,
) -> io::Result<()> {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            Some((span, signal)) = refusals.recv() => {
                let port = listener.local_addr()?.port();
                drop(listener);
                let socket = bind(port)?;
                drop(signal);
                sleep(span).await;
                listener = socket.listen(BACKLOG)?;
                continue;
            }
            accepted = next(&listener, &room) => accepted,
        };
        let Ok((client, permit)) = accepted else {
            sleep(RETRY).await;
            continue;
        };
        let connections = connections.clone();
        tokio::spawn(async move {
            relay(client, server, &connections).await.ok();
            drop(permit);
        });
    }
}

/// The next client, when there is room for it.
async fn next(listener: &TcpListener, room: &Arc<Semaphore>) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.map_err(io::Error::other)?;
    Ok((listener.accept().await?.0, permit))
}

/// Copies in both directions until both have ended or the connection is to end.
async fn relay(mut client: TcpStream, server: SocketAddr, connections: &OpenConnections) -> io::Result<()> {
    let mut inner = TcpStream::connect(server).await?;
    let peer = inner.local_addr()?;
    client.set_nodelay(true)?;
    inner.set_nodelay(true)?;
    let (end, ended) = oneshot::channel();
    lock(&connections.open).insert(peer, end);
    let ending = tokio::select! {
        _ = copy_bidirectional(&mut client, &mut inner) => None,
        ending = ended => ending.ok(),
    };
    lock(&connections.open).remove(&peer);
    if let Some((ending, signal)) = ending {
        // What `tiny_http` answers from here on does not reach the client.
        drop(inner);
        ending.write(&mut client).await?;
        drop((client, signal));
    }
    Ok(())
}

impl Ending {
    async fn write(&self, client: &mut TcpStream) -> io::Result<()> {
        let Some(pause) = self.pause else { return client.write_all(&self.bytes).await };
        for byte in &self.bytes {
            client.write_all(&[*byte]).await?;
            sleep(pause).await;
        }
        Ok(())
    }
}
