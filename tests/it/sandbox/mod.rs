//! The sandbox as a strict other party.

mod client;
mod command;
mod faults;
mod foreign;
mod life;
mod sign_in;
mod tokens;
