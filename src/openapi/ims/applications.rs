//! Applications of the own account, and their secrets.

use serde_json::Value;

use super::answer::{flag, items, number, text, time};
use super::{APP_ID, action, list};
use crate::openapi::{Action, ActionError, Client};
use crate::secret::Secret;
use crate::time::Timestamp;

/// An application as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// The client id, 18 or 19 digits.
    pub id: String,
    /// Up to 64 letters, digits, dots, hyphens and underscores.
    pub name: String,
    /// What users see.
    pub display_name: String,
    /// Its type, which never changes.
    pub kind: ApplicationType,
    /// `2.0` or `2.1`; empty where the service does not say.
    pub protocol: String,
    /// Where it may be called back.
    pub redirect_uris: Vec<String>,
    /// What it may ask for.
    pub scopes: Vec<Scope>,
    /// Whether the token endpoint wants a secret.
    pub needs_secret: Option<bool>,
    /// Whether other accounts may install it.
    pub is_multi_tenant: Option<bool>,
    /// Lifetime of access tokens, in seconds.
    pub access_token_validity: Option<u64>,
    /// Lifetime of refresh tokens, in seconds.
    pub refresh_token_validity: Option<u64>,
    /// When it was created.
    pub created: Option<Timestamp>,
}

/// The type of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplicationType {
    /// `WebApp`: runs on a server and has a secret.
    Web,
    /// `NativeApp`: runs on the user's machine.
    Native,
    /// `ServerApp`: signs nobody in.
    Server,
    /// What IMS invents next.
    Unknown(String),
}

impl ApplicationType {
    /// Reads the name of the API.
    pub fn parse(text: &str) -> Self {
        match text {
            "WebApp" => Self::Web,
            "NativeApp" => Self::Native,
            "ServerApp" => Self::Server,
            other => Self::Unknown(other.to_owned()),
        }
    }

    /// The name in the API.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Web => "WebApp",
            Self::Native => "NativeApp",
            Self::Server => "ServerApp",
            Self::Unknown(other) => other,
        }
    }
}

/// What an application may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Such as `aliuid`.
    pub name: String,
    /// Whether a user cannot refuse it.
    pub is_required: bool,
}

/// An application to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApplication {
    /// See [`Application::name`].
    pub name: String,
    /// At most 24 characters.
    pub display_name: String,
    /// Its type.
    pub kind: ApplicationType,
    /// Where it may be called back.
    pub redirect_uris: Vec<String>,
    /// What it may ask for, beside `openid`.
    pub scopes: Vec<String>,
}

/// What to change of an application. A list replaces the old one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApplicationChanges {
    /// The name for users.
    pub display_name: Option<String>,
    /// All the addresses.
    pub redirect_uris: Option<Vec<String>>,
    /// All the scopes.
    pub scopes: Option<Vec<String>>,
    /// Whether other accounts may install it.
    pub is_multi_tenant: Option<bool>,
}

/// A secret without its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppSecret {
    /// Names it; it is not the value.
    pub id: String,
    /// When it was created.
    pub created: Option<Timestamp>,
}

/// A secret that was just created.
#[derive(Debug)]
pub struct NewSecret {
    /// Names it; it is not the value.
    pub id: String,
    /// The client secret.
    pub value: Secret,
}

/// Makes the action that creates `new`. Other accounts cannot install it, whatever its type: for some types the
/// service would allow it.
pub fn create_application(new: &NewApplication) -> Action {
    action("CreateApplication")
        .with("AppType", new.kind.as_str())
        .with("AppName", &new.name)
        .with("DisplayName", &new.display_name)
        .with_some("RedirectUris", Some(list(&new.redirect_uris)).filter(|list| !list.is_empty()))
        .with_some("PredefinedScopes", Some(list(&new.scopes)).filter(|list| !list.is_empty()))
        .with("IsMultiTenant", "false")
}

/// Makes the action that changes the application `id`.
pub fn update_application(id: &str, changes: &ApplicationChanges) -> Action {
    action("UpdateApplication")
        .with(APP_ID, id)
        .with_some("NewDisplayName", changes.display_name.as_ref())
        .with_some("NewRedirectUris", changes.redirect_uris.as_deref().map(list))
        .with_some("NewPredefinedScopes", changes.scopes.as_deref().map(list))
        .with_some("NewIsMultiTenant", changes.is_multi_tenant.map(|multi| multi.to_string()))
}

/// Makes the action that deletes the application `id`.
pub fn delete_application(id: &str) -> Action {
    action("DeleteApplication").with(APP_ID, id)
}

/// Makes the action that creates a secret. There are at most two.
pub fn create_secret(id: &str) -> Action {
    action("CreateAppSecret").with(APP_ID, id)
}

/// Makes the action that deletes a secret.
pub fn delete_secret(id: &str, secret: &str) -> Action {
    action("DeleteAppSecret").with(APP_ID, id).with("AppSecretId", secret)
}

/// Sends an action of [`create_application`] or [`update_application`] and returns the application.
///
/// # Errors
/// [`ActionError`]
pub async fn make_application(client: &Client<'_>, action: &Action) -> Result<Application, ActionError> {
    client.ask(action).await?.read("Application", read_application)
}

/// Sends an action of [`create_secret`] and returns the secret.
///
/// # Errors
/// [`ActionError`]
pub async fn make_secret(client: &Client<'_>, action: &Action) -> Result<NewSecret, ActionError> {
    client.ask_for_secret(action).await?.read("AppSecret", |secret| {
        let value = text(secret, "AppSecretValue").filter(|value| !value.is_empty())?;
        Some(NewSecret { id: text(secret, "AppSecretId")?, value: Secret::new(value) })
    })
}

/// Returns the application `id`; `None` if there is none.
///
/// # Errors
/// [`ActionError`]
pub async fn application(client: &Client<'_>, id: &str) -> Result<Option<Application>, ActionError> {
    match client.ask(&action("GetApplication").with(APP_ID, id)).await {
        Ok(answer) => answer.read("Application", read_application).map(Some),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns all applications of the account. The service has no pages here.
///
/// # Errors
/// [`ActionError`]
pub async fn applications(client: &Client<'_>) -> Result<Vec<Application>, ActionError> {
    client.ask(&action("ListApplications")).await?.read_list("Applications", "Application", read_application)
}

/// Returns the secrets of the application `id`, without their values.
///
/// # Errors
/// [`ActionError`]
pub async fn secrets(client: &Client<'_>, id: &str) -> Result<Vec<AppSecret>, ActionError> {
    let answer = client.ask(&action("ListAppSecretIds").with(APP_ID, id)).await?;
    answer.read_list("AppSecrets", "AppSecret", |secret| {
        Some(AppSecret { id: text(secret, "AppSecretId")?, created: time(secret, "CreateDate") })
    })
}

fn read_application(value: &Value) -> Option<Application> {
    let name = text(value, "AppName")?;
    let uris = value.get("RedirectUris").and_then(|list| items(list, "RedirectUri"));
    Some(Application {
        id: text(value, APP_ID)?,
        display_name: text(value, "DisplayName").unwrap_or_else(|| name.clone()),
        name,
        kind: ApplicationType::parse(&text(value, "AppType")?),
        protocol: text(value, "ProtocolVersion").unwrap_or_default(),
        redirect_uris: uris.into_iter().flatten().filter_map(|uri| uri.as_str().map(str::to_owned)).collect(),
        scopes: read_scopes(value),
        needs_secret: flag(value, "SecretRequired"),
        is_multi_tenant: flag(value, "IsMultiTenant"),
        access_token_validity: number(value, "AccessTokenValidity"),
        refresh_token_validity: number(value, "RefreshTokenValidity"),
        created: time(value, "CreateDate"),
    })
}

pub(super) fn read_scopes(value: &Value) -> Vec<Scope> {
    let scopes = value.pointer("/DelegatedScope/PredefinedScopes").and_then(|list| items(list, "PredefinedScope"));
    let read = |scope: &Value| {
        Some(Scope { name: text(scope, "Name")?, is_required: flag(scope, "Required").unwrap_or_default() })
    };
    scopes.into_iter().flatten().filter_map(read).collect()
}
