//! A terminal with a person at it: a pair of pseudo-terminals, of which the program has one and the test the other.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, fcntl_setfl};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{InputModes, LocalModes, OutputModes, Winsize, tcgetattr, tcsetwinsize};

use super::process::{ALIYUN_RS, Home, Started, start};
use super::{PATIENCE, World};

pub(crate) const CTRL_C: &str = "\x03";
pub(crate) const DOWN: &str = "\x1b[B";
pub(crate) const ENTER: &str = "\r";
pub(crate) const ESCAPE: &str = "\x1b";

/// A shell that runs a program as the foreground job of its terminal, as a person's shell does, and stays: when the
/// first process of a session ends, the system resets the terminal. It tells the program's number and its exit status.
const SHELL: &str = r#"
    trap : INT
    sh -c 'echo $$; exec "$@" >&0 2>&0' sh "$@"
    echo $?
    exec sleep 600"#;

/// What is seen at a terminal, and typed there.
pub(crate) struct Terminal {
    person: File,
    /// What was shown since the last [`Terminal::wait_for`].
    shown: String,
    /// All that was ever shown.
    all: String,
}

/// The program as the foreground job of a terminal. It is killed when dropped.
#[must_use]
pub(crate) struct Job {
    shell: Started,
    program: Pid,
}

/// How the terminal treats what is typed and shown.
pub(crate) type Modes = (InputModes, OutputModes, LocalModes);

impl Terminal {
    pub(crate) fn new() -> Self {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        fcntl_setfl(&person, OFlags::NONBLOCK).unwrap();
        Self { person: person.into(), shown: String::new(), all: String::new() }
    }

    /// Starts `aliyun-rs` with this terminal as its own.
    pub(crate) fn start(&self, home: &Home, args: &[&str]) -> Job {
        self.launch(home.other("setsid", &[]), args)
    }

    /// The same in a world, which must be [`World::real`].
    pub(crate) fn start_in(&self, world: &World, args: &[&str]) -> Job {
        self.launch(world.command("setsid"), args)
    }

    fn launch(&self, mut setsid: Command, args: &[&str]) -> Job {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        setsid.args(["--ctty", "sh", "-c", SHELL, "sh", ALIYUN_RS]).args(args).env("TERM", "xterm");
        let mut shell = start(setsid.stdin(ioctl_tiocgptpeer(&self.person, flags).unwrap()));
        let program = shell.line().parse().unwrap();
        Job { shell, program: Pid::from_raw(program).unwrap() }
    }

    /// Makes the terminal so many columns wide.
    pub(crate) fn resize(&self, columns: u16) {
        tcsetwinsize(&self.person, Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    }

    /// All that was ever shown.
    pub(crate) fn all(&mut self) -> &str {
        self.read();
        &self.all
    }

    /// What is shown next, up to one of `ends`.
    pub(crate) fn read_until(&mut self, ends: &[char]) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            self.read();
            if let Some(at) = self.shown.find(ends) {
                return self.shown.drain(..at).collect();
            }
            assert!(Instant::now() < until, "none of {ends:?} in {:?}", self.shown);
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits until what is typed is not shown.
    pub(crate) fn wait_for_silence(&self) {
        let until = Instant::now() + PATIENCE;
        while self.echoes() {
            assert!(Instant::now() < until, "what is typed is still shown");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Whether what is typed is shown.
    pub(crate) fn echoes(&self) -> bool {
        self.modes().2.contains(LocalModes::ECHO)
    }

    /// Types.
    pub(crate) fn press(&mut self, keys: &str) {
        self.person.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until `text` is shown, after whatever was waited for before.
    pub(crate) fn wait_for(&mut self, text: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            self.read();
            if let Some(at) = self.shown.find(text) {
                self.shown.drain(..at + text.len());
                return;
            }
            assert!(Instant::now() < until, "no `{text}` in {:?}", self.shown);
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits until the program reads single keys.
    pub(crate) fn wait_for_raw(&self) {
        let until = Instant::now() + PATIENCE;
        while self.modes().2.contains(LocalModes::ICANON) {
            assert!(Instant::now() < until, "the terminal still reads lines; it shows {:?}", self.shown);
            thread::sleep(Duration::from_millis(1));
        }
    }

    pub(crate) fn modes(&self) -> Modes {
        let modes = tcgetattr(&self.person).unwrap();
        (modes.input_modes, modes.output_modes, modes.local_modes)
    }

    fn read(&mut self) {
        let mut bytes = [0; 4096];
        match self.person.read(&mut bytes) {
            Ok(length) => {
                let text = String::from_utf8_lossy(&bytes[..length]);
                self.shown.push_str(&text);
                self.all.push_str(&text);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => panic!("the terminal shows {:?}, then nobody has it open: {error}", self.shown),
        }
    }
}

impl Job {
    /// Sends a signal to the program alone, as `kill` does.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.program, signal).unwrap();
    }

    /// Waits for the end of the program. The terminal stays as it left it until the result is dropped.
    pub(crate) fn finish(&mut self) -> i32 {
        self.shell.line().parse().unwrap()
    }
}
