//! Questions, one line each, from a terminal or a pipe. The end of input means the default; an interrupt ends
//! the run with the terminal as it was.

use tokio::task::spawn_blocking;

use crate::host::{Host, Interrupts, Stream};

use super::context::say;
use super::failure::{Code, Failure};
use super::messages::Message;

/// Asks on standard output, as the official client does, and reads standard input.
pub(super) struct Prompter<'a> {
    host: &'a Host,
    interrupts: &'a mut Interrupts,
}

impl<'a> Prompter<'a> {
    pub(super) fn new(host: &'a Host, interrupts: &'a mut Interrupts) -> Self {
        Self { host, interrupts }
    }

    /// The interrupts, for work between two questions.
    pub(super) fn interrupts(&mut self) -> &mut Interrupts {
        self.interrupts
    }

    /// Asks until the answer passes `read`; an empty answer is `default`. A pipe gets one try.
    pub(super) async fn ask<T>(
        &mut self,
        question: Message<'_>,
        default: T,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, Failure> {
        loop {
            let answer = self.line(&question).await?;
            let Some(answer) = answer.filter(|answer| !answer.trim().is_empty()) else { return Ok(default) };
            match read(answer.trim()) {
                Ok(value) => return Ok(value),
                Err(problem) if self.host.streams.is_terminal(Stream::Input) => {
                    self.host.streams.err(&format!("{problem}\n"));
                }
                Err(problem) => return Err(Failure::new(Code::Usage, problem)),
            }
        }
    }

    async fn line(&mut self, question: &Message<'_>) -> Result<Option<String>, Failure> {
        say(self.host, question)?;
        let streams = self.host.streams.clone();
        let answer = tokio::select! {
            line = spawn_blocking(move || streams.read_line()) => line,
            () = self.interrupts.next() => {
                self.host.streams.err("\n");
                return Err(Failure::told(Code::Interrupted));
            }
        };
        if !self.host.streams.is_terminal(Stream::Input) {
            self.host.streams.out("\n").ok();
        }
        let answer = answer.map_err(|_| Failure::new(Code::Unexpected, "the reader of standard input failed"))?;
        answer.map_err(|error| Failure::new(Code::Usage, format!("could not read an answer: {error}")))
    }
}
