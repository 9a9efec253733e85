//! Resource Access Management (2015-05-01): roles.

use serde_json::{Value, json};

use super::{Answered, ApiError, Call};
use crate::sandbox::provider::Provider;
use crate::sandbox::users::{Kind, User};

/// When every role of a sandbox was created.
const CREATED: &str = "2025-01-02T03:04:05Z";

pub(super) fn answer(provider: &Provider, call: &Call<'_>) -> Answered {
    let operation = match call.action {
        "GetRole" => get,
        "ListRoles" => list,
        _ => return Err(ApiError::unknown_action()),
    };
    call.permitted()?;
    operation(provider, call)
}

fn get(provider: &Provider, call: &Call<'_>) -> Answered {
    let name = call.parameters.need("RoleName")?;
    let role = roles(provider).find(|role| role.name == name).ok_or_else(|| ApiError::not_exist("Role"))?;
    let mut shown = basic(role);
    shown["RolePrincipalName"] = json!(format!("{}@role.{}.onaliyunservice.com", role.name, role.account_id));
    shown["AssumeRolePolicyDocument"] = json!(trust(role));
    shown["AllowConsoleLogin"] = json!(true);
    Ok(json!({"Role": shown}))
}

fn list(provider: &Provider, call: &Call<'_>) -> Answered {
    let (page, next) = call.parameters.page(roles(provider).map(basic).collect(), 100)?;
    let mut answer = json!({"Roles": {"Role": page}, "IsTruncated": next.is_some()});
    if let Some(next) = next {
        answer["Marker"] = json!(next);
    }
    Ok(answer)
}

fn roles(provider: &Provider) -> impl Iterator<Item = &User> {
    provider.options.users.iter().filter(|user| user.kind == Kind::Role)
}

fn basic(role: &User) -> Value {
    json!({
        "RoleId": role.id,
        "RoleName": role.name,
        "Arn": format!("acs:ram::{}:role/{}", role.account_id, role.name.to_lowercase()),
        "Description": "",
        "MaxSessionDuration": 3600,
        "IsServiceLinkedRole": false,
        "CreateDate": CREATED,
        "UpdateDate": CREATED,
    })
}

fn trust(role: &User) -> String {
    json!({
        "Version": "1",
        "Statement": [{
            "Action": "sts:AssumeRole",
            "Effect": "Allow",
            "Principal": {"RAM": [format!("acs:ram::{}:root", role.account_id)]},
        }],
    })
    .to_string()
}
