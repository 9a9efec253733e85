//! Signed calls of Alibaba Cloud's OpenAPI.
//!
//! An [`Action`] is what a service is asked for, [`signature`] signs it (ACS3-HMAC-SHA256), [`call`] sends it and
//! judges the answer, and each product has a module of its own: [`sts`] is the Security Token Service. Nothing here
//! retries or saves anything.

mod action;
pub mod call;
pub mod signature;
pub mod sts;

pub use action::{Action, Product};
pub use call::{CallError, Client};
pub use signature::Key;
