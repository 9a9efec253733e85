//! The account that the sandbox stands for: its own applications, the applications of others that are installed in
//! it, and who may use those.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::options::Options;
use super::users::{Kind, User};
use crate::time::Timestamp;

/// The account that owns `official-cli`, on both sites.
const OFFICIAL_OWNER: &str = "1263926834388048";
/// The two public clients called `official-cli`, for the China and the international site.
pub(super) const OFFICIAL_CLIENTS: [&str; 2] = ["4038181954557748008", "4103531455503354461"];

/// Applications and who may use them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Account {
    /// The account's own, by id.
    pub(super) applications: BTreeMap<String, Application>,
    /// Those of others that are installed, by id.
    pub(super) installed: BTreeMap<String, Installation>,
}

/// An application that the account created.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Application {
    pub(super) name: String,
    pub(super) display_name: String,
    pub(super) kind: AppType,
    pub(super) created: i64,
    pub(super) updated: i64,
    /// Seconds.
    pub(super) access_token_validity: i64,
    /// Seconds.
    pub(super) refresh_token_validity: i64,
    pub(super) secret_required: bool,
    pub(super) is_multi_tenant: bool,
    /// `2.0` or `2.1`
    pub(super) protocol_version: String,
    pub(super) redirect_uris: Vec<String>,
    pub(super) scopes: BTreeSet<String>,
    pub(super) required_scopes: BTreeSet<String>,
    pub(super) secrets: Vec<AppSecret>,
    /// The scopes to which somebody consented.
    pub(super) consented: BTreeSet<String>,
}

/// The type of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum AppType {
    Web,
    Native,
    Server,
}

/// A secret of an application.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct AppSecret {
    pub(super) id: String,
    /// In clear: an administrator may read it again.
    pub(super) value: String,
    pub(super) created: i64,
}

/// An application of another account that is installed here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Installation {
    pub(super) created: i64,
    pub(super) scopes: BTreeSet<String>,
    /// Whether only assigned identities may use it.
    pub(super) on_demand: bool,
    pub(super) assigned: BTreeSet<Principal>,
}

/// A RAM user or role, as it is assigned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Principal {
    /// `user` or `role`
    pub(super) kind: String,
    /// The principal name of the user, or the name of the role.
    pub(super) name: String,
}

impl Account {
    /// The account at the beginning: `official-cli` is installed unless the options say otherwise, and assigned to
    /// the users who are said to be.
    pub(super) fn new(options: &Options) -> Self {
        let mut account = Self::default();
        if options.official_cli {
            let assigned: BTreeSet<_> =
                options.users.iter().filter(|user| user.assigned).filter_map(Principal::of).collect();
            for id in OFFICIAL_CLIENTS {
                account.install(id, options, None).assigned = assigned.clone();
            }
        }
        account
    }

    /// Installs an official application with these scopes, or all of its own.
    pub(super) fn install(
        &mut self,
        id: &str,
        options: &Options,
        scopes: Option<BTreeSet<String>>,
    ) -> &mut Installation {
        let scopes = scopes.unwrap_or_else(|| options.official_scopes.iter().cloned().collect());
        let created = (options.clock)().as_unix();
        let fresh = Installation { created, scopes, on_demand: true, assigned: BTreeSet::new() };
        self.installed.entry(id.to_owned()).or_insert(fresh)
    }
}

impl Installation {
    /// Whether `user` may use the application. An account has access without an assignment.
    pub(super) fn admits(&self, user: &User) -> bool {
        !self.on_demand || Principal::of(user).is_none_or(|principal| self.assigned.contains(&principal))
    }
}

impl Principal {
    /// `None` for an account, which cannot be assigned.
    pub(super) fn of(user: &User) -> Option<Self> {
        let (kind, name) = match user.kind {
            Kind::Account => return None,
            Kind::RamUser => ("user", user.principal_name()),
            Kind::Role => ("role", user.name.clone()),
        };
        Some(Self { kind: kind.to_owned(), name })
    }
}

impl AppType {
    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Web, Self::Native, Self::Server].into_iter().find(|kind| kind.as_str() == text)
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "WebApp",
            Self::Native => "NativeApp",
            Self::Server => "ServerApp",
        }
    }
}

impl Application {
    /// The `Application` of the API's answers.
    pub(super) fn to_json(&self, id: &str, owner: &str) -> Value {
        let scopes: Vec<Value> = self
            .scopes
            .iter()
            .map(|scope| {
                let required = scope == "openid" || self.required_scopes.contains(scope);
                json!({"Name": scope, "Description": describe(scope), "Required": required})
            })
            .collect();
        json!({
            "AppId": id,
            "AppName": self.name,
            "DisplayName": self.display_name,
            "AppType": self.kind.as_str(),
            "AccountId": owner,
            "CreateDate": Timestamp::from_unix(self.created).to_string(),
            "UpdateDate": Timestamp::from_unix(self.updated).to_string(),
            "AccessTokenValidity": self.access_token_validity,
            "RefreshTokenValidity": self.refresh_token_validity,
            "SecretRequired": self.secret_required,
            "IsMultiTenant": self.is_multi_tenant,
            "ProtocolVersion": self.protocol_version,
            "RedirectUris": {"RedirectUri": self.redirect_uris},
            "DelegatedScope": {"PredefinedScopes": {"PredefinedScope": scopes}},
        })
    }
}

impl Installation {
    /// The `ExternalApplication` of the API's answers; its dates are milliseconds.
    pub(super) fn to_external(&self, id: &str, tenant: &str) -> Value {
        json!({
            "ForeignAppId": id,
            "AppPrincipalName": principal_name(),
            "DisplayName": "official-cli",
            "TenantId": tenant,
            "CreateDate": milliseconds(self.created),
            "UpdateDate": milliseconds(self.created),
            "DelegatedScope": self.delegated_scope(),
        })
    }

    /// The `ApplicationProvisionInfo` of the API's answers.
    pub(super) fn to_provision(&self, id: &str) -> Value {
        json!({
            "AccountId": OFFICIAL_OWNER,
            "AppId": id,
            "AppName": "alibabacloud-cli",
            "DisplayName": "official-cli",
            "CreateDate": milliseconds(self.created),
            "UpdateDate": milliseconds(self.created),
            "DelegatedScope": self.delegated_scope(),
            "AppCategory": "Official",
            "AssignmentType": if self.on_demand { "OnDemand" } else { "AllowAll" },
            "NeedPrincipalConsent": false,
        })
    }

    fn delegated_scope(&self) -> Value {
        let scopes: Vec<Value> =
            self.scopes.iter().map(|scope| json!({"Name": scope, "Description": describe(scope)})).collect();
        json!({"PredefinedScopes": {"PredefinedScope": scopes}})
    }
}

/// Scopes that an application of the account can have, with their descriptions.
pub(super) const PREDEFINED: [(&str, &str); 6] = [
    ("openid", "Obtain the OpenID of the current user"),
    ("aliuid", "Obtain the UID of the current user"),
    ("profile", "Obtain the profile of the current user"),
    ("/acs/alidns", "Alibaba Cloud DNS"),
    ("/acs/ccc", "Cloud Call Center"),
    ("/acs/scim", "SCIM"),
];

fn describe(scope: &str) -> &'static str {
    PREDEFINED.iter().find(|(name, _)| *name == scope).map_or("", |(_, description)| description)
}

/// The principal name of `official-cli`.
pub(super) fn principal_name() -> String {
    format!("alibabacloud-cli@app.{OFFICIAL_OWNER}.onaliyun.com")
}

fn milliseconds(seconds: i64) -> String {
    seconds.saturating_mul(1000).to_string()
}
