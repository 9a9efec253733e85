//! Valid credentials for a profile.
pub mod freshness;
