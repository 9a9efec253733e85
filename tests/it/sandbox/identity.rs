//! Who signed in: userinfo by scope, id_tokens, their keys, discovery.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::{Value, json};

use super::app::App;
use super::client::{Answer, World};

const OPAQUE: &str = "sub";

fn userinfo(world: &World, tokens: &Answer) -> Answer {
    world.get("/v1/userinfo", &[("Authorization", &format!("Bearer {}", tokens.text("access_token")))])
}

/// The claims, with an opaque `sub` replaced.
fn claims(answer: &Value) -> Value {
    let mut answer = answer.clone();
    assert_eq!(answer["sub"].as_str().unwrap().len(), 32, "{answer}");
    answer["sub"] = json!(OPAQUE);
    answer
}

#[test]
fn userinfo_tells_what_the_scopes_and_the_kind_allow() {
    let world = World::new();
    let app = App::gitlab(&world);
    let account = "1234567890123456";
    let upn = "alice@1234567890123456.onaliyun.com";
    for (user, scope, expected) in [
        ("alice", "openid", json!({"sub": OPAQUE})),
        ("alice", "openid aliuid", json!({"sub": OPAQUE, "aid": account, "uid": "200000000000000001"})),
        ("alice", "openid profile", json!({"sub": OPAQUE, "type": "user", "name": "alice", "upn": upn})),
        ("developer", "openid profile", json!({"sub": OPAQUE, "type": "role", "name": "developer"})),
        ("root", "openid aliuid", json!({"sub": OPAQUE, "aid": account, "uid": account})),
        ("root", "openid profile", json!({"sub": OPAQUE, "type": "account", "login_name": "root@example.com"})),
    ] {
        let info = userinfo(&world, &app.redeem(&app.code(user, &[("scope", scope)]), &[]));
        assert_eq!(claims(&info.json), expected, "{user} {scope}");
    }
    let refused = userinfo(&world, &app.redeem(&app.code("alice", &[("scope", "aliuid")]), &[]));
    assert_eq!(refused.json["error_description"], "invalid token scope");
    refused.refused(403, "access_denied");
    world.get("/v1/userinfo", &[]).refused(401, "invalid_token");
}

#[test]
fn what_the_documents_disagree_on_is_an_option() {
    let world = World::with(|options| {
        options.sub_is_uid = true;
        options.account_has_name = true;
    });
    let app = App::gitlab(&world);
    let info = userinfo(&world, &app.redeem(&app.code("root", &[]), &[])).json;
    assert_eq!((&info["sub"], &info["name"]), (&info["uid"], &json!("root")));
}

#[test]
fn an_id_token_is_signed_with_a_published_key_that_rotates() {
    let world = World::new();
    let app = App::gitlab(&world);
    let sign_in = || app.redeem(&app.code("alice", &[]), &[]).text("id_token").to_owned();
    let keys = || world.get("/v1/keys", &[]).json["keys"].as_array().unwrap().clone();
    let first = sign_in();
    let claimed = verified(&first, &keys()).unwrap();
    assert_eq!((&claimed["iss"], &claimed["aud"]), (&json!(world.sandbox.url()), &json!(app.id)));
    assert_eq!(claimed["exp"].as_i64().unwrap() - claimed["iat"].as_i64().unwrap(), 3600);
    assert_eq!((&claimed["name"], &claimed["uid"]), (&json!("alice"), &json!("200000000000000001")));
    let changed = first.replacen('.', ".e30", 1);
    assert!(verified(&changed, &keys()).is_none());
    assert_eq!(keys().len(), 1);

    world.advance(24 * 3600);
    assert!(verified(&first, &keys()).is_some() && keys().len() == 2, "the key before the last is still published");
    let second = sign_in();
    assert!(verified(&second, &keys()).is_some() && verified(&second, &keys()[1..]).is_none());
}

/// The claims of a token that one of the keys has signed.
fn verified(token: &str, keys: &[Value]) -> Option<Value> {
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let [head, body, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("{token}") };
    let header: Value = serde_json::from_slice(&decode(head)).unwrap();
    assert_eq!(header["alg"], "RS256");
    let key = keys.iter().find(|key| key["kid"] == header["kid"])?;
    let number = |name: &str| decode(key[name].as_str().unwrap());
    let key = RsaPublicKeyComponents { n: number("n"), e: number("e") };
    let text = format!("{head}.{body}");
    key.verify(&RSA_PKCS1_2048_8192_SHA256, text.as_bytes(), &decode(signature)).ok()?;
    Some(serde_json::from_slice(&decode(body)).unwrap())
}

#[test]
fn an_id_token_needs_the_scope_openid() {
    let world = World::new();
    let app = App::gitlab(&world);
    assert!(app.redeem(&app.code("alice", &[("scope", "aliuid")]), &[]).json["id_token"].is_null());
    assert!(world.sign_in("alice").json["id_token"].is_null(), "for official-cli that is not known");
    let world = World::with(|options| {
        options.official_id_token = true;
        options.issuer = Some("https://oauth.aliyun.com".to_owned());
    });
    let tokens = world.sign_in("alice");
    let keys = world.get("/v1/keys", &[]);
    let claimed = verified(tokens.text("id_token"), keys.json["keys"].as_array().unwrap()).unwrap();
    assert_eq!(claimed["iss"], "https://oauth.aliyun.com");
}

#[test]
fn the_discovery_document_has_the_documented_members() {
    let world = World::new();
    let document = world.get("/.well-known/openid-configuration", &[]).json;
    insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap().replace(&world.sandbox.url(), "URL"), @r#"
    {
      "authorization_endpoint": "URL/oauth2/v1/auth",
      "code_challenge_methods_supported": [
        "plain",
        "S256"
      ],
      "id_token_signing_alg_values_supported": [
        "RS256"
      ],
      "issuer": "URL",
      "jwks_uri": "URL/v1/keys",
      "response_types_supported": [
        "code"
      ],
      "revocation_endpoint": "URL/v1/revoke",
      "scopes_supported": [
        "openid",
        "aliuid",
        "profile"
      ],
      "subject_types_supported": [
        "public"
      ],
      "token_endpoint": "URL/v1/token"
    }
    "#);
    let world = World::with(|options| options.full_discovery = true);
    let document = world.get("/.well-known/openid-configuration", &[]).json;
    assert_eq!(document["userinfo_endpoint"], format!("{}/v1/userinfo", world.sandbox.url()));
    assert_eq!(world.post("/v1/keys", &[]).status, 405);
}
