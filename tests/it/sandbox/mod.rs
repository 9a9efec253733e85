//! The sandbox as a strict other party.

mod api;
mod applications;
mod client;
mod command;
mod faults;
mod foreign;
mod life;
mod official;
mod sign_in;
mod signatures;
mod tokens;
