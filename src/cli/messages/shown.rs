//! Names, paths and causes from outside, safe to show: what the sentences of every language quote.

use std::error::Error;
use std::path::Path;

use crate::host::SshTarget;
use crate::text::{printable, shell_word, visible};

/// The longest name that is shown, in characters.
const NAME: usize = 256;

/// A name from outside.
pub(super) fn name(text: &str) -> String {
    printable(text, NAME)
}

/// A path, unchanged but for what a terminal would obey.
pub(super) fn quoted(path: &Path) -> String {
    format!("`{}`", visible(&path.to_string_lossy()))
}

/// What an error goes back to.
pub(super) fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut current = error;
    while let Some(source) = current.source() {
        current = source;
    }
    current
}

/// The tunnel through which a browser elsewhere reaches the callback.
pub(super) fn tunnel_command(port: u16, target: &SshTarget) -> String {
    let SshTarget { user, host, port: ssh_port } = target;
    let option = ssh_port.map(|port| format!("-p {port} ")).unwrap_or_default();
    let (user, host) = (user.as_deref().unwrap_or("USER"), host.as_deref().unwrap_or("HOST"));
    let (user, host) = (shell_word(user.as_ref()), shell_word(host.as_ref()));
    format!("ssh -N -L {port}:127.0.0.1:{port} {option}{user}@{host}")
}
