//! OAuth 2.0 as Alibaba Cloud speaks it: no prompts, no files.
//!
//! Promises: PKCE with S256 and a 256-bit `state` on every sign-in (RFC 7636, RFC 6749 section 10.12), a
//! loopback redirect (RFC 8252 section 7.3), answers judged before they are believed, and no token in any
//! error. `official-cli` is a public client: it has no secret (RFC 6749 section 2.1).
//!
//! [`authorize`] makes the URL, [`callback`] and [`loopback`] receive the answer, [`paste`] reads it from what a
//! person pastes, [`page`] is what the browser shows, [`token`] exchanges, refreshes and revokes (RFC 6749
//! sections 4.1.3 and 6, RFC 7009), [`exchange`] turns an access token into STS credentials. [`confidential`],
//! [`userinfo`] and [`id_token`] check an application that has a secret. Keeping what they return is the business of [`crate::config`].

pub mod authorize;
pub mod callback;
pub mod confidential;
pub mod exchange;
pub mod id_token;
pub mod loopback;
pub mod page;
pub mod paste;
pub mod retry;
pub mod token;
pub mod userinfo;
