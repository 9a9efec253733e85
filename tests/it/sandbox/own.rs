//! Sign-in to applications of the account: how they prove who they are, and what they are granted.

use std::sync::Arc;

use aliyun_rs::sandbox::{Options, Rotation, Sites};
use aliyun_rs::time::Timestamp;
use serde_json::json;

use super::app::{App, CALLBACK};
use super::client::{CLIENT, VERIFIER, World};

/// Applications that were created by then do not support roles.
const BEFORE_ROLES: &str = "2024-09-09T23:59:59Z";

#[test]
fn a_secret_is_taken_in_the_body_or_in_basic_and_never_twice() {
    let world = World::new();
    let app = App::gitlab(&world);
    let (id, secret) = (("client_id", app.id.as_str()), ("client_secret", app.secret.as_str()));
    let basic = (app.id.as_str(), app.secret.as_str());
    assert_eq!(app.redeem_as(&[id, secret], None).status, 200);
    assert_eq!(app.redeem_as(&[], Some(basic)).status, 200);
    assert_eq!(app.redeem_as(&[id], Some(basic)).status, 200);
    app.redeem_as(&[id, secret], Some(basic)).refused(400, "invalid_request");
    app.redeem_as(&[("client_id", CLIENT)], Some(basic)).refused(400, "invalid_request");
    app.redeem_as(&[], Some((&app.id, "sandbox-x"))).refused(401, "invalid_client");
    let padded = format!(" {}", app.secret);
    for wrong in ["", "sandbox-app-secret-x", &app.secret_id, &padded, &app.secret[1..]] {
        app.redeem_as(&[id, ("client_secret", wrong)], None).refused(401, "invalid_client");
    }
    app.redeem_as(&[id], None).refused(401, "invalid_client");
    app.redeem("made-up", &[]).refused(400, "invalid_grant");
    let key = world.sandbox.access_key("root");
    world.ims(&key, "DeleteAppSecret", &[("AppId", &app.id), ("AppSecretId", &app.secret_id)]).succeeds();
    app.redeem_as(&[id, secret], None).refused(401, "invalid_client");
}

#[test]
fn a_wrong_secret_can_look_like_a_wrong_code() {
    let world = World::with(|options| options.grant_before_secret = true);
    let app = App::gitlab(&world);
    let id = ("client_id", app.id.as_str());
    app.redeem_as(&[id, ("client_secret", "sandbox-x")], None).refused(400, "invalid_grant");
    app.redeem("made-up", &[]).refused(400, "invalid_grant");
    app.redeem_as(&[("client_id", "5")], None).refused(401, "invalid_client");
}

#[test]
fn only_a_registered_redirect_uri_leads_back() {
    let world = World::new();
    let app = App::gitlab(&world);
    for wrong in [
        "https://gitlab.example.com/users/auth/alicloud/callback",
        "http://gitlab.example.org/users/auth/alicloud/callback",
        "http://gitlab.example.com:80/users/auth/alicloud/callback",
        "http://gitlab.example.com/users/auth/alicloud/callback/",
        "http://gitlab.example.com/users/auth/alicloud/callback?x=1",
        "http://127.0.0.1:12345/cli/callback",
    ] {
        let page = app.decide("alice", &[("redirect_uri", wrong)]);
        assert!(page.status == 400 && page.header("location").is_none(), "{wrong}");
        app.redeem(&app.code("alice", &[]), &[("redirect_uri", wrong)]).refused(400, "invalid_request");
    }
    let page = world.get(&format!("/oauth2/v1/auth?{}", app.query(&[])), &[("Accept-Language", "en")]);
    assert!(page.body.contains("<h1>Authorize Example</h1>") && page.body.contains("aliuid openid profile"));
    assert!(page.header("content-security-policy").unwrap().ends_with(" http://127.0.0.1:* http://gitlab.example.com"));
}

#[test]
fn a_redirect_uri_with_the_callbacks_query_is_taken_unless_strict() {
    let redeem = |change: fn(&mut Options)| {
        let world = World::with(change);
        let app = App::gitlab(&world);
        let code = app.code("alice", &[]);
        let with_query = format!("{CALLBACK}?code={code}&state=x");
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &with_query),
            ("client_id", &app.id),
            ("client_secret", &app.secret),
        ];
        world.post("/v1/token", &fields)
    };
    assert_eq!(redeem(|_| ()).status, 200);
    redeem(|options| options.strict_redirect = true).refused(400, "invalid_grant");
}

#[test]
fn a_challenge_is_optional_for_version_2_0_and_binds_the_code() {
    let world = World::new();
    let app = App::gitlab(&world);
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let with = |method: &str, challenge: &str, verifier: &[(&str, &str)]| {
        let parameters = [("code_challenge", challenge), ("code_challenge_method", method)];
        app.redeem(&app.code("alice", &parameters), verifier)
    };
    assert_eq!(with("S256", challenge, &[("code_verifier", VERIFIER)]).status, 200);
    assert_eq!(with("plain", VERIFIER, &[("code_verifier", VERIFIER)]).status, 200);
    with("S256", challenge, &[]).refused(400, "invalid_request");
    with("S256", challenge, &[("code_verifier", challenge)]).refused(400, "invalid_grant");
    app.redeem(&app.code("alice", &[]), &[("code_verifier", VERIFIER)]).refused(400, "invalid_grant");
    let newer = App::new(&world, &[("AppType", "NativeApp"), ("ProtocolVersion", "2.1")]);
    assert_eq!(newer.decide("alice", &[]).status, 400);
    let parameters = [("code_challenge", challenge), ("code_challenge_method", "S256")];
    let tokens = newer.redeem(&newer.code("alice", &parameters), &[("code_verifier", VERIFIER)]);
    assert_eq!(tokens.status, 200, "a fixed secret is not looked at");
    assert_eq!(App::new(&world, &[("AppType", "ServerApp")]).decide("alice", &[]).status, 400);
}

#[test]
fn scopes_are_narrowed_and_new_ones_need_a_new_consent() {
    let world = World::new();
    let app = App::gitlab(&world);
    assert_eq!(app.scope(&[("scope", "openid aliuid")]), "aliuid openid");
    assert_eq!(app.scope(&[("scope", "aliuid email")]), "aliuid", "a scope that it cannot have is dropped");
    assert_eq!(app.decide("alice", &[("scope", "email")]).status, 400);
    assert_eq!(app.scope(&[]), "aliuid openid profile");
    let key = world.sandbox.access_key("root");
    let scopes = "aliuid;profile;/acs/alidns";
    world.ims(&key, "UpdateApplication", &[("AppId", &app.id), ("NewPredefinedScopes", scopes)]).succeeds();
    assert_eq!(app.scope(&[]), "aliuid openid profile");
    assert_eq!(app.scope(&[("prompt", "admin_consent")]), "/acs/alidns aliuid openid profile");
    assert_eq!(app.scope(&[]), "/acs/alidns aliuid openid profile");
}

#[test]
fn a_web_application_gets_a_refresh_token_only_for_offline_access() {
    let world = World::new();
    let web = App::gitlab(&world);
    for (access, has_refresh_token) in [("online", false), ("offline", true)] {
        let tokens = web.redeem(&web.code("alice", &[("access_type", access)]), &[]);
        assert_eq!(tokens.json["refresh_token"].is_string(), has_refresh_token, "{access}");
    }
    let fields = [("AppType", "NativeApp"), ("AccessTokenValidity", "900"), ("RefreshTokenValidity", "7200")];
    let native = App::new(&world, &fields);
    let tokens = native.redeem(&native.code("alice", &[]), &[]);
    assert_eq!(tokens.json["expires_in"], 900);
    let refresh = || {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", tokens.text("refresh_token"))];
        world.post("/v1/token", &[&fields[..], &[("client_id", &native.id)]].concat())
    };
    for _ in 0..2 {
        let renewed = refresh();
        assert_eq!((renewed.status, &renewed.json["refresh_token"]), (200, &json!(null)), "it stays");
        assert!(renewed.json["id_token"].is_null());
    }
    world.advance(7200);
    refresh().refused(400, "invalid_grant");
}

#[test]
fn a_revocation_needs_the_secret_and_ends_the_session() {
    let world = World::with(|options| options.app_rotation = Rotation::Rotate);
    let app = App::gitlab(&world);
    let tokens = app.redeem(&app.code("alice", &[("access_type", "offline")]), &[]);
    let (id, secret) = (("client_id", app.id.as_str()), ("client_secret", app.secret.as_str()));
    let refresh =
        |token: &str| world.post("/v1/token", &[id, secret, ("grant_type", "refresh_token"), ("refresh_token", token)]);
    let renewed = refresh(tokens.text("refresh_token"));
    assert_eq!(renewed.text("scope"), "aliuid openid profile");
    refresh(tokens.text("refresh_token")).refused(400, "invalid_grant");
    let token = ("token", renewed.text("refresh_token"));
    world.post("/v1/revoke", &[id, token]).refused(401, "invalid_client");
    assert_eq!(world.post("/v1/revoke", &[id, secret, token]).status, 200);
    refresh(token.1).refused(400, "invalid_grant");
}

#[test]
fn a_token_of_another_application_cannot_be_exchanged() {
    let world = World::new();
    let app = App::gitlab(&world);
    let tokens = app.redeem(&app.code("alice", &[]), &[]);
    let answer = world.exchange(tokens.text("access_token"));
    assert_eq!(answer.json["error_description"], "invalid token scope");
    answer.refused(403, "access_denied");
}

#[test]
fn an_application_may_exclude_roles_and_other_accounts() {
    let world = World::with(|options| {
        options.users[1].account_id = "9".to_owned();
        options.clock = Arc::new(|| Timestamp::parse_rfc3339(BEFORE_ROLES).unwrap());
    });
    let mut call = super::api::Call::new(
        &world.sandbox.access_key("root"),
        "CreateApplication",
        &[("AppType", "WebApp"), ("DisplayName", "Example"), ("RedirectUris", CALLBACK)],
    );
    BEFORE_ROLES.clone_into(&mut call.date);
    let created = world.call(&call).succeeds();
    let id = created.at("Application.AppId").as_str().unwrap().to_owned();
    let app = App { world: &world, id, secret: String::new(), secret_id: String::new() };
    for (user, status) in [("alice", 302), ("bob", 403), ("developer", 403), ("root", 302)] {
        assert_eq!(app.decide(user, &[]).status, status, "{user}");
    }
    let world = World::new();
    assert_eq!(App::gitlab(&world).decide("developer", &[]).status, 302);
}

#[test]
fn a_deleted_application_is_unknown() {
    let world = World::new();
    let app = App::gitlab(&world);
    let code = app.code("alice", &[]);
    world.ims(&world.sandbox.access_key("root"), "DeleteApplication", &[("AppId", &app.id)]).succeeds();
    app.redeem(&code, &[]).refused(401, "invalid_client");
    assert_eq!(app.decide("alice", &[]).status, 400);
}

#[test]
fn an_id_of_one_site_does_not_exist_on_the_other() {
    let abroad = "4103531455503354461";
    for (sites, expected) in [(Sites::Both, [200, 200]), (Sites::China, [200, 400]), (Sites::International, [400, 200])]
    {
        let world = World::with(|options| options.sites = sites);
        let status = [CLIENT, abroad].map(|id| world.get(&world.authorize_path(&[("client_id", id)]), &[]).status);
        assert_eq!(status, expected, "{sites:?}");
    }
}

#[test]
fn a_login_page_can_come_first() {
    let world = World::with(|options| options.login_page = true);
    let app = App::gitlab(&world);
    let accepted = world.get(&format!("/oauth2/v1/auth?{}", app.query(&[])), &[]);
    let location = accepted.header("location").unwrap().to_owned();
    assert_eq!((accepted.status, accepted.body.as_str()), (302, ""));
    assert!(location.starts_with(&format!("{}/login.htm?callback=http%3A%2F%2F127.0.0.1", world.sandbox.url())));
    let page = world.get(location.strip_prefix(&world.sandbox.url()).unwrap(), &[]);
    assert!(page.status == 200 && page.body.contains(&format!("value=\"{CALLBACK}\"")), "{}", page.body);
    let refused = world.get(&format!("/oauth2/v1/auth?{}", app.query(&[("client_id", "5")])), &[]);
    assert!(refused.status == 400 && refused.header("location").is_none());
    assert_eq!(world.get("/login.htm?callback=http%3A%2F%2Fevil.example", &[]).status, 400);
    assert_eq!(world.sign_in("alice").status, 200, "the scripted browser follows");
}
