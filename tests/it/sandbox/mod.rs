//! The sandbox as a strict other party.

mod api;
mod app;
mod applications;
mod client;
mod command;
mod faults;
mod foreign;
#[cfg(unix)]
mod gitlab;
mod identity;
mod life;
mod official;
mod own;
#[cfg(unix)]
mod parties;
mod sign_in;
mod signatures;
mod tokens;
