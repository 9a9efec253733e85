//! An address to open: one unbroken line, and on a terminal a link and a copy in the clipboard.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::Ui;
use crate::cli::failure::Failure;
use crate::cli::messages::Message;
use crate::host::Stream;

impl Ui {
    /// Says which address to open: on standard output, and on standard error as well if that is where a person looks.
    pub(in crate::cli) fn say_address(&self, url: &str) -> Result<(), Failure> {
        let said = self.say_text(&self.address(url, Stream::Output));
        if !self.streams.is_terminal(Stream::Output) && self.streams.is_terminal(Stream::Error) {
            self.streams.err(&self.address(url, Stream::Error));
        }
        said
    }

    fn address(&self, url: &str, stream: Stream) -> String {
        let text = self.text(&Message::Open { url });
        if self.colourless || !self.modern || !self.is_capable(stream) {
            return text;
        }
        format!("{}{}", text.replace(url, &link(url)), copy(url))
    }
}

/// A link (OSC 8), which a terminal follows as a whole even where its line is wrapped.
fn link(url: &str) -> String {
    format!("\x1b]8;;{url}\x1b\\{url}\x1b]8;;\x1b\\")
}

/// A text for the clipboard of the terminal (OSC 52), at whichever end of a remote shell that is.
fn copy(text: &str) -> String {
    format!("\x1b]52;c;{}\x1b\\", BASE64_STANDARD.encode(text))
}
