//! What a service is asked for, as data: it can be shown before it is sent.

use crate::site::Cloud;

/// A service of Alibaba Cloud, one endpoint for all regions and both sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// Identity Management Service: OAuth applications and users.
    Ims,
    /// Resource Access Management: roles.
    Ram,
    /// Security Token Service.
    Sts,
}

impl Product {
    /// The version of the API.
    pub const fn version(self) -> &'static str {
        match self {
            Self::Ims => "2019-08-15",
            Self::Ram => "2015-05-01",
            Self::Sts => "2015-04-01",
        }
    }

    /// The name, as in the official client's `aliyun ims`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ims => "ims",
            Self::Ram => "ram",
            Self::Sts => "sts",
        }
    }

    pub(super) fn url(self, cloud: &Cloud) -> String {
        match self {
            Self::Ims => cloud.ims_url(),
            Self::Ram => cloud.ram_url(),
            Self::Sts => cloud.sts_url(),
        }
    }
}

/// One operation with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The service.
    pub product: Product,
    /// Such as `GetCallerIdentity`.
    pub name: &'static str,
    /// The parameters, not encoded.
    pub parameters: Vec<(&'static str, String)>,
}

impl Action {
    /// An operation without parameters.
    pub const fn new(product: Product, name: &'static str) -> Self {
        Self { product, name, parameters: Vec::new() }
    }

    /// The same with one more parameter.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.parameters.push((name, value.into()));
        self
    }

    /// The same with one more parameter, where there is a value.
    #[must_use]
    pub fn with_some(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The query in the form that is signed: encoded, in order of the names.
    pub fn query(&self) -> String {
        let mut pairs: Vec<String> =
            self.parameters.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        pairs.sort();
        pairs.join("&")
    }
}

/// Percent-encodes all but the unreserved characters of RFC 3986 section 2.3.
fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
