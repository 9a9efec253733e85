//! Ports that tests cannot share. Turns at the five callback ports, 12345 to 12349: tests that sign in wait here for
//! each other, whatever thread or process they run in. And ports where nobody listens.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

/// The ports are the caller's alone until this is dropped.
#[must_use]
pub(crate) struct Turn {
    _lock: File,
}

/// Waits for a turn at the ports.
pub(crate) fn turn() -> Turn {
    let path = std::env::temp_dir().join("aliyun-rs-test-ports.lock");
    // The file may belong to another user, and Linux then refuses to create it once more in a shared folder.
    let file = match File::open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            OpenOptions::new().write(true).create(true).truncate(false).open(&path)
        }
        other => other,
    };
    let lock = file.unwrap_or_else(|error| panic!("could not open `{}`: {error}", path.display()));
    lock.lock().unwrap();
    Turn { _lock: lock }
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
