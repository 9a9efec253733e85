//! How the sandbox behaves: users, lifetimes, oddities of the real service, faults.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::faults::Fault;
use super::users::{User, default_users};
use crate::time::Timestamp;

/// Tells the sandbox the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How the sandbox behaves. The default is a well-behaved service with a set of users.
#[derive(Clone)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes any.
    pub port: u16,
    /// The clock.
    pub clock: Clock,
    /// The folder that keeps logins from one run to the next; without one they end with the sandbox.
    pub folder: Option<PathBuf>,
    /// Whether it serves until it is told to stop, so that others who want the folder can use it instead.
    pub long_lived: bool,
    /// Who can sign in.
    pub users: Vec<User>,
    /// How long tokens and credentials live.
    pub lifetimes: Lifetimes,
    /// How the keys of `/v1/exchange` are spelled.
    pub casing: Casing,
    /// Whether `expires_in` is a text, as some of Alibaba Cloud's documents show it.
    pub text_lifetimes: bool,
    /// What a refresh does to the refresh token.
    pub rotation: Rotation,
    /// Whether a spent refresh token ends the whole login (RFC 9700 section 4.14.2).
    pub revoke_family: bool,
    /// What goes wrong.
    pub faults: Vec<Fault>,
}

impl Options {
    /// The default behaviour by the given clock.
    pub fn new(clock: Clock) -> Self {
        Self {
            port: 0,
            clock,
            folder: None,
            long_lived: false,
            users: default_users(),
            lifetimes: Lifetimes::default(),
            casing: Casing::Both,
            text_lifetimes: false,
            rotation: Rotation::Rotate,
            revoke_family: false,
            faults: Vec::new(),
        }
    }
}

/// How long things live.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// An authorization code.
    pub code: Duration,
    /// An access token.
    pub access_token: Duration,
    /// A refresh token.
    pub refresh_token: Duration,
    /// STS credentials.
    pub sts: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        let minutes = |count: u64| Duration::from_secs(count * 60);
        Self { code: minutes(1), access_token: minutes(60), refresh_token: minutes(30 * 24 * 60), sts: minutes(60) }
    }
}

/// How the keys of `/v1/exchange` are spelled: the official SDKs disagree about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Casing {
    /// `accessKeyId` and `AccessKeyId`.
    Both,
    /// `accessKeyId`
    Camel,
    /// `AccessKeyId`
    Pascal,
}

/// What a refresh does to the refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// A new one comes, the old one is spent.
    Rotate,
    /// None comes, the old one stays.
    Keep,
}
