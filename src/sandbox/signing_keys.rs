//! The RSA keys that sign id_tokens (RFC 7517, RFC 7518 section 3.3), made when they are first needed.
//!
//! A process makes each of them once, for all of its sandboxes: making one takes a moment. They protect nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use rsa::PrivateKey;
use rsa::pkcs8::EncodePrivateKey as _;
use serde_json::{Value, json};

use super::digest::sha256_hex;
use super::lock;

const BITS: usize = 2048;

static MADE: Mutex<BTreeMap<u64, Arc<SigningKey>>> = Mutex::new(BTreeMap::new());

/// A key that signs id_tokens.
pub(super) struct SigningKey {
    pair: RsaKeyPair,
    /// `kid`
    id: String,
}

impl SigningKey {
    /// The key of this number.
    pub(super) fn get(number: u64) -> Arc<Self> {
        Arc::clone(lock(&MADE).entry(number).or_insert_with(|| Arc::new(Self::make())))
    }

    fn make() -> Self {
        let key = PrivateKey::new(&mut getrandom::SysRng, BITS).expect("2048 bits make a key");
        let document = key.to_pkcs8_der().expect("an RSA key can be encoded");
        let pair = RsaKeyPair::from_pkcs8(document.as_bytes()).expect("an RSA key can be read again");
        let id = sha256_hex(pair.public().as_ref())[..16].to_owned();
        Self { pair, id }
    }

    /// A JSON Web Token with these claims, signed with RS256 (RFC 7515 section 3.1).
    pub(super) fn sign(&self, claims: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&json!({"alg": "RS256", "kid": self.id})), part(claims));
        let mut signature = vec![0; self.pair.public().modulus_len()];
        let signed = self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature);
        signed.expect("the buffer has the length of the modulus");
        format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    /// The public key (RFC 7517 section 4).
    pub(super) fn public(&self) -> Value {
        let public = RsaPublicKeyComponents::<Vec<u8>>::from(self.pair.public());
        let [n, e] = [public.n, public.e].map(|number| BASE64_URL_SAFE_NO_PAD.encode(number));
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.id, "n": n, "e": e})
    }
}
