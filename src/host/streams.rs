//! Standard input, output and error.

use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::terminal;

/// The longest line that is read, in bytes with its end.
const LONGEST_LINE: u64 = 64 * 1024;

/// The three standard streams. Clones share them, so that a line can be read on another thread.
#[derive(Clone)]
pub struct Streams(Arc<Inner>);

struct Inner {
    input: Mutex<Box<dyn BufRead + Send>>,
    output: Mutex<Box<dyn Write + Send>>,
    error: Mutex<Box<dyn Write + Send>>,
    terminals: [bool; 3],
    /// Whether they are the streams of this process.
    real: bool,
}

/// Names one of the streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard input.
    Input,
    /// Standard output: what was asked for.
    Output,
    /// Standard error: everything else.
    Error,
}

/// Standard output could not be written.
#[derive(Debug, thiserror::Error)]
#[error("output-failed")]
pub struct OutputError(#[source] io::Error);

impl OutputError {
    /// Whether the reader left early, which is not a failure.
    pub fn is_broken_pipe(&self) -> bool {
        self.0.kind() == io::ErrorKind::BrokenPipe
    }

    /// What the system reports.
    pub const fn cause(&self) -> &io::Error {
        &self.0
    }

    /// As [`OutputError::cause`], owned.
    pub fn into_cause(self) -> io::Error {
        self.0
    }
}

impl Streams {
    /// The streams of this process.
    pub(super) fn from_os() -> Self {
        let terminals = [io::stdin().is_terminal(), io::stdout().is_terminal(), io::stderr().is_terminal()];
        Self::of(BufReader::new(io::stdin()), io::stdout(), io::stderr(), terminals, true)
    }

    /// Streams made of any reader and writers; `terminals` says for each whether a person sits at it.
    pub fn new(
        input: impl BufRead + Send + 'static,
        output: impl Write + Send + 'static,
        error: impl Write + Send + 'static,
        terminals: [bool; 3],
    ) -> Self {
        Self::of(input, output, error, terminals, false)
    }

    fn of(
        input: impl BufRead + Send + 'static,
        output: impl Write + Send + 'static,
        error: impl Write + Send + 'static,
        terminals: [bool; 3],
        real: bool,
    ) -> Self {
        Self(Arc::new(Inner {
            input: Mutex::new(Box::new(input)),
            output: Mutex::new(Box::new(output)),
            error: Mutex::new(Box::new(error)),
            terminals,
            real,
        }))
    }

    /// Writes to standard output and flushes.
    ///
    /// # Errors
    /// What the stream reports, a broken pipe included.
    pub fn out(&self, text: &str) -> Result<(), OutputError> {
        write_to(&self.0.output, text).map_err(OutputError)
    }

    /// Writes to standard error; an error there cannot be reported.
    pub fn err(&self, text: &str) {
        write_to(&self.0.error, text).ok();
    }

    /// Reads one line without its line end; `None` at the end of input.
    ///
    /// # Errors
    /// What the stream reports; [`io::ErrorKind::InvalidData`] for text that is not UTF-8,
    /// [`io::ErrorKind::FileTooLarge`] for a line beyond 64 KiB, as devices have them.
    pub fn read_line(&self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        let mut input = lock(&self.0.input);
        input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        if line.len() as u64 == LONGEST_LINE && !line.ends_with(b"\n") {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut line = String::from_utf8(line).map_err(|_| io::ErrorKind::InvalidData)?;
        line.truncate(line.trim_end_matches(['\r', '\n']).len());
        Ok(Some(line))
    }

    /// Waits until a person has typed something and this process may read it: in the background of its terminal
    /// it would be stopped (POSIX base definitions, section 11.1.4). Returns at once for any other input.
    pub fn wait_for_input(&self) {
        if self.is_real_terminal() {
            terminal::wait_for_input();
        }
    }

    /// Discards what was typed before anything was asked, where a person types.
    pub fn discard_typed_ahead(&self) {
        if self.is_real_terminal() {
            terminal::discard_typed_ahead();
        }
    }

    /// Whether standard input is the terminal of this process.
    pub(super) fn is_real_terminal(&self) -> bool {
        self.0.real && self.is_terminal(Stream::Input)
    }

    /// Whether a person sits at the stream.
    pub fn is_terminal(&self, stream: Stream) -> bool {
        self.0.terminals[stream as usize]
    }
}

fn write_to(stream: &Mutex<Box<dyn Write + Send>>, text: &str) -> io::Result<()> {
    let mut stream = lock(stream);
    stream.write_all(text.as_bytes())?;
    stream.flush()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
