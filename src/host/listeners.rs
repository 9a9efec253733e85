//! Which program listens on a port of this machine, where the system tells (Linux, proc(5)).

/// A program that listens on a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The number of the process.
    pub pid: u32,
    /// The name of the program, as the system shortens it.
    pub name: String,
}

/// The program that listens on `port` of 127.0.0.1 or of all addresses. `None` where none does, or where the system
/// does not show it: other users' programs are hidden.
#[cfg(target_os = "linux")]
pub fn listener_on(port: u16) -> Option<Holder> {
    let socket = ["/proc/net/tcp", "/proc/net/tcp6"].iter().find_map(|table| {
        let text = std::fs::read_to_string(table).ok()?;
        text.lines().skip(1).find_map(|line| inode(line, port))
    })?;
    let target = format!("socket:[{socket}]");
    let processes = std::fs::read_dir("/proc").ok()?.filter_map(Result::ok);
    let mut numbered = processes.filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())));
    numbered.find_map(|(pid, folder)| {
        let mut files = std::fs::read_dir(folder.join("fd")).ok()?.filter_map(Result::ok);
        files.find(|file| std::fs::read_link(file.path()).is_ok_and(|link| link.as_os_str() == target.as_str()))?;
        let name = std::fs::read_to_string(folder.join("comm")).unwrap_or_default();
        Some(Holder { pid, name: name.trim_end().to_owned() })
    })
}

#[cfg(not(target_os = "linux"))]
pub fn listener_on(_: u16) -> Option<Holder> {
    None
}

/// The inode of the socket in a row of `/proc/net/tcp`, if it listens on `port`.
#[cfg(target_os = "linux")]
fn inode(row: &str, port: u16) -> Option<u64> {
    const LISTEN: &str = "0A";
    let fields: Vec<&str> = row.split_ascii_whitespace().collect();
    let (_, hex) = fields.get(1)?.rsplit_once(':')?;
    let listens = *fields.get(3)? == LISTEN && u16::from_str_radix(hex, 16) == Ok(port);
    fields.get(9).filter(|_| listens)?.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_program_that_listens_on_a_port_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert_eq!(listener_on(port).map(|holder| holder.pid), Some(std::process::id()));
        drop(listener);
        assert_eq!(listener_on(port), None);
    }
}
