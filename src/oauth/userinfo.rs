//! `/v1/userinfo`: who signed in (OpenID Connect Core section 5.3). What is told depends on the scopes.

use http::header::{ACCEPT, AUTHORIZATION};
use serde_json::Value;

use super::token::host_of;
use crate::host::Http;
use crate::reply::{FieldProblem, Reply, ReplyError};
use crate::secret::Secret;
use crate::site::{Cloud, Site};

/// What is known of who signed in. There is never an e-mail address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserInfo {
    /// The subject, opaque; always there.
    pub sub: String,
    /// The account's number; scope `aliuid`.
    pub aid: Option<String>,
    /// The identity's number; scope `aliuid`.
    pub uid: Option<String>,
    /// `account`, `user` or `role`; scope `profile`.
    pub kind: Option<String>,
    /// A name for people; scope `profile`, for users and roles.
    pub name: Option<String>,
    /// A RAM user's principal name; scope `profile`.
    pub upn: Option<String>,
    /// An account's login name; scope `profile`.
    pub login_name: Option<String>,
}

impl UserInfo {
    /// Reads claims, of this endpoint or of an id_token; `None` without a subject.
    pub(super) fn of(claim: impl Fn(&str) -> Option<Value>) -> Option<Self> {
        let text = |name: &str| match claim(name)? {
            Value::String(text) if !text.is_empty() => Some(text),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        Some(Self {
            sub: text("sub")?,
            aid: text("aid"),
            uid: text("uid"),
            kind: text("type"),
            name: text("name"),
            upn: text("upn"),
            login_name: text("login_name"),
        })
    }
}

/// Asks who `access_token` stands for.
///
/// # Errors
/// [`ReplyError`]
pub async fn userinfo(
    http: &dyn Http,
    cloud: &Cloud,
    site: Site,
    access_token: &Secret,
) -> Result<UserInfo, ReplyError> {
    cloud.check_token(access_token)?;
    let request = http::Request::get(cloud.userinfo_url(site))
        .header(ACCEPT, "application/json")
        .header(AUTHORIZATION, format!("Bearer {}", access_token.expose()))
        .body(Vec::new())
        .expect("a compiled-in URL and a checked token make a request");
    let host = host_of(&request);
    let reply = Reply::judge(&host, &http.send(request).await?, &[access_token])?;
    UserInfo::of(|name| reply.value(name)).ok_or_else(|| reply.bad("sub", FieldProblem::Missing))
}
