//! The command line: one file a command. A command maps its arguments to the input of a use-case and prints
//! the outcome; everything a person reads is in `messages`, every exit code in `failure`.

mod configure;
mod context;
mod credentials;
mod exec;
mod failure;
mod messages;
mod prompt;
mod render;
mod sandbox;
mod serve;
mod variables;
mod whoami;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::host::{Host, Stream, open_here};
use crate::site::Cloud;
use configure::delete::DeleteArgs;
use configure::list::ListArgs;
use configure::switch::SwitchArgs;
use configure::{ConfigureArgs, delete, list, switch};
use context::{Context, FileArgs};
use failure::{Code, Failure};

/// Sign in to Alibaba Cloud once in a browser; credentials renew themselves and are never lost.
#[derive(Parser, Debug)]
#[command(name = "aliyun-rs", version, after_help = failure::EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    file: FileArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Sign in and save a profile, or manage the saved ones.
    Configure(ConfigureArgs),
    /// Make another profile the current one.
    Switch(SwitchArgs),
    /// Remove a profile and its tokens from this machine.
    Delete(DeleteArgs),
    /// List the profiles.
    List(ListArgs),
    /// Print valid credentials for a program or a shell.
    Credentials(credentials::CredentialsArgs),
    /// Run a program with the credentials of a profile.
    Exec(exec::ExecArgs),
    /// Serve valid credentials to the programs of this user.
    Serve(serve::ServeArgs),
    /// Ask Alibaba Cloud who the credentials belong to.
    Whoami(whoami::WhoamiArgs),
    Sandbox(sandbox::SandboxArgs),
    #[command(name = crate::host::OPEN_COMMAND, hide = true)]
    OpenBrowser {
        url: String,
    },
}

/// Runs the command line in `host.args` and returns its exit code.
pub fn run(host: &Host) -> ExitCode {
    let outcome = parse(host).and_then(|cli| match cli {
        Some(cli) => dispatch(host, cli),
        None => Ok(()),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(host),
    }
}

/// Reads the arguments; `None` when they only asked for help or the version.
fn parse(host: &Host) -> Result<Option<Cli>, Failure> {
    let parsed = Cli::command().try_get_matches_from(&host.args).and_then(|matches| Cli::from_arg_matches(&matches));
    let error = match parsed {
        Ok(cli) => return Ok(Some(cli)),
        Err(error) => error,
    };
    let stream = if error.use_stderr() { Stream::Error } else { Stream::Output };
    let colour = host.streams.is_terminal(stream) && host.env.get("NO_COLOR").is_none();
    let text = if colour { error.render().ansi().to_string() } else { error.render().to_string() };
    if stream == Stream::Output {
        host.streams.out(&text)?;
        return Ok(None);
    }
    host.streams.err(&text);
    Err(Failure::told(Code::Usage))
}

fn dispatch(host: &Host, cli: Cli) -> Result<(), Failure> {
    let context = |file: FileArgs| Context::new(host, file);
    match cli.command {
        Command::Configure(args) => configure::run(&context(cli.file)?, args),
        Command::Switch(args) => switch::run(&context(cli.file)?, args),
        Command::Delete(args) => delete::run(&context(cli.file)?, args),
        Command::List(args) => list::run(&context(cli.file)?, args),
        Command::Credentials(args) => credentials::run(&context(cli.file)?, args),
        Command::Exec(args) => exec::run(&context(cli.file)?, args),
        Command::Serve(args) => serve::run(&context(cli.file)?, args),
        Command::Whoami(args) => whoami::run(&context(cli.file)?, args),
        Command::Sandbox(args) => sandbox::run(host, cli.file, args),
        Command::OpenBrowser { url } => open_browser(&url),
    }
}

/// The second copy of this program, between us and the browser.
fn open_browser(url: &str) -> Result<(), Failure> {
    if !Cloud::is_authorize_page(url) {
        return Err(Failure::new(Code::Usage, "this is no sign-in page"));
    }
    open_here(url).map_err(|error| Failure::new(Code::Unexpected, format!("could not open a browser: {error}")))
}
