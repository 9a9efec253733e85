//! Questions, one line each, from a terminal or a pipe. The end of input means the default; an interrupt ends the run
//! with the terminal as it was.

use std::io;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::host::Interrupts;
use crate::secret::Secret;

use super::failure::{Attempt, Code, Failure, Usage};
use super::messages::{Message, Problem};
use super::ui::Ui;

/// Asks on standard output, as the official client does, and reads standard input, which it owns for the whole
/// conversation.
pub(super) struct Prompter<'a> {
    ui: &'a Ui,
    /// Standard input, from the first question on.
    lines: Option<Lines>,
}

/// One line, or `None` at the end of input.
pub(super) type Line = io::Result<Option<String>>;

/// Standard input, read on a thread of its own, a line when it is asked for. A line that was read for a question that
/// was cancelled goes to the next one.
struct Lines {
    requests: Sender<()>,
    lines: UnboundedReceiver<Line>,
    requested: bool,
}

impl Lines {
    fn start(ui: Ui) -> io::Result<Self> {
        let (requests, requested) = channel();
        let (sender, lines) = unbounded_channel();
        thread::Builder::new().name("standard input".to_owned()).spawn(move || {
            while requested.recv().is_ok() {
                if sender.send(ui.read_line()).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { requests, lines, requested: false })
    }

    /// The next line. May be dropped and called again without losing one.
    async fn next(&mut self) -> Line {
        if !self.requested {
            // A reader that has ended says so below.
            self.requests.send(()).ok();
            self.requested = true;
        }
        let line = self.lines.recv().await;
        self.requested = false;
        line.unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()))
    }

    /// Forgets a line that was read for a question that was cancelled.
    fn discard(&mut self) {
        if self.requested && self.lines.try_recv().is_ok() {
            self.requested = false;
        }
    }
}

impl<'a> Prompter<'a> {
    pub(super) const fn new(ui: &'a Ui) -> Self {
        Self { ui, lines: None }
    }

    /// The next line of standard input, whoever asked for it. May be dropped and called again without losing one.
    pub(super) async fn next(&mut self) -> Line {
        let lines = match &mut self.lines {
            Some(lines) => lines,
            none => none.insert(Lines::start(self.ui.clone())?),
        };
        lines.next().await
    }

    /// Discards what was typed before anything was asked.
    pub(super) fn discard_typed_ahead(&mut self) {
        self.ui.discard_typed_ahead();
        if self.ui.is_asked_here()
            && let Some(lines) = &mut self.lines
        {
            lines.discard();
        }
    }

    /// Asks until the answer passes `read`; an empty answer is `default`. A pipe gets one try.
    pub(super) async fn ask<T>(
        &mut self,
        interrupts: &mut Interrupts,
        question: Message<'_>,
        default: T,
        read: impl Fn(&str) -> Result<T, Problem>,
    ) -> Result<T, Failure> {
        loop {
            let problem = match self.line(interrupts, &question).await? {
                Ok(answer) if answer.is_empty() => return Ok(default),
                Ok(answer) => match read(&answer) {
                    Ok(value) => return Ok(value),
                    Err(problem) => problem,
                },
                Err(problem) => problem,
            };
            if !self.ui.is_asked_here() {
                return Err(Usage::Answer(problem).into());
            }
            self.ui.correct(&problem);
        }
    }

    /// One answer as it was given, not shown while it is typed; `None` at the end of input. Only a person is asked.
    pub(super) async fn hidden(
        &mut self,
        interrupts: &mut Interrupts,
        question: &Message<'_>,
    ) -> Result<Option<Secret>, Failure> {
        let _hidden = self.ui.is_asked_here().then(|| self.ui.hide_input());
        if self.ui.is_asked_here() {
            self.ui.note(question);
        }
        let line = tokio::select! {
            line = self.next() => line,
            () = interrupts.next() => {
                self.ui.raw_error("\n");
                return Err(Failure::Quiet(Code::Interrupted));
            }
        };
        if self.ui.is_asked_here() {
            self.ui.raw_error("\n");
        }
        match line {
            Ok(line) => Ok(line.map(Secret::new)),
            Err(error) => Err(Failure::System(Attempt::ReadAnswer, error)),
        }
    }

    /// One answer, without blanks around it and the marks that editors of other systems leave.
    async fn line(
        &mut self,
        interrupts: &mut Interrupts,
        question: &Message<'_>,
    ) -> Result<Result<String, Problem>, Failure> {
        self.ui.say(question)?;
        let line = tokio::select! {
            line = self.next() => line,
            () = interrupts.next() => {
                self.ui.raw_error("\n");
                return Err(Failure::Quiet(Code::Interrupted));
            }
        };
        if !self.ui.is_asked_here() {
            self.ui.end_line();
        }
        match line {
            Ok(answer) => Ok(Ok(answer.unwrap_or_default().trim_start_matches('\u{FEFF}').trim().to_owned())),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(Err(Problem::NotText)),
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Ok(Err(Problem::TooLong)),
            Err(error) => Err(Failure::System(Attempt::ReadAnswer, error)),
        }
    }
}
