//! The Security Token Service (2015-04-01): `GetCallerIdentity`, which needs no permission.

use serde_json::json;

use super::{Answered, ApiError, Call};

pub(super) fn answer(call: &Call<'_>) -> Answered {
    if call.action != "GetCallerIdentity" {
        return Err(ApiError::unknown_action());
    }
    let user = call.caller;
    let mut identity = json!({
        "IdentityType": user.identity_type(),
        "AccountId": user.account_id,
        "PrincipalId": user.id,
        "Arn": user.arn(),
    });
    identity["UserId"] = json!(user.id);
    Ok(identity)
}
