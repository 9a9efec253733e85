//! Signed calls of Alibaba Cloud's OpenAPI.
//!
//! An [`Action`] is what a service is asked for, [`signature`] signs it (ACS3-HMAC-SHA256), [`call`] sends it and
//! judges the answer, [`answer`] reads it, and each product has a module of its own: [`sts`] is the Security Token
//! Service, [`ims`] the Identity Management Service, [`ram`] Resource Access Management. A function that changes
//! something only makes the action: it can be shown before [`Client::perform`] sends it. Nothing here retries or saves
//! anything.

mod action;
pub mod answer;
pub mod call;
pub mod ims;
pub mod ram;
pub mod signature;
pub mod sts;

pub use action::{Action, Product};
pub use answer::{ActionError, Unexpected};
pub use call::{CallError, Client};
pub use signature::Key;
