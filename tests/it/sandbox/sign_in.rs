//! The sign-in page: its checks, its texts, its redirects.

use aliyun_rs::sandbox::{Decision, Endpoint, VisitError};

use super::client::{CLIENT, World};

#[test]
fn a_sign_in_leads_to_the_identity_of_the_user() {
    let world = World::new();
    for (user, arn, kind) in [
        ("root", "acs:ram::1234567890123456:root", "Account"),
        ("alice", "acs:ram::1234567890123456:user/alice", "RAMUser"),
        ("developer", "acs:ram::1234567890123456:assumed-role/developer/sandbox", "AssumedRoleUser"),
    ] {
        let tokens = world.sign_in(user);
        assert_eq!(tokens.status, 200);
        assert_eq!(tokens.json["token_type"], "Bearer");
        assert_eq!(tokens.json["expires_in"], 3600);
        let sts = world.exchange(tokens.text("access_token"));
        assert_eq!(sts.status, 200);
        assert_eq!(sts.json["Expiration"], "2026-01-02T04:04:05Z");
        let identity = world.caller_identity(&sts);
        assert_eq!((identity.status, identity.text("Arn")), (200, arn));
        assert_eq!(identity.json["IdentityType"], kind);
        let info = world.get("/v1/userinfo", &[("Authorization", &format!("Bearer {}", tokens.text("access_token")))]);
        assert_eq!(info.json["aid"], "1234567890123456");
    }
    let ledger = world.sandbox.ledger();
    let counts = [Endpoint::Token, Endpoint::Exchange, Endpoint::Sts, Endpoint::UserInfo].map(|at| ledger.count(at));
    assert_eq!(counts, [3; 4]);
}

#[test]
fn a_wrong_request_is_never_redirected() {
    let world = World::new();
    for (name, value) in [
        ("client_id", "1"),
        ("client_id", "<script>alert(1)</script>"),
        ("client_id", ""),
        ("redirect_uri", "http://127.0.0.1:12350/cli/callback"),
        ("redirect_uri", "http://localhost:12345/cli/callback"),
        ("redirect_uri", "http://127.0.0.1:12345/cli/callback/"),
        ("redirect_uri", "http://127.0.0.1:12345/cli/callback?a=<b>"),
        ("response_type", "token"),
        ("response_type", ""),
        ("code_challenge", ""),
        ("code_challenge", "short"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"),
        ("code_challenge_method", "plain"),
        ("code_challenge_method", ""),
    ] {
        let page = world.get(&world.authorize_path(&[(name, value)]), &[]);
        assert_eq!(page.status, 400, "{name}={value}");
        assert!(page.header("location").is_none() && page.body.contains("<h1>"), "{name}={value}");
        assert!(!page.body.contains("<form") && !page.body.contains("<script"), "{name}={value}");
        let form = world.authorize_path(&[(name, value)]).split_once('?').unwrap().1.to_owned();
        let kind = [("Content-Type", "application/x-www-form-urlencoded")];
        let body = form + "&user=alice&decision=authorize";
        let decided = world.send("POST", "/oauth2/v1/auth", &kind, &body);
        assert!(decided.status == 400 && decided.header("location").is_none(), "{name}={value}");
    }
    assert_eq!(world.get(&(world.authorize_path(&[]) + "&state=other"), &[]).status, 400);
}

#[test]
fn a_denial_is_redirected_with_the_state_and_without_a_code() {
    let world = World::new();
    let target = world.visit("alice", Decision::Deny).unwrap();
    assert!(target.contains("error=access_denied") && target.ends_with("&state=xyz"), "{target}");
    assert!(!target.contains("code="));
}

#[test]
fn an_unassigned_user_is_refused_without_a_redirect() {
    let world = World::new();
    let error = world.visit("mallory", Decision::Authorize).unwrap_err();
    let refused =
        matches!(&error, VisitError::Refused { status: 403, heading } if heading == "The call is not authorized");
    assert!(refused, "{error:?}");
    let path = world.authorize_path(&[]);
    let body = path.split_once('?').unwrap().1.to_owned() + "&user=mallory&decision=authorize";
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let page = world.send("POST", "/oauth2/v1/auth", &[form, ("Accept-Language", "en")], &body);
    assert!(page.status == 403 && page.header("location").is_none());
    let console = format!("/applications/{CLIENT}?appType=ThirdPartyApp&amp;activeTab=Assignments");
    for text in ["You are not allowed to do this action.", "acs:ram::1234567890123456:user/mallory", &console] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    assert_eq!(world.sandbox.ledger().totals()["authorize: not_assigned"], 2);
}

#[test]
fn the_page_escapes_its_input_in_both_languages() {
    let hostile = "<script>alert('x')</script>\"";
    let world = World::with(|options| hostile.clone_into(&mut options.users[0].name));
    let path = world.authorize_path(&[("state", hostile), ("extra", hostile)]);
    let page = world.get(&path, &[("Accept-Language", "en-GB")]);
    assert!(page.body.contains("Authorize official-cli"));
    assert!(page.body.contains("&lt;script&gt;") && !page.body.contains("<script"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    assert!(!page.body.replace("href=\"data:,\"", "").contains("href="));
    let chinese = world.get(&path, &[("Accept-Language", "zh-CN,zh;q=0.9")]);
    assert!(chinese.body.contains("<html lang=\"zh-CN\">") && chinese.body.contains("授权"));
    let code = world.code(hostile);
    assert_eq!(world.redeem(&code, &[]).status, 200);
}
