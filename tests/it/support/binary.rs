//! The real program in a process of its own, with nothing of the tester's environment.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::run::PATIENCE;

/// A home for processes.
pub(crate) struct Home {
    folder: TempDir,
}

/// A process that has started. Its output goes to files, so that nobody who inherits a stream can hold a test up.
#[must_use]
pub(crate) struct Started {
    child: Child,
    folder: TempDir,
}

/// What a process left behind; no exit code when a signal ended it.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program with arguments; no input.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = command(env!("CARGO_BIN_EXE_aliyun-rs"));
        command.args(args).env("HOME", self.folder.path()).env("XDG_DATA_HOME", self.path("data"));
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        start(&mut self.command(args)).finish()
    }
}

/// Any program, with a search path as its whole environment.
#[expect(clippy::disallowed_methods, reason = "a test starts programs as their users do")]
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").stdin(Stdio::null());
    command
}

pub(crate) fn start(command: &mut Command) -> Started {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| File::create(folder.path().join(name)).unwrap();
    let child = command.stdout(file("stdout")).stderr(file("stderr")).spawn().unwrap();
    Started { child, folder }
}

impl Started {
    fn text(&self, name: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.path().join(name)).unwrap()).into_owned()
    }

    /// Waits until standard output holds `text` and the end of its line, and returns all of it.
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let stdout = self.text("stdout");
            if stdout.split_once(text).is_some_and(|(_, rest)| rest.contains('\n')) {
                return stdout;
            }
            let over = self.child.try_wait().unwrap().is_some() || Instant::now() > until;
            assert!(!over, "no `{text}` in\n{stdout}{}", self.text("stderr"));
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for the address of the sign-in page. The callback is listened for by then.
    pub(crate) fn page(&mut self) -> String {
        let stdout = self.wait_for("state=");
        stdout.lines().find(|line| line.starts_with("http")).unwrap().to_owned()
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal).unwrap();
    }

    pub(crate) fn finish(mut self) -> Ended {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Ended { code: status.code(), stdout: self.text("stdout"), stderr: self.text("stderr") };
            }
            assert!(Instant::now() < until, "it does not end\n{}{}", self.text("stdout"), self.text("stderr"));
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Ended {
    /// Expects an exit code.
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Expects a text on standard output.
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "no `{text}` in {self:#?}");
        self
    }

    /// Expects a text on standard error.
    pub(crate) fn warns(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no `{text}` in {self:#?}");
        self
    }
}
