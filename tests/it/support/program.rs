//! The real program as a process of its own, with an own home and nothing else around it.
#![expect(clippy::disallowed_methods, reason = "the tests start the program as its users do")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

use super::run::PATIENCE;

/// A home with a shared file.
pub(crate) struct Home(TempDir);

impl Home {
    /// A home whose file has one profile of each mode that needs no network: `sts` is current.
    pub(crate) fn with_profiles() -> Self {
        let end = now() + 3600;
        let home = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(home.0.path().join(".aliyun")).unwrap();
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
        let path = home.file();
        std::fs::write(&path, file.to_string()).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        home
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.path().join(".aliyun").join("config.json")
    }

    /// The program, to be started in this home.
    pub(crate) fn program(&self, args: &[&str]) -> Command {
        self.clean(env!("CARGO_BIN_EXE_aliyun-rs"), args)
    }

    /// Any other program in the same surroundings.
    pub(crate) fn clean(&self, name: &str, args: &[&str]) -> Command {
        let mut command = Command::new(name);
        command.args(args).env_clear().env("HOME", self.0.path()).env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// What a process left behind.
pub(crate) struct Ended {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
}

/// Runs a command to its end.
pub(crate) fn end(mut command: Command) -> Ended {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { stdout: text(output.stdout), stderr: text(output.stderr), code: output.status.code() }
}

/// A process that is under way. It is killed when dropped.
pub(crate) struct Running {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line on its standard output.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Ends its standard input.
    pub(crate) fn hang_up(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Sends a signal to it, and to nobody else.
    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let id = rustix::process::Pid::from_raw(i32::try_from(self.id()).unwrap()).unwrap();
        rustix::process::kill_process(id, signal).unwrap();
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ended {
        let until = Instant::now() + PATIENCE;
        while self.is_running() {
            assert!(Instant::now() < until, "the process did not end");
            std::thread::sleep(Duration::from_millis(5));
        }
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.lines.read_to_string(&mut stdout).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        Ended { stdout, stderr, code: self.child.wait().unwrap().code() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// An answer over HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// A field of the body.
    pub(crate) fn field(&self, name: &str) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"));
        body[name].as_str().unwrap_or_default().to_owned()
    }
}

/// Gets `url` as an SDK does.
pub(crate) fn get(url: &str) -> Answer {
    ask(url, "GET", "")
}

/// Sends a request for `url` with more header fields, each with its line end.
pub(crate) fn ask(url: &str, method: &str, fields: &str) -> Answer {
    let (authority, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(authority).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "{method} /{path} HTTP/1.1\r\nHost: {authority}\r\n{fields}\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_lowercase(), body: body.to_owned() }
}

/// Whether nobody listens at `url` any more.
pub(crate) fn is_closed(url: &str) -> bool {
    let authority = url.strip_prefix("http://").unwrap().split('/').next().unwrap();
    TcpStream::connect(authority).is_err()
}
