//! Ports that tests cannot share. Turns at the five callback ports, 12345 to 12349: tests that sign in wait here for
//! each other, whatever thread or process they run in. And ports where nobody listens.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};

use aliyun_rs::oauth::loopback::PORTS;
use socket2::{Domain, Socket, Type};

/// So many callback ports are the caller's until this is dropped.
#[must_use]
pub(crate) struct Turn {
    _locks: Vec<File>,
}

/// Waits until all five ports are free, and takes them.
pub(crate) fn turn() -> Turn {
    // Always in this order, so that two never wait for each other.
    Turn { _locks: (0..PORTS.count()).map(locked).collect() }
}

/// Waits until a port is free for one sign-in, whichever of the five it is.
pub(crate) fn turn_at_one() -> Turn {
    static WAITING: AtomicUsize = AtomicUsize::new(0);
    let free = (0..PORTS.count()).map(open).find(|file| file.try_lock().is_ok());
    // Not all wait for the same one.
    let next = || WAITING.fetch_add(1, Ordering::Relaxed) % PORTS.count();
    Turn { _locks: vec![free.unwrap_or_else(|| locked(next()))] }
}

fn locked(number: usize) -> File {
    let file = open(number);
    file.lock().unwrap();
    file
}

fn open(number: usize) -> File {
    let path = std::env::temp_dir().join(format!("aliyun-rs-test-port-{number}.lock"));
    // The file may belong to another user, and Linux then refuses to create it once more in a shared folder.
    let file = match File::open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            OpenOptions::new().write(true).create(true).truncate(false).open(&path)
        }
        other => other,
    };
    file.unwrap_or_else(|error| panic!("could not open `{}`: {error}", path.display()))
}

/// A port that refuses every connection. It is nobody else's until this is dropped.
#[must_use]
pub(crate) struct ClosedPort(Socket);

impl ClosedPort {
    pub(crate) fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        // Bound, so that the system gives it to nobody, and never listening.
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        Self(socket)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap().as_socket().unwrap())
    }
}
