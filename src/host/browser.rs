//! The user's web browser.
//!
//! The browser runs below a second copy of this program (`open_here`), started with empty streams, its own
//! session and an environment without credentials: whatever it prints, however long it lives, it cannot
//! touch our terminal, our locks or our keys. The `webbrowser` crate then does what the platform wants.

use std::io;
use std::process::Stdio;

use super::Env;

/// The hidden command that [`Browser::open`] runs in a second copy of this program.
pub(crate) const OPEN_COMMAND: &str = "__open-browser";

/// Opens a web page for a person to look at.
pub trait Browser: Send + Sync {
    /// Whether opening a page has a chance at all: a graphical session, or a `BROWSER` that was asked for.
    fn is_available(&self) -> bool;

    /// Starts the browser at `url` and does not wait for it. Starting says nothing about showing.
    ///
    /// # Errors
    /// When no browser could be started.
    fn open(&self, url: &str) -> io::Result<Opened>;
}

/// Who was handed the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// The browser of the person at this machine.
    Person,
    /// A sandbox user, played by the program; its name.
    Played(String),
}

/// Opens `url` from this very process; only the second copy of the program calls it.
///
/// # Errors
/// When no browser could be started.
pub fn open_here(url: &str) -> io::Result<()> {
    leave_terminal();
    webbrowser::open(url)
}

/// Starts a session of its own, so that the browser has no terminal to write to, and keeps from it what we were
/// given by others: a lock or a pipe that lives as long as a browser would hold them up.
#[cfg(unix)]
fn leave_terminal() {
    // It can only fail where there is a session of our own already.
    rustix::process::setsid().ok();
    close_fds::set_fds_cloexec(3, &[]);
}

#[cfg(not(unix))]
fn leave_terminal() {}

pub(super) struct OsBrowser {
    env: Env,
}

impl OsBrowser {
    pub(super) fn new(env: &Env) -> Self {
        Self { env: env.clone() }
    }
}

impl Browser for OsBrowser {
    fn is_available(&self) -> bool {
        let set = |name| self.env.get_os(name).is_some();
        if set("BROWSER") {
            return true;
        }
        if set("SSH_CONNECTION") || set("SSH_TTY") {
            return false;
        }
        let windowed = ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "WSL_INTEROP"];
        cfg!(any(windows, target_os = "macos")) || windowed.into_iter().any(set)
    }

    #[expect(clippy::disallowed_methods, reason = "this module is the door")]
    fn open(&self, url: &str) -> io::Result<Opened> {
        let mut command = std::process::Command::new(std::env::current_exe()?);
        command.args([OPEN_COMMAND, url]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        for (name, _) in self.env.iter().filter(|(name, _)| Env::is_sensitive(name)) {
            command.env_remove(name);
        }
        command.spawn()?;
        Ok(Opened::Person)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn available(variables: &[(&str, &str)]) -> bool {
        OsBrowser::new(&variables.iter().copied().collect()).is_available()
    }

    #[test]
    fn a_browser_named_in_the_environment_wins_everywhere() {
        assert!(available(&[("BROWSER", "firefox"), ("SSH_CONNECTION", "a b c d")]));
    }

    #[test]
    fn a_remote_shell_has_no_browser_of_its_own() {
        assert!(!available(&[("DISPLAY", "localhost:10"), ("SSH_CONNECTION", "a b c d")]));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_display_is_needed_on_linux() {
        assert!(!available(&[]));
        assert!(!available(&[("DISPLAY", "")]));
        assert!(available(&[("WAYLAND_DISPLAY", "wayland-0")]));
    }
}
