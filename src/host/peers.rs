//! Which user is at the other end of a connection on this machine.
//!
//! A port on 127.0.0.1 is open to every user of the machine. Linux tells whose socket is at the other end; other
//! systems do not without a system call that safe Rust has no way to, and then the caller has to do without.

use std::net::{IpAddr, SocketAddr};
use std::{fs, io};

/// Returns the id of the user who owns the visitor's socket `peer`, connected to our end `local`; `None` when
/// there is no such socket (any more).
///
/// # Errors
/// When the table of connections cannot be read; on any system but Linux always, as
/// [`Unsupported`](io::ErrorKind::Unsupported).
pub fn owner(peer: SocketAddr, local: SocketAddr) -> io::Result<Option<u32>> {
    if !cfg!(target_os = "linux") {
        return Err(io::Error::new(io::ErrorKind::Unsupported, "this system does not tell who owns a connection"));
    }
    // A program that speaks IPv6 and IPv4 by one socket, such as Java, is listed in the second table.
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        match fs::read_to_string(table) {
            Ok(text) => {
                if let Some(uid) = owner_in(&text, peer, local) {
                    return Ok(Some(uid));
                }
            }
            // A kernel without IPv6 has no second table.
            Err(error) if error.kind() == io::ErrorKind::NotFound && table.ends_with('6') => {}
            Err(error) => return Err(io::Error::new(error.kind(), format!("cannot read `{table}`: {error}"))),
        }
    }
    Ok(None)
}

/// Finds the owner of the socket `peer` -> `local` in a table of the form that proc(5) gives for `/proc/net/tcp`.
fn owner_in(table: &str, peer: SocketAddr, local: SocketAddr) -> Option<u32> {
    table.lines().skip(1).filter_map(Row::parse).find(|row| row.ends == (canonical(peer), canonical(local)))?.owner()
}

struct Row {
    ends: (SocketAddr, SocketAddr),
    uid: u32,
    inode: u64,
}

impl Row {
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split_ascii_whitespace();
        let ends = (socket(fields.nth(1)?)?, socket(fields.next()?)?);
        let uid = fields.nth(4)?.parse().ok()?;
        let inode = fields.nth(1)?.parse().ok()?;
        Some(Self { ends, uid, inode })
    }

    /// A socket that its program has closed has no inode and shows user 0, who never owned it.
    fn owner(&self) -> Option<u32> {
        (self.inode != 0).then_some(self.uid)
    }
}

/// Reads `0100007F:3039`: words of the address as the machine holds them, then the port as a plain number.
fn socket(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let words = address.as_bytes().chunks(8).map(word).collect::<Option<Vec<_>>>()?;
    let ip = match *words.as_flattened() {
        [a, b, c, d] => IpAddr::from([a, b, c, d]),
        ref sixteen => IpAddr::from(<[u8; 16]>::try_from(sixteen).ok()?),
    };
    Some(canonical(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?)))
}

fn word(hex: &[u8]) -> Option<[u8; 4]> {
    let text = str::from_utf8(hex).ok().filter(|text| text.len() == 8)?;
    Some(u32::from_str_radix(text, 16).ok()?.to_ne_bytes())
}

/// An IPv4 address that is written as an IPv6 one (`::ffff:127.0.0.1`), as the IPv4 address it is.
fn canonical(socket: SocketAddr) -> SocketAddr {
    SocketAddr::new(socket.ip().to_canonical(), socket.port())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    const HEADING: &str =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    fn ends() -> (SocketAddr, SocketAddr) {
        (SocketAddr::from(([127, 0, 0, 1], 50_000)), SocketAddr::from(([127, 0, 0, 1], 12_345)))
    }

    /// The words of an address as this machine's kernel prints them.
    fn hex(octets: &[u8]) -> String {
        octets.chunks(4).map(|word| format!("{:08X}", u32::from_ne_bytes(word.try_into().unwrap()))).collect()
    }

    fn row(local: &str, remote: &str, uid: &str, inode: &str) -> String {
        format!(
            "   0: {local} {remote} 01 00000000:00000000 00:00000000 00000000  {uid}        0 {inode} 1 0 20 4 30 10 -1\n"
        )
    }

    #[test]
    fn the_owner_is_read_from_the_row_of_the_visitors_end() {
        let (peer, local) = ends();
        let loopback = hex(&[127, 0, 0, 1]);
        let (theirs, ours) = (format!("{loopback}:C350"), format!("{loopback}:3039"));
        let table = HEADING.to_owned() + &row(&ours, &theirs, "0", "7") + &row(&theirs, &ours, "1001", "8");
        assert_eq!(owner_in(&table, peer, local), Some(1001));
        assert_eq!(owner_in(&table, local, peer), Some(0));
        assert_eq!(owner_in(&table, peer, SocketAddr::from(([127, 0, 0, 1], 12_346))), None);
    }

    #[test]
    fn an_ipv4_visitor_by_an_ipv6_socket_is_found() {
        let (peer, local) = ends();
        let mapped = hex(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1]);
        let table = HEADING.to_owned() + &row(&format!("{mapped}:C350"), &format!("{mapped}:3039"), "1000", "9");
        assert_eq!(owner_in(&table, peer, local), Some(1000));
        let six = SocketAddr::new(Ipv6Addr::LOCALHOST.into(), 50_000);
        assert_eq!(owner_in(&table, six, local), None);
    }

    #[test]
    fn a_socket_that_was_closed_has_no_owner_even_though_root_is_shown() {
        let (peer, local) = ends();
        let loopback = hex(&[127, 0, 0, 1]);
        let table = HEADING.to_owned() + &row(&format!("{loopback}:C350"), &format!("{loopback}:3039"), "0", "0");
        assert_eq!(owner_in(&table, peer, local), None);
    }

    #[test]
    fn rows_that_are_no_rows_are_passed_over() {
        let (peer, local) = ends();
        let garbage = ["", "x", "0: :: ::", "0: 0100007F 0100007F:3039 01", "0: 0100007:1 é100007F:3 01 a b c d e f"];
        let table = HEADING.to_owned() + &garbage.join("\n");
        assert_eq!(owner_in(&table, peer, local), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_real_connection_belongs_to_the_user_who_made_it() {
        let me = rustix::process::getuid().as_raw();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let visitor = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, peer) = listener.accept().unwrap();
        assert_eq!(owner(peer, accepted.local_addr().unwrap()).unwrap(), Some(me));
        drop((visitor, accepted));
        assert_eq!(owner(peer, listener.local_addr().unwrap()).unwrap(), None);
    }
}
