//! What every command needs: the host, the output, the cloud or sandbox to talk to, the logins, the selected profile.

use std::cell::Cell;
use std::ffi::OsString;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::config::{Config, Note, ProfileName, Snapshot, Store, StoreError, is_same_place, locate};
use crate::credentials::Provider;
use crate::host::{Host, Interrupts};
use crate::logins::{LoginStore, SharedFile};
use crate::openapi::{Client, Key};
use crate::region;
use crate::site::{Cloud, SANDBOX_VARIABLE};
use crate::time::Skew;

use super::failure::{Attempt, Failure, Remembered, Usage};
use super::messages::{Message, Problem, Warning};
use super::source::Source;
use super::ui::Ui;
use super::variables::FILE_VARIABLE;

/// The variables that name a profile, the first that is set wins.
const PROFILE_VARIABLES: [&str; 3] = ["ALIBABACLOUD_PROFILE", "ALIBABA_CLOUD_PROFILE", "ALICLOUD_PROFILE"];
/// Set to anything but 0, it forbids every question.
const NO_INPUT_VARIABLE: &str = "ALIYUN_RS_NO_INPUT";
const CONFIG_VARIABLE: &str = "ALIBABA_CLOUD_CONFIG_FILE";

/// The options that every command takes.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct GlobalArgs {
    /// File with the profiles [default: ALIBABA_CLOUD_CONFIG_FILE, else ~/.aliyun/config.json]
    #[arg(long, global = true, value_name = "PATH")]
    config_path: Option<PathBuf>,
    /// Explain on standard error what is done and why
    #[arg(long, global = true)]
    pub(super) verbose: bool,
    /// Write plain text only: no colours, no links, no line that changes
    #[arg(long, global = true)]
    pub(super) plain: bool,
    /// Format of errors on standard error
    #[arg(long, global = true, value_name = "FORMAT", value_enum, default_value_t = ErrorFormat::Text)]
    pub(super) error_format: ErrorFormat,
}

/// How errors are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum ErrorFormat {
    /// For people
    #[default]
    Text,
    /// For programs, as one JSON object
    Json,
}

impl GlobalArgs {
    /// The defaults, for a file.
    pub(super) fn in_file(config_path: Option<PathBuf>) -> Self {
        Self { config_path, ..Self::default() }
    }

    /// The options as they are written, for a command inside this one.
    pub(super) fn into_options(self) -> Vec<OsString> {
        let mut options: Vec<OsString> = Vec::new();
        options.extend(self.config_path.into_iter().flat_map(|path| ["--config-path".into(), path.into()]));
        options.extend(self.verbose.then(|| "--verbose".into()));
        options.extend(self.plain.then(|| "--plain".into()));
        if self.error_format == ErrorFormat::Json {
            options.extend(["--error-format".into(), "json".into()]);
        }
        options
    }
}

/// What every command starts from.
pub(super) struct Context<'a> {
    pub(super) host: &'a Host,
    pub(super) ui: &'a Ui,
    pub(super) cloud: Cloud,
    pub(super) logins: Arc<dyn LoginStore>,
    /// Why the logins are in this file.
    pub(super) file_from: Source,
}

impl<'a> Context<'a> {
    /// Determines which file, and which cloud or sandbox, to use.
    pub(super) fn new(host: &'a Host, ui: &'a Ui, args: &GlobalArgs) -> Result<Self, Failure> {
        let cloud = cloud(host)?;
        let (path, file_from) = config_path(host, &cloud, args.config_path.as_deref())?;
        Ok(Self { host, ui, cloud, logins: Arc::new(SharedFile::new(Store::at(path))), file_from })
    }

    /// The same with another output.
    pub(super) fn with_ui<'b>(&'b self, ui: &'b Ui) -> Context<'b> {
        let Self { host, cloud, logins, file_from, .. } = self;
        Context { host, ui, cloud: cloud.clone(), logins: Arc::clone(logins), file_from: *file_from }
    }

    /// Reads the file and shows what the store noticed.
    pub(super) fn read(&self) -> Result<Snapshot, Failure> {
        let snapshot = self.logins.read().map_err(|error| {
            let is_lost = matches!(error, StoreError::Empty { .. } | StoreError::Malformed { .. });
            let remembered = is_lost && !self.logins.remembered_names().is_empty();
            Failure::Store(error, Remembered(remembered))
        })?;
        self.ui.language().learn_profile(&snapshot.config);
        self.show_notes(&snapshot.notes);
        if snapshot.config.names().is_empty() {
            self.warn_of_lost(&snapshot.config);
        }
        Ok(snapshot)
    }

    /// Warns of logins that are remembered, and whose profiles the file has lost.
    pub(super) fn warn_of_lost(&self, config: &Config) {
        let mut lost = self.logins.remembered_names();
        lost.retain(|name| !config.contains(name));
        if !lost.is_empty() {
            self.ui.warn(&Warning::Lost { names: &lost });
        }
    }

    pub(super) fn show_notes(&self, notes: &[Note]) {
        for note in notes {
            self.ui.warn(&Warning::Note(note));
        }
    }

    /// Returns what obtains credentials.
    pub(super) fn provider(&self) -> Provider {
        Provider {
            logins: Arc::clone(&self.logins),
            cloud: self.cloud.clone(),
            clock: Arc::clone(&self.host.clock),
            http: Arc::clone(&self.host.http),
        }
    }

    /// Returns what sends calls signed with `key`, on a clock that is off by `skew`.
    pub(super) fn client<'c>(&'c self, key: Key<'c>, skew: Skew) -> Client<'c> {
        let Host { http, entropy, clock, .. } = self.host;
        Client { http: &**http, entropy: &**entropy, clock: &**clock, skew: Cell::new(skew), cloud: &self.cloud, key }
    }

    /// Runs `work` on a runtime of its own, which is built only to wait for the network or a person. From
    /// then on interrupts no longer end the process: `work` hears them.
    pub(super) fn interruptible<T>(
        &self,
        work: impl AsyncFnOnce(&mut Interrupts) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        interruptible(self.host, work)
    }

    /// The profile to use: the one that was named, else a variable's, else the current one, else `default`.
    pub(super) fn profile_name(
        &self,
        named: Option<ProfileName>,
        current: Option<&ProfileName>,
    ) -> Result<ProfileName, Failure> {
        let (name, source) = self.select(named, current)?;
        if let Source::Variable(variable) = source {
            self.ui.detail(&Message::ProfileFromVariable { variable, profile: name.as_str() });
        }
        Ok(name)
    }

    /// As [`Context::profile_name`], with where the name comes from.
    pub(super) fn select(
        &self,
        named: Option<ProfileName>,
        current: Option<&ProfileName>,
    ) -> Result<(ProfileName, Source), Failure> {
        if let Some(name) = named {
            return Ok((name, Source::Option));
        }
        if let Some((variable, name)) = self.profile_variable() {
            let name = name.parse().map_err(|_| Usage::Variable { name: variable, problem: Problem::ProfileName })?;
            return Ok((name, Source::Variable(variable)));
        }
        let Some(current) = current else { return Ok((ProfileName::default(), Source::Default)) };
        // Another tool may have put any text there.
        let name = current.parse().map_err(|_| Usage::Answer(Problem::ProfileName))?;
        Ok((name, Source::File))
    }

    /// Warns of a region that is not known: it may be mistyped, or new.
    pub(super) fn check_region(&self, region: &str) {
        if !region.is_empty() && !region::is_known(region) {
            self.ui.warn(&Warning::UnknownRegion { region, meant: region::meant(region) });
        }
    }

    /// Whether the environment forbids every question.
    pub(super) fn forbids_questions(&self) -> bool {
        self.host.env.get(NO_INPUT_VARIABLE).is_some_and(|value| value != "0")
    }

    /// The variable that names a profile, and the name.
    pub(super) fn profile_variable(&self) -> Option<(&'static str, &str)> {
        PROFILE_VARIABLES.iter().find_map(|variable| Some((*variable, self.host.env.get(variable)?)))
    }

    /// Warns if a variable selects another profile than `current`.
    pub(super) fn warn_if_shadowed(&self, current: &ProfileName) {
        if let Some((variable, profile)) = self.profile_variable().filter(|(_, other)| *current != **other) {
            self.ui.warn(&Warning::Shadowed { variable, profile });
        }
    }
}

/// As [`Context::interruptible`], where there is no context.
pub(super) fn interruptible<T>(
    host: &Host,
    work: impl AsyncFnOnce(&mut Interrupts) -> Result<T, Failure>,
) -> Result<T, Failure> {
    block_on(async {
        let held = host.signals.hold();
        let mut interrupts = held.map_err(|error| Failure::System(Attempt::ListenForInterrupts, error))?;
        work(&mut interrupts).await
    })
}

/// Runs `future` on a runtime of its own. An unanswered question does not keep the runtime alive.
pub(super) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = crate::host::runtime().map_err(|error| Failure::System(Attempt::StartRuntime, error))?;
    let outcome = runtime.block_on(future);
    runtime.shutdown_background();
    outcome
}

/// Where the sandbox keeps its own things.
pub(super) fn sandbox_folder(host: &Host) -> Result<PathBuf, Failure> {
    let data = host.folders.data.as_ref().ok_or(Usage::NoDataFolder)?;
    Ok(data.join("aliyun-rs").join("sandbox"))
}

/// Alibaba Cloud, or the sandbox that a variable names.
pub(super) fn cloud(host: &Host) -> Result<Cloud, Failure> {
    match host.env.get_os(SANDBOX_VARIABLE) {
        None => Ok(Cloud::Alibaba),
        Some(address) => Ok(Cloud::parse_sandbox(&address.to_string_lossy()).map_err(|_| Usage::SandboxAddress)?),
    }
}

/// The file with the profiles, and what chooses it.
pub(super) fn config_path(host: &Host, cloud: &Cloud, option: Option<&Path>) -> Result<(PathBuf, Source), Failure> {
    let home = host.folders.home.as_deref().filter(|home| home.is_absolute());
    // Inside `exec`, its file comes first.
    let set = [FILE_VARIABLE, CONFIG_VARIABLE].into_iter().filter_map(|name| Some((name, host.env.get_os(name)?)));
    let set = set.map(|(name, path)| Ok((name, expand(Path::new(path), home)?)));
    let variables = set.collect::<Result<Vec<_>, Failure>>()?;
    let option = option.map(|path| expand(path, home)).transpose()?;
    let (variable, option) = (variables.first(), option.as_deref());
    let source = match (option, variable) {
        (Some(_), _) => Source::Option,
        (None, Some((name, _))) => Source::Variable(name),
        (None, None) => Source::Default,
    };
    match cloud {
        Cloud::Alibaba => Ok((locate(option, variable.map(|(_, path)| &**path), home).ok_or(Usage::NoHome)?, source)),
        // The variables name real files: in a sandbox only the option counts.
        Cloud::Sandbox { .. } => match locate(option, None, None) {
            Some(path) => Ok((refuse_real_file(path, &real_files(&variables, home))?, source)),
            None => Ok((sandbox_folder(host)?.join("config.json"), Source::Sandbox)),
        },
    }
}

/// A path whose `~` no shell has expanded, as in `--config-path=~/file`, with the home folder in its place. What else a
/// shell would have expanded at its beginning (another user's home, a variable) is refused: it would name a new folder.
fn expand(path: &Path, home: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Ok(rest) = path.strip_prefix("~") {
        return Ok(home.ok_or(Usage::NoHome)?.join(rest));
    }
    match path.as_os_str().as_encoded_bytes().first() {
        Some(b'~' | b'$') => Err(Usage::NotExpanded { path: path.to_owned() }.into()),
        _ => Ok(path.to_owned()),
    }
}

/// The files that a sandbox must not touch.
fn real_files(variables: &[(&str, PathBuf)], home: Option<&Path>) -> Vec<PathBuf> {
    let named = variables.iter().map(|(_, path)| Some(path.clone()));
    named.chain([locate(None, None, home)]).flatten().collect()
}

/// Refuses the real file, by any name: a sandbox must not touch it.
fn refuse_real_file(path: PathBuf, real: &[PathBuf]) -> Result<PathBuf, Failure> {
    if real.iter().any(|real| is_same_place(real, &path)) {
        return Err(Usage::RealFile { path }.into());
    }
    Ok(path)
}
