//! The user's web browser.
//!
//! The browser runs below a second copy of this program (`open_here`), started with empty streams, its own
//! session and an environment without credentials: whatever it prints and however long it runs, it cannot
//! touch our terminal, our locks or our keys. The `webbrowser` crate then does what the platform wants.
//!
//! The address holds the `state` of a sign-in, and every user of a machine can read the arguments of every program.
//! The second copy therefore gets it on standard input. The platform's opener still passes it on as an argument:
//! `xdg-open` and the browsers accept nothing else.

use std::io::{self, Write};
use std::path::Path;
use std::process::Stdio;

use super::environment::{NoBrowser, Surroundings};
use super::memory::with_inherited_limits;
use super::{BoxFuture, Env};

/// The hidden command that [`Browser::open`] runs in a second copy of this program. It reads the address from a line
/// of standard input.
pub(crate) const OPEN_COMMAND: &str = "__open-browser";

/// The variable that names the user's browsers.
const BROWSER: &str = "BROWSER";
/// Where the address goes in such a command line.
const ADDRESS: &str = "%s";

/// Opens a web page for a person to look at.
pub trait Browser: Send + Sync {
    /// Why opening a page cannot work; `None` where it can.
    fn unavailable(&self) -> Option<NoBrowser>;

    /// Starts the browser at `url` and does not wait for its end. Starting says nothing about showing.
    ///
    /// # Errors
    /// When no browser could be started.
    fn open(&self, url: &str) -> BoxFuture<'_, io::Result<Opened>>;
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
    with_inherited_limits(|| webbrowser::open(url))
}

/// Starts a session of its own, so that the browser has no terminal to write to, and closes what we
/// inherited from others: a browser would keep a lock or a pipe of theirs open for as long as it runs.
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
    fn unavailable(&self) -> Option<NoBrowser> {
        if self.env.get_os(BROWSER).is_some() {
            return None;
        }
        Surroundings { env: &self.env, root: Path::new("/") }.no_browser()
    }

    fn open(&self, url: &str) -> BoxFuture<'_, io::Result<Opened>> {
        let started = self.start(url);
        Box::pin(async { started })
    }
}

impl OsBrowser {
    #[expect(clippy::disallowed_methods, reason = "this module is the door")]
    fn start(&self, url: &str) -> io::Result<Opened> {
        let mut command = std::process::Command::new(std::env::current_exe()?);
        command.arg(OPEN_COMMAND).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        for (name, _) in self.env.iter().filter(|(name, _)| Env::is_sensitive(name)) {
            command.env_remove(name);
        }
        if let Some(browsers) = self.env.get_os(BROWSER) {
            command.env(BROWSER, harmless(&browsers.to_string_lossy())?);
        }
        let mut child = with_inherited_limits(|| command.spawn())?;
        if let Some(mut input) = child.stdin.take() {
            writeln!(input, "{url}")?;
        }
        Ok(Opened::Person)
    }
}

/// Those of the command lines in `BROWSER`, which colons separate, that take the address as an argument.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] when there are none.
fn harmless(browsers: &str) -> io::Result<String> {
    let kept: Vec<&str> = browsers.split(':').filter(|browser| !evaluates_address(browser)).collect();
    match kept.is_empty() {
        true => Err(io::ErrorKind::InvalidInput.into()),
        false => Ok(kept.join(":")),
    }
}

/// Whether a command line hands the address, which stands at `%s` or at the end, to a shell or another interpreter
/// as (a part of) its program: `sh -c %s`, `bash -lc`, `sh -c open${IFS}%s`, `perl -e%s`, `cmd /c`.
fn evaluates_address(browser: &str) -> bool {
    let mut words: Vec<&str> = browser.split_ascii_whitespace().collect();
    if !words.iter().any(|word| word.contains(ADDRESS)) {
        words.push(ADDRESS);
    }
    let before = std::iter::once("").chain(words.iter().copied());
    before.zip(&words).any(|(before, word)| match word.split_once(ADDRESS) {
        None => false,
        // The program itself.
        Some(_) if before.is_empty() => true,
        Some(("", _)) => takes_program(before),
        // A value such as that of `--new-tab=%s`; anything else is code, or an option that is stuck to it.
        Some((option, _)) => {
            takes_program(before) || !option.ends_with('=') || takes_program(&option[..option.len() - 1])
        }
    })
}

/// Whether an option of any interpreter makes the next word its program.
fn takes_program(option: &str) -> bool {
    let words = ["-c", "-e", "-r", "/c", "/k", "--command", "--eval", "--exec", "-command", "-encodedcommand", "eval"];
    let letters = option.strip_prefix('-').filter(|rest| !rest.starts_with('-') && rest.len() <= 4);
    words.contains(&option.to_ascii_lowercase().as_str()) || letters.is_some_and(|letters| letters.ends_with('c'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn available(variables: &[(&str, &str)]) -> bool {
        OsBrowser::new(&variables.iter().copied().collect()).unavailable().is_none()
    }

    #[test]
    fn a_browser_named_in_the_environment_wins_everywhere() {
        assert!(available(&[("BROWSER", "firefox"), ("SSH_CONNECTION", "a b c d")]));
    }

    #[test]
    fn a_remote_shell_has_no_browser_of_its_own() {
        assert!(!available(&[("DISPLAY", "localhost:10"), ("SSH_CONNECTION", "a b c d")]));
    }

    #[test]
    fn the_address_is_an_argument_and_never_a_program() {
        for browser in [
            "firefox",
            "firefox %s",
            "firefox --new-tab=%s",
            "env -i /usr/bin/firefox -P work %s &",
            "xterm -e lynx %s",
            "sh -c exec$IFS$0 %s",
        ] {
            assert!(!evaluates_address(browser), "{browser}");
        }
        for browser in [
            "%s",
            "sh -c",
            "sh -c %s",
            "bash -lc %s",
            "sh -c exec$IFS%s",
            "perl -e",
            "perl -e%s",
            "node --eval=%s",
            "cmd /C %s",
            "pwsh -Command %s",
            "xterm -e",
            "env sh -ec",
        ] {
            assert!(evaluates_address(browser), "{browser}");
        }
    }

    #[test]
    fn browsers_that_take_an_argument_remain() {
        assert_eq!(harmless("sh -c:firefox:perl -e %s:w3m").unwrap(), "firefox:w3m");
        assert_eq!(harmless("sh -c").unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}
