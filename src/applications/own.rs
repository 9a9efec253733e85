//! The account's own applications: found by name or id, compared with what is wanted, changed by union.

use crate::openapi::ims::{self, Application, ApplicationChanges, ApplicationType, NewApplication};
use crate::openapi::{ActionError, Client};

/// The fewest digits of an id, so that a name of digits is not taken for one.
const FEWEST_DIGITS: usize = 15;
/// Every application has it, and nobody asks for it.
const OPENID: &str = "openid";
/// The protocol that a fixed secret and GitLab's strategy need.
const PROTOCOL: &str = "2.0";

/// None, or more than one, has the name.
#[derive(Debug, thiserror::Error)]
pub enum LookUpError {
    /// The account could not be asked.
    #[error(transparent)]
    Action(#[from] ActionError),
    /// There is no such application.
    #[error("no-such-application")]
    None {
        /// The name or id.
        name: String,
    },
    /// Several have the name.
    #[error("ambiguous-application")]
    Several {
        /// The name.
        name: String,
        /// Their ids.
        ids: Vec<String>,
    },
}

/// In what an application is not as it is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Its type cannot be changed.
    Type {
        /// What it is.
        is: ApplicationType,
        /// What it should be.
        wanted: ApplicationType,
    },
    /// Its protocol, which cannot be changed, is not 2.0.
    Protocol {
        /// What it is.
        is: String,
    },
    /// It cannot be called back at these addresses.
    Callbacks(Vec<String>),
    /// It cannot ask for these scopes.
    Scopes(Vec<String>),
    /// Other accounts may install it.
    MultiTenant,
}

impl Difference {
    /// Whether an update mends it.
    pub const fn is_mendable(&self) -> bool {
        !matches!(self, Self::Type { .. } | Self::Protocol { .. })
    }
}

/// Returns the application with this name or id, as `GetApplication` shows it.
///
/// # Errors
/// [`LookUpError`]
pub async fn look_up(client: &Client<'_>, name: &str) -> Result<Application, LookUpError> {
    let id = match is_id(name) {
        true => name.to_owned(),
        false => {
            let mut ids = named(ims::applications(client).await?, name);
            match ids.len() {
                0 => return Err(LookUpError::None { name: name.to_owned() }),
                1 => ids.remove(0),
                _ => return Err(LookUpError::Several { name: name.to_owned(), ids }),
            }
        }
    };
    ims::application(client, &id).await?.ok_or_else(|| LookUpError::None { name: name.to_owned() })
}

/// Whether `name` is the id of an application.
pub fn is_id(name: &str) -> bool {
    name.len() >= FEWEST_DIGITS && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// The ids of those that have exactly this name. Whether a name is unique is not documented.
fn named(applications: Vec<Application>, name: &str) -> Vec<String> {
    applications.into_iter().filter(|application| application.name == name).map(|application| application.id).collect()
}

/// Returns in what `application` falls short of `wanted`. What it has beyond that does no harm.
pub fn differences(application: &Application, wanted: &NewApplication) -> Vec<Difference> {
    let mut found = Vec::new();
    if application.kind != wanted.kind {
        found.push(Difference::Type { is: application.kind.clone(), wanted: wanted.kind.clone() });
    }
    if !application.protocol.is_empty() && application.protocol != PROTOCOL {
        found.push(Difference::Protocol { is: application.protocol.clone() });
    }
    let missing = missing(&application.redirect_uris, &wanted.redirect_uris);
    found.extend((!missing.is_empty()).then_some(Difference::Callbacks(missing)));
    let missing = missing_scopes(application, &wanted.scopes);
    found.extend((!missing.is_empty()).then_some(Difference::Scopes(missing)));
    found.extend((application.is_multi_tenant == Some(true)).then_some(Difference::MultiTenant));
    found
}

fn missing(present: &[String], wanted: &[String]) -> Vec<String> {
    wanted.iter().filter(|item| !present.contains(item)).cloned().collect()
}

/// The scopes of `wanted` that `application` cannot ask for.
pub fn missing_scopes(application: &Application, wanted: &[String]) -> Vec<String> {
    let present: Vec<String> = application.scopes.iter().map(|scope| scope.name.clone()).collect();
    missing(&present, wanted).into_iter().filter(|scope| scope != OPENID).collect()
}

/// What a person wants to change. A list of the service replaces the old one, so this is merged with what is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// The new name for users.
    pub display_name: Option<String>,
    /// Addresses to add.
    pub add_callbacks: Vec<String>,
    /// Addresses to remove.
    pub remove_callbacks: Vec<String>,
    /// Scopes to add.
    pub add_scopes: Vec<String>,
    /// Scopes to remove.
    pub remove_scopes: Vec<String>,
    /// Whether only the own account may use it.
    pub single_tenant: bool,
}

/// Returns the changes that make `edit` of `application`; none where nothing changes.
pub fn changes(application: &Application, edit: &Edit) -> ApplicationChanges {
    let scopes: Vec<String> = application.scopes.iter().map(|scope| scope.name.clone()).collect();
    ApplicationChanges {
        display_name: edit.display_name.clone().filter(|name| *name != application.display_name),
        redirect_uris: merged(&application.redirect_uris, &edit.add_callbacks, &edit.remove_callbacks),
        scopes: merged(&scopes, &edit.add_scopes, &edit.remove_scopes),
        is_multi_tenant: (edit.single_tenant && application.is_multi_tenant != Some(false)).then_some(false),
    }
}

/// The union without what is to be removed; `None` where that is what is there.
fn merged(present: &[String], add: &[String], remove: &[String]) -> Option<Vec<String>> {
    let mut merged = present.to_vec();
    add.iter().for_each(|item| {
        if !merged.contains(item) {
            merged.push(item.clone())
        }
    });
    merged.retain(|item| !remove.contains(item));
    (merged != present).then_some(merged)
}

/// Whether `application` is as `changes` would have it.
pub fn has(application: &Application, changes: &ApplicationChanges) -> bool {
    let set = |list: &[String]| list.iter().cloned().collect::<std::collections::BTreeSet<_>>();
    let scopes: Vec<String> = application.scopes.iter().map(|scope| scope.name.clone()).collect();
    let without_openid = |list: &[String]| {
        let mut items = set(list);
        items.remove(OPENID);
        items
    };
    changes.display_name.as_ref().is_none_or(|name| *name == application.display_name)
        && changes.redirect_uris.as_ref().is_none_or(|uris| set(uris) == set(&application.redirect_uris))
        && changes.scopes.as_ref().is_none_or(|wanted| without_openid(wanted) == without_openid(&scopes))
        && changes.is_multi_tenant.is_none_or(|multi| application.is_multi_tenant == Some(multi))
}
