//! Other programs: one that takes the place of this process, or one that is waited for.

#[cfg_attr(unix, path = "unix/mod.rs")]
#[cfg_attr(not(unix), path = "other.rs")]
mod system;

use std::ffi::OsString;
use std::io;
use std::process::Command;
use std::sync::Arc;

use super::{BoxFuture, Env, Interrupts};
pub use system::BlockedSignals;

/// A program, its arguments and its whole environment. It has no `Debug`: the environment may hold secrets.
#[derive(Clone)]
pub struct Program {
    /// The program, searched for in `PATH` when it has no slash.
    pub name: OsString,
    /// What follows on its command line.
    pub args: Vec<OsString>,
    /// Its whole environment.
    pub env: Env,
}

/// Runs programs. They get our standard streams and no other descriptor of ours. A script that does not name its
/// interpreter is run by `/bin/sh`, as `execvp` does (POSIX, "exec").
pub trait Process: Send + Sync {
    /// Lets `program` take the place of this process, so that signals and exit status are its own. Returns only
    /// when it does not: [`io::ErrorKind::Unsupported`] where the system cannot do that at all.
    fn replace(&self, program: &Program) -> io::Error;

    /// Blocks, in this thread and in those that it starts, the signals that only [`Process::run`] can handle. To be
    /// called before there is another thread.
    ///
    /// # Errors
    /// When the system refuses.
    fn block_signals(&self) -> io::Result<BlockedSignals>;

    /// Runs `program` until it ends and returns its exit status, as shells do: 128 and the number of the signal
    /// that ended it. Signals sent to this process are forwarded to it, except those that a terminal has sent to
    /// both.
    ///
    /// # Errors
    /// When the program could not be started: [`io::ErrorKind::NotFound`] when it does not exist.
    fn run<'a>(
        &'a self,
        program: &'a Program,
        blocked: &'a BlockedSignals,
        interrupts: &'a mut Interrupts,
    ) -> BoxFuture<'a, io::Result<u8>>;
}

pub(super) struct OsProcess;

impl Process for OsProcess {
    fn replace(&self, program: &Program) -> io::Error {
        system::replace(program)
    }

    fn block_signals(&self) -> io::Result<BlockedSignals> {
        BlockedSignals::new()
    }

    fn run<'a>(
        &'a self,
        program: &'a Program,
        blocked: &'a BlockedSignals,
        interrupts: &'a mut Interrupts,
    ) -> BoxFuture<'a, io::Result<u8>> {
        Box::pin(system::run(program, blocked, interrupts))
    }
}

/// Runs programs, but never in the place of this process, which has more to do.
pub struct Staying(pub Arc<dyn Process>);

impl Process for Staying {
    fn replace(&self, _: &Program) -> io::Error {
        io::ErrorKind::Unsupported.into()
    }

    fn block_signals(&self) -> io::Result<BlockedSignals> {
        self.0.block_signals()
    }

    fn run<'a>(
        &'a self,
        program: &'a Program,
        blocked: &'a BlockedSignals,
        interrupts: &'a mut Interrupts,
    ) -> BoxFuture<'a, io::Result<u8>> {
        self.0.run(program, blocked, interrupts)
    }
}

#[expect(clippy::disallowed_methods, reason = "this module is the door")]
fn command(program: &Program) -> Command {
    let mut command = Command::new(&program.name);
    command.args(&program.args).env_clear().envs(program.env.iter());
    command
}
