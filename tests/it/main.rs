//! All integration tests, one binary.

mod architecture;
mod chromium;
#[cfg(target_os = "linux")]
mod compatibility;
mod concurrency;
mod configure;
mod credentials;
#[cfg(unix)]
mod exec;
mod faults;
mod journal;
mod kills;
mod listener;
mod model;
mod readme;
mod refresh;
mod sandbox;
mod serve;
mod sign_in;
mod store;
mod support;
