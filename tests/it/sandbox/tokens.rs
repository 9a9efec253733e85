//! Codes, tokens and signatures: each is valid only for its own purpose.

use aliyun_rs::sandbox::{Casing, Rotation};

use super::client::{self, CLIENT, VERIFIER, World};

#[test]
fn a_code_works_once_for_its_client_redirect_and_verifier() {
    let world = World::new();
    let code = world.code("alice");
    assert_eq!(world.redeem(&code, &[]).status, 200);
    world.redeem(&code, &[]).refused(400, "invalid_grant");
    world.redeem("made-up", &[]).refused(400, "invalid_grant");
    let other = "http://127.0.0.1:12346/cli/callback";
    world.redeem(&world.code("alice"), &[("redirect_uri", other)]).refused(400, "invalid_grant");
    world.redeem(&world.code("alice"), &[("client_id", "4103531455503354461")]).refused(400, "invalid_grant");
    world.redeem(&world.code("alice"), &[("client_id", "5")]).refused(401, "invalid_client");
    world.redeem(&world.code("alice"), &[("code_verifier", &"b".repeat(43))]).refused(400, "invalid_grant");
    for verifier in ["", &VERIFIER[1..], &"a".repeat(129), &format!("{}+", &VERIFIER[1..])] {
        world.redeem(&world.code("alice"), &[("code_verifier", verifier)]).refused(400, "invalid_request");
    }
    let late = world.code("alice");
    world.advance(61);
    world.redeem(&late, &[]).refused(400, "invalid_grant");
}

#[test]
fn a_wrong_verifier_uses_the_code_up() {
    let world = World::new();
    let code = world.code("alice");
    world.redeem(&code, &[("code_verifier", &"b".repeat(43))]).refused(400, "invalid_grant");
    world.redeem(&code, &[]).refused(400, "invalid_grant");
}

#[test]
fn the_token_endpoint_takes_only_forms_and_ignores_extras() {
    let world = World::new();
    let tokens = world.sign_in("alice");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens.text("refresh_token"))];
    let body = client::form(&[&refresh[..], &[("client_id", CLIENT)]].concat());
    world.send("POST", "/v1/token", &[("Content-Type", "application/json")], &body).refused(400, "invalid_request");
    world.send("POST", "/v1/token", &[], &body).refused(400, "invalid_request");
    let twice = format!("{body}&client_id={CLIENT}");
    let kind = ("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8");
    world.send("POST", "/v1/token", &[kind], &twice).refused(400, "invalid_request");
    let stamped = format!("{body}&Timestamp=2026-01-02T03%3A04%3A05Z");
    assert_eq!(world.send("POST", "/v1/token", &[kind], &stamped).status, 200);
    world
        .post("/v1/token", &[("grant_type", "password"), ("client_id", CLIENT)])
        .refused(400, "unsupported_grant_type");
    assert_eq!(world.get("/v1/token", &[]).status, 405);
    assert_eq!(world.get("/v2/token", &[]).status, 404);
}

#[test]
fn a_refresh_token_works_once_and_is_replaced() {
    let world = World::new();
    let first = world.sign_in("alice");
    let second = world.refresh(first.text("refresh_token"));
    assert_ne!(first.text("refresh_token"), second.text("refresh_token"));
    world.refresh(first.text("refresh_token")).refused(400, "invalid_grant");
    let third = world.refresh(second.text("refresh_token"));
    assert_eq!(world.exchange(third.text("access_token")).status, 200);
    world.refresh("made-up").refused(400, "invalid_grant");
    let days = 24 * 3600;
    world.advance(29 * days);
    let fourth = world.refresh(third.text("refresh_token"));
    world.advance(days);
    world.refresh(fourth.text("refresh_token")).refused(400, "invalid_grant");
}

#[test]
fn a_reused_refresh_token_can_revoke_the_session() {
    let world = World::with(|options| options.revoke_family = true);
    let first = world.sign_in("alice");
    let second = world.refresh(first.text("refresh_token"));
    let other = world.sign_in("alice");
    world.refresh(first.text("refresh_token")).refused(400, "invalid_grant");
    world.refresh(second.text("refresh_token")).refused(400, "invalid_grant");
    world.exchange(second.text("access_token")).refused(401, "invalid_token");
    assert_eq!(world.refresh(other.text("refresh_token")).status, 200);
}

#[test]
fn another_client_can_neither_use_nor_end_a_session() {
    let world = World::with(|options| options.revoke_family = true);
    let first = world.sign_in("alice");
    let second = world.refresh(first.text("refresh_token"));
    for token in [first.text("refresh_token"), second.text("refresh_token")] {
        let stolen = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "4103531455503354461")];
        world.post("/v1/token", &stolen).refused(400, "invalid_grant");
    }
    assert_eq!(world.refresh(second.text("refresh_token")).status, 200);
}

#[test]
fn a_refresh_token_that_is_not_rotated_stays_valid() {
    let world = World::with(|options| options.rotation = Rotation::Keep);
    let first = world.sign_in("alice");
    for _ in 0..2 {
        let answer = world.refresh(first.text("refresh_token"));
        assert_eq!(answer.status, 200);
        assert!(answer.json["refresh_token"].is_null());
    }
}

#[test]
fn an_exchange_requires_fifteen_minutes_of_lifetime() {
    let world = World::new();
    let tokens = world.sign_in("alice");
    let access = tokens.text("access_token");
    world.advance(2700);
    assert_eq!(world.exchange(access).status, 200);
    world.advance(1);
    let answer = world.exchange(access);
    assert_eq!(answer.json["error_description"], "token expire time is too short");
    answer.refused(403, "access_denied");
    world.advance(900);
    world.exchange(access).refused(401, "expired_token");
    world.exchange("made-up").refused(401, "invalid_token");
    let fresh = world.refresh(tokens.text("refresh_token"));
    let bearer = format!("Bearer {}", fresh.text("access_token"));
    for body in ["", "{}", " {}\n"] {
        assert_eq!(world.send("POST", "/v1/exchange", &[("Authorization", &bearer)], body).status, 200, "{body}");
    }
    world.send("POST", "/v1/exchange", &[("Authorization", &bearer)], "{\"a\":1}").refused(400, "invalid_request");
    world.send("POST", "/v1/exchange", &[], "").refused(401, "invalid_token");
}

#[test]
fn the_spelling_of_answers_is_an_option() {
    for (casing, camel, pascal) in [
        (Some(Casing::Camel), true, false),
        (Some(Casing::Pascal), false, true),
        (Some(Casing::Both), true, true),
        (None, false, true),
    ] {
        let world = World::with(|options| {
            options.casing = casing.unwrap_or(options.casing);
            options.text_lifetimes = true;
        });
        let tokens = world.sign_in("alice");
        assert_eq!(tokens.json["expires_in"], "3600");
        let sts = world.exchange(tokens.text("access_token"));
        assert_eq!((sts.json["securityToken"].is_string(), sts.json["SecurityToken"].is_string()), (camel, pascal));
    }
}

#[test]
fn revocation_ends_the_session_but_not_sts_credentials() {
    let world = World::new();
    let tokens = world.sign_in("alice");
    let sts = world.exchange(tokens.text("access_token"));
    let revoke = |client| world.post("/v1/revoke", &[("token", tokens.text("refresh_token")), ("client_id", client)]);
    revoke("4103531455503354461").refused(400, "invalid_grant");
    world.post("/v1/revoke", &[("client_id", CLIENT)]).refused(400, "invalid_request");
    world.post("/v1/revoke", &[("token", "made-up"), ("client_id", "5")]).refused(401, "invalid_client");
    assert_eq!(world.post("/v1/revoke", &[("token", "made-up"), ("client_id", CLIENT)]).status, 200);
    assert_eq!(world.exchange(tokens.text("access_token")).status, 200);
    assert_eq!(revoke(CLIENT).status, 200);
    assert_eq!(revoke(CLIENT).status, 200);
    world.refresh(tokens.text("refresh_token")).refused(400, "invalid_grant");
    world.exchange(tokens.text("access_token")).refused(401, "invalid_token");
    assert_eq!(world.caller_identity(&sts).status, 200);
}
