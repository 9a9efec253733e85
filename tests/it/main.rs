//! All integration tests, one binary.

mod architecture;
mod listener;
mod sandbox;
mod store;
