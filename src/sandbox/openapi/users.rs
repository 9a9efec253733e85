//! RAM users, as IMS shows them.

use serde_json::{Value, json};

use super::{Answered, ApiError, Call};
use crate::sandbox::provider::Provider;
use crate::sandbox::users::{Kind, User};

/// When every user of a sandbox was created.
const CREATED: &str = "2025-01-02T03:04:05Z";

pub(super) fn get(provider: &mut Provider, call: &Call<'_>) -> Answered {
    let names = ["UserPrincipalName", "UserId", "UserAccessKeyId"];
    let given: Vec<_> = names.iter().filter_map(|name| Some((*name, call.parameters.get(name)?))).collect();
    let [(name, value)] = given[..] else {
        let why = "Exactly one of UserPrincipalName, UserId and UserAccessKeyId is required.";
        return Err(ApiError::new(400, "InvalidParameter.UserPrincipalName.UserId.UserAccessKeyId", why));
    };
    let owner = provider.state.keys.get(value).map(|key| &key.user);
    let is_meant = |user: &&User| match name {
        "UserPrincipalName" => user.principal_name() == value,
        "UserId" => user.id == value,
        _ => owner == Some(&user.name),
    };
    let user = ram_users(provider).find(is_meant).ok_or_else(|| ApiError::not_exist("User"))?;
    let mut shown = full(user);
    shown["UserName"] = json!(user.name);
    Ok(json!({"User": shown}))
}

pub(super) fn list(provider: &mut Provider, call: &Call<'_>) -> Answered {
    list_as(provider, call, 1000, |user| {
        let mut shown = full(user);
        shown["Status"] = json!("active");
        shown
    })
}

pub(super) fn list_basic_infos(provider: &mut Provider, call: &Call<'_>) -> Answered {
    list_as(provider, call, 100, basic).map(|mut answer| {
        let users = answer["Users"].take();
        answer["UserBasicInfos"] = json!({"UserBasicInfo": users["User"]});
        answer.as_object_mut().map(|fields| fields.remove("Users"));
        answer
    })
}

fn list_as(provider: &Provider, call: &Call<'_>, default: i64, show: impl Fn(&User) -> Value) -> Answered {
    let states = call.parameters.fitting("Status", |status| ["active", "freeze", "active,freeze"].contains(&status))?;
    // Nobody is frozen here.
    let all: Vec<Value> = ram_users(provider).filter(|_| states != Some("freeze")).map(show).collect();
    let (page, next) = call.parameters.page(all, default)?;
    let mut answer = json!({"Users": {"User": page}, "IsTruncated": next.is_some()});
    if let Some(next) = next {
        answer["Marker"] = json!(next);
    }
    Ok(answer)
}

fn ram_users(provider: &Provider) -> impl Iterator<Item = &User> {
    provider.options.users.iter().filter(|user| user.kind == Kind::RamUser)
}

fn basic(user: &User) -> Value {
    json!({"UserId": user.id, "UserPrincipalName": user.principal_name(), "DisplayName": user.name})
}

fn full(user: &User) -> Value {
    let mut shown = basic(user);
    for (name, value) in
        [("ProvisionType", "Manual"), ("Comments", ""), ("CreateDate", CREATED), ("UpdateDate", CREATED)]
    {
        shown[name] = json!(value);
    }
    shown
}
