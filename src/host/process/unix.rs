//! Programs on Unix: signals are forwarded, job control is followed, orphans are collected.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions, WaitStatus, getpgrp, getpid, kill_process, waitpid};
use rustix::termios::tcgetpgrp;
use tokio::signal::unix::{SignalKind, signal};

use super::{Program, command};
use crate::host::memory::with_inherited_limits;
use crate::host::signals::{Listeners, Number};
use crate::host::{Env, Interrupts};

/// What else is forwarded, beside the interrupts. Left alone are the faults of this very process, SIGPIPE, which
/// nobody sends, and SIGTTIN and SIGTTOU, which stop whoever reads or writes. A real-time signal ends this process.
const FORWARDED: &[Number] = &[
    Number::QUIT,
    Number::ABORT,
    Number::ALARM,
    Number::CONT,
    Number::IO,
    #[cfg(target_os = "linux")]
    Number::POWER,
    Number::PROF,
    Number::SYS,
    Number::TRAP,
    Number::TSTP,
    Number::URG,
    Number::USR1,
    Number::USR2,
    Number::VTALARM,
    Number::WINCH,
    Number::XCPU,
];
/// What a terminal sends to everyone in its foreground group when a key is pressed.
const FROM_A_KEY: [Number; 3] = [Number::INT, Number::QUIT, Number::TSTP];
/// Where programs are searched for when there is no `PATH`.
const DEFAULT_PATH: &str = "/usr/bin:/bin";

pub(super) fn replace(program: &Program) -> io::Error {
    start(program, |command| Err::<(), _>(command.exec())).expect_err("`exec` returns only when it fails")
}

pub(super) async fn run(program: &Program, interrupts: &mut Interrupts) -> io::Result<u8> {
    // Before there is a child, so that its end cannot be missed.
    let mut changes = signal(SignalKind::child())?;
    let mut others = Listeners::new(FORWARDED)?;
    let mut child = Child::start(program)?;
    loop {
        let number = tokio::select! {
            _ = changes.recv() => match child.collect()? {
                Some(status) => return Ok(status),
                None => continue,
            },
            number = interrupts.number() => number,
            number = others.next() => number,
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
    fn start(program: &Program) -> io::Result<Self> {
        let child = start(program, Command::spawn)?;
        Ok(Self { id: Pid::from_child(&child), asked_to_stop: false, stopped: false })
    }

    /// Collects what has ended and returns the exit status of the child if it is among it. The first process of a
    /// system, such as a container's, is also given every orphan.
    fn collect(&mut self) -> io::Result<Option<u8>> {
        let whose = if getpid().is_init() { None } else { Some(self.id) };
        loop {
            match waitpid(whose, WaitOptions::NOHANG | WaitOptions::UNTRACED) {
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
        if !(FROM_A_KEY.contains(&number) && is_in_foreground()) {
            // It may have ended by now, which the next wait finds out.
            kill_process(self.id, number).ok();
        }
        match number {
            Number::TSTP => {
                self.asked_to_stop = true;
                self.stop_too();
            }
            Number::CONT => (self.asked_to_stop, self.stopped) = (false, false),
            _ => {}
        }
    }

    /// Stops this process once the child has stopped as both were asked to, so that the shell gets its terminal
    /// back. A child that goes on, as one without a shell to continue it does, keeps its endpoint.
    fn stop_too(&mut self) {
        if self.asked_to_stop && self.stopped {
            (self.asked_to_stop, self.stopped) = (false, false);
            kill_process(getpid(), Number::STOP).ok();
        }
    }
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
