//! Sign in to Alibaba Cloud once in a browser; credentials renew themselves and are never lost.
//!
//! **The [`cli`] asks, a use-case decides, the [`host`] acts; [`config`] keeps; [`sandbox`] plays the other
//! side.**
//!
//! | module | holds |
//! |---|---|
//! | [`cli`] | the commands, their help, every sentence a person reads, exit codes |
//! | [`login`] | the sign-in, from a profile name to a profile that is saved |
//! | [`oauth`] | the protocol: authorization, callback, tokens, exchange |
//! | [`reply`] | judges what a server answered |
//! | [`openapi`] | signed calls of Alibaba Cloud's API: `GetCallerIdentity` |
//! | [`applications`] | an administrator's work on applications in RAM |
//! | [`config`] | `~/.aliyun/config.json`: lossless, locked, atomic |
//! | [`loopback_server`] | the hardened HTTP server of the callback and the credentials endpoint |
//! | [`doctor`] | the diagnosis |
//! | [`serve`] | the local credentials endpoint |
//! | [`host`] | the one door to the operating system |
//! | [`sandbox`] | a local stand-in for Alibaba Cloud, implemented independently of the client |
//! | [`language`], [`secret`], [`text`], [`time`], [`tokens`], [`site`], [`region`] | types that everyone uses |
//!
//! Read `cli/configure/mod.rs`, then `login.rs`, `oauth/`, `config/store.rs`. Who may use whom is checked by
//! `tests/it/architecture.rs`.

pub mod applications;
pub mod cli;
pub mod config;
pub mod credentials;
pub mod doctor;
pub mod host;
pub mod language;
pub mod login;
pub mod logins;
pub mod loopback_server;
pub mod oauth;
pub mod openapi;
pub mod region;
pub mod reply;
pub mod sandbox;
pub mod secret;
pub mod serve;
pub mod site;
pub mod text;
pub mod time;
pub mod tokens;

pub use cli::run;
