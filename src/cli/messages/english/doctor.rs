//! What the diagnosis has found, in English.

use std::fmt::{Result, Write as _};

use super::name;
use super::network::transport;
use super::sign_in::why_no_browser;
use super::warning::{clock, note};
use crate::doctor::Finding;
use crate::text::visible;

pub(super) fn finding(finding: &Finding, f: &mut String) -> Result {
    match finding {
        Finding::PortsFree(free) if free.is_empty() => f.write_str("none of the ports 12345 to 12349 is free"),
        Finding::PortsFree(free) => {
            let ports: Vec<_> = free.iter().map(u16::to_string).collect();
            write!(f, "the browser can reach a sign-in here: free ports {}", ports.join(", "))
        }
        Finding::PortTaken { port, holder: Some(holder) } => {
            write!(f, "port {port} is held by {} (process {})", name(&holder.name), holder.pid)
        }
        Finding::PortTaken { port, holder: None } => {
            write!(f, "port {port} is held by another program, which the system does not show")
        }
        Finding::PortForbidden { port, error } => {
            write!(f, "the system does not allow listening on port {port}: {error}")
        }
        Finding::Browser => f.write_str("a browser can be opened here"),
        Finding::NoBrowser(why) => {
            f.write_str("no browser is opened here: ")?;
            f.write_str(why_no_browser(*why))
        }
        Finding::Proxy { variable } => write!(f, "requests go through the proxy that {variable} names"),
        Finding::CertificatesMissing { variable, path } => {
            write!(f, "{variable} names `{}`, which does not exist", visible(&path.display().to_string()))
        }
        Finding::Reached { host, took } => write!(f, "{} answers in {} ms", name(host), took.as_millis()),
        Finding::Unreached(error) => transport(error, f),
        Finding::Clock(skew) if skew.seconds() == 0 => f.write_str("the clock agrees with Alibaba Cloud's"),
        Finding::Clock(skew) => clock(*skew, f),
        Finding::File { path, mode } => {
            let mode = mode.map(|mode| format!(", mode {mode:04o}")).unwrap_or_default();
            write!(f, "`{}` can be read, locked and written{mode}", visible(&path.display().to_string()))
        }
        Finding::NoFile { path } => {
            write!(f, "`{}` does not exist yet; a sign-in creates it", visible(&path.display().to_string()))
        }
        Finding::FileUnusable(error) => super::file::store(error, f),
        Finding::FileOdd(found) => note(found, f),
        Finding::FileLocked { path } => {
            write!(f, "another program holds the lock of `{}` now", visible(&path.display().to_string()))
        }
        Finding::FileMounted { path } => write!(
            f,
            "`{}` is mounted by itself, so it is written in place instead of being replaced; mount its folder instead",
            visible(&path.display().to_string())
        ),
        Finding::DiskFull { path, free } => {
            write!(f, "only {free} bytes are free in `{}`", visible(&path.display().to_string()))
        }
        Finding::Leftover { path } => {
            write!(f, "`{}` has credentials of another tool", visible(&path.display().to_string()))
        }
        Finding::VariableSet { name: variable } => {
            write!(f, "{} is set: other tools may use it instead of the profile", name(variable))
        }
        Finding::Profile { profile } => {
            write!(f, "the profile `{}` has credentials, or obtains them when needed", name(profile.as_str()))
        }
        Finding::SignInNeeded { profile, .. } => write!(f, "the profile `{}` needs a sign-in", name(profile.as_str())),
        Finding::ProfileUnusable(error) => super::failure::credentials(error, f),
    }
}
