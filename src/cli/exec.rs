//! `aliyun-rs exec`: runs a program with the credentials of a profile.

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::Args;

use super::context::Context;
use super::credentials::{RegionArgs, WantedArgs};
use super::failure::{Attempt, Failure};
use super::serve::Served;
use super::variables::{FILE_VARIABLE, Variables, is_rival, key, profile};
use crate::host::{BlockedSignals, Env, Program};
use crate::serve::EndpointSettings;

/// Run a command with the credentials of a profile
///
/// Removes all other Alibaba Cloud credentials and profiles from the environment of the command.
#[derive(Args, Debug)]
pub(super) struct ExecArgs {
    #[command(flatten)]
    wanted: WantedArgs,
    #[command(flatten)]
    region: RegionArgs,
    /// Pass a credentials URI that stays valid while the command runs, instead of the credentials
    #[arg(long)]
    serve: bool,
    /// Command to run, with its arguments
    #[arg(value_name = "COMMAND", trailing_var_arg = true, required = true)]
    command: Vec<OsString>,
}

pub(super) fn run(context: &Context<'_>, args: ExecArgs) -> Result<(), Failure> {
    if args.serve {
        return beside_endpoint(context, args);
    }
    let (name, credentials) = args.wanted.obtain(context)?;
    let mut variables = key(&credentials);
    variables.push(profile(name.as_str()));
    variables.extend(args.region.variables(context, credentials.region_id.as_deref()));
    let program = program(context, args.command, variables);
    let error = context.host.process.replace(&program);
    if error.kind() != io::ErrorKind::Unsupported {
        return Err(Failure::NotRun { program: program.name, error });
    }
    let blocked = block_signals(context)?;
    context.interruptible(async |interrupts| {
        pass_on(&program, context.host.process.run(&program, &blocked, interrupts).await)
    })
}

/// Runs the program with an endpoint that stays open until it ends.
fn beside_endpoint(context: &Context<'_>, args: ExecArgs) -> Result<(), Failure> {
    let (wanted, _) = args.wanted.resolve(context, &context.read()?.config)?;
    let blocked = block_signals(context)?;
    context.interruptible(async |interrupts| {
        let mut served = Served::open(context, wanted, EndpointSettings::default(), interrupts).await?;
        let mut variables = served.variables();
        variables.extend(args.region.variables(context, served.region_id.as_deref()));
        let program = program(context, args.command, variables);
        let status = served.until(context.host.process.run(&program, &blocked, interrupts)).await;
        served.endpoint.close().await;
        pass_on(&program, status)
    })
}

fn block_signals(context: &Context<'_>) -> Result<BlockedSignals, Failure> {
    context.host.process.block_signals().map_err(|error| Failure::System(Attempt::ListenForInterrupts, error))
}

/// The program with our environment, `variables` instead of all that compete with them. This program uses the same
/// file there; a sandbox has its own.
fn program(context: &Context<'_>, mut command: Vec<OsString>, variables: Variables) -> Program {
    let kept = context.host.env.iter().filter(|(name, _)| !is_rival(name));
    let mut env: Env = kept.collect();
    for (name, value) in variables {
        env.set(name, value.expose());
    }
    let file = std::path::absolute(context.logins.path()).ok().filter(|_| !context.cloud.is_sandbox());
    file.into_iter().for_each(|file| env.set(FILE_VARIABLE, file));
    let args = command.split_off(1);
    Program { name: command.remove(0), args, env }
}

/// Exits with the status of the program.
fn pass_on(program: &Program, status: io::Result<u8>) -> Result<(), Failure> {
    match status {
        Ok(0) => Ok(()),
        Ok(status) => Err(Failure::PassedOn(ExitCode::from(status))),
        Err(error) => Err(Failure::NotRun { program: program.name.clone(), error }),
    }
}
