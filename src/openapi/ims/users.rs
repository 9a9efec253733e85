//! RAM users.

use serde_json::Value;

use super::action;
use super::answer::text;
use crate::openapi::{Action, ActionError, Client};

const PAGE: &str = "1000";
/// More pages than an account can have users.
const MOST_PAGES: usize = 1000;

/// A RAM user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The number.
    pub id: String,
    /// `NAME@ACCOUNT.onaliyun.com`
    pub principal_name: String,
    /// What people call it.
    pub display_name: String,
}

impl User {
    /// The principal name up to the `@`.
    pub fn login_name(&self) -> &str {
        self.principal_name.split('@').next().unwrap_or_default()
    }
}

/// Returns the user with this principal name, if there is one.
///
/// # Errors
/// [`ActionError`]
pub async fn user_by_principal_name(client: &Client<'_>, name: &str) -> Result<Option<User>, ActionError> {
    user(client, &action("GetUser").with("UserPrincipalName", name)).await
}

/// Returns the user with this number, if there is one.
///
/// # Errors
/// [`ActionError`]
pub async fn user_by_id(client: &Client<'_>, id: &str) -> Result<Option<User>, ActionError> {
    user(client, &action("GetUser").with("UserId", id)).await
}

async fn user(client: &Client<'_>, action: &Action) -> Result<Option<User>, ActionError> {
    match client.ask(action).await {
        Ok(answer) => answer.read("User", read).map(Some),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns all users of the account that may sign in.
///
/// # Errors
/// [`ActionError`]
pub async fn users(client: &Client<'_>) -> Result<Vec<User>, ActionError> {
    let (mut found, mut page) = (Vec::new(), None::<String>);
    for _ in 0..MOST_PAGES {
        let list = action("ListUsers").with("MaxItems", PAGE).with_some("Marker", page.clone());
        let answer = client.ask(&list).await?;
        found.extend(answer.read_list("Users", "User", read)?);
        match answer.next_page() {
            Some(next) if page.as_ref() != Some(&next) => page = Some(next),
            _ => break,
        }
    }
    Ok(found)
}

fn read(value: &Value) -> Option<User> {
    Some(User {
        id: text(value, "UserId")?,
        principal_name: text(value, "UserPrincipalName")?,
        display_name: text(value, "DisplayName").unwrap_or_default(),
    })
}
