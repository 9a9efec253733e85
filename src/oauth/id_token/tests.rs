//! Tokens that lie, one by one.

use std::sync::LazyLock;

use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rsa::PrivateKey;
use rsa::pkcs8::EncodePrivateKey as _;
use serde_json::json;

use super::*;

const NOW: i64 = 1_800_000_000;

static PAIR: LazyLock<RsaKeyPair> = LazyLock::new(|| {
    let key = PrivateKey::new(&mut getrandom::SysRng, 2048).unwrap();
    RsaKeyPair::from_pkcs8(key.to_pkcs8_der().unwrap().as_bytes()).unwrap()
});

fn key(id: &str) -> VerifyingKey {
    let public = RsaPublicKeyComponents::<Vec<u8>>::from(PAIR.public());
    VerifyingKey { id: Some(id.to_owned()), modulus: public.n, exponent: public.e }
}

fn good() -> Value {
    json!({"iss": "https://oauth.aliyun.com", "aud": "4567", "sub": "s-1", "iat": NOW, "exp": NOW + 3600, "uid": "2"})
}

fn part(value: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
}

fn signed(header: &Value, claims: &Value) -> String {
    let text = format!("{}.{}", part(header), part(claims));
    let mut signature = vec![0; PAIR.public().modulus_len()];
    PAIR.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

fn verified(token: &str) -> Result<UserInfo, IdTokenError> {
    let claimed = Claimed { issuer: "https://oauth.aliyun.com", client_id: "4567", now: Timestamp::from_unix(NOW) };
    verify(&Secret::new(token), &[key("k-1"), key("k-2")], &claimed)
}

fn with(name: &str, value: Value) -> Result<UserInfo, IdTokenError> {
    let mut claims = good();
    claims[name] = value;
    verified(&signed(&json!({"alg": "RS256", "kid": "k-1"}), &claims))
}

#[test]
fn a_token_of_the_site_for_this_client_is_believed() {
    for header in [json!({"alg": "RS256", "kid": "k-2"}), json!({"alg": "RS256"})] {
        let who = verified(&signed(&header, &good())).unwrap();
        assert_eq!((who.sub.as_str(), who.uid.as_deref()), ("s-1", Some("2")));
    }
    assert!(with("aud", json!(["other", "4567"])).is_ok());
    assert!(with("iss", json!("https://oauth.aliyun.com/")).is_ok());
    assert!(with("exp", json!(NOW - 60)).is_ok(), "clocks differ a little");
}

#[test]
fn a_token_with_a_wrong_claim_is_not() {
    assert_eq!(
        with("iss", json!("https://evil.example")),
        Err(IdTokenError::Issuer("https://evil.example".to_owned()))
    );
    assert_eq!(with("iss", Value::Null), Err(IdTokenError::Issuer(String::new())));
    for audience in [json!("other"), json!(["other"]), json!([]), Value::Null, json!({"4567": 1})] {
        assert_eq!(with("aud", audience), Err(IdTokenError::Audience));
    }
    for end in [json!(NOW - 121), json!(0), json!("soon"), Value::Null] {
        assert_eq!(with("exp", end), Err(IdTokenError::Expired));
    }
    assert_eq!(with("iat", json!(NOW + 600)), Err(IdTokenError::Future));
    assert_eq!(with("sub", json!("")), Err(IdTokenError::Malformed));
}

#[test]
fn only_rs256_proves_anything() {
    for algorithm in ["none", "None", "HS256", "RS512", "PS256", "ES256", "rs256", ""] {
        let token = signed(&json!({"alg": algorithm, "kid": "k-1"}), &good());
        assert_eq!(verified(&token), Err(IdTokenError::Algorithm(algorithm.to_owned())), "{algorithm}");
    }
    let unsigned = format!("{}.{}.", part(&json!({"alg": "none"})), part(&good()));
    assert_eq!(verified(&unsigned), Err(IdTokenError::Algorithm("none".to_owned())));
    let text = format!("{}.{}", part(&json!({"alg": "HS256", "kid": "k-1"})), part(&good()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key("k-1").modulus), text.as_bytes());
    let confused = format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag));
    assert_eq!(verified(&confused), Err(IdTokenError::Algorithm("HS256".to_owned())));
}

#[test]
fn a_changed_or_broken_token_is_not_believed() {
    let header = json!({"alg": "RS256", "kid": "k-1"});
    let token = signed(&header, &good());
    let (rest, signature) = token.rsplit_once('.').unwrap();
    let mut claims = good();
    claims["uid"] = json!("3");
    let changed = format!("{}.{}.{signature}", part(&header), part(&claims));
    for wrong in [changed, format!("{rest}."), format!("{rest}.AAAA")] {
        assert_eq!(verified(&wrong), Err(IdTokenError::Signature), "{wrong}");
    }
    let foreign = signed(&json!({"alg": "RS256", "kid": "k-3"}), &good());
    assert_eq!(verified(&foreign), Err(IdTokenError::UnknownKey));
    for broken in ["", "a", "a.b", "a.b.c", "..", &token[1..], &format!("{rest}.!")] {
        assert_eq!(verified(broken), Err(IdTokenError::Malformed), "{broken}");
    }
}

#[test]
fn only_rsa_keys_for_signatures_are_read() {
    let rsa = json!({"kty": "RSA", "use": "sig", "kid": "k", "n": "AQAB", "e": "AQAB"});
    assert!(read_key(&rsa).is_some());
    for (name, value) in [("kty", json!("oct")), ("use", json!("enc")), ("n", json!("!")), ("e", Value::Null)] {
        let mut other = rsa.clone();
        other[name] = value;
        assert!(read_key(&other).is_none(), "{name}");
    }
}
