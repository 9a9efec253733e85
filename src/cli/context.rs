//! What every command starts from: the host, the other party, the shared file, the profile that is meant.

use std::ffi::OsString;
use std::future::Future;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::config::{Note, Snapshot, Store, locate};
use crate::host::Host;
use crate::site::Cloud;
use crate::text::is_plain;

use super::failure::{Code, Failure};
use super::messages::{Hint, Message, Warning};

/// How long a change of the file waits for another program's.
pub(super) const LOCK_DEADLINE: Duration = Duration::from_secs(40);
/// Points `aliyun-rs` at a sandbox.
pub(super) const SANDBOX_VARIABLE: &str = "ALIYUN_RS_SANDBOX";
/// The variables that name a profile, the first that is set wins.
const PROFILE_VARIABLES: [&str; 3] = ["ALIBABACLOUD_PROFILE", "ALIBABA_CLOUD_PROFILE", "ALICLOUD_PROFILE"];
const CONFIG_VARIABLE: &str = "ALIBABA_CLOUD_CONFIG_FILE";

/// Options about the shared file.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct FileArgs {
    /// The file that keeps the profiles [default: ALIBABA_CLOUD_CONFIG_FILE, else ~/.aliyun/config.json]
    #[arg(long, global = true, value_name = "PATH")]
    config_path: Option<PathBuf>,
}

impl FileArgs {
    /// The options as they are written, for a command inside this one.
    pub(super) fn into_options(self) -> Vec<OsString> {
        self.config_path.map(|path| vec!["--config-path".into(), path.into()]).unwrap_or_default()
    }
}

/// What every command starts from.
pub(super) struct Context<'a> {
    pub(super) host: &'a Host,
    pub(super) cloud: Cloud,
    pub(super) store: Store,
}

impl<'a> Context<'a> {
    /// Finds out which file and which other party are meant.
    pub(super) fn new(host: &'a Host, file: FileArgs) -> Result<Self, Failure> {
        let cloud = match host.env.get_os(SANDBOX_VARIABLE) {
            None => Cloud::Alibaba,
            Some(address) => Cloud::parse_sandbox(&address.to_string_lossy())
                .map_err(|error| Failure::new(Code::Usage, error.to_string()).hint(Hint::Sandbox))?,
        };
        let variable = host.env.get_os(CONFIG_VARIABLE).map(Path::new);
        let flag = file.config_path.as_deref();
        let home = host.folders.home.as_deref();
        let path = match cloud {
            Cloud::Alibaba => locate(flag, variable, home),
            // The variable names a real file: in a sandbox only the option counts.
            Cloud::Sandbox { .. } => match locate(flag, None, None) {
                Some(path) => Some(refuse_real_file(path, &real_files(variable, home))?),
                None => Some(sandbox_folder(host)?.join("config.json")),
            },
        };
        let path = path.ok_or_else(|| {
            Failure::new(Code::File, "there is no home folder to keep profiles in").hint(Hint::ConfigPath)
        })?;
        Ok(Self { host, cloud, store: Store::at(path) })
    }

    /// Reads the file and shows what the store noticed.
    pub(super) fn read(&self) -> Result<Snapshot, Failure> {
        let snapshot = self.store.read()?;
        self.show_notes(&snapshot.notes);
        Ok(snapshot)
    }

    pub(super) fn show_notes(&self, notes: &[Note]) {
        for note in notes {
            self.warn(Warning::Note(note));
        }
    }

    /// Says something on standard output in a conversation, which goes on if nobody listens any more.
    pub(super) fn say(&self, message: &Message<'_>) -> Result<(), Failure> {
        say(self.host, message)
    }

    pub(super) fn warn(&self, warning: Warning<'_>) {
        self.host.streams.err(&warning.line());
    }

    /// The profile that is meant: the one that was named, else a variable's, else the current one, else `default`.
    pub(super) fn profile_name(&self, named: Option<String>, current: Option<&str>) -> Result<String, Failure> {
        if let Some(name) = named {
            return checked_name(name);
        }
        if let Some((variable, name)) = self.profile_variable() {
            self.warn(Warning::ProfileFromVariable { variable, profile: name });
            return checked_name(name.to_owned());
        }
        Ok(current.filter(|name| !name.is_empty()).unwrap_or("default").to_owned())
    }

    /// The variable that names a profile, and the name.
    pub(super) fn profile_variable(&self) -> Option<(&'static str, &str)> {
        PROFILE_VARIABLES.iter().find_map(|variable| Some((*variable, self.host.env.get(variable)?)))
    }
}

/// Says something on standard output in a conversation, which goes on if nobody listens any more: what was saved is
/// to be saved whole.
pub(super) fn say(host: &Host, message: &Message<'_>) -> Result<(), Failure> {
    match host.streams.out(&message.to_string()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}

/// Runs `future` on a runtime of its own, which is only ever built where the network or a person is waited for.
/// A question that is still waiting for an answer does not keep it.
pub(super) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| Failure::new(Code::Unexpected, format!("could not start the runtime: {error}")))?;
    let outcome = runtime.block_on(future);
    runtime.shutdown_background();
    outcome
}

/// Where the sandbox keeps its own things.
pub(super) fn sandbox_folder(host: &Host) -> Result<PathBuf, Failure> {
    let data = host.folders.data.as_ref();
    let data = data.ok_or_else(|| Failure::new(Code::File, "there is no folder for application data"))?;
    Ok(data.join("aliyun-rs").join("sandbox"))
}

/// The files that a sandbox must not touch.
fn real_files(variable: Option<&Path>, home: Option<&Path>) -> Vec<PathBuf> {
    [locate(None, None, home), locate(None, variable, None)].into_iter().flatten().collect()
}

/// With a sandbox as the other party the real file must not be touched, by whatever name.
fn refuse_real_file(path: PathBuf, real: &[PathBuf]) -> Result<PathBuf, Failure> {
    if real.iter().any(|real| is_same_file(real, &path)) {
        let message = format!("with {SANDBOX_VARIABLE} set, the real file `{}` is off limits", path.display());
        return Err(Failure::new(Code::Usage, message).hint(Hint::Sandbox));
    }
    Ok(path)
}

/// Whether both paths lead to one file, by whatever links.
fn is_same_file(one: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    if let (Ok(one), Ok(other)) = (one.metadata(), other.metadata()) {
        use std::os::unix::fs::MetadataExt;
        return (one.dev(), one.ino()) == (other.dev(), other.ino());
    }
    real_place(one) == real_place(other)
}

/// Where a path leads by way of links and `..`, as far as there is something.
fn real_place(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.components().fold(PathBuf::new(), |mut place, component| {
        match component {
            Component::ParentDir => drop(place.pop()),
            component => place.push(component),
        }
        place.canonicalize().unwrap_or(place)
    })
}

fn checked_name(name: String) -> Result<String, Failure> {
    if name.trim().is_empty() || name.len() > 256 || !name.chars().all(is_plain) {
        let message = "a profile name has 1 to 256 bytes, not only spaces, and no control characters";
        return Err(Failure::new(Code::Usage, message));
    }
    Ok(name)
}
