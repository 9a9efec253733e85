//! The language of a run. It is chosen once, when the first sentence needs it: a run that says nothing reads nothing
//! for it.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use clap::{Arg, ArgMatches, Command};

use super::context::{cloud, config_path};
use super::messages::Problem;
use super::ui::Ui;
use crate::config::{Config, Store};
use crate::host::Host;
use crate::language::Language;
use crate::site::Cloud;

/// Names the language of messages for this program and the official client.
pub(super) const LANGUAGE_VARIABLE: &str = "ALIBABA_CLOUD_LANGUAGE";
/// The variables of the locale of messages, the first that is set counts (POSIX, base definitions, 8.2).
const LOCALE_VARIABLES: [&str; 3] = ["LC_ALL", "LC_MESSAGES", "LANG"];

/// The choice of a language, shared by all that speak in a run: an option names it, else a variable, else the current
/// profile, else the locale. English if none does.
#[derive(Clone)]
pub(super) struct Choice(Arc<Sources>);

struct Sources {
    option: OnceLock<Language>,
    variable: Option<Language>,
    /// The file with the current profile, to be read if nobody else has read it.
    file: OnceLock<PathBuf>,
    profile: OnceLock<Option<Language>>,
    locale: Option<String>,
    system: fn() -> Option<String>,
    chosen: OnceLock<Language>,
}

impl Choice {
    pub(super) fn new(host: &Host) -> Self {
        Self(Arc::new(Sources {
            option: OnceLock::new(),
            variable: host.env.get(LANGUAGE_VARIABLE).and_then(Language::parse),
            file: OnceLock::new(),
            profile: OnceLock::new(),
            locale: LOCALE_VARIABLES.iter().find_map(|name| host.env.get(name)).map(str::to_owned),
            system: host.locale,
            chosen: OnceLock::new(),
        }))
    }

    /// Takes what the command line says: the language itself, or the file with the current profile.
    pub(super) fn learn_options(&self, language: Option<Language>, file: Option<PathBuf>) {
        language.map(|language| self.0.option.set(language));
        file.map(|file| self.0.file.set(file));
    }

    /// Takes the language of the current profile from a file that was read for another reason.
    pub(super) fn learn_profile(&self, config: &Config) {
        if self.0.option.get().or(self.0.variable.as_ref()).is_none() {
            self.0.profile.get_or_init(|| of_current(config));
        }
    }

    /// The language.
    pub(super) fn get(&self) -> Language {
        *self
            .0
            .chosen
            .get_or_init(|| self.0.option.get().copied().or(self.0.variable).unwrap_or_else(|| self.0.guess()))
    }
}

impl Sources {
    fn guess(&self) -> Language {
        let read = || Some(Store::at(self.file.get()?.clone()).read().ok()?.config);
        let profile = self.profile.get_or_init(|| read().and_then(|config| of_current(&config)));
        profile.unwrap_or_else(|| self.of_system())
    }

    fn of_system(&self) -> Language {
        let locale = self.locale.clone().or_else(self.system);
        locale.and_then(|locale| Language::parse(&locale)).unwrap_or(Language::English)
    }
}

fn of_current(config: &Config) -> Option<Language> {
    config.find(config.current()?)?.language.as_deref().and_then(Language::parse)
}

/// The option's own name, which is not that of the language of a profile.
const OPTION: &str = "language-of-messages";

/// Adds the option to `command` and all commands below it that have no `--language` of their own.
pub(super) fn option(command: Command) -> Command {
    let is_taken = command.get_arguments().any(|arg| arg.get_long() == Some("language"));
    let command = if is_taken { command } else { command.arg(argument()) };
    command.mut_subcommands(option)
}

fn argument() -> Arg {
    Arg::new(OPTION)
        .long("language")
        .value_name("LANGUAGE")
        .value_parser(|text: &str| Language::parse(text).ok_or(Problem::Language))
        .help("Language of messages and help, en or zh")
}

/// Takes what the command line says about the language.
pub(super) fn learn(host: &Host, ui: &Ui, matches: &ArgMatches) {
    ui.language().learn_options(asked(matches), file(host, matches));
}

/// As [`learn`], from a command line that cannot be read.
pub(super) fn learn_from_wrong(host: &Host, ui: &Ui, tree: Command) {
    let lenient = tree.ignore_errors(true).disable_help_flag(true).disable_version_flag(true);
    let lenient = lenient.disable_help_subcommand(true);
    lenient.try_get_matches_from(&host.args).iter().for_each(|matches| learn(host, ui, matches));
}

/// The language that the option names, wherever it stands.
fn asked(matches: &ArgMatches) -> Option<Language> {
    let below = matches.subcommand().and_then(|(_, below)| asked(below));
    below.or_else(|| matches.try_get_one::<Language>(OPTION).ok().flatten().copied())
}

/// The file with the current profile: a sandbox has its own.
fn file(host: &Host, matches: &ArgMatches) -> Option<PathBuf> {
    let cloud = match matches.subcommand_name() {
        Some("sandbox") => Cloud::Sandbox { port: 0 },
        _ => cloud(host).ok()?,
    };
    let option = matches.try_get_one::<PathBuf>("config_path").ok().flatten();
    config_path(host, &cloud, option.map(PathBuf::as_path)).ok().map(|(path, _)| path)
}
