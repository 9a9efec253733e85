//! All integration tests, one binary.

mod listener;
mod sandbox;
mod store;
