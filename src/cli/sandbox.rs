//! `aliyun-rs sandbox`: starts the other party, alone or around another command.

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::context::{SANDBOX_VARIABLE, block_on, sandbox_folder};
use super::failure::{Code, Failure};
use super::messages::{Hint, Message};
use crate::host::{Browser, Host, Http, Opened, Staying};
use crate::sandbox::{Casing, Decision, Fault, Options, Rotation, Sandbox, StartError, visit};

/// How long a command waits for another one's sandbox to end.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(50);

/// What the sandbox is like. It keeps its own profiles and never touches the real file.
#[derive(Args, Debug)]
pub(super) struct SandboxArgs {
    /// The port on 127.0.0.1 [default: any]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Play this user's browser: alice, bob, developer (a role) or root
    #[arg(long = "as", value_name = "USER")]
    user: Option<String>,
    /// With `--as`: click Deny instead of Authorize
    #[arg(long, requires = "user")]
    deny: bool,
    /// Let something go wrong, such as token=503x2 or exchange=drop-after; can be repeated
    #[arg(long, value_name = "ENDPOINT=FAULT")]
    fault: Vec<Fault>,
    /// The life of an access token
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    access_token_life: Option<Duration>,
    /// The life of a refresh token
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    refresh_token_life: Option<Duration>,
    /// The life of STS credentials
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    sts_life: Option<Duration>,
    /// How the keys of the exchange are spelled
    #[arg(long, value_parser = read_casing, value_name = "both|camel|pascal")]
    casing: Option<Casing>,
    /// Give `expires_in` as a text
    #[arg(long)]
    text_lifetimes: bool,
    /// Keep the refresh token at a refresh
    #[arg(long)]
    no_rotation: bool,
    /// End the whole login when a spent refresh token is presented
    #[arg(long)]
    revoke_family: bool,
    /// The command to run against it, without `aliyun-rs`
    #[arg(last = true, value_name = "ARGS")]
    command: Vec<OsString>,
}

pub(super) fn run(host: &Host, args: SandboxArgs) -> Result<(), Failure> {
    let user = args.user.clone();
    let command = args.command.clone();
    let decision = if args.deny { Decision::Deny } else { Decision::Authorize };
    let options = options(host, args)?;
    if let Some(user) = user.as_ref().filter(|user| options.users.iter().all(|known| known.name != **user)) {
        let names: Vec<&str> = options.users.iter().map(|known| known.name.as_str()).collect();
        let message = format!("the sandbox has no user `{user}`; it has {}", names.join(", "));
        return Err(Failure::new(Code::Usage, message));
    }
    if command.is_empty() {
        return serve(host, &start(options, false)?);
    }
    if command.first().is_some_and(|first| first == "sandbox") {
        return Err(Failure::new(Code::Usage, "a sandbox inside a sandbox is one too many"));
    }
    let sandbox = start(options, true)?;
    let inner = inside(host, &sandbox, user, decision, command);
    match super::run(&inner) {
        ExitCode::SUCCESS => Ok(()),
        code => Err(Failure::passed_on(code)),
    }
}

fn options(host: &Host, args: SandboxArgs) -> Result<Options, Failure> {
    let clock = Arc::clone(&host.clock);
    let mut options = Options::new(Arc::new(move || clock.now()));
    options.port = args.port;
    options.folder = Some(sandbox_folder(host)?);
    options.faults = args.fault;
    options.text_lifetimes = args.text_lifetimes;
    options.revoke_family = args.revoke_family;
    if args.no_rotation {
        options.rotation = Rotation::Keep;
    }
    let lifetimes = &mut options.lifetimes;
    lifetimes.access_token = args.access_token_life.unwrap_or(lifetimes.access_token);
    lifetimes.refresh_token = args.refresh_token_life.unwrap_or(lifetimes.refresh_token);
    lifetimes.sts = args.sts_life.unwrap_or(lifetimes.sts);
    options.casing = args.casing.unwrap_or(options.casing);
    Ok(options)
}

/// Starts a sandbox; one around a command waits for another such one to end.
fn start(options: Options, patient: bool) -> Result<Sandbox, Failure> {
    let until = std::time::Instant::now() + PATIENCE;
    loop {
        match Sandbox::start(options.clone()) {
            Ok(sandbox) => return Ok(sandbox),
            Err(StartError::Running { .. }) if patient && std::time::Instant::now() < until => {
                std::thread::sleep(PAUSE)
            }
            Err(error @ StartError::Running { .. }) => {
                let StartError::Running { url, .. } = &error else { unreachable!() };
                let hint = Hint::RunningSandbox { variable: SANDBOX_VARIABLE, url };
                return Err(Failure::of(Code::Temporary, &error).hint(hint));
            }
            Err(error) => return Err(Failure::of(Code::Temporary, &error)),
        }
    }
}

/// Serves until an interrupt.
fn serve(host: &Host, sandbox: &Sandbox) -> Result<(), Failure> {
    host.streams.out(&Message::SandboxRuns { variable: SANDBOX_VARIABLE, url: &sandbox.url() }.to_string())?;
    block_on(async {
        let mut interrupts = host.signals.hold().map_err(Failure::no_signals)?;
        interrupts.next().await;
        Ok(())
    })
}

/// The host of the command that runs against the sandbox.
fn inside(host: &Host, sandbox: &Sandbox, user: Option<String>, decision: Decision, command: Vec<OsString>) -> Host {
    let mut inner = host.clone();
    inner.args = std::iter::once(OsString::from("aliyun-rs")).chain(command).collect();
    inner.env.set(SANDBOX_VARIABLE, sandbox.url());
    inner.process = Arc::new(Staying(Arc::clone(&host.process)));
    if user.is_some() || !host.browser.is_available() {
        let user = user.unwrap_or_else(|| "alice".to_owned());
        inner.browser = Arc::new(PlayedBrowser { http: Arc::clone(&host.http), user, decision });
    }
    inner
}

/// A browser where there is none: the sandbox visits its own page.
struct PlayedBrowser {
    http: Arc<dyn Http>,
    user: String,
    decision: Decision,
}

impl Browser for PlayedBrowser {
    fn is_available(&self) -> bool {
        true
    }

    fn open(&self, url: &str) -> io::Result<Opened> {
        let (http, url, user, decision) = (Arc::clone(&self.http), url.to_owned(), self.user.clone(), self.decision);
        std::thread::Builder::new().spawn(move || {
            block_on(async {
                let fetch = |request| {
                    let http = Arc::clone(&http);
                    async move { http.send(request).await.map_err(|error| error.to_string()) }
                };
                // What the page says in the end, the command says too.
                visit(&url, &user, decision, fetch).await.ok();
                Ok(())
            })
        })?;
        Ok(Opened::Played(self.user.clone()))
    }
}

fn read_casing(text: &str) -> Result<Casing, String> {
    match text {
        "both" => Ok(Casing::Both),
        "camel" => Ok(Casing::Camel),
        "pascal" => Ok(Casing::Pascal),
        _ => Err("both, camel or pascal".to_owned()),
    }
}
