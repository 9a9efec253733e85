//! One user on one machine with one sandbox.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use aliyun_rs::config::Store;
use aliyun_rs::credentials::Provider;
use aliyun_rs::host::{Clock, Host};
use aliyun_rs::logins::SharedFile;
use aliyun_rs::sandbox::{Decision, Fault, Ledger, Options, Sandbox};
use aliyun_rs::site::Cloud;
use aliyun_rs::time::Timestamp;
use tempfile::TempDir;

use super::run::{Output, Run, browse};

/// Noon of some day.
pub(crate) const START: i64 = 1_790_000_000;

/// A shared file with profiles of several modes, as the official client writes it.
pub(crate) const SEVERAL: &str = r#"{
	"current": "work",
	"profiles": [
		{
			"name": "work",
			"mode": "AK",
			"access_key_id": "LTAI5tExampleExample",
			"access_key_secret": "a-long-lived-key-of-work",
			"region_id": "cn-beijing",
			"output_format": "json",
			"language": "en"
		},
		{
			"name": "robot",
			"mode": "EcsRamRole",
			"ram_role_name": "robot",
			"region_id": "cn-shanghai"
		},
		{
			"name": "chained",
			"mode": "ChainableRamRoleArn",
			"source_profile": "work",
			"x_unknown": [1.50, 12345678901234567890123]
		}
	],
	"meta_path": ""
}
"#;

/// A home, a sandbox and a clock.
pub(crate) struct World {
    pub(crate) home: TempDir,
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: Arc<TurnedClock>,
}

/// A clock that moves only when told to.
pub(crate) struct TurnedClock(AtomicI64);

impl Clock for TurnedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::SeqCst))
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| ())
    }

    /// A world whose sandbox behaves as `change` says.
    pub(crate) fn with(change: impl FnOnce(&mut Options)) -> Self {
        let clock = Arc::new(TurnedClock(AtomicI64::new(START)));
        let theirs = Arc::clone(&clock);
        let mut options = Options::new(Arc::new(move || theirs.now()));
        change(&mut options);
        Self { home: tempfile::tempdir().unwrap(), sandbox: Sandbox::start(options).unwrap(), clock }
    }

    /// A world whose sandbox's clock stays at [`START`], whatever clock the user has.
    pub(crate) fn with_right_clock() -> Self {
        Self::with(|options| options.clock = Arc::new(|| Timestamp::from_unix(START)))
    }

    /// A world by the clock of this machine, for real processes.
    pub(crate) fn real() -> Self {
        let clock = Host::from_os().clock;
        let world = Self::with(|options| options.clock = Arc::new(move || clock.now()));
        world.clock.0.store(Host::from_os().clock.now().as_unix(), Ordering::SeqCst);
        world
    }

    /// What credentials are obtained with in this world.
    pub(crate) fn provider(&self) -> Provider {
        Provider {
            logins: Arc::new(SharedFile::new(Store::at(self.config_path()))),
            cloud: Cloud::parse_sandbox(&self.sandbox.url()).unwrap(),
            clock: self.clock.clone(),
            http: Host::from_os().http,
        }
    }

    /// Where the profiles of this world are.
    pub(crate) fn config_path(&self) -> PathBuf {
        self.home.path().join("data/aliyun-rs/sandbox/config.json")
    }

    pub(crate) fn config(&self) -> String {
        std::fs::read_to_string(self.config_path()).unwrap()
    }

    pub(crate) fn write_config(&self, text: &str) {
        let path = self.config_path();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now().as_unix()
    }

    /// One key of one profile, as the file has it.
    pub(crate) fn value(&self, profile: &str, key: &str) -> serde_json::Value {
        let file: serde_json::Value = serde_json::from_str(&self.config()).unwrap();
        let profiles = file["profiles"].as_array().unwrap();
        profiles.iter().find(|item| item["name"] == profile).map(|item| item[key].clone()).unwrap_or_default()
    }

    pub(crate) fn pass(&self, span: Duration) {
        self.clock.0.fetch_add(i64::try_from(span.as_secs()).unwrap(), Ordering::SeqCst);
    }

    /// Puts a clock right that was ahead by `span`.
    pub(crate) fn turn_back(&self, span: Duration) {
        self.clock.0.fetch_sub(i64::try_from(span.as_secs()).unwrap(), Ordering::SeqCst);
    }

    pub(crate) fn fault(&self, faults: &[&str]) {
        self.sandbox.set_faults(faults.iter().map(|fault| fault.parse::<Fault>().unwrap()).collect());
    }

    pub(crate) fn ledger(&self) -> Ledger {
        self.sandbox.ledger()
    }

    /// Runs a command that needs no callback port.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        Run::new(args).go(self)
    }

    /// Signs a profile in as `alice`, with every question answered by an option.
    pub(crate) fn sign_in(&self, profile: &str) -> Output {
        let args = ["configure", "--mode", "OAuth", "--profile", profile, "--oauth-site-type", "CN"];
        let answers = ["--region", "cn-hangzhou", "--language", "en"];
        Run::new(&[&args[..], &answers[..]].concat()).sign_in(self)
    }

    /// Goes to a sign-in page as `user`'s browser; the status and the page that the callback answers with.
    pub(crate) fn visit(&self, page: &str, user: &str, decision: Decision) -> Result<(u16, String), String> {
        browse(&*Host::from_os().http, page, user, decision)
    }
}
