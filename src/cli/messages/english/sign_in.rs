//! What is said while a sign-in waits for the browser, in English.

use std::fmt::{Result, Write as _};

use crate::cli::messages::shown::tunnel_command;
use crate::host::{NoBrowser, SshTarget};
use crate::oauth::callback::Mismatch;
use crate::oauth::paste::PasteError;

pub(super) const STILL_WAITING: &str = "\
If the page shows an error instead of asking you to authorize, your identity may not be assigned to the application
`official-cli`. An administrator assigns it: aliyun-rs app assign NAME
To use another account, sign out in the browser or open the address in a private window.
";

pub(super) const fn why_no_browser(reason: NoBrowser) -> &'static str {
    match reason {
        NoBrowser::NotWanted => "`--no-browser` was given",
        NoBrowser::Ssh => "this is a remote shell",
        NoBrowser::Container => "this is a container",
        NoBrowser::NoDisplay => "there is no graphical session",
    }
}

pub(super) fn no_browser(reason: NoBrowser, tunnel: Option<(u16, &SshTarget)>, pastes: bool, f: &mut String) -> Result {
    writeln!(f, "No browser is opened here: {}. Open the address in any browser.", why_no_browser(reason))?;
    if let Some((port, target)) = tunnel {
        writeln!(
            f,
            "If that browser is on another machine, run this there first:\n  {}",
            tunnel_command(port, target)
        )?;
    }
    match (tunnel, pastes) {
        (Some(_), true) => {
            f.write_str("Or paste the address your browser ends on, even if the page cannot be shown.\n")
        }
        (None, true) => f.write_str("Then paste the address your browser ends on, even if the page cannot be shown.\n"),
        (_, false) => Ok(()),
    }
}

pub(super) fn paste(error: PasteError, f: &mut String) -> Result {
    f.write_str(match error {
        PasteError::Empty => "nothing was pasted",
        PasteError::NotAnAddress => "this is not an address: copy all of the browser's address bar",
        PasteError::CodeAlone => "this is only a code: paste the whole address, which also has the state",
        PasteError::SignInPage => {
            "this is the page to sign in at: open it, sign in, and paste the address that the browser ends on"
        }
        PasteError::OtherPage => {
            "this is another page: the address to paste begins with http://127.0.0.1 and has /cli/callback in it"
        }
        PasteError::OtherPort(port) => {
            return write!(f, "this address has port {port}, so it belongs to another sign-in");
        }
        PasteError::Mismatch(mismatch) => match mismatch {
            Mismatch::Malformed => "the address is damaged: copy it again, all of it",
            Mismatch::Repeated => "a parameter is in the address twice: copy it again as the browser shows it",
            Mismatch::NoState => "the address is cut off: it has no state; copy all of it",
            Mismatch::WrongState => {
                "the address belongs to another sign-in, perhaps an earlier attempt: open the address shown above"
            }
            Mismatch::WrongIssuer => "the address was not issued by Alibaba Cloud for this sign-in",
            Mismatch::NoCode => "the address has no code: sign in and authorize first, then copy the address",
        },
    })
}
