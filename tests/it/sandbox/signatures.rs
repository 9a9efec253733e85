//! Signatures of both versions: each is valid for one timely request.

use super::api::{Call, IMS};
use super::client::World;

#[test]
fn a_signature_is_valid_for_one_timely_request() {
    let world = World::new();
    let sts = world.exchange(world.sign_in("bob").text("access_token"));
    let call = Call::of(&sts);
    let code = |call: &Call| world.call(call).text("Code").to_owned();
    assert_eq!(world.call(&call).text("Arn"), "acs:ram::1234567890123456:user/bob");
    assert_eq!(code(&call), "SignatureNonceUsed");
    let fresh = |change: fn(&mut Call)| {
        let mut call = Call::of(&sts);
        change(&mut call);
        code(&call)
    };
    assert_eq!(fresh(|call| call.secret.push('x')), "SignatureDoesNotMatch");
    assert_eq!(fresh(|call| call.token = Some("x".to_owned())), "InvalidSecurityToken.Malformed");
    assert_eq!(fresh(|call| call.key.push('x')), "InvalidAccessKeyId.NotFound");
    assert_eq!(fresh(|call| call.date = "2026-01-02T03:19:06Z".to_owned()), "InvalidTimeStamp.Expired");
    assert_eq!(fresh(|call| call.date = "2026-01-02T02:49:04Z".to_owned()), "InvalidTimeStamp.Expired");
    assert_eq!(fresh(|call| call.action = "AssumeRole".to_owned()), "InvalidAction.NotFound");
    let mut provider = Call::of(&sts);
    provider.extra = Some(("x-acs-credentials-provider", "cli_profile/oauth"));
    assert_eq!(world.call(&provider).status, 200);
    world.advance(3600);
    assert_eq!(fresh(|call| call.date = "2026-01-02T04:04:05Z".to_owned()), "InvalidSecurityToken.Expired");
}

#[test]
fn version_1_is_checked_like_version_3() {
    let world = World::new();
    let sts = world.exchange(world.sign_in("bob").text("access_token"));
    let call = Call::of(&sts);
    assert_eq!(world.call_v1(&call).text("Arn"), "acs:ram::1234567890123456:user/bob");
    let code = |call: &Call| world.call_v1(call).text("Code").to_owned();
    assert_eq!(code(&call), "SignatureNonceUsed");
    for (change, expected) in [
        ((|call| call.secret.push('x')) as fn(&mut Call), "SignatureDoesNotMatch"),
        (|call| call.token = None, "InvalidSecurityToken.Malformed"),
        (|call| call.key.push('x'), "InvalidAccessKeyId.NotFound"),
        (|call| call.date = "2026-01-02T03:19:06Z".to_owned(), "InvalidTimeStamp.Expired"),
        (|call| drop(call.parameters.insert("SignatureMethod".to_owned(), "none".to_owned())), "IncompleteSignature"),
        (|call| drop(call.parameters.insert("Format".to_owned(), "XML".to_owned())), "InvalidParameter.Format"),
    ] {
        let mut call = Call::of(&sts);
        change(&mut call);
        assert_eq!(code(&call), expected);
    }
}

#[test]
fn a_parameter_changed_on_the_way_breaks_the_signature() {
    let world = World::new();
    let key = world.sandbox.access_key("root");
    for (headers, path) in [
        Call::new(&key, "GetApplication", &[("AppId", "1")]).signed(),
        Call::new(&key, "GetApplication", &[("AppId", "1")]).signed_v1(),
    ] {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let method = if headers.is_empty() { "GET" } else { "POST" };
        let changed = path.replace("AppId=1", "AppId=2");
        world.send(method, &changed, &headers, "").fails(400, "SignatureDoesNotMatch");
        world.send(method, &format!("{path}&Extra=1"), &headers, "").fails(400, "SignatureDoesNotMatch");
        world.send(method, &path, &headers, "").fails(404, "EntityNotExist.Application");
    }
}

#[test]
fn a_long_term_key_needs_no_security_token() {
    let world = World::new();
    let key = world.sandbox.access_key("alice");
    world.api(&key, "2015-04-01", "GetCallerIdentity", &[]).succeeds();
    let mut call = Call::new(&key, "ListApplications", &[]);
    call.token = Some("sandbox-sts-x".to_owned());
    world.call(&call).fails(400, "InvalidSecurityToken.Malformed");
    assert_eq!(call.version, IMS);
    world.api(&key, "2000-01-01", "ListApplications", &[]).fails(404, "InvalidAction.NotFound");
}
