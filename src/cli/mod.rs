//! The command line: one file a command. A command maps its arguments to the input of a use-case and prints the
//! outcome; everything a person reads is in `messages`, every exit code in `failure`, every write in `ui`.

mod app;
mod completions;
mod configure;
mod context;
mod credentials;
mod doctor;
mod ensure;
mod exec;
mod failure;
mod language;
mod man;
mod messages;
mod options;
mod prompt;
mod render;
mod sandbox;
mod serve;
mod shell;
mod source;
mod status;
mod ui;
mod variables;
mod whoami;

use std::error::Error as _;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::host::{Host, Stream, caught, open_here};
use crate::site::Cloud;
use crate::text::{is_plain, visible};
use configure::delete::DeleteArgs;
use configure::list::ListArgs;
use configure::switch::SwitchArgs;
use configure::{ConfigureArgs, delete, list, switch};
use context::{Context, ErrorFormat, GlobalArgs};
use failure::{Attempt, Code, Failure, Usage};
use messages::help::translate;
use messages::{Message, Problem};
use ui::Ui;

/// Asks for errors as JSON, as the official client understands it.
const AI_MODE_VARIABLE: &str = "ALIBABA_CLOUD_CLI_AI_MODE";

/// Columns of the help, on a terminal or in a file.
const HELP_WIDTH: usize = 80;

/// Sign in to Alibaba Cloud once in a browser; credentials renew themselves and are never lost.
#[derive(Parser, Debug)]
#[command(name = "aliyun-rs", version)]
struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Configure(ConfigureArgs),
    Switch(SwitchArgs),
    Delete(DeleteArgs),
    List(ListArgs),
    Credentials(credentials::CredentialsArgs),
    Doctor(doctor::DoctorArgs),
    Ensure(ensure::EnsureArgs),
    Exec(exec::ExecArgs),
    Serve(serve::ServeArgs),
    Whoami(whoami::WhoamiArgs),
    Status(status::StatusArgs),
    App(app::AppArgs),
    Sandbox(sandbox::SandboxArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
    #[command(name = crate::host::OPEN_COMMAND, hide = true)]
    OpenBrowser,
}

/// Runs the command line in `host.args` and returns its exit code. A panic on the way is a failure like others.
pub fn run(host: &Host) -> ExitCode {
    let ui = Ui::new(host, asks_for_json(host));
    caught(|| obey(host, &ui)).unwrap_or_else(|panicked| ui.fail(&Failure::Panicked(panicked)))
}

fn in_ai_mode(host: &Host) -> bool {
    host.env.get(AI_MODE_VARIABLE).is_some_and(|value| value == "1")
}

/// Whether a command line that cannot be read asks for failures as JSON.
fn asks_for_json(host: &Host) -> bool {
    let ours: Vec<_> = host.args.iter().take_while(|arg| *arg != "--").collect();
    in_ai_mode(host)
        || ours.iter().any(|arg| *arg == "--error-format=json")
        || ours.windows(2).any(|pair| pair[0] == "--error-format" && pair[1] == "json")
}

fn obey(host: &Host, ui: &Ui) -> ExitCode {
    if let Some(answered) = completions::answer(host, ui, || tree_with_help(ui)) {
        return answered;
    }
    let cli = match parse(host, ui) {
        Ok(Some(cli)) => cli,
        Ok(None) => return ExitCode::SUCCESS,
        Err(failure) => return ui.fail(&failure),
    };
    let json = in_ai_mode(host) || cli.global.error_format == ErrorFormat::Json;
    let ui = ui.with(&cli.global, json);
    match dispatch(host, &ui, cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => ui.fail(&failure),
    }
}

/// All commands.
fn tree() -> clap::Command {
    language::option(Cli::command().term_width(HELP_WIDTH))
}

/// All commands and their help.
fn tree_with_help(ui: &Ui) -> clap::Command {
    let faults = |arg: clap::Arg| arg.long_help(ui.text(&Message::FaultHelp));
    let tree = tree()
        .after_help(ui.text(&Message::ExitCodes))
        .mut_subcommand("sandbox", |sandbox| sandbox.mut_arg("fault", faults));
    translate(tree, ui.language().get())
}

/// Reads the arguments; `None` when they only asked for help or the version.
fn parse(host: &Host, ui: &Ui) -> Result<Option<Cli>, Failure> {
    let parsed = match parse_frequent(&host.args) {
        Some(matches) => Ok(matches),
        None => tree().try_get_matches_from(&host.args),
    };
    let parsed = parsed.and_then(|matches| {
        language::learn(host, ui, &matches);
        Cli::from_arg_matches(&matches)
    });
    if let Ok(cli) = parsed {
        return Ok(Some(cli));
    }
    language::learn_from_wrong(host, ui, tree());
    let parsed = tree_with_help(ui).try_get_matches_from(&host.args);
    let error = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => return Ok(Some(cli)),
        Err(error) => error,
    };
    if let Some(failure) = invalid_value(&error) {
        return Err(failure);
    }
    let stream = if error.use_stderr() { Stream::Error } else { Stream::Output };
    let plain = error.render().to_string();
    // An argument that a terminal would obey, or that hides a part of itself.
    let is_safe = plain.chars().all(|c| c == '\n' || is_plain(c));
    let text = if !is_safe {
        plain.split('\n').map(visible).collect::<Vec<_>>().join("\n")
    } else if ui.is_painted(stream) {
        error.render().ansi().to_string()
    } else {
        plain
    };
    if stream == Stream::Output {
        ui.print(&text)?;
        return Ok(None);
    }
    if ui.fails_in_json() {
        return Err(Usage::CommandLine { text }.into());
    }
    ui.raw_error(&text);
    Err(Failure::Quiet(Code::Usage))
}

/// Reads a call of a command that programs run often, without building the other commands: that takes longer than
/// everything else that a cached call does. Leaves it to the whole tree to say what is wrong with any other call.
fn parse_frequent(args: &[OsString]) -> Option<ArgMatches> {
    let command = match args.get(1)?.to_str()? {
        "credentials" => credentials::CredentialsArgs::augment_args(clap::Command::new("credentials")),
        "exec" => exec::ExecArgs::augment_args(clap::Command::new("exec")),
        _ => return None,
    };
    let tree = GlobalArgs::augment_args(clap::Command::new("aliyun-rs")).subcommand(command);
    language::option(tree).try_get_matches_from(args).ok()
}

/// The failure for a value that one of our own parsers refused, which has a message in every language.
fn invalid_value(error: &clap::Error) -> Option<Failure> {
    let problem = error.source()?.downcast_ref::<Problem>()?.clone();
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        _ => String::new(),
    };
    let (option, value) = (context(ContextKind::InvalidArg), context(ContextKind::InvalidValue));
    Some(Usage::Value { option, value, problem }.into())
}

fn dispatch(host: &Host, ui: &Ui, cli: Cli) -> Result<(), Failure> {
    let context = |global: &GlobalArgs| Context::new(host, ui, global);
    match cli.command {
        Command::Configure(args) => configure::run(&context(&cli.global)?, args),
        Command::Switch(args) => switch::run(&context(&cli.global)?, args),
        Command::Delete(args) => delete::run(&context(&cli.global)?, args),
        Command::List(args) => list::run(&context(&cli.global)?, args),
        Command::Credentials(args) => credentials::run(&context(&cli.global)?, args),
        Command::Doctor(args) => doctor::run(&context(&cli.global)?, args),
        Command::Ensure(args) => ensure::run(&context(&cli.global)?, args),
        Command::Exec(args) => {
            let done = context(&cli.global).and_then(|context| exec::run(&context, args));
            done.map_err(Failure::before_command)
        }
        Command::Serve(args) => serve::run(&context(&cli.global)?, args),
        Command::Status(args) => status::run(&context(&cli.global)?, args),
        Command::Whoami(args) => whoami::run(&context(&cli.global)?, args),
        Command::App(args) => app::run(&context(&cli.global)?, args),
        Command::Sandbox(args) => sandbox::run(host, ui, cli.global, args),
        Command::Completions(args) => completions::run(ui, &args),
        Command::Man(args) => man::run(ui, tree_with_help(ui), &args),
        Command::OpenBrowser => open_browser(ui),
    }
}

/// The second copy of this program, between us and the browser.
fn open_browser(ui: &Ui) -> Result<(), Failure> {
    let url = ui.read_line().ok().flatten().unwrap_or_default();
    if !Cloud::is_authorize_page(&url) {
        return Err(Usage::NotASignInPage.into());
    }
    open_here(&url).map_err(|error| Failure::System(Attempt::OpenBrowser, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The arguments as each of the two trees reads them.
    fn read(line: &str) -> (Option<String>, Option<String>) {
        let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let quickly = parse_frequent(&args);
        (
            quickly.map(|found| format!("{:?}", Cli::from_arg_matches(&found))),
            tree().try_get_matches_from(&args).ok().map(|found| format!("{:?}", Cli::from_arg_matches(&found))),
        )
    }

    #[test]
    fn a_frequent_command_is_read_as_by_the_whole_tree() {
        for line in [
            "aliyun-rs credentials",
            "aliyun-rs credentials --profile p --min-ttl 15m --format env --region cn-hangzhou --verbose",
            "aliyun-rs credentials --config-path f --error-format json",
            "aliyun-rs exec -- true --help",
            "aliyun-rs exec --serve --profile p env -i",
        ] {
            let (quickly, wholly) = read(line);
            assert!(quickly.is_some() && quickly == wholly, "{line}: {quickly:?}, {wholly:?}");
        }
    }

    #[test]
    fn the_whole_tree_reads_every_other_call() {
        for line in ["aliyun-rs", "aliyun-rs list", "aliyun-rs --verbose credentials"] {
            assert_eq!(read(line).0, None, "{line}");
        }
        for wrong in
            ["credentials --help", "credentials -V", "credentials x", "exec", "credentials --min-ttl x", "cred"]
        {
            assert_eq!(read(&format!("aliyun-rs {wrong}")), (None, None), "{wrong}");
        }
    }
}
