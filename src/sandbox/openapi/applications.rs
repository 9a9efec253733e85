//! Applications that the account owns, and their secrets.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::{Answered, ApiError, Call};
use crate::sandbox::account::{AppSecret, AppType, Application, PREDEFINED};
use crate::sandbox::provider::{Provider, digits, random};
use crate::time::Timestamp;

const ACCESS_TOKEN_VALIDITY: RangeInclusive<i64> = 900..=10_800;
const REFRESH_TOKEN_VALIDITY: RangeInclusive<i64> = 7_200..=31_536_000;
const DAY: i64 = 24 * 3600;
const MAX_SECRETS: usize = 2;

pub(super) fn create(provider: &mut Provider, call: &Call<'_>) -> Answered {
    let parameters = call.parameters;
    let kind = AppType::parse(parameters.need("AppType")?).ok_or_else(|| ApiError::invalid("AppType"))?;
    parameters.need("DisplayName")?;
    let display_name = parameters.fitting("DisplayName", |name| name.chars().count() <= 24)?.unwrap_or_default();
    let id = digits(18);
    let name = parameters.fitting("AppName", is_app_name)?.unwrap_or(&id);
    let protocol = parameters.fitting("ProtocolVersion", |version| ["2.0", "2.1"].contains(&version))?;
    let (is_web, now) = (kind == AppType::Web, provider.now());
    let application = Application {
        name: name.to_owned(),
        display_name: display_name.to_owned(),
        kind,
        created: now,
        updated: now,
        access_token_validity: parameters.number("AccessTokenValidity", ACCESS_TOKEN_VALIDITY)?.unwrap_or(3600),
        refresh_token_validity: parameters
            .number("RefreshTokenValidity", REFRESH_TOKEN_VALIDITY)?
            .unwrap_or(if is_web { 90 * DAY } else { 30 * DAY }),
        secret_required: kind != AppType::Native || parameters.boolean("SecretRequired")?.unwrap_or(false),
        is_multi_tenant: parameters.boolean("IsMultiTenant")?.unwrap_or(!is_web),
        protocol_version: protocol.unwrap_or("2.0").to_owned(),
        redirect_uris: parameters.list("RedirectUris", is_redirect_uri)?.unwrap_or_default(),
        scopes: with_openid(parameters.list("PredefinedScopes", is_predefined)?.unwrap_or_default()),
        required_scopes: parameters.list("RequiredScopes", |_| true)?.unwrap_or_default().into_iter().collect(),
        secrets: Vec::new(),
        consented: BTreeSet::new(),
    };
    let applications = &mut provider.state.account.applications;
    if provider.options.ims.unique_names && applications.values().any(|other| other.name == application.name) {
        return Err(ApiError::already_exists("Application"));
    }
    applications.insert(id.clone(), application);
    shown(provider, &id)
}

pub(super) fn update(provider: &mut Provider, call: &Call<'_>) -> Answered {
    let parameters = call.parameters;
    let (id, now) = (parameters.need("AppId")?, provider.now());
    let application = find(provider, id)?;
    // Judged before anything changes.
    let display_name = parameters.fitting("NewDisplayName", |name| name.chars().count() <= 24)?;
    let redirect_uris = parameters.list("NewRedirectUris", is_redirect_uri)?;
    let scopes = parameters.list("NewPredefinedScopes", is_predefined)?;
    let required = parameters.list("NewRequiredScopes", |_| true)?;
    let access = parameters.number("NewAccessTokenValidity", ACCESS_TOKEN_VALIDITY)?;
    let refresh = parameters.number("NewRefreshTokenValidity", REFRESH_TOKEN_VALIDITY)?;
    let (secret, tenants) = (parameters.boolean("NewSecretRequired")?, parameters.boolean("NewIsMultiTenant")?);
    set(&mut application.display_name, display_name.map(str::to_owned));
    set(&mut application.redirect_uris, redirect_uris);
    set(&mut application.scopes, scopes.map(with_openid));
    set(&mut application.required_scopes, required.map(|scopes| scopes.into_iter().collect()));
    set(&mut application.access_token_validity, access);
    set(&mut application.refresh_token_validity, refresh);
    set(&mut application.secret_required, secret.map(|secret| secret || application.kind != AppType::Native));
    set(&mut application.is_multi_tenant, tenants);
    application.updated = now;
    shown(provider, id)
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

pub(super) fn get(provider: &mut Provider, call: &Call<'_>) -> Answered {
    shown(provider, call.parameters.need("AppId")?)
}

pub(super) fn list(provider: &mut Provider, _: &Call<'_>) -> Answered {
    let owner = provider.account_id();
    let all = provider.state.account.applications.iter();
    let all: Vec<Value> = all.map(|(id, application)| application.to_json(id, &owner)).collect();
    Ok(json!({"Applications": {"Application": all}}))
}

pub(super) fn delete(provider: &mut Provider, call: &Call<'_>) -> Answered {
    let id = call.parameters.need("AppId")?;
    find(provider, id)?;
    provider.state.account.applications.remove(id);
    Ok(json!({}))
}

pub(super) fn create_secret(provider: &mut Provider, call: &Call<'_>) -> Answered {
    let (id, now) = (call.parameters.need("AppId")?, provider.now());
    let application = find(provider, id)?;
    if application.secrets.len() >= MAX_SECRETS {
        return Err(ApiError::new(
            409,
            "LimitExceeded.Application.AppSecret",
            "An application has two secrets at most.",
        ));
    }
    let secret = AppSecret { id: digits(19), value: random("sandbox-app-secret"), created: now };
    let shown = secret_json(id, &secret, true);
    application.secrets.push(secret);
    Ok(json!({"AppSecret": shown}))
}

pub(super) fn get_secret(provider: &mut Provider, call: &Call<'_>) -> Answered {
    let (id, secret) = (call.parameters.need("AppId")?, call.parameters.need("AppSecretId")?);
    let found = find(provider, id)?.secrets.iter().find(|known| known.id == secret);
    found.map(|found| json!({"AppSecret": secret_json(id, found, true)})).ok_or_else(no_secret)
}

pub(super) fn list_secret_ids(provider: &mut Provider, call: &Call<'_>) -> Answered {
    let id = call.parameters.need("AppId")?;
    let all: Vec<Value> = find(provider, id)?.secrets.iter().map(|secret| secret_json(id, secret, false)).collect();
    Ok(json!({"AppSecrets": {"AppSecret": all}}))
}

pub(super) fn delete_secret(provider: &mut Provider, call: &Call<'_>) -> Answered {
    let (id, secret) = (call.parameters.need("AppId")?, call.parameters.need("AppSecretId")?);
    let secrets = &mut find(provider, id)?.secrets;
    let at = secrets.iter().position(|known| known.id == secret).ok_or_else(no_secret)?;
    secrets.remove(at);
    Ok(json!({}))
}

pub(super) fn list_predefined_scopes(_: &mut Provider, call: &Call<'_>) -> Answered {
    call.parameters.fitting("AppType", |kind| AppType::parse(kind).is_some())?;
    let all: Vec<Value> =
        PREDEFINED.iter().map(|(name, description)| json!({"Name": name, "Description": description})).collect();
    Ok(json!({"PredefinedScopes": {"PredefinedScope": all}}))
}

fn find<'a>(provider: &'a mut Provider, id: &str) -> Result<&'a mut Application, ApiError> {
    provider.state.account.applications.get_mut(id).ok_or_else(|| ApiError::not_exist("Application"))
}

fn shown(provider: &mut Provider, id: &str) -> Answered {
    let owner = provider.account_id();
    Ok(json!({"Application": find(provider, id)?.to_json(id, &owner)}))
}

fn no_secret() -> ApiError {
    ApiError::not_exist("AppSecret")
}

fn secret_json(app: &str, secret: &AppSecret, with_value: bool) -> Value {
    let created = Timestamp::from_unix(secret.created).to_string();
    let mut shown = json!({"AppId": app, "AppSecretId": secret.id, "CreateDate": created});
    if with_value {
        shown["AppSecretValue"] = json!(secret.value);
    }
    shown
}

fn is_app_name(name: &str) -> bool {
    name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// An absolute URI without a fragment (RFC 6749 section 3.1.2).
fn is_redirect_uri(uri: &str) -> bool {
    uri.contains("://") && url::Url::parse(uri).is_ok_and(|uri| uri.fragment().is_none())
}

fn is_predefined(scope: &str) -> bool {
    PREDEFINED.iter().any(|(name, _)| *name == scope)
}

/// No application is without this scope.
fn with_openid(scopes: Vec<String>) -> BTreeSet<String> {
    scopes.into_iter().chain(["openid".to_owned()]).collect()
}
