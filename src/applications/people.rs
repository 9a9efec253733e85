//! Finds the user or role that a person means.

use crate::openapi::ims::{self, Principal, PrincipalType, User};
use crate::openapi::{ActionError, Client, ram};

/// How the name of a role begins on the command line.
const ROLE: &str = "role/";
/// How the name of a user may begin, for symmetry.
const USER: &str = "user/";
/// The fewest digits of a user's number, so that a login name of digits is not taken for one.
const FEWEST_DIGITS: usize = 15;

/// Nobody, or more than one, is meant.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The account could not be asked.
    #[error(transparent)]
    Action(#[from] ActionError),
    /// There is nobody of this name.
    #[error("no-such-principal")]
    Nobody {
        /// The name.
        name: String,
    },
    /// There is no such role.
    #[error("no-such-role")]
    NoRole {
        /// The name.
        name: String,
    },
    /// Several fit.
    #[error("ambiguous-principal")]
    Several {
        /// The name.
        name: String,
        /// Who fits.
        fitting: Vec<Principal>,
    },
}

/// Returns who `name` is: `role/NAME`, a user's principal name, number, login name, or, where no login name fits, the
/// display name.
///
/// # Errors
/// [`FindError`]
pub async fn find(client: &Client<'_>, name: &str) -> Result<Principal, FindError> {
    if let Some(role) = name.strip_prefix(ROLE) {
        let found = ram::role(client, role).await?.ok_or_else(|| FindError::NoRole { name: role.to_owned() })?;
        return Ok(Principal { kind: PrincipalType::Role, name: found });
    }
    let name = name.strip_prefix(USER).unwrap_or(name);
    let nobody = || FindError::Nobody { name: name.to_owned() };
    if name.contains('@') {
        return ims::user_by_principal_name(client, name).await?.map(principal).ok_or_else(nobody);
    }
    if name.len() >= FEWEST_DIGITS && name.bytes().all(|byte| byte.is_ascii_digit()) {
        return ims::user_by_id(client, name).await?.map(principal).ok_or_else(nobody);
    }
    let users = ims::users(client).await?;
    let by = |fits: &dyn Fn(&User) -> bool| -> Vec<User> { users.iter().filter(|user| fits(user)).cloned().collect() };
    let mut fitting = by(&|user| user.login_name().eq_ignore_ascii_case(name));
    if fitting.is_empty() {
        fitting = by(&|user| user.display_name.to_lowercase() == name.to_lowercase());
    }
    match fitting.len() {
        0 => Err(nobody()),
        1 => Ok(principal(fitting.remove(0))),
        _ => Err(FindError::Several { name: name.to_owned(), fitting: fitting.into_iter().map(principal).collect() }),
    }
}

fn principal(user: User) -> Principal {
    Principal { kind: PrincipalType::User, name: user.principal_name }
}
