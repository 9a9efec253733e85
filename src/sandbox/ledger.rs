//! The requests that the sandbox received, with their outcomes. Tokens appear as short fingerprints only.

use std::collections::BTreeMap;

use serde::Serialize;

use super::digest::sha256_hex;
use super::faults::Endpoint;
use crate::time::Timestamp;

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Seconds since the epoch, by the sandbox's clock.
    pub time: i64,
    /// The endpoint's name in a fault.
    pub endpoint: &'static str,
    /// The `grant_type` at the token endpoint, the action of an API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<String>,
    /// `ok`, an error code, or `fault`.
    pub outcome: String,
    /// The fingerprint of the token or code that was presented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presented: Option<String>,
}

/// All requests so far.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Ledger {
    /// In order of arrival.
    pub entries: Vec<Entry>,
}

impl Ledger {
    pub(super) fn note(
        &mut self,
        time: Timestamp,
        endpoint: Endpoint,
        grant: Option<String>,
        outcome: &str,
        presented: Option<&str>,
    ) {
        self.entries.push(Entry {
            time: time.as_unix(),
            endpoint: endpoint.as_str(),
            grant,
            outcome: outcome.to_owned(),
            presented: presented.map(fingerprint),
        });
    }

    /// The number of requests to an endpoint, whatever their outcome.
    pub fn count(&self, endpoint: Endpoint) -> usize {
        self.entries.iter().filter(|entry| entry.endpoint == endpoint.as_str()).count()
    }

    /// The number of requests of one grant type to the token endpoint.
    pub fn grants(&self, grant: &str) -> usize {
        self.entries.iter().filter(|entry| entry.grant.as_deref() == Some(grant)).count()
    }

    /// The number of requests by endpoint, grant and outcome.
    pub fn totals(&self) -> BTreeMap<String, usize> {
        let mut totals = BTreeMap::new();
        for entry in &self.entries {
            let grant = entry.grant.as_deref().map(|grant| format!("/{grant}")).unwrap_or_default();
            *totals.entry(format!("{}{grant}: {}", entry.endpoint, entry.outcome)).or_default() += 1;
        }
        totals
    }
}

/// A short digest that identifies a token without revealing it.
pub fn fingerprint(token: &str) -> String {
    sha256_hex(token.as_bytes())[..12].to_owned()
}
