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
    /// Whether an administrator has assigned `official-cli` to this identity when the sandbox first starts.
    pub assigned: bool,
    /// The RAM actions that this identity may use, such as `ram:GetApplication` or `ram:List*`. An account may do
    /// everything.
    pub allowed: Vec<String>,
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

    /// The `type` of userinfo.
    pub(super) const fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Account => "account",
            Kind::RamUser => "user",
            Kind::Role => "role",
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

    /// `NAME@ACCOUNT.onaliyun.com`, the login name of a RAM user.
    pub fn principal_name(&self) -> String {
        format!("{}@{}.onaliyun.com", self.name, self.account_id)
    }

    /// The `AuthPrincipalType` of a refusal.
    pub(super) const fn principal_type(&self) -> &'static str {
        match self.kind {
            Kind::Account => "RootUser",
            Kind::RamUser => "SubUser",
            Kind::Role => "AssumedRoleUser",
        }
    }

    /// Whether the policies of this identity allow `action`.
    pub(super) fn may(&self, action: &str) -> bool {
        let covers = |pattern: &String| match pattern.strip_suffix('*') {
            Some(start) => action.starts_with(start),
            None => action == pattern,
        };
        self.kind == Kind::Account || self.allowed.iter().any(covers)
    }
}

/// An account, some of its RAM users and one of its roles. `alice` administers RAM, `bob` may look at it, and the app
/// is not assigned to `mallory`.
pub(super) fn default_users() -> Vec<User> {
    let user = |name: &str, kind, id: &str, allowed: &[&str]| User {
        name: name.to_owned(),
        kind,
        account_id: "1234567890123456".to_owned(),
        id: id.to_owned(),
        assigned: name != "mallory",
        allowed: allowed.iter().map(|action| (*action).to_owned()).collect(),
    };
    vec![
        user("alice", Kind::RamUser, "200000000000000001", &["ram:*"]),
        user("bob", Kind::RamUser, "200000000000000002", &["ram:Get*", "ram:List*"]),
        user("developer", Kind::Role, "300000000000000003", &[]),
        user("root", Kind::Account, "1234567890123456", &[]),
        user("mallory", Kind::RamUser, "200000000000000004", &[]),
    ]
}
