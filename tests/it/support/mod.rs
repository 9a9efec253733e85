//! The hermetic world that tests run in: an own home, a sandbox on loopback, a clock that only tests turn, and a
//! browser that is a program. Commands enter by the same door as `main`.

pub(crate) mod evidence;
#[cfg(unix)]
pub(crate) mod fetch;
pub(crate) mod ims;
#[cfg(target_os = "linux")]
pub(crate) mod open_files;
pub(crate) mod paused;
pub(crate) mod pauses;
pub(crate) mod ports;
pub(crate) mod process;
pub(crate) mod run;
#[cfg(target_os = "linux")]
pub(crate) mod terminal;
pub(crate) mod tool;
pub(crate) mod world;

use aliyun_rs::config::ProfileName;
use std::time::Duration;

pub(crate) use evidence::story;
pub(crate) use run::{Output, Run};
pub(crate) use world::World;

/// Far more than anything here takes, so that a slow machine fails nothing.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Signs `demo` in without a question.
pub(crate) const SIGN_IN: [&str; 11] = [
    "configure",
    "--mode",
    "OAuth",
    "--profile",
    "demo",
    "--oauth-site-type",
    "CN",
    "--region",
    "cn-hangzhou",
    "--language",
    "en",
];

/// Tries every case on a thread of its own, for cases that mostly wait.
pub(crate) fn at_once<T: Send>(cases: impl IntoIterator<Item = T>, attempt: impl Fn(T) + Sync) {
    std::thread::scope(|scope| {
        for case in cases {
            let attempt = &attempt;
            scope.spawn(move || attempt(case));
        }
    });
}

/// The name of a profile.
pub(crate) fn named(name: &str) -> ProfileName {
    name.parse().unwrap()
}
