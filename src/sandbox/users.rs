//! The users of the sandbox.

/// An identity that can sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name on the sign-in page.
    pub name: String,
    /// The kind of identity.
    pub kind: Kind,
    /// The account's number.
    pub account_id: String,
    /// The identity's own number.
    pub id: String,
    /// Whether an administrator assigned the app to this identity; without that it may not authorize the app.
    pub assigned: bool,
}

/// The three kinds of identity that STS distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The account itself.
    Account,
    /// A RAM user.
    RamUser,
    /// A session of a RAM role.
    Role,
}

impl User {
    /// The `IdentityType` of `GetCallerIdentity`.
    pub const fn identity_type(&self) -> &'static str {
        match self.kind {
            Kind::Account => "Account",
            Kind::RamUser => "RAMUser",
            Kind::Role => "AssumedRoleUser",
        }
    }

    /// The resource name.
    pub fn arn(&self) -> String {
        let account = &self.account_id;
        match self.kind {
            Kind::Account => format!("acs:ram::{account}:root"),
            Kind::RamUser => format!("acs:ram::{account}:user/{}", self.name),
            Kind::Role => format!("acs:ram::{account}:assumed-role/{}/sandbox", self.name),
        }
    }
}

/// An account, some of its RAM users and one of its roles. The app is not assigned to `mallory`.
pub(super) fn default_users() -> Vec<User> {
    let user = |name: &str, kind, id: &str| User {
        name: name.to_owned(),
        kind,
        account_id: "1234567890123456".to_owned(),
        id: id.to_owned(),
        assigned: name != "mallory",
    };
    vec![
        user("alice", Kind::RamUser, "200000000000000001"),
        user("bob", Kind::RamUser, "200000000000000002"),
        user("developer", Kind::Role, "300000000000000003"),
        user("root", Kind::Account, "1234567890123456"),
        user("mallory", Kind::RamUser, "200000000000000004"),
    ]
}
