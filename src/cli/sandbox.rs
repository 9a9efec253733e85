//! `aliyun-rs sandbox`: starts the other party, alone or around another command.

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;

use super::context::{FileArgs, SANDBOX_VARIABLE, block_on, sandbox_folder};
use super::failure::{Code, Failure};
use super::messages::{Hint, Message, Warning};
use crate::host::{Browser, Host, Http, Opened, Staying, Streams, TransportError};
use crate::sandbox::{
    Casing, Decision, Fault, InvalidFault, Options, Rotation, Sandbox, StartError, UnknownUser, VisitError, visit,
};
use crate::site::Cloud;
use crate::text::chain;

/// How long a command waits for another command's sandbox to end.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(50);

/// What the sandbox is like. It keeps its own profiles and never touches the real file.
#[derive(Args, Debug)]
pub(super) struct SandboxArgs {
    /// The port on 127.0.0.1 [default: any]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Play this user's browser: alice, bob, developer (a role), root or mallory (who may not)
    #[arg(long = "as", value_name = "USER")]
    user: Option<String>,
    /// With `--as`: click Deny instead of Authorize
    #[arg(long, requires = "user")]
    deny: bool,
    /// Let something go wrong, such as token=503x2 or exchange=drop-after; can be repeated
    #[arg(long, value_name = "ENDPOINT=FAULT", value_parser = read_fault)]
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

pub(super) fn run(host: &Host, file: FileArgs, args: SandboxArgs) -> Result<(), Failure> {
    let user = args.user.clone();
    let command = args.command.clone();
    let decision = if args.deny { Decision::Deny } else { Decision::Authorize };
    let options = options(host, args)?;
    if let Some(user) = &user {
        options.user(user).map_err(unknown_user)?;
    }
    if command.is_empty() {
        return serve(host, options);
    }
    if command.first().is_some_and(|first| first == "sandbox") {
        return Err(Failure::new(Code::Usage, "cannot run `sandbox` inside `sandbox`"));
    }
    let party = Party::find(options)?;
    if let Party::Other(url) = &party {
        host.streams.err(&Message::SandboxShared { url }.to_string());
    }
    let command = file.into_options().into_iter().chain(command).collect();
    let inner = inside(host, party.url(), user, decision, command);
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

/// The sandbox that a command runs against.
enum Party {
    /// Started for it, and ended with it.
    Own(Sandbox),
    /// The one that `aliyun-rs sandbox` serves already, by its address.
    Other(String),
}

impl Party {
    /// Starts a sandbox. If another one has the folder, that one is used if it stays, and waited for if it ends
    /// with its own command.
    fn find(options: Options) -> Result<Self, Failure> {
        let until = Instant::now() + PATIENCE;
        loop {
            match Sandbox::start(options.clone()) {
                Err(StartError::Running { url: Some(url), long_lived: true, .. })
                    if Cloud::parse_sandbox(&url).is_ok() =>
                {
                    return Ok(Self::Other(url));
                }
                Err(StartError::Running { .. }) if Instant::now() < until => std::thread::sleep(PAUSE),
                started => return started.map(Self::Own).map_err(not_started),
            }
        }
    }

    fn url(&self) -> String {
        match self {
            Self::Own(sandbox) => sandbox.url(),
            Self::Other(url) => url.clone(),
        }
    }
}

fn unknown_user(UnknownUser { name, known }: UnknownUser) -> Failure {
    Failure::new(Code::Usage, format!("the sandbox has no user `{name}`; it has {}", known.join(", ")))
}

fn not_started(error: StartError) -> Failure {
    match error {
        StartError::Running { folder, url, .. } => {
            let message = format!("another sandbox is using `{}`", folder.display());
            let hint = Hint::RunningSandbox { variable: SANDBOX_VARIABLE, url: url.as_deref().unwrap_or_default() };
            Failure::new(Code::Temporary, message).hint(hint)
        }
        StartError::Folder { folder, source } => {
            let message = format!("the sandbox could not use its folder `{}`: {source}", folder.display());
            Failure::new(Code::File, message)
        }
        StartError::Port { port, source } => {
            Failure::new(Code::Temporary, format!("the sandbox could not listen on 127.0.0.1:{port}: {source}"))
        }
    }
}

/// Why the sandbox could not sign in for a user.
fn why_not_signed_in(error: &VisitError<TransportError>) -> String {
    match error {
        VisitError::NotLocal => "the sign-in leads away from this machine".to_owned(),
        VisitError::Page(status) => format!("the sign-in page answered with status {status}"),
        VisitError::Refused { status, heading } => {
            format!("the decision was answered with status {status} and the page `{heading}`")
        }
        VisitError::Request(source) => chain(source),
    }
}

fn read_fault(text: &str) -> Result<Fault, String> {
    text.parse().map_err(|InvalidFault| {
        "a fault is ENDPOINT=FAULT[xTIMES]: ENDPOINT is authorize, token, exchange, revoke, userinfo or sts; FAULT is \
         a status such as 503, a status and a code such as 400:invalid_grant, drop, drop-after, cut, garbage, html, \
         huge, redirect, delay:MILLISECONDS, without:FIELD or with:FIELD:JSON"
            .to_owned()
    })
}

/// Serves until an interrupt.
fn serve(host: &Host, options: Options) -> Result<(), Failure> {
    let sandbox = Sandbox::start(Options { long_lived: true, ..options }).map_err(not_started)?;
    host.streams.out(&Message::SandboxRuns { variable: SANDBOX_VARIABLE, url: &sandbox.url() }.to_string())?;
    block_on(async {
        let mut interrupts = host.signals.hold().map_err(Failure::no_signals)?;
        interrupts.next().await;
        Ok(())
    })
}

/// The host of the command that runs against the sandbox.
fn inside(host: &Host, url: String, user: Option<String>, decision: Decision, command: Vec<OsString>) -> Host {
    let mut inner = host.clone();
    inner.args = std::iter::once(OsString::from("aliyun-rs")).chain(command).collect();
    inner.env.set(SANDBOX_VARIABLE, url);
    inner.process = Arc::new(Staying(Arc::clone(&host.process)));
    if user.is_some() || !host.browser.is_available() {
        let user = user.unwrap_or_else(|| "alice".to_owned());
        inner.browser =
            Arc::new(PlayedBrowser { http: Arc::clone(&host.http), streams: host.streams.clone(), user, decision });
    }
    inner
}

/// A browser where there is none: the sandbox visits its own page.
struct PlayedBrowser {
    http: Arc<dyn Http>,
    streams: Streams,
    user: String,
    decision: Decision,
}

impl Browser for PlayedBrowser {
    fn is_available(&self) -> bool {
        true
    }

    fn open(&self, url: &str) -> io::Result<Opened> {
        let (http, streams) = (Arc::clone(&self.http), self.streams.clone());
        let (url, user, decision) = (url.to_owned(), self.user.clone(), self.decision);
        std::thread::Builder::new().spawn(move || {
            block_on(async {
                let fetch = |request| {
                    let http = Arc::clone(&http);
                    async move { http.send(request).await }
                };
                // What the client's page says in the end, the command says too.
                if let Err(error) = visit(&url, &user, decision, fetch).await {
                    let why = why_not_signed_in(&error);
                    let warning = Warning::PlayedBrowser { user: &user, why: &why };
                    streams.err(&format!("warning: {warning}\n"));
                }
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
