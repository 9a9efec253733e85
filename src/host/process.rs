//! Other programs: one that takes the place of this process, or one that is waited for.

use std::ffi::OsString;
use std::io;
use std::process::{Command, ExitStatus};
use std::sync::Arc;

use super::signals::Signal;
use super::{BoxFuture, Env, Interrupts};

/// A program, what it is told and what it finds in its environment, which is this and nothing else. It has no
/// `Debug`: the environment may hold secrets.
#[derive(Clone)]
pub struct Program {
    /// The program, searched for in `PATH` when it has no slash.
    pub name: OsString,
    /// What follows on its command line.
    pub args: Vec<OsString>,
    /// Its whole environment.
    pub env: Env,
}

/// Runs programs. They get our standard streams and no other descriptor of ours.
pub trait Process: Send + Sync {
    /// Lets `program` take the place of this process, so that signals and exit status are its own. Returns only
    /// when it does not: [`io::ErrorKind::Unsupported`] where the system cannot do that at all.
    fn replace(&self, program: &Program) -> io::Error;

    /// Runs `program` until it ends and returns its exit status, as shells tell it: 128 and the number of the
    /// signal that ended it. Interrupts are passed on to it, except those that a terminal has sent it already.
    ///
    /// # Errors
    /// When the program could not be started: [`io::ErrorKind::NotFound`] when it is not there.
    fn run<'a>(&'a self, program: &'a Program, interrupts: &'a mut Interrupts) -> BoxFuture<'a, io::Result<u8>>;
}

pub(super) struct OsProcess;

impl Process for OsProcess {
    #[cfg(unix)]
    fn replace(&self, program: &Program) -> io::Error {
        std::os::unix::process::CommandExt::exec(&mut command(program))
    }

    #[cfg(not(unix))]
    fn replace(&self, _: &Program) -> io::Error {
        io::ErrorKind::Unsupported.into()
    }

    fn run<'a>(&'a self, program: &'a Program, interrupts: &'a mut Interrupts) -> BoxFuture<'a, io::Result<u8>> {
        Box::pin(async move {
            let mut child = tokio::process::Command::from(command(program)).spawn()?;
            loop {
                let signal = tokio::select! {
                    status = child.wait() => return Ok(as_shells_tell(status?)),
                    signal = interrupts.signal() => signal,
                };
                if let Some(id) = child.id() {
                    pass_on(signal, id);
                }
            }
        })
    }
}

/// Runs programs, but never in the place of this process, which has more to do.
pub struct Staying(pub Arc<dyn Process>);

impl Process for Staying {
    fn replace(&self, _: &Program) -> io::Error {
        io::ErrorKind::Unsupported.into()
    }

    fn run<'a>(&'a self, program: &'a Program, interrupts: &'a mut Interrupts) -> BoxFuture<'a, io::Result<u8>> {
        self.0.run(program, interrupts)
    }
}

#[expect(clippy::disallowed_methods, reason = "this module is the door")]
fn command(program: &Program) -> Command {
    let mut command = Command::new(&program.name);
    command.args(&program.args).env_clear().envs(program.env.iter());
    command
}

#[cfg(unix)]
fn as_shells_tell(status: ExitStatus) -> u8 {
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    let told = status.code().or(signal.map(|signal| 128 + signal));
    told.and_then(|told| u8::try_from(told).ok()).unwrap_or(u8::MAX)
}

/// A status that is no byte must not become 0 by being cut to one.
#[cfg(not(unix))]
fn as_shells_tell(status: ExitStatus) -> u8 {
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

#[cfg(unix)]
fn pass_on(signal: Signal, child: u32) {
    use rustix::process::{Pid, Signal as Number, kill_process};
    let number = match signal {
        Signal::Interrupt if a_terminal_told_the_child() => return,
        Signal::Interrupt => Number::INT,
        Signal::Terminate => Number::TERM,
        Signal::HangUp => Number::HUP,
    };
    if let Some(child) = i32::try_from(child).ok().and_then(Pid::from_raw) {
        // It may have ended by now, which the next wait tells.
        kill_process(child, number).ok();
    }
}

/// A terminal sends Ctrl-C to everyone in its foreground group, the child among them. A second one would be
/// taken for impatience: Terraform, for one, then stops without saving what it did.
#[cfg(unix)]
fn a_terminal_told_the_child() -> bool {
    use rustix::process::getpgrp;
    use rustix::termios::tcgetpgrp;
    let terminal = std::fs::File::open("/dev/tty");
    terminal.is_ok_and(|terminal| tcgetpgrp(&terminal).is_ok_and(|group| group == getpgrp()))
}

/// A console tells everyone by itself.
#[cfg(not(unix))]
fn pass_on(_: Signal, _: u32) {}
