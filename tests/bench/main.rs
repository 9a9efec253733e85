//! `cargo bench`: the time that a call takes, compared with a minimal C program and with curl, on one machine.
//!
//! Needs a C compiler; curl and valgrind where they are, their lines say so where they are not. The binary under
//! test is the one of this build, or the one that ALIYUN_RS_BENCH_BINARY names (a static one, say).
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a benchmark starts programs and prints figures")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use aliyun_rs::sandbox::{Clock, Options, Rotation, Sandbox};
use aliyun_rs::time::Timestamp;
use serde_json::{Value, json};

const CALLS: &str = "300";
const RENEWALS: usize = 40;
const STORM: usize = 200;
const MANY: usize = 10_000;

fn main() {
    let bench = Bench::new();
    println!("binary: {}", bench.binary.display());
    bench.cached();
    bench.many_profiles();
    bench.renewal();
    bench.storm();
}

struct Bench {
    folder: tempfile::TempDir,
    binary: PathBuf,
}

/// Median wall time, best wall time (microseconds), peak resident memory (KiB).
struct Cost {
    median: f64,
    best: f64,
    resident: u64,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let named = std::env::var_os("ALIYUN_RS_BENCH_BINARY").map(PathBuf::from);
        let bench = Self { folder, binary: named.unwrap_or_else(|| env!("CARGO_BIN_EXE_aliyun-rs").into()) };
        for program in ["measure", "floor"] {
            let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/bench/{program}.c"));
            let built = Command::new("cc").arg("-O2").arg("-o").arg(bench.path(program)).arg(source).status().unwrap();
            assert!(built.success());
        }
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file with `others` more profiles behind the one that is asked for.
    fn config(&self, name: &str, demo: Value, others: usize) -> PathBuf {
        let path = self.path(name);
        let mut profiles = vec![demo];
        profiles.extend((0..others).map(|number| {
            json!({"name": format!("other-{number}"), "mode": "AK", "access_key_id": "LTAIxxxxxxxxxxxxxxxx",
                   "access_key_secret": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "region_id": "cn-hangzhou",
                   "output_format": "json", "language": "en"})
        }));
        let file = json!({"current": "demo", "profiles": profiles, "meta_path": ""});
        write_private(&path, &file);
        path
    }

    fn program(&self, config: &Path) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("credentials").arg("--config-path").arg(config).env_clear().env("HOME", self.folder.path());
        command
    }

    fn measure(&self, command: &[&Path]) -> Cost {
        let output = Command::new(self.path("measure")).arg(CALLS).args(command).env_clear().output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let numbers: Vec<f64> = text.split_whitespace().map(|word| word.parse().unwrap()).collect();
        Cost { median: numbers[0], best: numbers[1], resident: numbers[2] as u64 }
    }

    /// A call that the file alone can answer.
    fn cached(&self) {
        println!("\ncached `credentials`, whole process, {CALLS} runs, 40 profiles");
        let config = self.config("cached.json", fresh_profile(), 39);
        let call = [&*self.binary, Path::new("credentials"), Path::new("--config-path"), &config];
        let (truth, floor) = (PathBuf::from("/bin/true"), self.path("floor"));
        let rows: [(&str, Vec<&Path>); 3] =
            [("/bin/true", vec![&truth]), ("floor in C", vec![&floor, &config]), ("aliyun-rs", call.to_vec())];
        let mut floor_cost = None;
        for (name, command) in &rows {
            let cost = self.measure(command);
            let ratio = floor_cost.map(|floor: f64| format!(", {:.2} x floor", cost.median / floor));
            println!(
                "  {name:<10} median {:>7.1} us, best {:>7.1} us, peak {:>6} KiB{}, {}",
                cost.median,
                cost.best,
                cost.resident,
                ratio.unwrap_or_default(),
                instructions(command),
            );
            if *name == "floor in C" {
                floor_cost = Some(cost.median);
            }
        }
    }

    fn many_profiles(&self) {
        let config = self.config("many.json", fresh_profile(), MANY);
        let size = fs::metadata(&config).unwrap().len() / 1024;
        let cost = self.measure(&[&self.binary, Path::new("credentials"), Path::new("--config-path"), &config]);
        println!(
            "\n{MANY} profiles ({size} KiB): median {:.1} us, peak {} KiB, {}",
            cost.median,
            cost.resident,
            instructions(&[&self.binary, Path::new("credentials"), Path::new("--config-path"), &config])
        );
    }

    /// One refresh and one exchange, compared with curl sending the same two requests.
    fn renewal(&self) {
        println!("\nrenewal: one refresh and one exchange, {RENEWALS} runs against the local sandbox");
        let sandbox = sandbox(Rotation::Rotate);
        let config = self.config("renewal.json", signed_in(&sandbox), 0);
        let mut ours = Vec::new();
        for _ in 0..RENEWALS {
            expire(&config);
            let begin = Instant::now();
            let output = self.program(&config).env("ALIYUN_RS_SANDBOX", sandbox.url()).output().unwrap();
            ours.push(begin.elapsed().as_secs_f64() * 1e6);
            expect_success(&output);
        }
        println!("  aliyun-rs  median {:>8.1} us; {:?}", median(&mut ours), sandbox.ledger().totals());
        match self.curl() {
            Some(theirs) => println!("  curl       median {theirs:>8.1} us; ratio {:.2}", median(&mut ours) / theirs),
            None => println!("  curl is not installed"),
        }
    }

    fn curl(&self) -> Option<f64> {
        let sandbox = sandbox(Rotation::Keep);
        let profile = signed_in(&sandbox);
        let text = |key: &str| profile[key].as_str().unwrap().to_owned();
        let form = format!(
            "grant_type=refresh_token&client_id=4038181954557748008&refresh_token={}",
            text("oauth_refresh_token")
        );
        let bearer = format!("Authorization: Bearer {}", text("oauth_access_token"));
        let mut spans = Vec::new();
        for _ in 0..RENEWALS {
            let begin = Instant::now();
            let token = format!("{}/v1/token", sandbox.url());
            let exchange = format!("{}/v1/exchange", sandbox.url());
            let args = ["-sf", "-d", &form, &token, "--next", "-sf", "-X", "POST", "-H", &bearer, &exchange];
            let output = Command::new("curl").args(args).output().ok()?;
            spans.push(begin.elapsed().as_secs_f64() * 1e6);
            expect_success(&output);
        }
        Some(median(&mut spans))
    }

    /// Many processes at expiry.
    fn storm(&self) {
        let sandbox = sandbox(Rotation::Rotate);
        let config = self.config("storm.json", signed_in(&sandbox), 0);
        expire(&config);
        let begin = Instant::now();
        let start = |_| {
            let mut command = self.program(&config);
            command.env("ALIYUN_RS_SANDBOX", sandbox.url()).stdout(Stdio::null()).spawn().unwrap()
        };
        let children: Vec<Child> = (0..STORM).map(start).collect();
        let served = children.into_iter().filter_map(|mut child| child.wait().ok()).filter(|status| status.success());
        println!(
            "\nstorm: {} of {STORM} processes served in {:.0} ms",
            served.count(),
            begin.elapsed().as_secs_f64() * 1e3
        );
        println!("  requests: {:?}", sandbox.ledger().totals());
    }
}

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

fn sandbox(rotation: Rotation) -> Sandbox {
    let clock: Clock = Arc::new(|| Timestamp::from_unix(now()));
    let mut options = Options::new(clock);
    options.rotation = rotation;
    Sandbox::start(options).unwrap()
}

fn fresh_profile() -> Value {
    json!({"name": "demo", "mode": "OAuth", "access_key_id": "STS.xxxxxxxxxxxxxxxxxxxxxx", "access_key_secret": "x".repeat(44),
           "sts_token": "x".repeat(800), "sts_expiration": now() + 3600, "region_id": "cn-hangzhou", "language": "en",
           "oauth_access_token": "x".repeat(400), "oauth_refresh_token": "x".repeat(400),
           "oauth_access_token_expire": now() + 3600, "oauth_site_type": "CN"})
}

/// A profile with tokens of this sandbox, as a sign-in would leave it.
fn signed_in(sandbox: &Sandbox) -> Value {
    let tokens = sandbox.sign_in("alice", "4038181954557748008");
    json!({"name": "demo", "mode": "OAuth", "oauth_site_type": "CN", "oauth_access_token": tokens.0,
           "oauth_refresh_token": tokens.1, "oauth_access_token_expire": now() + 3600})
}

/// Makes credentials and access token look over.
fn expire(config: &Path) {
    let mut file: Value = serde_json::from_str(&fs::read_to_string(config).unwrap()).unwrap();
    let profile = &mut file["profiles"][0];
    (profile["sts_expiration"], profile["oauth_access_token_expire"]) = (json!(1), json!(1));
    write_private(config, &file);
}

fn write_private(path: &Path, file: &Value) {
    fs::write(path, serde_json::to_string_pretty(file).unwrap()).unwrap();
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

fn median(spans: &mut [f64]) -> f64 {
    spans.sort_by(f64::total_cmp);
    spans[spans.len() / 2]
}

/// Instructions, which are the same in every run.
fn instructions(command: &[&Path]) -> String {
    let output =
        Command::new("valgrind").args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).args(command).output();
    let Ok(output) = output else { return "valgrind is not installed".to_owned() };
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let count = text.lines().find_map(|line| line.split_once("Collected : ")).map(|(_, count)| count.trim().to_owned());
    count.map_or_else(|| "instructions unknown".to_owned(), |count| format!("{count} instructions"))
}

fn expect_success(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
