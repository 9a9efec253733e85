//! The sandbox's door: it accepts every connection and passes the bytes to `tiny_http` and back.
//!
//! `tiny_http` can neither close a connection nor leave a request unanswered, and its threads outlive it while a
//! client stays connected. The gate holds the sockets: a fault can cut one, and the end of the sandbox ends all.

use std::collections::HashMap;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::hold;

/// More wait in the listener's queue; a process may open only so many files.
const MOST_CLIENTS: usize = 160;
const PAUSE: Duration = Duration::from_millis(10);

/// An open door. It closes, with every connection, when dropped.
pub(super) struct Gate {
    address: SocketAddr,
    clients: Arc<Clients>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Default)]
pub(super) struct Clients {
    inside: Mutex<Inside>,
    left: Condvar,
}

#[derive(Default)]
struct Inside {
    shut: bool,
    /// By the address that `tiny_http` sees.
    links: HashMap<SocketAddr, Arc<Link>>,
}

/// A client's connection and its continuation to `tiny_http`.
struct Link {
    client: TcpStream,
    inner: TcpStream,
}

impl Gate {
    /// Opens `port` on 127.0.0.1 for the server at `server`.
    pub(super) fn open(port: u16, server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        let clients = Arc::new(Clients::default());
        let inside = Arc::clone(&clients);
        let acceptor = thread::Builder::new().spawn(move || inside.accept(&listener, server))?;
        Ok(Self { address, clients, acceptor: Some(acceptor) })
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Whose connections can be cut.
    pub(super) fn clients(&self) -> Arc<Clients> {
        Arc::clone(&self.clients)
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        let mut inside = hold(&self.clients.inside);
        inside.shut = true;
        inside.links.values().for_each(|link| link.close());
        drop(inside);
        self.clients.left.notify_all();
        // Wakes the acceptor.
        TcpStream::connect_timeout(&self.address, Duration::from_secs(1)).ok();
        if let Some(acceptor) = self.acceptor.take() {
            acceptor.join().ok();
        }
    }
}

impl Clients {
    /// Sends `bytes` to the client that `tiny_http` knows as `peer`, and closes its connection.
    pub(super) fn cut(&self, peer: Option<SocketAddr>, bytes: &[u8]) {
        let link = peer.and_then(|peer| hold(&self.inside).links.get(&peer).cloned());
        if let Some(link) = link {
            (&link.client).write_all(bytes).ok();
            link.close();
        }
    }

    /// Lets clients in until the gate is shut, and waits until all have left.
    fn accept(&self, listener: &TcpListener, server: SocketAddr) {
        thread::scope(|scope| {
            while self.has_room() {
                let Ok((client, _)) = listener.accept() else {
                    thread::sleep(PAUSE);
                    continue;
                };
                let Ok(inner) = TcpStream::connect(server) else { continue };
                let Ok(peer) = inner.local_addr() else { continue };
                let link = Arc::new(Link { client, inner });
                if self.enter(peer, &link) {
                    scope.spawn(move || {
                        link.relay();
                        hold(&self.inside).links.remove(&peer);
                        self.left.notify_all();
                    });
                }
            }
        });
    }

    /// Waits for room; false when the gate is shut.
    fn has_room(&self) -> bool {
        let full = |inside: &mut Inside| !inside.shut && inside.links.len() >= MOST_CLIENTS;
        let inside = self.left.wait_while(hold(&self.inside), full);
        !inside.unwrap_or_else(PoisonError::into_inner).shut
    }

    fn enter(&self, peer: SocketAddr, link: &Arc<Link>) -> bool {
        let mut inside = hold(&self.inside);
        if !inside.shut {
            inside.links.insert(peer, Arc::clone(link));
        }
        !inside.shut
    }
}

impl Link {
    /// Copies in both directions until both have ended.
    fn relay(&self) {
        self.client.set_nodelay(true).ok();
        self.inner.set_nodelay(true).ok();
        thread::scope(|scope| {
            scope.spawn(|| {
                copy(&self.inner, &self.client);
                self.client.shutdown(Shutdown::Both).ok();
            });
            copy(&self.client, &self.inner);
            self.inner.shutdown(Shutdown::Write).ok();
        });
    }

    fn close(&self) {
        self.client.shutdown(Shutdown::Both).ok();
        self.inner.shutdown(Shutdown::Both).ok();
    }
}

fn copy(mut from: &TcpStream, mut to: &TcpStream) {
    let mut buffer = [0; 8192];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
}
