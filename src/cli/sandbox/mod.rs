//! `aliyun-rs sandbox`: runs the local stand-in for Alibaba Cloud, alone or for one command.

mod args;
mod browser;
mod instance;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use super::context::{FileArgs, SANDBOX_VARIABLE, block_on};
use super::failure::{Code, Failure};
use super::messages::Message;
use crate::host::{Host, Staying};
use crate::sandbox::{Decision, Options, Sandbox, UnknownUser};
use browser::ScriptedBrowser;
use instance::{Instance, not_started};

pub(super) use args::SandboxArgs;

/// The user of the scripted browser where `--as` names none and no browser is available.
const DEFAULT_USER: &str = "alice";

pub(super) fn run(host: &Host, file: FileArgs, args: SandboxArgs) -> Result<(), Failure> {
    let (options, decision) = (args.options(host)?, args.decision());
    if let Some(user) = &args.user {
        options.user(user).map_err(unknown_user)?;
    }
    if args.command.is_empty() {
        return serve(host, options);
    }
    if args.command.first().is_some_and(|first| first == "sandbox") {
        return Err(Failure::new(Code::Usage, "cannot run `sandbox` inside `sandbox`"));
    }
    let instance = Instance::find(options)?;
    if let Instance::Shared(url) = &instance {
        host.streams.err(&Message::SandboxShared { url }.to_string());
    }
    let command = file.into_options().into_iter().chain(args.command).collect();
    let inner = inner_host(host, instance.url(), args.user, decision, command);
    match super::run(&inner) {
        ExitCode::SUCCESS => Ok(()),
        code => Err(Failure::passed_on(code)),
    }
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
fn inner_host(host: &Host, url: String, user: Option<String>, decision: Decision, command: Vec<OsString>) -> Host {
    let mut inner = host.clone();
    inner.args = std::iter::once(OsString::from("aliyun-rs")).chain(command).collect();
    inner.env.set(SANDBOX_VARIABLE, url);
    inner.process = Arc::new(Staying(Arc::clone(&host.process)));
    if user.is_some() || !host.browser.is_available() {
        let user = user.unwrap_or_else(|| DEFAULT_USER.to_owned());
        let (http, streams) = (Arc::clone(&host.http), host.streams.clone());
        inner.browser = Arc::new(ScriptedBrowser { http, streams, user, decision });
    }
    inner
}

fn unknown_user(UnknownUser { name, known }: UnknownUser) -> Failure {
    Failure::new(Code::Usage, format!("the sandbox has no user `{name}`; it has {}", known.join(", ")))
}
