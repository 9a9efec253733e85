//! The owner of a connection, by reading the list of all connections (proc(5)).

use std::net::{IpAddr, SocketAddr};
use std::{fs, io};

/// Returns the owner of the socket `peer` that is connected to `local`; `None` when there is none.
///
/// # Errors
/// When the list cannot be read.
pub(super) fn owner(peer: SocketAddr, local: SocketAddr) -> io::Result<Option<u32>> {
    // Sockets that speak both IPv6 and IPv4, such as Java's, are in the second list.
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        match fs::read_to_string(table) {
            Ok(text) => {
                if let Some(uid) = owner_in(&text, peer, local) {
                    return Ok(Some(uid));
                }
            }
            // A kernel without IPv6 has no second list.
            Err(error) if error.kind() == io::ErrorKind::NotFound && table.ends_with('6') => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Finds the owner of the socket `peer`, connected to `local`, in the text of `/proc/net/tcp`.
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

/// Reads `0100007F:3039`: the address in 32-bit words of the machine's byte order, then the port as a number.
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

/// Converts an IPv4 address in IPv6 notation (`::ffff:127.0.0.1`) to the IPv4 address.
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
    fn the_owner_is_in_the_row_of_the_peers_end() {
        let (peer, local) = ends();
        let loopback = hex(&[127, 0, 0, 1]);
        let (theirs, ours) = (format!("{loopback}:C350"), format!("{loopback}:3039"));
        let table = HEADING.to_owned() + &row(&ours, &theirs, "0", "7") + &row(&theirs, &ours, "1001", "8");
        assert_eq!(owner_in(&table, peer, local), Some(1001));
        assert_eq!(owner_in(&table, local, peer), Some(0));
        assert_eq!(owner_in(&table, peer, SocketAddr::from(([127, 0, 0, 1], 12_346))), None);
    }

    #[test]
    fn an_ipv4_peer_with_an_ipv6_socket_is_found() {
        let (peer, local) = ends();
        let mapped = hex(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1]);
        let table = HEADING.to_owned() + &row(&format!("{mapped}:C350"), &format!("{mapped}:3039"), "1000", "9");
        assert_eq!(owner_in(&table, peer, local), Some(1000));
        let six = SocketAddr::new(Ipv6Addr::LOCALHOST.into(), 50_000);
        assert_eq!(owner_in(&table, six, local), None);
    }

    #[test]
    fn a_closed_socket_has_no_owner_although_root_is_shown() {
        let (peer, local) = ends();
        let loopback = hex(&[127, 0, 0, 1]);
        let table = HEADING.to_owned() + &row(&format!("{loopback}:C350"), &format!("{loopback}:3039"), "0", "0");
        assert_eq!(owner_in(&table, peer, local), None);
    }

    #[test]
    fn malformed_rows_are_skipped() {
        let (peer, local) = ends();
        let garbage = ["", "x", "0: :: ::", "0: 0100007F 0100007F:3039 01", "0: 0100007:1 é100007F:3 01 a b c d e f"];
        let table = HEADING.to_owned() + &garbage.join("\n");
        assert_eq!(owner_in(&table, peer, local), None);
    }
}
