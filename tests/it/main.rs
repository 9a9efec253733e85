//! All integration tests, one binary.

mod architecture;
mod listener;
mod readme;
mod refresh;
mod sandbox;
mod store;
mod support;
