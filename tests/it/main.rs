//! All integration tests, one binary.

mod architecture;
#[cfg(unix)]
mod chromium;
mod listener;
mod readme;
mod refresh;
mod sandbox;
mod store;
mod support;
