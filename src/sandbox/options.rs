//! The options of a sandbox: users, lifetimes, variants of the real service, faults.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::faults::Fault;
use super::users::{User, default_users};
use crate::time::Timestamp;

/// Returns the sandbox's current time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The options of a sandbox. The default is a well-behaved service with five users.
#[derive(Clone)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes any.
    pub port: u16,
    /// The clock.
    pub clock: Clock,
    /// The folder that keeps sessions between runs; without one they end with the sandbox.
    pub folder: Option<PathBuf>,
    /// Whether it serves until it is stopped, so that others that want the folder can use this instance instead.
    pub long_lived: bool,
    /// The users who can sign in.
    pub users: Vec<User>,
    /// The lifetimes of tokens and credentials.
    pub lifetimes: Lifetimes,
    /// The spelling of the keys of `/v1/exchange`.
    pub casing: Casing,
    /// Whether `expires_in` is a string, as some of Alibaba Cloud's documents show it.
    pub text_lifetimes: bool,
    /// The effect of a refresh on the refresh token.
    pub rotation: Rotation,
    /// The effect of a refresh on the refresh token of an application of the account.
    pub app_rotation: Rotation,
    /// Whether reuse of a refresh token revokes the session (RFC 9700 section 4.14.2).
    pub revoke_family: bool,
    /// Whether `official-cli` is installed in the account when the sandbox starts.
    pub official_cli: bool,
    /// The scopes of `official-cli`, which no document lists.
    pub official_scopes: Vec<String>,
    /// The sites whose `official-cli` exists here.
    pub sites: Sites,
    /// The issuer of id_tokens, if it is not the sandbox's own address.
    pub issuer: Option<String>,
    /// Whether the discovery document has more members than the documented ones.
    pub full_discovery: bool,
    /// Whether `official-cli` gets an id_token. No document says it.
    pub official_id_token: bool,
    /// Whether `sub` is the number of the identity, as an older document has it.
    pub sub_is_uid: bool,
    /// Whether an account has a `name` in userinfo, as an older document has it.
    pub account_has_name: bool,
    /// Whether a token request must name the redirect URI of its code to the letter (RFC 6749 section 4.1.3). The
    /// real site accepts one with a query after it, or version 2 of GitLab's strategy could not work.
    pub strict_redirect: bool,
    /// Whether the token endpoint looks at the grant before the secret, so that it does not tell a wrong secret from
    /// a wrong code.
    pub grant_before_secret: bool,
    /// Whether somebody who is not signed in is sent to a login page first, as one client has seen.
    pub login_page: bool,
    /// What is not known about IMS.
    pub ims: ImsVariants,
    /// The faults to inject.
    pub faults: Vec<Fault>,
}

impl Options {
    /// The default options, with the given clock.
    pub fn new(clock: Clock) -> Self {
        Self {
            port: 0,
            clock,
            folder: None,
            long_lived: false,
            users: default_users(),
            lifetimes: Lifetimes::default(),
            casing: Casing::Pascal,
            text_lifetimes: false,
            rotation: Rotation::Rotate,
            app_rotation: Rotation::Keep,
            revoke_family: false,
            sites: Sites::Both,
            issuer: None,
            full_discovery: false,
            official_id_token: false,
            sub_is_uid: false,
            account_has_name: false,
            strict_redirect: false,
            grant_before_secret: false,
            login_page: false,
            official_cli: true,
            official_scopes: ["openid", "aliuid", "profile", "/internal/acs/openapi"].map(str::to_owned).to_vec(),
            ims: ImsVariants::default(),
            faults: Vec::new(),
        }
    }

    /// Finds a user by name.
    ///
    /// # Errors
    /// [`UnknownUser`]
    pub fn user(&self, name: &str) -> Result<&User, UnknownUser> {
        self.users.iter().find(|user| user.name == name).ok_or_else(|| UnknownUser {
            name: name.to_owned(),
            known: self.users.iter().map(|user| user.name.clone()).collect(),
        })
    }
}

/// The sandbox has no user of this name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown-sandbox-user")]
pub struct UnknownUser {
    /// The name.
    pub name: String,
    /// The users it has.
    pub known: Vec<String>,
}

/// Lifetimes.
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
    /// A key that signs id_tokens.
    pub signing_key: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        let minutes = |count: u64| Duration::from_secs(count * 60);
        Self {
            code: minutes(1),
            access_token: minutes(60),
            refresh_token: minutes(30 * 24 * 60),
            sts: minutes(60),
            signing_key: minutes(24 * 60),
        }
    }
}

/// What is not known about IMS.
#[derive(Clone, Copy, Debug)]
pub struct ImsVariants {
    /// Whether the operations on assignments exist.
    pub assignments: bool,
    /// How assignments are listed.
    pub assignment_paging: Paging,
    /// Whether `official-cli` can be installed by a call.
    pub official_provision: bool,
    /// Whether an installed application cannot be installed once more.
    pub refuse_second_provision: bool,
    /// Whether two applications cannot have the same name.
    pub unique_names: bool,
}

impl Default for ImsVariants {
    fn default() -> Self {
        Self {
            assignments: true,
            assignment_paging: Paging::None,
            official_provision: true,
            refuse_second_provision: false,
            unique_names: true,
        }
    }
}

/// The sites whose `official-cli` a sandbox knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sites {
    /// `aliyun.com` and `alibabacloud.com`
    Both,
    /// `aliyun.com`
    China,
    /// `alibabacloud.com`
    International,
}

/// How a list is divided into pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paging {
    /// Not at all.
    None,
    /// By `Marker` and `MaxItems`.
    Marker,
    /// By `NextToken` and `MaxResults`.
    NextToken,
}

/// The spelling of the keys of `/v1/exchange`, about which the official SDKs disagree. The real service is said to
/// answer in PascalCase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Casing {
    /// `accessKeyId` and `AccessKeyId`.
    Both,
    /// `accessKeyId`
    Camel,
    /// `AccessKeyId`
    Pascal,
}

/// The effect of a refresh on the refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The server issues a new one; the old one is used up.
    Rotate,
    /// The server issues none; the old one stays valid.
    Keep,
}
