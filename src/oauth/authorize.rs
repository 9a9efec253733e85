//! The authorization request (RFC 6749 section 4.1.1, RFC 7636 section 4).

use oauth2::basic::BasicClient;
use oauth2::{AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope};

use crate::host::{Entropy, NoEntropy, draw};
use crate::secret::Secret;
use crate::site::{Cloud, Site};

/// Random bytes in a `state`: 256 bits, 43 characters.
const STATE_BYTES: usize = 32;
/// Random bytes in a verifier: 86 of the 43 to 128 characters that RFC 7636 section 4.1 allows.
const VERIFIER_BYTES: usize = 64;

/// An authorization that has been asked for and not answered yet.
#[derive(Debug)]
pub struct Authorization {
    /// The page to open.
    pub url: String,
    /// What the callback has to bring back.
    pub state: Secret,
    /// Proves at the token endpoint that we asked. It cannot be cloned, so it is used once.
    pub verifier: PkceCodeVerifier,
}

/// Draws `state` and verifier and builds the URL as the official client does: no scope, S256.
///
/// # Errors
/// [`NoEntropy`] when the operating system gives no randomness.
pub fn authorize(
    entropy: &dyn Entropy,
    cloud: &Cloud,
    site: Site,
    redirect_uri: &str,
) -> Result<Authorization, NoEntropy> {
    authorize_client(entropy, cloud, site, site.client_id(), redirect_uri, &[])
}

/// As [`authorize`], for another client. Without scopes, all that the client has are asked for.
///
/// # Errors
/// [`NoEntropy`] when the operating system gives no randomness.
pub fn authorize_client(
    entropy: &dyn Entropy,
    cloud: &Cloud,
    site: Site,
    client_id: &str,
    redirect_uri: &str,
    scopes: &[String],
) -> Result<Authorization, NoEntropy> {
    let state = draw::<STATE_BYTES>(entropy)?;
    let verifier = PkceCodeVerifier::new(draw::<VERIFIER_BYTES>(entropy)?.expose().to_owned());
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
    let client = BasicClient::new(ClientId::new(client_id.to_owned()))
        .set_auth_uri(AuthUrl::new(cloud.authorize_url(site)).expect("compiled-in URLs are URLs"))
        .set_redirect_uri(RedirectUrl::new(redirect_uri.to_owned()).expect("callbacks are parsed before"));
    let (url, _) = client
        .authorize_url(|| CsrfToken::new(state.expose().to_owned()))
        .add_scopes(scopes.iter().cloned().map(Scope::new))
        .set_pkce_challenge(challenge)
        .url();
    Ok(Authorization { url: url.into(), state, verifier })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    use super::*;

    struct Counting;

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
            bytes.iter_mut().zip(0..).for_each(|(byte, n)| *byte = n);
            Ok(())
        }
    }

    struct Dry;

    impl Entropy for Dry {
        fn fill(&self, _: &mut [u8]) -> Result<(), NoEntropy> {
            Err(NoEntropy)
        }
    }

    const REDIRECT: &str = "http://127.0.0.1:12345/cli/callback";

    #[test]
    fn the_request_equals_the_official_clients() {
        let asked = authorize(&Counting, &Cloud::Alibaba, Site::International, REDIRECT).unwrap();
        let url = url::Url::parse(&asked.url).unwrap();
        assert_eq!(url.origin().ascii_serialization(), "https://signin.alibabacloud.com");
        assert_eq!(url.path(), "/oauth2/v1/auth");
        let query: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
        let names: Vec<&str> = query.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            ["client_id", "code_challenge", "code_challenge_method", "redirect_uri", "response_type", "state"]
        );
        assert_eq!(query["client_id"], "4103531455503354461");
        assert_eq!(query["code_challenge_method"], "S256");
        assert_eq!(query["redirect_uri"], REDIRECT);
        assert_eq!(query["response_type"], "code");
        assert_eq!(query["state"], asked.state.expose());
    }

    #[test]
    fn state_and_verifier_are_long_enough() {
        let asked = authorize(&Counting, &Cloud::Alibaba, Site::China, REDIRECT).unwrap();
        assert_eq!(BASE64_URL_SAFE_NO_PAD.decode(asked.state.expose()).unwrap().len() * 8, 256);
        assert!((43..=128).contains(&asked.verifier.secret().len()));
    }

    /// The pair of RFC 7636 appendix B.
    #[test]
    fn the_challenge_is_the_one_of_the_rfc() {
        let verifier = PkceCodeVerifier::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
        assert_eq!(challenge.as_str(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn without_randomness_there_is_no_sign_in() {
        assert!(authorize(&Dry, &Cloud::Alibaba, Site::China, REDIRECT).is_err());
    }
}
