//! The machine: ports, browser, what other tools have left, variables.

use std::io;

use super::Finding;
use crate::host::{Env, Host, listener_on};
use crate::loopback_server::bind;
use crate::oauth::loopback::PORTS;

/// Where other tools keep credentials, below the home folder: the older file of the SDKs, the proxy for agents, ecctl.
pub const LEFTOVERS: [&str; 5] = [
    ".alibabacloud/credentials",
    ".alibabacloud/credentials.ini",
    ".aliyun/.mcpproxy_config",
    ".ecctl/config.json",
    ".ecctl/credentials-v2",
];

/// The variables that name a proxy, as Go's programs read them.
const PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
/// The variables that name certificates.
const CERTIFICATES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// The ports of the callback.
pub(super) fn ports() -> Vec<Finding> {
    let (mut free, mut findings) = (Vec::new(), Vec::new());
    for port in PORTS {
        match bind(port) {
            Ok(_) => free.push(port),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                findings.push(Finding::PortTaken { port, holder: listener_on(port) });
            }
            Err(error) => findings.push(Finding::PortForbidden { port, error }),
        }
    }
    findings.insert(0, Finding::PortsFree(free));
    findings
}

pub(super) fn browser(host: &Host) -> Option<Finding> {
    Some(host.browser.unavailable().map_or(Finding::Browser, Finding::NoBrowser))
}

pub(super) fn leftovers(host: &Host) -> Vec<Finding> {
    let home = host.folders.home.iter();
    let paths = home.flat_map(|home| LEFTOVERS.map(|name| home.join(name)));
    paths.filter(|path| path.exists()).map(|path| Finding::Leftover { path }).collect()
}

pub(super) fn variables(host: &Host) -> Vec<Finding> {
    let env = &host.env;
    let proxies = PROXIES.into_iter().filter(|name| env.get_os(name).is_some()).take(1);
    let mut findings: Vec<_> = proxies.map(|variable| Finding::Proxy { variable }).collect();
    for variable in CERTIFICATES {
        let paths =
            env.get_os(variable).map(|value| std::env::split_paths(value).collect::<Vec<_>>()).unwrap_or_default();
        let missing = paths.into_iter().filter(|path| !path.exists());
        findings.extend(missing.map(|path| Finding::CertificatesMissing { variable, path }));
    }
    let names = env.iter().filter(|(name, _)| Env::is_credential_source(name));
    findings.extend(names.map(|(name, _)| Finding::VariableSet { name: name.to_string_lossy().into_owned() }));
    findings
}
