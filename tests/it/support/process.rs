//! Programs in processes of their own, with nothing of the tester's environment.
#![cfg_attr(not(unix), expect(dead_code, reason = "most tests of processes are for Unix"))]

use std::borrow::BorrowMut;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

use super::PATIENCE;
use super::World;

/// The program that these tests are about.
pub(crate) const ALIYUN_RS: &str = env!("CARGO_BIN_EXE_aliyun-rs");

/// The search path of the programs that tests start.
const FOLDERS: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];

/// A home for processes.
pub(crate) struct Home {
    folder: TempDir,
}

/// A process that has started; it is killed when dropped. Its output goes to files, so that nobody who inherits a
/// stream can hold a test up.
#[must_use]
pub(crate) struct Started {
    child: Child,
    folder: TempDir,
    lines: usize,
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

    /// A home whose file has one profile of each mode that needs no network: `sts` is current.
    #[expect(clippy::disallowed_methods, reason = "the program in this home goes by the clock of this machine")]
    pub(crate) fn with_profiles() -> Self {
        let end = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 3600;
        let home = Self::new();
        fs::create_dir(home.path(".aliyun")).unwrap();
        let file = serde_json::json!({
            "current": "sts",
            "profiles": [
                {"name": "sts", "mode": "OAuth", "oauth_site_type": "CN", "region_id": "cn-beijing",
                 "access_key_id": "STS.id", "access_key_secret": "sts-secret", "sts_token": "sts-token",
                 "sts_expiration": end, "oauth_access_token": "access-token",
                 "oauth_access_token_expire": end, "oauth_refresh_token": "refresh-token"},
                {"name": "key", "mode": "AK", "access_key_id": "LTAI.id", "access_key_secret": "key-secret"},
                {"name": "foreign", "mode": "EcsRamRole", "ram_role_name": "role"},
            ],
        });
        fs::write(home.file(), file.to_string()).unwrap();
        #[cfg(unix)]
        fs::set_permissions(home.file(), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        home
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.path(".aliyun/config.json")
    }

    /// The program with arguments; no input.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.other(ALIYUN_RS, args)
    }

    /// Any other program in the same surroundings.
    pub(crate) fn other(&self, program: &str, args: &[&str]) -> Command {
        let mut command = command(program);
        command.args(args).env("HOME", self.folder.path()).env("XDG_DATA_HOME", self.path("data"));
        // Where a relative path in a hostile variable leads.
        command.current_dir(self.folder.path());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        end(self.command(args))
    }
}

impl World {
    /// `program` in this world, which must be [`World::real`].
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = command(program);
        command.env("HOME", self.home.path().join("home")).env("XDG_DATA_HOME", self.home.path().join("data"));
        command.current_dir(self.home.path());
        command.env("ALIYUN_RS_SANDBOX", self.sandbox.url());
        command
    }

    /// Starts `aliyun-rs` as a process in this world, which must be [`World::real`].
    pub(crate) fn start(&self, args: &[&str]) -> Started {
        start(self.command(ALIYUN_RS).args(args))
    }
}

/// Any program, with a search path as its whole environment.
#[expect(clippy::disallowed_methods, reason = "a test starts programs as their users do")]
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    #[cfg(target_os = "linux")]
    heed_signals();
    let mut command = Command::new(found(program.as_ref()));
    command.env_clear().env("PATH", FOLDERS.join(":")).stdin(Stdio::null());
    command
}

/// Where a program is, by its whole path: the standard library copies this process to look for one by its name.
fn found(program: &OsStr) -> PathBuf {
    let paths = FOLDERS.map(|folder| Path::new(folder).join(program));
    paths.into_iter().find(|path| path.exists()).unwrap_or_else(|| program.into())
}

/// Whoever runs the tests may have made them ignore signals, as `nohup` does and `trap '' INT`, and a program inherits
/// that. A signal that is handled here, instead, has its default action there (execve(2)).
#[cfg(target_os = "linux")]
fn heed_signals() {
    use tokio::signal::unix::{SignalKind, signal};
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
        let ignored = u64::from_str_radix(ignored.trim(), 16).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let _inside = runtime.enter();
        for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup(), SignalKind::quit()] {
            if ignored & (1 << (kind.as_raw_value() - 1)) != 0 {
                drop(signal(kind).unwrap());
            }
        }
    });
}

pub(crate) fn start(mut command: impl BorrowMut<Command>) -> Started {
    let folder = tempfile::tempdir().unwrap();
    let [stdout, stderr] = ["stdout", "stderr"].map(|name| File::create(folder.path().join(name)).unwrap());
    let child = command.borrow_mut().stdout(stdout).stderr(stderr).spawn().unwrap();
    Started { child, folder, lines: 0 }
}

/// Runs a command to its end.
pub(crate) fn end(command: impl BorrowMut<Command>) -> Ended {
    start(command).finish()
}

impl Started {
    fn text(&self, name: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.path().join(name)).unwrap()).into_owned()
    }

    /// Waits until standard output has what `find` looks for.
    fn wait_until<T>(&mut self, wanted: &str, find: impl Fn(&str) -> Option<T>) -> T {
        let until = Instant::now() + PATIENCE;
        loop {
            let ended = !self.is_running();
            let stdout = self.text("stdout");
            if let Some(found) = find(&stdout) {
                return found;
            }
            assert!(!ended && Instant::now() < until, "no {wanted} in\n{stdout}{}", self.text("stderr"));
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until standard output holds `text` and the end of its line, and returns all of it.
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        self.wait_until(text, |stdout| {
            stdout.split_once(text).is_some_and(|(_, rest)| rest.contains('\n')).then(|| stdout.to_owned())
        })
    }

    /// Waits for the next line on standard output.
    pub(crate) fn line(&mut self) -> String {
        let at = self.lines;
        self.lines += 1;
        self.wait_until("further line", |stdout| {
            let line = stdout.split_inclusive('\n').nth(at)?;
            line.strip_suffix('\n').map(str::to_owned)
        })
    }

    /// Waits for the address of the sign-in page. The callback is listened for by then.
    pub(crate) fn page(&mut self) -> String {
        let stdout = self.wait_for("state=");
        stdout.lines().find(|line| line.starts_with("http")).unwrap().to_owned()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends its standard input.
    pub(crate) fn hang_up(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Sends a signal to it, and to nobody else.
    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal).unwrap();
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end.
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
