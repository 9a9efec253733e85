//! The Security Token Service (STS 2015-04-01): who do these credentials belong to?

use super::action::{Action, Product};
use super::call::{CallError, Client, text};

/// Who the credentials belong to, as STS says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The number of the Alibaba Cloud account.
    pub account_id: String,
    /// `acs:ram::ACCOUNT:user/NAME`, `:root` or `:assumed-role/ROLE/SESSION`.
    pub arn: String,
    /// `Account`, `RAMUser`, `AssumedRoleUser`, or what STS invents next.
    pub identity_type: String,
    /// The id of the user or role.
    pub principal_id: String,
}

impl Identity {
    /// Whether it is the account itself, which may do everything.
    pub fn is_account(&self) -> bool {
        self.identity_type == "Account"
    }
}

/// Asks `GetCallerIdentity`, which needs no permission.
///
/// # Errors
/// [`CallError`]
pub async fn caller_identity(client: &Client<'_>) -> Result<Identity, CallError> {
    let reply = client.call(&Action::new(Product::Sts, "GetCallerIdentity")).await?;
    Ok(Identity {
        account_id: text(&reply, "AccountId")?,
        arn: text(&reply, "Arn")?,
        identity_type: text(&reply, "IdentityType")?,
        principal_id: text(&reply, "PrincipalId").unwrap_or_default(),
    })
}
