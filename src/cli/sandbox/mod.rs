//! `aliyun-rs sandbox`: runs the local stand-in for Alibaba Cloud, alone or for one command.

mod args;
mod browser;
mod instance;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use super::context::{GlobalArgs, interruptible};
use super::failure::{Failure, Usage};
use super::messages::Message;
use super::ui::Ui;
use crate::host::{Host, Staying};
use crate::sandbox::{Decision, Options, Sandbox, UnknownUser};
use crate::site::SANDBOX_VARIABLE;
use browser::ScriptedBrowser;
use instance::Instance;

pub(super) use args::SandboxArgs;

/// The user of the scripted browser where `--as` names none and no browser is available.
const DEFAULT_USER: &str = "alice";

pub(super) fn run(host: &Host, ui: &Ui, global: GlobalArgs, args: SandboxArgs) -> Result<(), Failure> {
    let (options, decision) = (args.options(host)?, args.decision());
    if let Some(user) = &args.user {
        options.user(user).map_err(unknown_user)?;
    }
    if args.command.is_empty() {
        return serve(host, ui, options);
    }
    if args.command.first().is_some_and(|first| first == "sandbox") {
        return Err(Usage::NestedSandbox.into());
    }
    let instance = Instance::find(options)?;
    if let Instance::Shared(url) = &instance {
        ui.note(&Message::SandboxShared { url });
    }
    let language = [OsString::from("--language"), ui.language().get().code().into()];
    let command = language.into_iter().chain(global.into_options()).chain(args.command).collect();
    let inner = inner_host(host, ui, instance.url(), args.user, decision, command);
    match super::run(&inner) {
        ExitCode::SUCCESS => Ok(()),
        code => Err(Failure::PassedOn(code)),
    }
}

/// Serves until an interrupt.
fn serve(host: &Host, ui: &Ui, options: Options) -> Result<(), Failure> {
    let sandbox = Sandbox::start(Options { long_lived: true, ..options })?;
    ui.print_message(&Message::SandboxRuns { variable: SANDBOX_VARIABLE, url: &sandbox.url() })?;
    interruptible(host, async |interrupts| {
        interrupts.next().await;
        Ok(())
    })
}

/// The host of the command that runs against the sandbox.
fn inner_host(
    host: &Host,
    ui: &Ui,
    url: String,
    user: Option<String>,
    decision: Decision,
    command: Vec<OsString>,
) -> Host {
    let mut inner = host.clone();
    inner.args = std::iter::once(OsString::from("aliyun-rs")).chain(command).collect();
    inner.env.set(SANDBOX_VARIABLE, url);
    inner.process = Arc::new(Staying(Arc::clone(&host.process)));
    if user.is_some() || host.browser.unavailable().is_some() {
        let user = user.unwrap_or_else(|| DEFAULT_USER.to_owned());
        let (http, ui) = (Arc::clone(&host.http), ui.clone());
        inner.browser = Arc::new(ScriptedBrowser { http, ui, user, decision });
    }
    inner
}

fn unknown_user(UnknownUser { name, known }: UnknownUser) -> Failure {
    Usage::UnknownUser { user: name, users: known }.into()
}
