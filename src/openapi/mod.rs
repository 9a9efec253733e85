//! Signed calls of Alibaba Cloud's OpenAPI.
//!
//! [`signature`] signs a request (ACS3-HMAC-SHA256), [`call`] sends it and judges the answer, and each product
//! has a module of its own: [`sts`] is the Security Token Service. Nothing here retries or saves anything.

pub mod call;
pub mod signature;
pub mod sts;

pub use call::CallError;
pub use signature::Key;
