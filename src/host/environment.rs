//! Where this process runs: whether a browser that is opened here would be seen, and how this machine is reached.

use std::path::Path;

use super::Env;

/// Why no browser is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoBrowser {
    /// It was asked for.
    NotWanted,
    /// This is a remote shell: a browser would open on another screen than the person's, or on none.
    Ssh,
    /// This is a container, which has neither a screen nor a browser of the person.
    Container,
    /// There is no graphical session.
    NoDisplay,
}

/// How a person reaches this machine with `ssh`, as far as that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SshTarget {
    /// The user.
    pub user: Option<String>,
    /// The host: the address that the person's `ssh` has connected to, else the name of this machine.
    pub host: Option<String>,
    /// The port, if it is not 22.
    pub port: Option<u16>,
}

/// What the environment and some files say about this system, whose root folder is `root`.
pub(super) struct Surroundings<'a> {
    pub(super) env: &'a Env,
    pub(super) root: &'a Path,
}

impl Surroundings<'_> {
    /// Why a browser that is opened here would not be seen.
    pub(super) fn no_browser(&self) -> Option<NoBrowser> {
        let displays = ["DISPLAY", "WAYLAND_DISPLAY"];
        if self.any_set(&["SSH_CONNECTION", "SSH_TTY"]) {
            Some(NoBrowser::Ssh)
        } else if self.is_container() {
            Some(NoBrowser::Container)
        } else if cfg!(any(windows, target_os = "macos")) || self.is_wsl() || self.any_set(&displays) {
            None
        } else {
            Some(NoBrowser::NoDisplay)
        }
    }

    /// Whether this is the Windows Subsystem for Linux, which can open Windows' browser. Its interpreter is registered
    /// as `WSLInterop`, or `WSLInterop-late` where systemd runs.
    pub(super) fn is_wsl(&self) -> bool {
        let interpreters = self.root.join("proc/sys/fs/binfmt_misc").read_dir();
        let is_interop = |name: std::ffi::OsString| name.as_encoded_bytes().starts_with(b"WSLInterop");
        self.any_set(&["WSL_DISTRO_NAME", "WSL_INTEROP"])
            || interpreters.is_ok_and(|all| all.flatten().any(|entry| is_interop(entry.file_name())))
    }

    /// Whether this is a container of Docker, Podman, Kubernetes, LXC or systemd-nspawn.
    fn is_container(&self) -> bool {
        let marks = [".dockerenv", "run/.containerenv", "run/systemd/container"];
        let variables = ["container", "KUBERNETES_SERVICE_HOST", "REMOTE_CONTAINERS", "CODESPACES"];
        let managers = ["docker", "kubepods", "containerd", "libpod", "/lxc/"];
        let groups = std::fs::read_to_string(self.root.join("proc/1/cgroup")).unwrap_or_default();
        marks.iter().any(|mark| self.root.join(mark).exists())
            || self.any_set(&variables)
            || managers.iter().any(|manager| groups.contains(manager))
    }

    fn any_set(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.env.get_os(name).is_some())
    }
}

impl SshTarget {
    /// What `env` says of the way to this machine, which is called `name`.
    pub(super) fn of(env: &Env, name: Option<&str>) -> Self {
        let user = ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|variable| env.get(variable));
        // The client's address and port, then those of this machine (ssh(1)).
        let mut connection = env.get("SSH_CONNECTION").unwrap_or_default().split_whitespace().skip(2);
        let (address, port) = (connection.next(), connection.next());
        let address = address.filter(|address| address.parse::<std::net::IpAddr>().is_ok());
        Self {
            user: user.map(str::to_owned),
            host: address.or(name).map(str::to_owned),
            port: port.and_then(|port| port.parse().ok()).filter(|port| *port != 22),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is seen in an environment on a system with these files.
    fn seen(variables: &[(&str, &str)], files: &[(&str, &str)]) -> Option<NoBrowser> {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let env = variables.iter().copied().collect();
        Surroundings { env: &env, root: root.path() }.no_browser()
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn it_is_known_where_a_browser_would_be_seen() {
        const SCREEN: (&str, &str) = ("DISPLAY", ":0");
        let ssh = ("SSH_CONNECTION", "192.0.2.7 50000 192.0.2.1 22");
        let interop = ("proc/sys/fs/binfmt_misc/WSLInterop-late", "enabled");
        for (variables, files, expected) in [
            (&[SCREEN][..], &[][..], None),
            (&[("WAYLAND_DISPLAY", "wayland-0")], &[], None),
            (&[], &[], Some(NoBrowser::NoDisplay)),
            (&[("DISPLAY", "")], &[], Some(NoBrowser::NoDisplay)),
            (&[SCREEN, ssh], &[], Some(NoBrowser::Ssh)),
            (&[SCREEN, ("SSH_TTY", "/dev/pts/1")], &[], Some(NoBrowser::Ssh)),
            (&[("WSL_DISTRO_NAME", "Debian")], &[], None),
            (&[("WSL_DISTRO_NAME", "Debian"), ssh], &[], Some(NoBrowser::Ssh)),
            (&[("WSL_INTEROP", "/run/WSL/1_interop")], &[], None),
            (&[], &[("proc/sys/fs/binfmt_misc/WSLInterop", "enabled")], None),
            (&[], &[interop], None),
            (&[], &[("proc/sys/fs/binfmt_misc/qemu-arm", "enabled")], Some(NoBrowser::NoDisplay)),
            (&[], &[interop, (".dockerenv", "")], Some(NoBrowser::Container)),
            (&[SCREEN], &[(".dockerenv", "")], Some(NoBrowser::Container)),
            (&[SCREEN], &[("run/.containerenv", "")], Some(NoBrowser::Container)),
            (&[SCREEN], &[("proc/1/cgroup", "0::/kubepods/pod1")], Some(NoBrowser::Container)),
            (&[SCREEN], &[("proc/1/cgroup", "0::/init.scope")], None),
            (&[SCREEN, ("REMOTE_CONTAINERS", "true")], &[], Some(NoBrowser::Container)),
            (&[SCREEN, ("container", "podman")], &[], Some(NoBrowser::Container)),
        ] {
            assert_eq!(seen(variables, files), expected, "{variables:?} {files:?}");
        }
    }

    #[test]
    fn the_way_to_this_machine_is_given_as_far_as_it_is_known() {
        for (variables, user, host, port) in [
            (&[][..], None, Some("box"), None),
            (&[("USER", "alice")], Some("alice"), Some("box"), None),
            (&[("SSH_CONNECTION", "192.0.2.7 50000 192.0.2.1 22")], None, Some("192.0.2.1"), None),
            (&[("SSH_CONNECTION", "::1 50000 2001:db8::1 2222")], None, Some("2001:db8::1"), Some(2222)),
            (&[("SSH_CONNECTION", "UNKNOWN 65535 $(id) x")], None, Some("box"), None),
            (&[("USER", "root"), ("SUDO_USER", "alice")], Some("alice"), Some("box"), None),
        ] {
            let target = SshTarget::of(&variables.iter().copied().collect(), Some("box"));
            let owned = |text: Option<&str>| text.map(str::to_owned);
            assert_eq!(target, SshTarget { user: owned(user), host: owned(host), port }, "{variables:?}");
        }
    }
}
