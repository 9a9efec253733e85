//! All integration tests, one binary.

mod architecture;
#[cfg(unix)]
mod chromium;
mod configure;
mod faults;
mod listener;
mod readme;
mod refresh;
mod sandbox;
mod sign_in;
mod store;
mod support;
