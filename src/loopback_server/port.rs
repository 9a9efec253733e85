//! A listening socket that can be closed while a task accepts connections from it.

use std::future::poll_fn;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// Connections that may wait to be accepted. `std` asks for 128; when those are taken, Linux makes the next client
/// wait a second before it tries again.
const BACKLOG: i32 = 4096;

/// Listens on `port` of 127.0.0.1 and no other address; port 0 means any free port.
///
/// On Unix `std` sets `SO_REUSEADDR`: a port can be bound again right after its last connection, and two sockets
/// still cannot listen at once. On Windows `std` sets nothing: another program could share the port with
/// `SO_REUSEADDR`, and `SO_EXCLUSIVEADDRUSE`, which prevents that, cannot be set from safe Rust.
///
/// # Errors
/// When the system refuses the port.
pub fn bind(port: u16) -> io::Result<std::net::TcpListener> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    SockRef::from(&listener).listen(BACKLOG)?;
    Ok(listener)
}

/// A listening socket, open until [`Port::close`].
pub(super) struct Port {
    listener: Mutex<Option<TcpListener>>,
    closed: Notify,
}

impl Port {
    pub(super) fn open(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let listener = Mutex::new(Some(TcpListener::from_std(listener)?));
        Ok(Self { listener, closed: Notify::new() })
    }

    /// Closes the socket now: when this returns, the port is free.
    pub(super) fn close(&self) {
        self.lock().take();
        self.closed.notify_one();
    }

    /// Waits for [`Port::close`].
    pub(super) async fn closed(&self) {
        self.closed.notified().await;
    }

    /// Waits for a connection; forever once the socket is closed.
    pub(super) async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        poll_fn(|cx| self.lock().as_ref().map_or(Poll::Pending, |listener| listener.poll_accept(cx))).await
    }

    fn lock(&self) -> MutexGuard<'_, Option<TcpListener>> {
        self.listener.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
