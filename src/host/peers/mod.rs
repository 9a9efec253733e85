//! Which user is at the other end of a connection on this machine.
//!
//! Every user of the machine can connect to a port on 127.0.0.1. Linux reports who owns the socket at the other
//! end: the kernel looks up one connection (`sock_diag`), or, where a container forbids that, lists all of them
//! (`/proc/net/tcp`). Other systems report it only through system calls that safe Rust cannot make, and the caller
//! has to decide without an answer. What an owner may do is left to the caller.

#[cfg(target_os = "linux")]
mod proc_net;
#[cfg(target_os = "linux")]
mod sock_diag;

use std::io;
use std::net::SocketAddr;

/// Finds the owners of connections.
pub trait Peers: Send + Sync {
    /// Returns the id of the user who owns the socket `peer` that is connected to our socket `local`; `None` when
    /// there is no such socket, or its user has no id in this user namespace.
    ///
    /// # Errors
    /// [`Unsupported`](io::ErrorKind::Unsupported) when the system never reports owners; any other error when this
    /// query failed.
    fn owner(&self, peer: SocketAddr, local: SocketAddr) -> io::Result<Option<u32>>;

    /// Returns the owner where that takes no more than microseconds, however many connections there are.
    fn owner_at_once(&self, peer: SocketAddr, local: SocketAddr) -> Option<u32>;
}

/// The operating system as the source.
#[derive(Default)]
pub(super) struct OsPeers {
    #[cfg(target_os = "linux")]
    kernel: sock_diag::SockDiag,
}

#[cfg(target_os = "linux")]
impl Peers for OsPeers {
    fn owner(&self, peer: SocketAddr, local: SocketAddr) -> io::Result<Option<u32>> {
        let owner = match self.kernel.owner(peer, local) {
            Some(owner) => owner,
            None => proc_net::owner(peer, local)?,
        };
        Ok(owner.filter(|uid| has_id_here(*uid)))
    }

    fn owner_at_once(&self, peer: SocketAddr, local: SocketAddr) -> Option<u32> {
        self.kernel.owner(peer, local)?.filter(|uid| has_id_here(*uid))
    }
}

#[cfg(not(target_os = "linux"))]
impl Peers for OsPeers {
    fn owner(&self, _: SocketAddr, _: SocketAddr) -> io::Result<Option<u32>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn owner_at_once(&self, _: SocketAddr, _: SocketAddr) -> Option<u32> {
        None
    }
}

/// Whether `uid` is a user of this user namespace. The kernel shows users from outside as 65534 (user_namespaces(7)).
#[cfg(target_os = "linux")]
fn has_id_here(uid: u32) -> bool {
    const OVERFLOW: u32 = 65534;
    if uid != OVERFLOW {
        return true;
    }
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    map.lines().any(|line| {
        let mut fields = line.split_ascii_whitespace().map(|field| field.parse::<u32>().ok());
        let (first, count) = (fields.next().flatten(), fields.nth(1).flatten());
        first.zip(count).is_some_and(|(first, count)| uid >= first && uid - first < count)
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_kernel_and_the_table_name_the_same_owner() {
        let me = rustix::process::getuid().as_raw();
        let peers = OsPeers::default();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, peer) = listener.accept().unwrap();
        let local = accepted.local_addr().unwrap();
        assert_eq!(peers.owner_at_once(peer, local), Some(me), "this system does not support sock_diag");
        assert_eq!(peers.owner(peer, local).unwrap(), Some(me));
        assert_eq!(proc_net::owner(peer, local).unwrap(), Some(me));
        drop((client, accepted));
        assert_eq!(peers.owner_at_once(peer, local), None);
        assert_eq!(peers.owner(peer, local).unwrap(), None);
        assert_eq!(proc_net::owner(peer, local).unwrap(), None);
    }

    #[test]
    fn a_listening_socket_is_not_the_end_of_a_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        let ends = (listener.local_addr().unwrap(), other.local_addr().unwrap());
        assert_eq!(OsPeers::default().owner_at_once(ends.0, ends.1), None);
    }

    #[test]
    fn a_client_with_an_ipv6_socket_has_an_owner() {
        let me = rustix::process::getuid().as_raw();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let Ok(_client) = TcpStream::connect(format!("[::ffff:127.0.0.1]:{port}")) else {
            return assert!(!std::path::Path::new("/proc/net/tcp6").exists(), "the system has IPv6");
        };
        let (accepted, peer) = listener.accept().unwrap();
        assert_eq!(OsPeers::default().owner_at_once(peer, accepted.local_addr().unwrap()), Some(me));
    }
}
