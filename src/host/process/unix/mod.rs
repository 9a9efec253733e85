//! Programs on Unix: signals are forwarded, job control is followed, orphans are collected.

#[cfg_attr(target_os = "linux", path = "blocked.rs")]
#[cfg_attr(not(target_os = "linux"), path = "not_blocked.rs")]
mod blocked;

use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, getpgrp, getpid, kill_process, wait, waitpid};
use rustix::termios::tcgetpgrp;
use tokio::signal::unix::{SignalKind, signal};

use super::{Program, command};
use crate::host::memory::with_inherited_limits;
use crate::host::signals::{Listeners, Number};
use crate::host::{Env, Interrupts};
pub use blocked::BlockedSignals;

/// What cannot be forwarded, needs no forwarding, or is heard otherwise: as an interrupt, or as [`BlockedSignals`].
const NOT_FORWARDED: [Number; 11] = [
    Signal::KILL.as_raw(),
    Signal::STOP.as_raw(),
    Signal::CHILD.as_raw(),
    Signal::INT.as_raw(),
    Signal::TERM.as_raw(),
    Signal::HUP.as_raw(),
    Signal::FPE.as_raw(),
    Signal::ILL.as_raw(),
    Signal::SEGV.as_raw(),
    Signal::PIPE.as_raw(),
    Signal::XFSZ.as_raw(),
];
/// The last signal, a real-time one where there are any.
const LAST: Number = if cfg!(target_os = "linux") { 64 } else { 31 };
/// What a terminal sends to everyone in its foreground group when a key is pressed.
const FROM_A_KEY: [Signal; 3] = [Signal::INT, Signal::QUIT, Signal::TSTP];
/// What stops a program that can do something about it.
const ASKS_TO_STOP: [Signal; 3] = [Signal::TSTP, Signal::TTIN, Signal::TTOU];
/// Where programs are searched for when there is no `PATH`.
const DEFAULT_PATH: &str = "/usr/bin:/bin";

pub(super) fn replace(program: &Program) -> io::Error {
    start(program, |command| Err::<(), _>(command.exec())).expect_err("`exec` returns only when it fails")
}

pub(super) async fn run(program: &Program, blocked: &BlockedSignals, interrupts: &mut Interrupts) -> io::Result<u8> {
    // Before there is a child, so that its end cannot be missed.
    let mut changes = signal(SignalKind::child())?;
    let mut others = Listeners::new((1..=LAST).filter(|number| !NOT_FORWARDED.contains(number)))?;
    let mut arrivals = blocked.arrivals()?;
    let mut child = Child::start(program, blocked)?;
    loop {
        let number = tokio::select! {
            _ = changes.recv() => match child.collect()? {
                Some(status) => return Ok(status),
                None => continue,
            },
            number = interrupts.number() => number,
            number = others.next() => number,
            number = arrivals.next() => number,
        };
        child.forward(number);
    }
}

/// A program that is under way, and what is known of its being stopped by job control (POSIX, 11.1.2).
struct Child {
    id: Pid,
    /// This process has got SIGTSTP since it was last continued.
    asked_to_stop: bool,
    /// The child has stopped since then.
    stopped: bool,
}

impl Child {
    fn start(program: &Program, blocked: &BlockedSignals) -> io::Result<Self> {
        let child = blocked.unblocked(|| start(program, Command::spawn))??;
        Ok(Self { id: Pid::from_child(&child), asked_to_stop: false, stopped: false })
    }

    /// Collects what has ended and returns the exit status of the child if it is among it. The first process of a
    /// system, such as a container's, is also given every orphan.
    fn collect(&mut self) -> io::Result<Option<u8>> {
        let options = WaitOptions::NOHANG | WaitOptions::UNTRACED;
        let id = self.id;
        let next = || if getpid().is_init() { wait(options) } else { waitpid(Some(id), options) };
        loop {
            match next() {
                Ok(None) => return Ok(None),
                Ok(Some((id, status))) if id == self.id => {
                    if let Some(status) = as_shells_do(status) {
                        return Ok(Some(status));
                    }
                    self.stopped = true;
                    self.stop_too();
                }
                Ok(Some(_)) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Forwards a signal, unless a terminal has sent it to the child already: Terraform, for one, aborts
    /// at a second Ctrl-C without saving what it did.
    fn forward(&mut self, number: Number) {
        let signal = Signal::from_named_raw(number);
        // It may have ended by now, which the next wait finds out.
        match signal {
            Some(signal) if FROM_A_KEY.contains(&signal) && is_in_foreground() => {}
            Some(signal) => drop(kill_process(self.id, signal)),
            None => drop(command(&kill_without_name(self.id, number)).status()),
        }
        match signal {
            Some(signal) if ASKS_TO_STOP.contains(&signal) => {
                self.asked_to_stop = true;
                self.stop_too();
            }
            Some(Signal::CONT) => (self.asked_to_stop, self.stopped) = (false, false),
            _ => {}
        }
    }

    /// Stops this process once the child has stopped as both were asked to, so that the shell gets its terminal
    /// back. A child that goes on, as one without a shell to continue it does, keeps its endpoint.
    fn stop_too(&mut self) {
        if self.asked_to_stop && self.stopped {
            (self.asked_to_stop, self.stopped) = (false, false);
            kill_process(getpid(), Signal::STOP).ok();
        }
    }
}

/// Sends a signal that has no name, a real-time one, which only a shell does without `unsafe`.
fn kill_without_name(id: Pid, number: Number) -> Program {
    let args = ["-c", "kill -$0 $1", &number.to_string(), &id.to_string()].map(Into::into).to_vec();
    Program { name: "/bin/sh".into(), args, env: Env::default() }
}

/// The exit status of a program that has ended, in a byte; `None` when it has only stopped.
fn as_shells_do(status: WaitStatus) -> Option<u8> {
    let code = status.exit_status().or_else(|| Some(128 + status.terminating_signal()?))?;
    Some(u8::try_from(code).unwrap_or(u8::MAX))
}

fn is_in_foreground() -> bool {
    let terminal = std::fs::File::open("/dev/tty");
    terminal.is_ok_and(|terminal| tcgetpgrp(&terminal).is_ok_and(|group| group == getpgrp()))
}

/// Starts `program` by `run`, and once more by way of a shell if the system does not know what kind of file it is.
fn start<T>(program: &Program, run: impl Fn(&mut Command) -> io::Result<T>) -> io::Result<T> {
    let run = |program: &Program| with_inherited_limits(|| run(&mut command(program)));
    match run(program) {
        Err(error) if Errno::from_io_error(&error) == Some(Errno::NOEXEC) => run(&script(program)),
        done => done,
    }
}

fn script(program: &Program) -> Program {
    let path = found(Path::new(&program.name), &program.env);
    let args = std::iter::once(path.into_os_string()).chain(program.args.iter().cloned()).collect();
    Program { name: "/bin/sh".into(), args, env: program.env.clone() }
}

/// The file that `name` means: the first of that name in `PATH` that may be executed.
fn found(name: &Path, env: &Env) -> PathBuf {
    if name.as_os_str().as_encoded_bytes().contains(&b'/') {
        return name.to_owned();
    }
    let path = env.get_os("PATH").unwrap_or(DEFAULT_PATH.as_ref());
    let candidates = path.as_encoded_bytes().split(|byte| *byte == b':').map(|folder| {
        let folder = if folder.is_empty() { b"." } else { folder };
        Path::new(std::os::unix::ffi::OsStrExt::from_bytes(folder) as &std::ffi::OsStr).join(name)
    });
    let is_executable =
        |path: &PathBuf| path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok();
    candidates.into_iter().find(is_executable).unwrap_or_else(|| name.to_owned())
}
