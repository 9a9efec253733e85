//! The official SDKs, each a running program from `tests/sdk` that is asked by lines.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use aliyun_rs::sandbox::fingerprint;
use serde_json::Value;

use super::twin::Twin;

/// One of the SDKs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sdk {
    Python,
    Node,
    Go,
    Java,
}

/// One running SDK.
pub(super) struct Worker {
    pub(super) sdk: Sdk,
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What an SDK says: its credentials, or why it has none.
pub(super) type Answer = Result<String, String>;

impl Sdk {
    /// Those that know the OAuth mode.
    pub(super) const WITH_OAUTH: [Self; 3] = [Self::Python, Self::Node, Self::Go];
    pub(super) const ALL: [Self; 4] = [Self::Python, Self::Node, Self::Go, Self::Java];

    /// The program, not started.
    pub(super) fn program(self, twin: &Twin) -> Command {
        let (sources, installed) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk"), installed());
        let mut command = match self {
            Self::Python => twin.program(installed.join("python/bin/python")),
            Self::Node => twin.program("node"),
            Self::Go => twin.program(installed.join("go/worker")),
            Self::Java => twin.program("java"),
        };
        match self {
            Self::Python => command.arg(sources.join("python/worker.py")),
            Self::Node => {
                command.arg(sources.join("node/worker.js")).env("NODE_PATH", installed.join("node/node_modules"))
            }
            Self::Go => &mut command,
            Self::Java => {
                let (lib, classes) = (installed.join("java/lib/*"), installed.join("java/classes"));
                command.arg("-cp").arg(format!("{}:{}", lib.display(), classes.display())).arg("Worker")
            }
        };
        command
    }

    pub(super) fn start(self, twin: &Twin) -> Worker {
        self.run(self.program(twin))
    }

    /// Starts the program by a command of another's making.
    pub(super) fn run(self, mut command: Command) -> Worker {
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = spawned.unwrap_or_else(|error| panic!("{self:?}: {error}; run tests/sdk/install target/sdk"));
        let (questions, answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Worker { sdk: self, child, questions, answers }
    }
}

impl Worker {
    pub(super) fn ask(&mut self, question: &str) -> Answer {
        self.send(question);
        self.answer()
    }

    /// Asks without waiting for the answer.
    pub(super) fn send(&mut self, question: &str) {
        writeln!(self.questions, "{question}").unwrap();
    }

    /// Waits for the answer. The SDKs print warnings of their own between the lines.
    pub(super) fn answer(&mut self) -> Answer {
        for line in self.answers.by_ref().lines() {
            match line.unwrap() {
                line if line.starts_with("= ") => return Ok(line[2..].to_owned()),
                line if line.starts_with("! ") => return Err(line[2..].to_owned()),
                _ => {}
            }
        }
        panic!("{:?} has ended; run tests/sdk/install target/sdk", self.sdk)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// What an SDK has to answer that got the credentials which `aliyun-rs credentials` printed.
pub(super) fn shown(credentials: &str) -> String {
    let json: Value = serde_json::from_str(credentials).unwrap();
    let part = |name: &str| json[name].as_str().unwrap().to_owned();
    let parts = ["access_key_id", "access_key_secret", "sts_token"].map(part);
    format!("{} {}", parts[0], fingerprint(&parts.join("\n")))
}

/// `target/sdk`, where `tests/sdk/install` puts them.
fn installed() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_aliyun-rs")).ancestors().nth(2).unwrap().join("sdk")
}
