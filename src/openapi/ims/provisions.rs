//! Applications of other accounts, and whether they are installed in this one.

use serde_json::Value;

use super::answer::{flag, text};
use super::applications::{Scope, read_scopes};
use super::{APP_ID, action};
use crate::openapi::{Action, ActionError, Client};

/// An application as it is installed in the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provision {
    /// The client id.
    pub id: String,
    /// What users see.
    pub display_name: String,
    /// Whose it is.
    pub category: Category,
    /// Who may sign in through it.
    pub assignment: AssignmentType,
    /// Whether each user is asked for consent, where the service says so.
    pub needs_consent: Option<bool>,
    /// What it may do in the name of who signs in.
    pub scopes: Vec<Scope>,
}

/// Whose an installed application is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Category {
    /// Alibaba Cloud's own.
    Official,
    /// Somebody else's.
    ThirdParty,
    /// The service does not say, or says something new.
    Unknown(String),
}

/// Who may sign in through an installed application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssignmentType {
    /// Every identity of the account.
    AllowAll,
    /// Those that are assigned.
    OnDemand,
    /// The service does not say, or says something new.
    Unknown(String),
}

/// Makes the action that installs the application `id` with the scopes that its owner has chosen.
pub fn provision_external(id: &str) -> Action {
    action("ProvisionExternalApplication").with(APP_ID, id)
}

/// Makes the action that removes an installed application from the account.
pub fn deprovision(id: &str) -> Action {
    action("DeprovisionExternalApplication").with(APP_ID, id)
}

/// Returns how the application `id` is installed; `None` if it is not.
///
/// # Errors
/// [`ActionError`]
pub async fn provision(client: &Client<'_>, id: &str) -> Result<Option<Provision>, ActionError> {
    match client.ask(&action("GetApplicationProvisionInfo").with(APP_ID, id)).await {
        Ok(answer) => answer.read("ApplicationProvisionInfo", read).map(Some),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}

fn read(value: &Value) -> Option<Provision> {
    let id = text(value, APP_ID)?;
    Some(Provision {
        display_name: text(value, "DisplayName").or_else(|| text(value, "AppName")).unwrap_or_else(|| id.clone()),
        id,
        category: match text(value, "AppCategory").unwrap_or_default().as_str() {
            "Official" => Category::Official,
            "ThirdParty" => Category::ThirdParty,
            other => Category::Unknown(other.to_owned()),
        },
        assignment: match text(value, "AssignmentType").unwrap_or_default().as_str() {
            "AllowAll" => AssignmentType::AllowAll,
            "OnDemand" => AssignmentType::OnDemand,
            other => AssignmentType::Unknown(other.to_owned()),
        },
        needs_consent: flag(value, "NeedPrincipalConsent"),
        scopes: read_scopes(value),
    })
}
