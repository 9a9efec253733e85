//! The line at which a sign-in waits: the time that is left, and the question for the address that the browser ends on.
//!
//! On a terminal it changes in place and leaves nothing behind. In a pipe there is only the question.

use std::time::Duration;

use super::Ui;
use crate::cli::messages::Message;
use crate::host::{HiddenInput, Stream};

/// To the start of the line, and everything on it erased (ECMA-48, CR and EL).
const ERASE: &str = "\r\x1b[K";

/// The last line, while nothing else is written.
pub(in crate::cli) struct WaitingLine {
    ui: Ui,
    stream: Stream,
    /// Whether the address is asked for.
    asks: bool,
    /// Hides what a person types.
    hidden: Option<HiddenInput>,
    shown: Option<String>,
}

impl WaitingLine {
    /// A line that asks for the address, or only says how much time is left. Must be called inside a `tokio` runtime.
    pub(in crate::cli) fn new(ui: &Ui, asks: bool) -> Self {
        let sees = |stream| ui.streams.is_terminal(stream);
        // The question belongs to the conversation, unless nobody would see it there.
        let on_error = if asks { ui.is_asked_here() && !sees(Stream::Output) && sees(Stream::Error) } else { true };
        let stream = if on_error { Stream::Error } else { Stream::Output };
        let marking = Some(stream).filter(|stream| ui.is_capable(*stream));
        let hidden = (asks && ui.is_asked_here()).then(|| HiddenInput::new(&ui.streams, marking));
        Self { ui: ui.clone(), stream, asks, hidden, shown: None }
    }

    /// Shows the line, or what has changed in it. A person in the foreground alone sees it.
    pub(in crate::cli) fn show(&mut self, left: Duration) {
        let is_new = match &self.hidden {
            Some(hidden) => hidden.hide(),
            None => false,
        };
        let capable = self.ui.is_capable(self.stream);
        let text = match (self.asks, capable) {
            (true, capable) => self.ui.text(&Message::AskCallback { left: capable.then(|| rounded(left)) }),
            (false, true) => self.ui.text(&Message::TimeLeft { left: rounded(left) }),
            (false, false) => return,
        };
        if self.shown.as_ref() == Some(&text) && !is_new {
            return;
        }
        let erase = if capable { ERASE } else { "" };
        self.ui.write(self.stream, &format!("{erase}{text}"));
        self.shown = Some(text);
    }

    /// Makes room for something else.
    pub(in crate::cli) fn clear(&mut self) {
        if self.shown.take().is_some() {
            self.ui.write(self.stream, if self.ui.is_capable(self.stream) { ERASE } else { "\n" });
        }
    }

    /// Asks no more.
    pub(in crate::cli) fn ask_no_more(&mut self) {
        self.clear();
        self.hidden = None;
        (self.asks, self.stream) = (false, Stream::Error);
    }
}

impl Drop for WaitingLine {
    fn drop(&mut self) {
        self.clear();
    }
}

/// The time left, as coarse as it can be without being wrong: a line that changes all the time is hard to read, and
/// hard to listen to.
fn rounded(left: Duration) -> Duration {
    let seconds = left.as_millis().div_ceil(1000) as u64;
    let step = if seconds > 60 { 60 } else { 10 };
    Duration::from_secs(seconds.div_ceil(step) * step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_rounded_up() {
        for (left, shown) in
            [(300_000, 300), (299_999, 300), (240_001, 300), (61_000, 120), (60_000, 60), (9_001, 10), (0, 0)]
        {
            assert_eq!(rounded(Duration::from_millis(left)), Duration::from_secs(shown), "{left}");
        }
    }
}
