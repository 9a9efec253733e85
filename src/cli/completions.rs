//! `aliyun-rs completions`: the script that makes a shell ask this program what can come next, and the answers.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Command, ValueEnum};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::{EnvCompleter, Shells};

use super::context::{Context, GlobalArgs};
use super::failure::Failure;
use super::ui::Ui;
use crate::config::ProfileName;
use crate::host::Host;
use crate::region;
use crate::text::shell_word;

/// Set by the script to the shell that asks.
const VARIABLE: &str = "ALIYUN_RS_COMPLETE";
const PROGRAM: &str = "aliyun-rs";

/// Print a script that completes command lines in a shell
///
/// Bash: source <(aliyun-rs completions bash); others likewise, in the shell's start file.
#[derive(Args, Debug)]
pub(super) struct CompletionsArgs {
    /// Shell that will read the script
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
    Elvish,
}

impl Shell {
    const fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Powershell => "powershell",
            Self::Elvish => "elvish",
        }
    }
}

pub(super) fn run(ui: &Ui, args: &CompletionsArgs) -> Result<(), Failure> {
    let shells = Shells::builtins();
    let completer = shells.completer(args.shell.name()).expect("every shell of the option is a built-in one");
    let mut script = Vec::new();
    completer.write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script).expect("memory takes every script");
    ui.print(&String::from_utf8_lossy(&script))
}

/// Answers a shell that asks what can come next; `None` if this run is not such a question. Says nothing else: it would
/// end up in the middle of a command line.
pub(super) fn answer(host: &Host, ui: &Ui, tree: impl FnOnce() -> Command) -> Option<ExitCode> {
    let shell = host.env.get(VARIABLE).filter(|shell| !shell.is_empty())?;
    let shells = Shells::builtins();
    let answer = shells.completer(shell).and_then(|completer| {
        let words = words(&host.args);
        let tree = with_values(tree(), &Arc::new(profiles(host, ui, &tree_options(&words))));
        complete(completer, tree, words)
    });
    let printed = answer.is_some_and(|answer| ui.print(&answer).is_ok());
    Some(if printed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The words of the command line that is being typed: all after the first `--`.
fn words(args: &[OsString]) -> Vec<OsString> {
    args.iter().skip_while(|arg| *arg != "--").skip(1).cloned().collect()
}

fn complete(completer: &dyn EnvCompleter, mut tree: Command, words: Vec<OsString>) -> Option<String> {
    let mut answer = Vec::new();
    completer.write_complete(&mut tree, words, Some(Path::new(".")), &mut answer).ok()?;
    String::from_utf8(answer).ok()
}

/// The file that the line names, if it names one already.
fn tree_options(words: &[OsString]) -> GlobalArgs {
    let option = OsStr::new("--config-path");
    let next = words.windows(2).find(|pair| pair[0] == option).map(|pair| PathBuf::from(&pair[1]));
    let joined = || words.iter().find_map(|word| Some(PathBuf::from(word.to_str()?.strip_prefix("--config-path=")?)));
    GlobalArgs::in_file(next.or_else(joined))
}

/// The names of the profiles that a shell takes as they are: an answer is not quoted, and anyone who can write the
/// file chooses the names.
fn profiles(host: &Host, ui: &Ui, options: &GlobalArgs) -> Vec<String> {
    let read = || Context::new(host, ui, options).ok()?.logins.read().ok();
    let is_plain =
        |name: &&ProfileName| shell_word(OsStr::new(name.as_str())) == name.as_str() && !name.as_str().starts_with('-');
    read()
        .map(|snapshot| {
            snapshot.config.names().into_iter().filter(is_plain).map(ToString::to_string).collect::<Vec<_>>()
        })
        .unwrap_or_default()
}

/// The tree of commands with the values of the options that name a profile or a region.
fn with_values(command: Command, profiles: &Arc<Vec<String>>) -> Command {
    let candidates = |names: &[String]| names.iter().map(CompletionCandidate::new).collect::<Vec<_>>();
    let command = command.mut_args(|arg| match arg.get_id().as_str() {
        "profile" | "position" => {
            let profiles = Arc::clone(profiles);
            arg.add(ArgValueCandidates::new(move || candidates(&profiles)))
        }
        "region" => arg.add(ArgValueCandidates::new(|| region::known().iter().map(CompletionCandidate::new).collect())),
        _ => arg,
    });
    command.mut_subcommands(|command| with_values(command, profiles))
}
