//! The Security Token Service (STS 2015-04-01): who do these credentials belong to?

use super::call::{CallError, authority, call, text};
use super::signature::{Action, Key};
use crate::host::{Entropy, Http};
use crate::reply::ReplyError;
use crate::site::Cloud;
use crate::time::Timestamp;

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

/// Asks `GetCallerIdentity`, which needs no permission. `now` is the server's time.
///
/// # Errors
/// [`CallError`]
pub async fn caller_identity(
    http: &dyn Http,
    entropy: &dyn Entropy,
    cloud: &Cloud,
    key: &Key<'_>,
    now: Timestamp,
) -> Result<Identity, CallError> {
    key.token.map_or(Ok(()), |token| cloud.check_token(token)).map_err(ReplyError::from)?;
    let url = cloud.sts_url();
    let host = authority(&url);
    let action = Action { host: &host, name: "GetCallerIdentity", version: "2015-04-01", query: &[] };
    let reply = call(http, entropy, &url, &action, key, now).await?;
    Ok(Identity {
        account_id: text(&reply, "AccountId")?,
        arn: text(&reply, "Arn")?,
        identity_type: text(&reply, "IdentityType")?,
        principal_id: text(&reply, "PrincipalId").unwrap_or_default(),
    })
}
