//! The form in which a credentials URI answers, as the official client, its SDKs and Terraform read it.

use serde::Serialize;

use super::Credentials;
use crate::secret::Secret;

/// The answer of a credentials URI. Holds secrets: serialize it for its reader only.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct UriAnswer<'a> {
    code: &'static str,
    access_key_id: &'a str,
    access_key_secret: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    security_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region_id: Option<&'a str>,
}

impl<'a> UriAnswer<'a> {
    /// Names a region, which the official readers of the form ignore.
    #[must_use]
    pub fn in_region(self, region_id: Option<&'a str>) -> Self {
        Self { region_id, ..self }
    }
}

impl<'a> From<&'a Credentials> for UriAnswer<'a> {
    fn from(credentials: &'a Credentials) -> Self {
        Self {
            code: "Success",
            access_key_id: &credentials.access_key_id,
            access_key_secret: credentials.access_key_secret.expose(),
            security_token: credentials.security_token.as_ref().map(Secret::expose),
            expiration: credentials.expiration.map(|end| end.to_string()),
            region_id: None,
        }
    }
}
