//! `official-cli`, Alibaba Cloud's own application: is it installed, and who may sign in through it?
//!
//! It is known by its id, one for each site; its name differs between console and API.

use crate::openapi::ims::{self, AssignmentType, Category, Principal, Provision};
use crate::openapi::sts::{Identity, caller_identity};
use crate::openapi::{Action, ActionError, CallError, Client};
use crate::site::Site;

/// What is true of `official-cli` in an account, as far as the identity may know it.
#[derive(Debug)]
pub struct OfficialStatus {
    /// Who asks.
    pub identity: Result<Identity, CallError>,
    /// How it is installed; `None` if it is not.
    pub provision: Result<Option<Provision>, ActionError>,
    /// Who is assigned; not asked for where that has no meaning.
    pub assignments: Option<Result<Vec<Principal>, ActionError>>,
}

/// Returns how it is installed; `None` if it is not.
///
/// # Errors
/// [`ActionError`]
pub async fn provision(client: &Client<'_>, site: Site) -> Result<Option<Provision>, ActionError> {
    ims::provision(client, site.client_id()).await
}

/// Makes the action that installs it.
pub fn install(site: Site) -> Action {
    ims::provision_external(site.client_id())
}

/// Makes the action that removes it from the account.
pub fn uninstall(site: Site) -> Action {
    ims::deprovision(site.client_id())
}

/// Looks at everything that can be seen without changing anything.
pub async fn status(client: &Client<'_>, site: Site) -> OfficialStatus {
    let identity = caller_identity(client).await;
    let provision = provision(client, site).await;
    let assignments = match &provision {
        Ok(Some(provision)) if has_assignments(provision) => Some(ims::assignments(client, site.client_id()).await),
        // What is installed may be hidden where who is assigned is not.
        Err(_) => Some(ims::assignments(client, site.client_id()).await),
        Ok(_) => None,
    };
    OfficialStatus { identity, provision, assignments }
}

/// Whether it is decided by assignments who may sign in: all identities may sign in through other third-party
/// applications, and through those that allow all.
pub fn has_assignments(provision: &Provision) -> bool {
    provision.category != Category::ThirdParty && provision.assignment != AssignmentType::AllowAll
}

impl OfficialStatus {
    /// The actions that the identity was not allowed.
    pub fn denied(&self) -> Vec<&'static str> {
        let provision = self.provision.as_ref().err();
        let assignments = self.assignments.as_ref().and_then(|assignments| assignments.as_ref().err());
        provision.into_iter().chain(assignments).filter(|error| error.is_denied()).map(|error| error.action).collect()
    }
}
