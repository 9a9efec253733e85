//! The owner of one connection, by asking the kernel for that connection alone (sock_diag(7)).

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use netlink_packet_core::{NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_sock_diag::SockDiagMessage;
use netlink_packet_sock_diag::constants::{AF_INET, IPPROTO_TCP};
use netlink_packet_sock_diag::inet::{ExtensionFlags, InetRequest, InetResponseHeader, SocketId, StateFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send, socket_with};

/// More than the answer for one socket takes, in bytes.
const ANSWER: usize = 4096;

/// Asks the kernel for connections. Its socket is opened once, so that it works when descriptors have run out.
#[derive(Default)]
pub(super) struct SockDiag {
    socket: OnceLock<Option<Mutex<Channel>>>,
    proven: AtomicBool,
}

struct Channel {
    socket: OwnedFd,
    sequence: u32,
}

impl SockDiag {
    /// Returns the owner of the socket `peer` that is connected to `local`, `Some(None)` when there is none, and
    /// `None` when the kernel does not report it.
    pub(super) fn owner(&self, peer: SocketAddr, local: SocketAddr) -> Option<Option<u32>> {
        let channel = self.socket.get_or_init(|| Channel::open().ok().map(Mutex::new)).as_ref()?;
        let answer = channel.lock().unwrap_or_else(PoisonError::into_inner).ask(peer, local);
        match answer {
            Ok(header) => {
                self.proven.store(true, Ordering::Relaxed);
                // A socket that its program has closed has no inode and shows user 0, who never owned it.
                Some((header.inode != 0 && is(&header.socket_id, peer, local)).then_some(header.uid))
            }
            // A kernel without this lookup for TCP says the same as one that knows no such socket.
            Err(Errno::NOENT) if self.proven.load(Ordering::Relaxed) => Some(None),
            Err(_) => None,
        }
    }
}

impl Channel {
    fn open() -> Result<Self, Errno> {
        let flags = SocketFlags::CLOEXEC;
        let socket = socket_with(AddressFamily::NETLINK, SocketType::DGRAM, flags, Some(netlink::SOCK_DIAG))?;
        Ok(Self { socket, sequence: 0 })
    }

    /// The kernel answers while the request is being sent, so nothing here waits.
    fn ask(&mut self, peer: SocketAddr, local: SocketAddr) -> Result<InetResponseHeader, Errno> {
        self.sequence = self.sequence.wrapping_add(1);
        send(&self.socket, &request(self.sequence, peer, local), SendFlags::empty())?;
        let mut buffer = [0; ANSWER];
        loop {
            let (length, _) = recv(&self.socket, &mut buffer, RecvFlags::DONTWAIT)?;
            let answer = NetlinkMessage::deserialize(&buffer[..length]).map_err(|_| Errno::BADMSG)?;
            if answer.header.sequence_number != self.sequence {
                continue;
            }
            return match answer.payload {
                NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(found)) => Ok(found.header),
                NetlinkPayload::Error(error) => Err(Errno::from_raw_os_error(-error.raw_code())),
                _ => Err(Errno::BADMSG),
            };
        }
    }
}

fn request(sequence: u32, peer: SocketAddr, local: SocketAddr) -> Vec<u8> {
    let socket_id = SocketId {
        source_port: peer.port(),
        destination_port: local.port(),
        source_address: peer.ip(),
        destination_address: local.ip(),
        interface_id: 0,
        cookie: [0xff; 8],
    };
    let wanted = InetRequest {
        family: AF_INET,
        protocol: IPPROTO_TCP,
        extensions: ExtensionFlags::empty(),
        states: StateFlags::all(),
        socket_id,
    };
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST;
    header.sequence_number = sequence;
    let mut message = NetlinkMessage::new(header, SockDiagMessage::InetRequest(wanted).into());
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}

/// Whether `id` is the wanted connection: for one that does not exist the kernel may name a listening socket.
fn is(id: &SocketId, peer: SocketAddr, local: SocketAddr) -> bool {
    (id.source_port, id.destination_port) == (peer.port(), local.port())
}
