//! `official-cli`, which another account owns: its installation here, and who may use it.

use serde_json::{Value, json};

use super::{Answered, ApiError, Call};
use crate::sandbox::account::{Installation, OFFICIAL_CLIENTS, Principal, principal_name};
use crate::sandbox::options::Paging;
use crate::sandbox::provider::Provider;

/// How many assignments a page has unless the call says it.
const ASSIGNMENTS_A_PAGE: i64 = 100;

pub(super) fn provision_external(provider: &mut Provider, call: &Call<'_>) -> Answered {
    let id = install(provider, call)?;
    get_external_of(provider, &id)
}

pub(super) fn provision(provider: &mut Provider, call: &Call<'_>) -> Answered {
    let id = install(provider, call)?;
    let tenant = provider.account_id();
    let mut shown = find(provider, &id)?.to_provision(&id);
    shown["AppPrincipalName"] = json!(principal_name());
    shown["TenantId"] = json!(tenant);
    Ok(json!({"ApplicationProvisionInfo": shown}))
}

/// Installs, or gives an installed application other scopes.
fn install(provider: &mut Provider, call: &Call<'_>) -> Result<String, ApiError> {
    let id = call.parameters.need("AppId")?;
    if !provider.options.ims.official_provision || !OFFICIAL_CLIENTS.contains(&id) {
        return Err(ApiError::not_exist("Application"));
    }
    let official = &provider.options.official_scopes;
    let scopes = call.parameters.list("Scopes", |scope| official.iter().any(|known| known == scope))?;
    let scopes = scopes.map(|scopes| scopes.into_iter().collect());
    if provider.options.ims.refuse_second_provision && provider.state.account.installed.contains_key(id) {
        return Err(ApiError::already_exists("Application"));
    }
    let installed = provider.state.account.install(id, &provider.options, scopes.clone());
    if let Some(scopes) = scopes {
        installed.scopes = scopes;
    }
    Ok(id.to_owned())
}

pub(super) fn get_external(provider: &mut Provider, call: &Call<'_>) -> Answered {
    get_external_of(provider, call.parameters.need("AppId")?)
}

fn get_external_of(provider: &mut Provider, id: &str) -> Answered {
    let tenant = provider.account_id();
    Ok(json!({"ExternalApplication": find(provider, id)?.to_external(id, &tenant)}))
}

pub(super) fn list_external(provider: &mut Provider, _: &Call<'_>) -> Answered {
    let tenant = provider.account_id();
    let all = provider.state.account.installed.iter();
    let all: Vec<Value> = all.map(|(id, installed)| installed.to_external(id, &tenant)).collect();
    Ok(json!({"ExternalApplications": {"ExternalApplication": all}, "IsTruncated": false}))
}

pub(super) fn deprovision(provider: &mut Provider, call: &Call<'_>) -> Answered {
    let id = call.parameters.need("AppId")?;
    find(provider, id)?;
    provider.state.account.installed.remove(id);
    Ok(json!({}))
}

pub(super) fn get_provision_info(provider: &mut Provider, call: &Call<'_>) -> Answered {
    let id = call.parameters.need("AppId")?;
    Ok(json!({"ApplicationProvisionInfo": find(provider, id)?.to_provision(id)}))
}

pub(super) fn list_provision_infos(provider: &mut Provider, call: &Call<'_>) -> Answered {
    let source = call.parameters.fitting("SourceType", |source| ["inner", "external"].contains(&source))?;
    let all = provider.state.account.installed.iter().filter(|_| source != Some("inner"));
    let all: Vec<Value> = all.map(|(id, installed)| installed.to_provision(id)).collect();
    Ok(json!({"ApplicationProvisionInfos": {"ApplicationProvisionInfo": all}}))
}

pub(super) fn assign(provider: &mut Provider, call: &Call<'_>) -> Answered {
    let (id, principal) = assignment(provider, call)?;
    if find(provider, &id)?.assigned.insert(principal) {
        return Ok(json!({}));
    }
    Err(ApiError::already_exists("ApplicationAssignment"))
}

pub(super) fn unassign(provider: &mut Provider, call: &Call<'_>) -> Answered {
    let (id, principal) = assignment(provider, call)?;
    if find(provider, &id)?.assigned.remove(&principal) {
        return Ok(json!({}));
    }
    Err(ApiError::not_exist("ApplicationAssignment"))
}

/// The application and the existing identity that a call names.
fn assignment(provider: &mut Provider, call: &Call<'_>) -> Result<(String, Principal), ApiError> {
    let id = call.parameters.need("AppId")?;
    let (name, kind) = (call.parameters.need("PrincipalName")?, call.parameters.need("PrincipalType")?);
    find(provider, id)?;
    let what = match kind {
        "user" => "User",
        "role" => "Role",
        _ => return Err(ApiError::invalid("PrincipalType")),
    };
    let principal = Principal { kind: kind.to_owned(), name: name.to_owned() };
    let exists = provider.options.users.iter().any(|user| Principal::of(user).as_ref() == Some(&principal));
    if exists { Ok((id.to_owned(), principal)) } else { Err(ApiError::not_exist(what)) }
}

pub(super) fn list_assignments(provider: &mut Provider, call: &Call<'_>) -> Answered {
    let id = call.parameters.need("AppId")?;
    let assigned = find(provider, id)?.assigned.clone();
    let all = assigned.iter().map(|principal| {
        let user = provider.options.users.iter().find(|user| Principal::of(user).as_ref() == Some(principal));
        json!({
            "AppId": id,
            "PrincipalName": principal.name,
            "PrincipalType": principal.kind,
            "PrincipalId": user.map(|user| &user.id),
        })
    });
    let all: Vec<Value> = all.collect();
    let (limit, marker) = match provider.options.ims.assignment_paging {
        Paging::None => return Ok(json!({"ApplicationAssignments": {"ApplicationAssignment": all}})),
        Paging::Marker => ("MaxItems", "Marker"),
        Paging::NextToken => ("MaxResults", "NextToken"),
    };
    let limit = call.parameters.number(limit, 1..=1000)?.unwrap_or(ASSIGNMENTS_A_PAGE);
    let (page, next) = call.parameters.cut(marker, limit, all)?;
    let mut answer = json!({"ApplicationAssignments": {"ApplicationAssignment": page}});
    if marker == "Marker" {
        answer["IsTruncated"] = json!(next.is_some());
    }
    if let Some(next) = next {
        answer[marker] = json!(next);
    }
    Ok(answer)
}

fn find<'a>(provider: &'a mut Provider, id: &str) -> Result<&'a mut Installation, ApiError> {
    provider.state.account.installed.get_mut(id).ok_or_else(|| ApiError::not_exist("Application"))
}
