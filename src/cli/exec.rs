//! `aliyun-rs exec`: runs a program with the credentials of a profile.

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::Args;

use super::context::{Context, block_on};
use super::credentials::WantedArgs;
use super::failure::{Code, Failure};
use super::serve::Served;
use super::variables::{endpoint, is_rival, variables};
use crate::host::{Env, Host, Program};
use crate::secret::Secret;
use crate::text::printable;

/// What to run, and with whose credentials. Every other Alibaba Cloud key or profile is taken out of its
/// environment.
#[derive(Args, Debug)]
pub(super) struct ExecArgs {
    #[command(flatten)]
    wanted: WantedArgs,
    /// Give the program a URL that has valid credentials for as long as it runs, instead of the credentials
    #[arg(long)]
    serve: bool,
    /// The program and what to tell it
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    command: Vec<OsString>,
}

pub(super) fn run(context: &Context<'_>, args: ExecArgs) -> Result<(), Failure> {
    if args.serve {
        return beside_endpoint(context, args.wanted, args.command);
    }
    let credentials = args.wanted.obtain(context)?;
    let program = program(context.host, args.command, variables(&credentials));
    let error = context.host.process.replace(&program);
    if error.kind() != io::ErrorKind::Unsupported {
        return Err(not_run(&program, &error));
    }
    block_on(async {
        let mut interrupts = context.host.signals.hold().map_err(Failure::no_signals)?;
        pass_on(&program, context.host.process.run(&program, &mut interrupts).await)
    })
}

/// Runs the program beside an endpoint that lives as long as it does.
fn beside_endpoint(context: &Context<'_>, wanted: WantedArgs, command: Vec<OsString>) -> Result<(), Failure> {
    block_on(async {
        let mut interrupts = context.host.signals.hold().map_err(Failure::no_signals)?;
        let mut served = Served::open(context, wanted, 0, &mut interrupts).await?;
        let variables = endpoint(served.endpoint.url(), served.region_id.as_deref());
        let program = program(context.host, command, variables);
        let status = served.until(context.host.process.run(&program, &mut interrupts)).await;
        served.endpoint.close().await;
        pass_on(&program, status)
    })
}

/// The program in our environment, without rivals of `variables` and with these.
fn program(host: &Host, mut command: Vec<OsString>, variables: Vec<(&'static str, Secret)>) -> Program {
    let kept = host.env.iter().filter(|(name, _)| !is_rival(name));
    let mut env: Env = kept.collect();
    for (name, value) in variables {
        env.set(name, value.expose());
    }
    let args = command.split_off(1);
    Program { name: command.remove(0), args, env }
}

/// The exit status of the program is ours.
fn pass_on(program: &Program, status: io::Result<u8>) -> Result<(), Failure> {
    match status {
        Ok(0) => Ok(()),
        Ok(status) => Err(Failure::passed_on(ExitCode::from(status))),
        Err(error) => Err(not_run(program, &error)),
    }
}

/// The failure of a program that did not run, with the exit code that shells give it.
fn not_run(program: &Program, error: &io::Error) -> Failure {
    let name = printable(&program.name.to_string_lossy(), 256);
    match error.kind() {
        io::ErrorKind::NotFound => Failure::new(Code::NotFound, format!("there is no program `{name}`")),
        _ => Failure::new(Code::NotRun, format!("could not run `{name}`: {error}")),
    }
}
