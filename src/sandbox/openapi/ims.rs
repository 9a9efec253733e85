//! Identity Management Service (2019-08-15): applications, who may use them, and users.
//!
//! Operations without a documented page of their own take the parameters that the documents of their siblings show.

use super::{Answered, ApiError, Call, applications, external, users};
use crate::sandbox::provider::Provider;

pub(super) fn answer(provider: &mut Provider, call: &Call<'_>) -> Answered {
    let variants = provider.options.ims;
    if !variants.assignments && call.action.contains("ApplicationAssignment") {
        return Err(ApiError::unknown_action());
    }
    let operation = match call.action {
        "CreateApplication" => applications::create,
        "UpdateApplication" => applications::update,
        "GetApplication" => applications::get,
        "ListApplications" => applications::list,
        "DeleteApplication" => applications::delete,
        "CreateAppSecret" => applications::create_secret,
        "GetAppSecret" => applications::get_secret,
        "ListAppSecretIds" => applications::list_secret_ids,
        "DeleteAppSecret" => applications::delete_secret,
        "ListPredefinedScopes" => applications::list_predefined_scopes,
        "ProvisionExternalApplication" => external::provision_external,
        "GetExternalApplication" => external::get_external,
        "ListExternalApplications" => external::list_external,
        "DeprovisionExternalApplication" | "DeprovisionApplication" => external::deprovision,
        "ProvisionApplication" => external::provision,
        "GetApplicationProvisionInfo" => external::get_provision_info,
        "ListApplicationProvisionInfos" => external::list_provision_infos,
        "CreateApplicationAssignment" => external::assign,
        "DeleteApplicationAssignment" => external::unassign,
        "ListApplicationAssignments" => external::list_assignments,
        "GetUser" => users::get,
        "ListUsers" => users::list,
        "ListUserBasicInfos" => users::list_basic_infos,
        _ => return Err(ApiError::unknown_action()),
    };
    call.permitted()?;
    operation(provider, call)
}
