//! The diagnosis: everything on this machine and on the way to Alibaba Cloud that can keep a sign-in or a renewal from
//! working, looked at one by one.
//!
//! Changes nothing, signs nobody in, spends no token. What a finding means, and what helps, is said by the caller.

mod files;
mod machine;
mod network;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::config::{Note, ProfileName, StoreError};
use crate::credentials::{self, Provider};
use crate::host::{Holder, Host, NoBrowser, TransportError};
use crate::site::Site;
use crate::time::Skew;

pub use machine::LEFTOVERS;
pub use network::ask;

/// Something that was looked at.
#[derive(Debug)]
pub enum Finding {
    /// Ports for the callback that can be listened on.
    PortsFree(Vec<u16>),
    /// A port that another program holds.
    PortTaken {
        /// The port.
        port: u16,
        /// The program, if the system shows it.
        holder: Option<Holder>,
    },
    /// The system does not let this program listen.
    PortForbidden {
        /// The port.
        port: u16,
        /// The system's error.
        error: io::Error,
    },
    /// A browser can be opened here.
    Browser,
    /// None can, for this reason.
    NoBrowser(NoBrowser),
    /// A variable names a proxy; the requests below go through it.
    Proxy {
        /// Its name. The value may hold a password.
        variable: &'static str,
    },
    /// A variable names a file or folder of certificates that is not there.
    CertificatesMissing {
        /// Its name.
        variable: &'static str,
        /// What it names.
        path: PathBuf,
    },
    /// A host answered.
    Reached {
        /// Its name.
        host: String,
        /// How long that took.
        took: Duration,
    },
    /// A host did not answer.
    Unreached(TransportError),
    /// The clock of this machine agrees with the servers', or is off by this much.
    Clock(Skew),
    /// The file and its folder can be read, locked and written.
    File {
        /// The file.
        path: PathBuf,
        /// Its permission bits, where there are any.
        mode: Option<u32>,
    },
    /// There is no file yet.
    NoFile {
        /// Where it would be.
        path: PathBuf,
    },
    /// The file cannot be read, locked or written.
    FileUnusable(StoreError),
    /// Something odd about the file.
    FileOdd(Note),
    /// Another program holds the lock.
    FileLocked {
        /// The file.
        path: PathBuf,
    },
    /// The file is mounted by itself, as into a container: it cannot be replaced.
    FileMounted {
        /// The file.
        path: PathBuf,
    },
    /// Little space is left where the file is.
    DiskFull {
        /// The folder.
        path: PathBuf,
        /// The bytes that are left.
        free: u64,
    },
    /// Credentials of another tool.
    Leftover {
        /// The file or folder.
        path: PathBuf,
    },
    /// A variable that other tools would use instead of the profile.
    VariableSet {
        /// Its name.
        name: String,
    },
    /// The profile has valid credentials, or obtains new ones.
    Profile {
        /// Its name.
        profile: ProfileName,
    },
    /// The profile needs a sign-in.
    SignInNeeded {
        /// Its name.
        profile: ProfileName,
        /// Its site, where it has one.
        site: Option<Site>,
    },
    /// The profile cannot be used as it is.
    ProfileUnusable(credentials::Error),
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Works, and may surprise.
    Warning,
    /// Keeps something from working.
    Problem,
}

impl Finding {
    /// How bad it is.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::PortsFree(free) if free.is_empty() => Verdict::Problem,
            Self::PortsFree(_) | Self::Browser | Self::Reached { .. } | Self::File { .. } | Self::NoFile { .. } => {
                Verdict::Ok
            }
            Self::Clock(skew) if skew.seconds() == 0 => Verdict::Ok,
            Self::Profile { .. } | Self::Proxy { .. } => Verdict::Ok,
            Self::PortTaken { .. }
            | Self::NoBrowser(_)
            | Self::FileOdd(_)
            | Self::FileLocked { .. }
            | Self::FileMounted { .. }
            | Self::Leftover { .. }
            | Self::VariableSet { .. }
            | Self::Clock(_) => Verdict::Warning,
            Self::PortForbidden { .. }
            | Self::CertificatesMissing { .. }
            | Self::Unreached(_)
            | Self::FileUnusable(_)
            | Self::DiskFull { .. }
            | Self::SignInNeeded { .. }
            | Self::ProfileUnusable(_) => Verdict::Problem,
        }
    }
}

/// Looks at all that can be looked at without a request.
pub fn look(host: &Host, provider: &Provider, profile: &ProfileName) -> Vec<Finding> {
    let mut findings = machine::ports();
    findings.extend(machine::browser(host));
    findings.extend(files::file(&provider.logins));
    findings.extend(profile_of(provider, profile));
    findings.extend(machine::leftovers(host));
    findings.extend(machine::variables(host));
    findings
}

/// How the profile stands.
fn profile_of(provider: &Provider, name: &ProfileName) -> Option<Finding> {
    let logins = Arc::clone(&provider.logins);
    let profile = logins.read().ok()?.config.find(name)?;
    Some(match provider.standing(&profile) {
        Ok(credentials::Standing::SignInNeeded(_)) => {
            Finding::SignInNeeded { profile: profile.name, site: profile.site }
        }
        Ok(_) => Finding::Profile { profile: profile.name },
        Err(error) => Finding::ProfileUnusable(error),
    })
}
