//! An administrator's work on applications, against a server that plays IMS answer by answer.

mod official;
mod own;
