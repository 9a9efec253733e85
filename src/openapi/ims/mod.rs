//! The Identity Management Service (IMS 2019-08-15): applications, where they are installed, who may use them, users.
//!
//! Its errors have codes that are documented only in part, so they are judged by how they begin.

mod applications;
mod assignments;
mod provisions;
mod users;

pub use applications::{
    AppSecret, Application, ApplicationChanges, ApplicationType, NewApplication, NewSecret, Scope, application,
    applications, create_application, create_secret, delete_application, delete_secret, make_application, make_secret,
    secrets, update_application,
};
pub use assignments::{Principal, PrincipalType, assign, assignments, unassign};
pub use provisions::{AssignmentType, Category, Provision, deprovision, provision, provision_external};
pub use users::{User, user_by_id, user_by_principal_name, users};

use super::action::{Action, Product};
use super::answer;

/// Identifies an application in most actions.
const APP_ID: &str = "AppId";

/// An action of this service.
const fn action(name: &'static str) -> Action {
    Action::new(Product::Ims, name)
}

/// How lists of scopes and addresses are written.
fn list<T: AsRef<str>>(items: &[T]) -> String {
    items.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(";")
}
