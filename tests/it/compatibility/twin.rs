//! A machine on which the real names lead to a sandbox: an own network with nothing but loopback, an own
//! `/etc/hosts`, and TLS on port 443 under an authority made for the occasion. Programs whose hosts are compiled
//! in run there as they are, and so does `aliyun-rs`, without any hook for tests.
//!
//! A test that calls [`inside`] starts its own binary once more on such a machine and tells its story there.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use aliyun_rs::host::Host;
use aliyun_rs::sandbox::{Decision, Ledger, Options, Sandbox, visit};
use serde_json::{Value, json};

use super::front;

/// Tells the second copy of the test binary where its scratch folder is.
const INSIDE: &str = "ALIYUN_RS_TEST_TWIN";
/// A story that takes longer than this many seconds hangs.
const TIME_LIMIT: &str = "300";
const HOSTS: [&str; 5] =
    ["signin.aliyun.com", "oauth.aliyun.com", "signin.alibabacloud.com", "oauth.alibabacloud.com", "sts.aliyuncs.com"];
/// Gives the namespace its loopback and its names, then becomes the program.
const ENTER: &str = r#"ip link set lo up && mount --bind "$0" /etc/hosts && exec "$@""#;

/// The machine, from within.
pub(super) struct Twin {
    host: Host,
    scratch: PathBuf,
    sandbox: Sandbox,
}

/// Runs `story` on a machine of its own, whose sandbox behaves as `change` says. `test` is the name of the test
/// that calls.
pub(super) fn inside(test: &str, change: impl FnOnce(&mut Options), story: impl FnOnce(&Twin)) {
    let host = Host::from_os();
    match host.env.get(INSIDE).map(PathBuf::from) {
        None => enter(test),
        Some(scratch) => {
            let clock = Arc::clone(&host.clock);
            let mut options = Options::new(Arc::new(move || clock.now()));
            change(&mut options);
            let sandbox = Sandbox::start(options).unwrap();
            front::start(&sandbox.url(), &HOSTS, &scratch.join("ca.pem"));
            fs::create_dir_all(scratch.join("home/.aliyun")).unwrap();
            let twin = Twin { host, scratch, sandbox };
            story(&twin);
            twin.report(&format!("{test}: done"));
        }
    }
}

/// Starts this test again on a machine of its own, and shows what it reports.
fn enter(test: &str) {
    let scratch = tempfile::tempdir().unwrap();
    let hosts = scratch.path().join("hosts");
    fs::write(&hosts, format!("127.0.0.1 localhost {}\n", HOSTS.join(" "))).unwrap();
    let mut unshare = command("timeout");
    unshare.args(["--kill-after=5", TIME_LIMIT, "unshare", "--net", "--mount"]);
    if !rustix::process::geteuid().is_root() {
        unshare.arg("--map-root-user");
    }
    unshare.args(["sh", "-c", ENTER]).arg(hosts).arg(this_binary());
    unshare.args(["--exact", &format!("compatibility::{test}"), "--include-ignored", "--nocapture"]);
    let output = unshare.env(INSIDE, scratch.path()).output().unwrap();
    let shown = [&output.stdout[..], &output.stderr[..]].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&shown));
    let report = fs::read(scratch.path().join("report")).expect("the story was told to its end");
    std::io::stdout().write_all(&report).unwrap();
}

#[expect(clippy::disallowed_methods, reason = "a test of other programs starts other programs")]
pub(super) fn command(program: impl AsRef<OsStr>) -> Command {
    Command::new(program)
}

#[expect(clippy::disallowed_methods, reason = "the story is told by this binary once more")]
fn this_binary() -> PathBuf {
    std::env::current_exe().unwrap()
}

impl Twin {
    /// A program on this machine, with the least of an environment.
    pub(super) fn program(&self, program: impl AsRef<OsStr>) -> Command {
        let authority = self.scratch.join("ca.pem");
        let mut command = command(program);
        command.env_clear().env("PATH", self.host.env.get("PATH").unwrap());
        command.env("HOME", self.scratch.join("home")).env("TMPDIR", &self.scratch);
        command.env("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
        for name in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"] {
            command.env(name, &authority);
        }
        command
    }

    /// A run of `aliyun-rs` that has not started.
    pub(super) fn ours(&self, args: &[&str]) -> Command {
        let mut command = self.program(env!("CARGO_BIN_EXE_aliyun-rs"));
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// What `aliyun-rs` prints, which has to succeed.
    pub(super) fn run(&self, args: &[&str]) -> String {
        printed(self.ours(args).output().unwrap())
    }

    /// Signs a profile in as `alice`, with this test in place of her browser.
    pub(super) fn sign_in(&self, profile: &str, site: &str) {
        let args = ["configure", "--mode", "OAuth", "--no-browser", "--profile", profile, "--oauth-site-type", site];
        let answers = ["--region", "cn-hangzhou", "--language", "en"];
        let mut child = self.ours(&[&args[..], &answers[..]].concat()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let page = lines.find_map(|line| Some(line[line.find("https://signin.")?..].to_owned())).unwrap();
        // The player of the browser leaves 127.0.0.1 for nobody; the sandbox's own address shows the same page.
        let page = format!("{}{}", self.sandbox.url(), &page[page.find("/oauth2/").unwrap()..]);
        let fetch = async |request| self.host.http.send(request).await.map_err(|error| error.to_string());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (status, _) = runtime.block_on(visit(&page, "alice", Decision::Authorize, fetch)).unwrap();
        assert_eq!(status, 200);
        assert!(lines.any(|line| line.contains("Configure Done!!!")));
        printed(child.wait_with_output().unwrap());
    }

    pub(super) fn ledger(&self) -> Ledger {
        self.sandbox.ledger()
    }

    /// The shared file.
    pub(super) fn config(&self) -> Value {
        serde_json::from_slice(&fs::read(self.config_path()).unwrap()).unwrap()
    }

    /// One key of one profile.
    pub(super) fn value(&self, profile: &str, key: &str) -> Value {
        let config = self.config();
        let profiles = config["profiles"].as_array().unwrap();
        profiles.iter().find(|item| item["name"] == profile).unwrap()[key].clone()
    }

    /// Edits one profile as a careful tool would: all at once.
    pub(super) fn edit(&self, profile: &str, edit: impl FnOnce(&mut Value)) {
        let mut config = self.config();
        let profiles = config["profiles"].as_array_mut().unwrap();
        match profiles.iter_mut().find(|item| item["name"] == profile) {
            Some(item) => edit(item),
            None => {
                let mut item = json!({"name": profile});
                edit(&mut item);
                profiles.push(item);
            }
        }
        let draft = self.scratch.join("home/.aliyun/draft");
        let mut options = OpenOptions::new();
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.write(true).create(true).truncate(true).open(&draft).unwrap();
        file.write_all(serde_json::to_string_pretty(&config).unwrap().as_bytes()).unwrap();
        fs::rename(draft, self.config_path()).unwrap();
    }

    /// Leaves the files behind that the SDKs kept keys in before there were profiles, with `key` in each.
    pub(super) fn has_old_files(&self, key: &str) {
        let section = format!("enable = true\ntype = access_key\naccess_key_id = {key}\naccess_key_secret = {key}\n");
        let text = ["default", "demo", "current"].map(|name| format!("[{name}]\n{section}")).concat();
        let folder = self.scratch.join("home/.alibabacloud");
        fs::create_dir_all(&folder).unwrap();
        for name in ["credentials", "credentials.ini"] {
            fs::write(folder.join(name), &text).unwrap();
        }
    }

    /// Lets time pass for one profile: its STS credentials are over, its access token has `left` seconds.
    pub(super) fn age(&self, profile: &str, left: i64) {
        let now = self.host.clock.now().as_unix();
        self.edit(profile, |item| {
            item["sts_expiration"] = json!(now - 1);
            item["oauth_access_token_expire"] = json!(now + left);
        });
    }

    /// Adds a line to what the test shows in the end.
    pub(super) fn report(&self, line: &str) {
        let report = OpenOptions::new().create(true).append(true).open(self.scratch.join("report"));
        writeln!(report.unwrap(), "{line}").unwrap();
    }

    fn config_path(&self) -> PathBuf {
        self.scratch.join("home/.aliyun/config.json")
    }
}

/// What a program printed, which has to have succeeded.
pub(super) fn printed(output: Output) -> String {
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{stdout}{stderr}", output.status);
    stdout.into_owned()
}
