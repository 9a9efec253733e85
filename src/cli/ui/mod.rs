//! What is said to the person or program that runs this: the one place that writes to the standard streams.
//!
//! Standard output takes what was asked for and the sign-in's conversation, standard error everything else.

mod address;
mod pick;
mod waiting;

use std::io;
use std::process::ExitCode;

use serde::Serialize;
use zeroize::Zeroizing;

use crate::cli::context::GlobalArgs;
use crate::cli::failure::{Failure, Report};
use crate::cli::language::Choice;
use crate::cli::messages::{Message, Prefix, Say, Warning};
use crate::host::{HiddenInput, Host, Stream, Streams};
use crate::secret::Secret;
use crate::text::visible_json;

pub(in crate::cli) use waiting::WaitingLine;

/// Bytes of a long list that are written at once.
const AT_ONCE: usize = 64 << 10;

/// Writes messages.
#[derive(Clone)]
pub(in crate::cli) struct Ui {
    streams: Streams,
    language: Choice,
    verbose: bool,
    /// Whether nothing is said to a person in a conversation.
    silent: bool,
    json_errors: bool,
    colourless: bool,
    /// Whether no stream may get anything but text.
    plain: bool,
    /// Whether the terminal is of a kind that takes operating system commands (OSC), or ignores them.
    modern: bool,
}

impl Ui {
    pub(in crate::cli) fn new(host: &Host, json_errors: bool) -> Self {
        // A terminal without a name or with this one knows no control sequences (terminfo(5)).
        let term = host.env.get("TERM").unwrap_or(if cfg!(unix) { "dumb" } else { "windows" });
        Self {
            silent: false,
            streams: host.streams.clone(),
            language: Choice::new(host),
            verbose: false,
            json_errors,
            colourless: host.env.get("NO_COLOR").is_some(),
            plain: term == "dumb",
            modern: !["linux", "ansi", "vt", "cons"].iter().any(|old| term.starts_with(old)),
        }
    }

    /// The same, with what the command line asks for.
    pub(in crate::cli) fn with(&self, args: &GlobalArgs, json_errors: bool) -> Self {
        let (colourless, plain) = (self.colourless || args.plain, self.plain || args.plain);
        Self { verbose: args.verbose, json_errors, colourless, plain, ..self.clone() }
    }

    /// The language of everything that is said.
    pub(in crate::cli) const fn language(&self) -> &Choice {
        &self.language
    }

    /// Prints what was asked for.
    pub(in crate::cli) fn print(&self, text: &str) -> Result<(), Failure> {
        Ok(self.streams.out(text)?)
    }

    /// Prints lines that were asked for, many at a time.
    pub(in crate::cli) fn print_lines(&self, lines: impl Iterator<Item = String>) -> Result<(), Failure> {
        let mut text = String::new();
        for line in lines {
            text += &line;
            if text.len() >= AT_ONCE {
                self.print(&text)?;
                text.clear();
            }
        }
        self.print(&text)
    }

    /// Prints a value as JSON, on one line or laid out.
    pub(in crate::cli) fn print_json(&self, value: &impl Serialize, pretty: bool) -> Result<(), Failure> {
        self.print(json(value, pretty).expose())
    }

    /// Prints a list as JSON, laid out, an item at a time.
    pub(in crate::cli) fn print_json_list<T: Serialize>(&self, items: impl Iterator<Item = T>) -> Result<(), Failure> {
        let mut count = 0;
        let texts = items.map(|item| {
            let text = serde_json::to_string_pretty(&item).expect("texts and numbers are JSON");
            count += 1;
            let before = if count == 1 { "[\n  " } else { ",\n  " };
            before.to_owned() + &visible_json(&text).replace('\n', "\n  ")
        });
        self.print_lines(texts)?;
        self.print(if count == 0 { "[]\n" } else { "\n]\n" })
    }

    /// Prints a message that was asked for.
    pub(in crate::cli) fn print_message(&self, message: &Message<'_>) -> Result<(), Failure> {
        self.print(&message.text(self.language.get()))
    }

    /// Writes a message of the conversation to standard output. A closed pipe is not an error: what has begun
    /// is completed.
    pub(in crate::cli) fn say(&self, message: &Message<'_>) -> Result<(), Failure> {
        self.say_text(&message.text(self.language.get()))
    }

    fn say_text(&self, text: &str) -> Result<(), Failure> {
        if self.silent {
            return Ok(());
        }
        match self.streams.out(text) {
            Err(error) if error.is_broken_pipe() => Ok(()),
            done => Ok(done?),
        }
    }

    /// Ends the line of a question whose answer did not come from a keyboard.
    pub(in crate::cli) fn end_line(&self) {
        self.streams.out("\n").ok();
    }

    /// Says something on standard error.
    pub(in crate::cli) fn note(&self, message: &Message<'_>) {
        self.streams.err(&message.text(self.language.get()));
    }

    /// Says something on standard error if details were asked for.
    pub(in crate::cli) fn detail(&self, message: &Message<'_>) {
        if self.verbose {
            self.note(message);
        }
    }

    /// Says what is wrong with an answer.
    pub(in crate::cli) fn correct(&self, problem: &impl Say) {
        self.streams.err(&format!("{}\n", problem.line(self.language.get())));
    }

    /// Warns of something that was noticed.
    pub(in crate::cli) fn warn(&self, warning: &Warning<'_>) {
        self.streams.err(&self.warning(warning));
    }

    /// A warning as a line of its own.
    pub(in crate::cli) fn warning(&self, warning: &Warning<'_>) -> String {
        self.prefixed(Prefix::Warning, warning)
    }

    fn prefixed(&self, prefix: Prefix, said: &impl Say) -> String {
        format!("{}{}\n", prefix.text(self.language.get()), said.line(self.language.get()))
    }

    /// A message as a text, for a page or a list.
    pub(in crate::cli) fn text(&self, said: &impl Say) -> String {
        said.text(self.language.get())
    }

    /// A message as one line that a terminal only shows.
    pub(in crate::cli) fn line(&self, said: &impl Say) -> String {
        said.line(self.language.get())
    }

    /// Writes text that is complete, such as help, to standard error.
    pub(in crate::cli) fn raw_error(&self, text: &str) {
        self.streams.err(text);
    }

    /// Explains a failure on standard error and returns its exit code.
    pub(in crate::cli) fn fail(&self, failure: &Failure) -> ExitCode {
        let report = failure.report();
        if self.json_errors {
            if let Some(json) = self.json(&report) {
                self.streams.err(&format!("{json}\n"));
            }
            return report.exit.into();
        }
        if let Some(message) = &report.message {
            self.streams.err(&self.prefixed(Prefix::Error, message));
        }
        for hint in &report.hints {
            self.streams.err(&self.prefixed(Prefix::Hint, hint));
        }
        report.exit.into()
    }

    /// A failure as JSON; `None` for one that has nothing to say.
    pub(in crate::cli) fn failure_json(&self, failure: &Failure) -> Option<serde_json::Value> {
        self.json(&failure.report())
    }

    /// The same without the conversation of a sign-in, which a program does not read.
    pub(in crate::cli) fn without_conversation(&self) -> Self {
        Self { silent: true, ..self.clone() }
    }

    /// Whether failures are written for programs.
    pub(in crate::cli) fn fails_in_json(&self) -> bool {
        self.json_errors
    }

    /// A failure for programs, with the fields of the official client's AI mode.
    fn json(&self, report: &Report<'_>) -> Option<serde_json::Value> {
        let message = report.message.as_ref()?.line(self.language.get());
        let reply = report.reply.unwrap_or_default();
        let recovery = serde_json::json!({
            "action": report.action.as_str(),
            "command": report.command,
            "hint": report.hints[..].line(self.language.get()),
        });
        Some(serde_json::json!({
            "message": message,
            "error_code": report.code,
            "status_code": reply.status,
            "request_id": reply.request_id,
            "recovery": recovery,
            "exit_code": report.exit.number(),
            "retryable": report.retryable,
        }))
    }

    /// Whether a stream shows colours, and wants them.
    pub(in crate::cli) fn is_painted(&self, stream: Stream) -> bool {
        !self.json_errors && !self.colourless && self.streams.is_terminal(stream)
    }

    /// Whether a stream is a terminal that obeys control sequences.
    fn is_capable(&self, stream: Stream) -> bool {
        !self.plain && self.streams.is_terminal(stream)
    }

    /// Writes to standard output or error.
    fn write(&self, stream: Stream, text: &str) {
        match stream {
            // What cannot be shown is missed by a reader who has left.
            Stream::Output => drop(self.streams.out(text)),
            _ => self.streams.err(text),
        }
    }

    /// Whether a person sits at standard input.
    pub(in crate::cli) fn is_asked_here(&self) -> bool {
        self.streams.is_terminal(Stream::Input)
    }

    /// Whether a person sees standard output.
    pub(super) fn is_seen_here(&self) -> bool {
        self.streams.is_terminal(Stream::Output)
    }

    /// Whether a person sits at standard input and sees standard error.
    pub(in crate::cli) fn is_interactive(&self) -> bool {
        [Stream::Input, Stream::Error].iter().all(|stream| self.streams.is_terminal(*stream))
    }

    /// Whether a person sits at standard input and sees standard output.
    pub(in crate::cli) fn is_conversation(&self) -> bool {
        self.is_asked_here() && self.is_seen_here()
    }

    /// Hides what is typed until the result is dropped. Must be called inside a `tokio` runtime.
    pub(in crate::cli) fn hide_input(&self) -> HiddenInput {
        let hidden = HiddenInput::new(&self.streams, None);
        hidden.hide();
        hidden
    }

    /// Reads a line of standard input; `None` at its end.
    pub(in crate::cli) fn read_line(&self) -> io::Result<Option<String>> {
        self.streams.wait_for_input();
        self.streams.read_line()
    }

    /// Discards what a person typed before anything was asked.
    pub(in crate::cli) fn discard_typed_ahead(&self) {
        self.streams.discard_typed_ahead();
    }
}

/// A value as JSON, on one line or laid out, with a line end.
pub(in crate::cli) fn json(value: &impl Serialize, pretty: bool) -> Secret {
    let text = if pretty { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    let text = Zeroizing::new(text.expect("texts and numbers are JSON"));
    Secret::new(visible_json(&text) + "\n")
}
