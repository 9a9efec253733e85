//! Resource Access Management (RAM 2015-05-01): roles.

use super::action::{Action, Product};
use super::answer::text;
use super::{ActionError, Client};

/// Whether the account has a role of this name, and the name as RAM spells it.
///
/// # Errors
/// [`ActionError`]
pub async fn role(client: &Client<'_>, name: &str) -> Result<Option<String>, ActionError> {
    match client.ask(&Action::new(Product::Ram, "GetRole").with("RoleName", name)).await {
        Ok(answer) => answer.read("Role", |role| text(role, "RoleName")).map(Some),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}
