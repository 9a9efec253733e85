//! The tokens of a login and what they buy: the one shape in which they travel between servers, file and journal.

use crate::secret::Secret;
use crate::time::Timestamp;

/// What keeps a login alive (RFC 6749 sections 1.4 and 1.5). Times are by the local clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Obtains the next tokens, once: each use replaces it.
    pub refresh_token: Secret,
    /// When the refresh token expires, where the server says.
    pub refresh_token_expire: Option<Timestamp>,
    /// Obtains STS credentials. Without it, the tokens have to be refreshed first.
    pub access_token: Option<Secret>,
    /// When the access token expires, where that is known.
    pub access_token_expire: Option<Timestamp>,
}

/// Temporary credentials of the Security Token Service.
#[derive(Clone, Debug)]
pub struct StsCredentials {
    /// Names the key. Not a secret, though nothing to publish.
    pub access_key_id: String,
    /// Signs requests.
    pub access_key_secret: Secret,
    /// Accompanies every request.
    pub security_token: Secret,
    /// When all three expire, by the local clock.
    pub expiration: Timestamp,
}
