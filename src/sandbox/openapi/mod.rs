//! Alibaba Cloud's APIs in the style of RPC: which product a call is for, who signed it, and what may be done.
//!
//! [`signature`] finds the caller. Each product has a module of its own: [`sts`], [`ims`] and [`ram`].

mod applications;
mod external;
mod ims;
mod parameters;
mod ram;
mod signature;
mod sts;
mod users;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::answer::Answer;
use super::faults::Endpoint;
use super::provider::Provider;
use super::request::Request;
use super::users::User;
use parameters::Parameters;

/// A refusal in the format of the APIs.
#[derive(Debug)]
pub(super) struct ApiError {
    status: u16,
    pub(super) code: String,
    message: String,
    /// `AccessDeniedDetail`
    detail: Option<Value>,
}

/// A call whose signature was checked.
struct Call<'a> {
    action: &'a str,
    parameters: Parameters<'a>,
    caller: &'a User,
}

type Answered = Result<Value, ApiError>;

/// The product of a call: STS where the version says nothing else.
pub(super) fn product(request: &Request) -> Option<Endpoint> {
    let signed = signature::Claim::read(request)?;
    Some(match signed.version.as_str() {
        "2019-08-15" => Endpoint::Ims,
        "2015-05-01" => Endpoint::Ram,
        _ => Endpoint::Sts,
    })
}

/// The action of a call, whoever signed it.
pub(super) fn action(request: &Request) -> Option<String> {
    signature::Claim::read(request).map(|claim| claim.action)
}

/// Carries a call out; each nonce may be used once.
pub(super) fn answer(provider: &mut Provider, nonces: &mut BTreeSet<String>, request: &Request) -> Answered {
    let claim = signature::Claim::read(request).ok_or_else(ApiError::unknown_action)?;
    let caller = claim.check(provider, nonces)?.clone();
    let call = Call { action: &claim.action, parameters: Parameters(&claim.parameters), caller: &caller };
    let mut answer = match claim.version.as_str() {
        "2015-04-01" => sts::answer(&call),
        "2019-08-15" => ims::answer(provider, &call),
        "2015-05-01" => ram::answer(provider, &call),
        _ => Err(ApiError::unknown_action()),
    }?;
    answer["RequestId"] = json!(request.id);
    Ok(answer)
}

impl Call<'_> {
    /// Refuses a caller whose policies do not allow the RAM action of this call.
    fn permitted(&self) -> Result<(), ApiError> {
        let action = format!("ram:{}", self.action);
        if self.caller.may(&action) { Ok(()) } else { Err(ApiError::no_permission(self.caller, &action)) }
    }
}

impl ApiError {
    fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), detail: None }
    }

    fn unknown_action() -> Self {
        Self::new(404, "InvalidAction.NotFound", "Specified api is not found.")
    }

    fn no_permission(user: &User, action: &str) -> Self {
        let detail = json!({
            "AuthAction": action,
            "AuthPrincipalType": user.principal_type(),
            "AuthPrincipalOwnerId": user.account_id,
            "AuthPrincipalDisplayName": user.id,
            "NoPermissionType": "ImplicitDeny",
            "PolicyType": "AccountLevelIdentityBasedPolicy",
        });
        let message = "You are not authorized to do this action. You should be authorized by RAM.";
        Self { detail: Some(detail), ..Self::new(403, "NoPermission", message) }
    }

    fn not_exist(what: &str) -> Self {
        Self::new(404, format!("EntityNotExist.{what}"), format!("The {what} does not exist."))
    }

    fn already_exists(what: &str) -> Self {
        Self::new(409, format!("EntityAlreadyExists.{what}"), format!("The {what} already exists."))
    }

    fn invalid(name: &str) -> Self {
        Self::new(400, format!("InvalidParameter.{name}"), format!("The parameter {name} is invalid."))
    }

    /// The response, for a request that was sent to `host`.
    pub(super) fn into_answer(self, host: &str, id: &str) -> Answer {
        let mut body = json!({"Code": self.code, "Message": self.message, "RequestId": id, "HostId": host});
        if let Some(detail) = self.detail {
            body["AccessDeniedDetail"] = detail;
        }
        body["Recommend"] = json!(format!("https://api.aliyun.com/troubleshoot?q={}", self.code));
        Answer::json(self.status, &body)
    }
}
