//! Who may sign in through an installed application.
//!
//! These actions are of November 2026 and in no SDK yet. The parameters of `CreateApplicationAssignment` are documented;
//! that the other two have the same, and how a list looks, is not. All of that is in this file.

use std::fmt;

use serde_json::{Map, Value};

use super::{APP_ID, action};
use crate::openapi::{Action, ActionError, Client};

const PRINCIPAL_NAME: &str = "PrincipalName";
const PRINCIPAL_TYPE: &str = "PrincipalType";
/// More pages than an account can have users, at a hundred a page.
const MOST_PAGES: usize = 1000;

/// A user or role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Principal {
    /// What it is.
    pub kind: PrincipalType,
    /// A user's principal name (`NAME@ACCOUNT.onaliyun.com`), a role's plain name.
    pub name: String,
}

/// The two kinds of identity that can be assigned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PrincipalType {
    /// `user`
    User,
    /// `role`
    Role,
    /// What IMS invents next.
    Unknown(String),
}

impl PrincipalType {
    /// The word of the API.
    pub fn as_str(&self) -> &str {
        match self {
            Self::User => "user",
            Self::Role => "role",
            Self::Unknown(other) => other,
        }
    }
}

/// As the command line takes it: a user by its principal name, a role as `role/NAME`.
impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            PrincipalType::User => f.write_str(&self.name),
            kind => write!(f, "{}/{}", kind.as_str(), self.name),
        }
    }
}

/// Makes the action that lets `principal` sign in through the application `id`.
pub fn assign(id: &str, principal: &Principal) -> Action {
    about("CreateApplicationAssignment", id, principal)
}

/// Makes the action that takes that back.
pub fn unassign(id: &str, principal: &Principal) -> Action {
    about("DeleteApplicationAssignment", id, principal)
}

fn about(name: &'static str, id: &str, principal: &Principal) -> Action {
    action(name).with(APP_ID, id).with(PRINCIPAL_NAME, &principal.name).with(PRINCIPAL_TYPE, principal.kind.as_str())
}

/// Returns who is assigned to the application `id`: every object of the answer that has a principal's name.
///
/// # Errors
/// [`ActionError`]; an answer with objects of another form is one.
pub async fn assignments(client: &Client<'_>, id: &str) -> Result<Vec<Principal>, ActionError> {
    let (mut found, mut page) = (Vec::new(), None::<String>);
    for _ in 0..MOST_PAGES {
        let list = action("ListApplicationAssignments").with(APP_ID, id);
        let answer = client.ask(&list.with_some("Marker", page.clone()).with_some("NextToken", page.clone())).await?;
        let objects = answer.objects();
        // The answer itself and the wrapper of its list are objects without a name.
        let principals: Vec<Principal> = objects.iter().filter_map(|object| principal(object)).collect();
        if principals.is_empty() && objects.iter().any(|object| is_foreign(object)) {
            return Err(answer.unexpected(PRINCIPAL_NAME));
        }
        let before = found.len();
        principals.into_iter().for_each(|new| {
            if !found.contains(&new) {
                found.push(new)
            }
        });
        match answer.next_page() {
            Some(next) if found.len() > before && page.as_ref() != Some(&next) => page = Some(next),
            _ => break,
        }
    }
    Ok(found)
}

fn principal(object: &Map<String, Value>) -> Option<Principal> {
    let name = object.get(PRINCIPAL_NAME)?.as_str()?.to_owned();
    let kind = match object.get(PRINCIPAL_TYPE).and_then(Value::as_str).unwrap_or_default() {
        kind if kind.eq_ignore_ascii_case("user") => PrincipalType::User,
        kind if kind.eq_ignore_ascii_case("role") => PrincipalType::Role,
        // Only users have names with a domain.
        "" if name.contains('@') => PrincipalType::User,
        other => PrincipalType::Unknown(other.to_owned()),
    };
    Some(Principal { kind, name })
}

/// Whether an object looks like a record of another form: it has texts, and is not the answer itself.
fn is_foreign(object: &Map<String, Value>) -> bool {
    !object.contains_key("RequestId") && object.values().any(Value::is_string)
}
