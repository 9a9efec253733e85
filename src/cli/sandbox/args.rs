//! The options of `aliyun-rs sandbox`.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::cli::context::sandbox_folder;
use crate::cli::failure::Failure;
use crate::cli::messages::Problem;
use crate::cli::options::read_duration;
use crate::host::Host;
use crate::sandbox::{Casing, Decision, Fault, Options, Rotation};

/// Run a local stand-in for Alibaba Cloud, alone or for one command
///
/// Needs no account: it has its own users and profiles, and never touches the real configuration file.
#[derive(Args, Debug)]
pub(in crate::cli) struct SandboxArgs {
    /// Port on 127.0.0.1 [default: any]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Sign in as this user without a browser: alice, bob, developer (a role), root, or mallory (not allowed)
    #[arg(long = "as", value_name = "USER")]
    pub(super) user: Option<String>,
    /// With `--as`: click Deny instead of Authorize
    #[arg(long, requires = "user")]
    deny: bool,
    /// Inject a fault, such as token=503x2 or exchange=drop-after; repeatable
    #[arg(long, value_name = "ENDPOINT=FAULT", value_parser = read_fault)]
    fault: Vec<Fault>,
    /// Lifetime of access tokens
    #[arg(long, value_name = "TIME", value_parser = read_duration)]
    access_token_life: Option<Duration>,
    /// Lifetime of refresh tokens
    #[arg(long, value_name = "TIME", value_parser = read_duration)]
    refresh_token_life: Option<Duration>,
    /// Lifetime of STS credentials
    #[arg(long, value_name = "TIME", value_parser = read_duration)]
    sts_life: Option<Duration>,
    /// Spelling of the keys in the exchange's response
    #[arg(long, value_enum)]
    casing: Option<CasingArg>,
    /// Send `expires_in` as a string
    #[arg(long)]
    text_lifetimes: bool,
    /// Do not rotate refresh tokens
    #[arg(long)]
    no_rotation: bool,
    /// Revoke the whole session when a used refresh token is presented
    #[arg(long)]
    revoke_family: bool,
    /// Start in an account in which `official-cli` is not installed
    #[arg(long)]
    no_official_cli: bool,
    /// Command to run against the sandbox, without `aliyun-rs`
    #[arg(last = true, value_name = "ARGS")]
    pub(super) command: Vec<OsString>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum CasingArg {
    Both,
    Camel,
    Pascal,
}

impl From<CasingArg> for Casing {
    fn from(casing: CasingArg) -> Self {
        match casing {
            CasingArg::Both => Self::Both,
            CasingArg::Camel => Self::Camel,
            CasingArg::Pascal => Self::Pascal,
        }
    }
}

impl SandboxArgs {
    pub(super) const fn decision(&self) -> Decision {
        if self.deny { Decision::Deny } else { Decision::Authorize }
    }

    /// The sandbox's own options, by the clock of `host`.
    pub(super) fn options(&self, host: &Host) -> Result<Options, Failure> {
        let clock = Arc::clone(&host.clock);
        let mut options = Options::new(Arc::new(move || clock.now()));
        options.port = self.port;
        options.folder = Some(sandbox_folder(host)?);
        options.faults = self.fault.clone();
        options.text_lifetimes = self.text_lifetimes;
        options.revoke_family = self.revoke_family;
        options.rotation = if self.no_rotation { Rotation::Keep } else { Rotation::Rotate };
        options.official_cli = !self.no_official_cli;
        options.casing = self.casing.map_or(options.casing, Casing::from);
        let lifetimes = &mut options.lifetimes;
        lifetimes.access_token = self.access_token_life.unwrap_or(lifetimes.access_token);
        lifetimes.refresh_token = self.refresh_token_life.unwrap_or(lifetimes.refresh_token);
        lifetimes.sts = self.sts_life.unwrap_or(lifetimes.sts);
        Ok(options)
    }
}

fn read_fault(text: &str) -> Result<Fault, Problem> {
    text.parse().map_err(|_| Problem::Fault)
}
