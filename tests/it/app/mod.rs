//! An administrator's work on applications: against a server that plays IMS answer by answer, and against the sandbox.

mod account;
pub(crate) mod check;
mod official;
mod own;
mod sites;
mod story;
