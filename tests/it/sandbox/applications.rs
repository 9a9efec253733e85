//! Identity Management Service: the account's own applications and their secrets.

use serde_json::json;

use super::client::World;

const GITLAB: &[(&str, &str)] = &[
    ("AppName", "gitlab"),
    ("AppType", "WebApp"),
    ("DisplayName", "GitLab"),
    ("PredefinedScopes", "aliuid;profile"),
    ("RedirectUris", "https://gitlab.example.com/users/auth/alicloud/callback"),
];

#[test]
fn an_application_is_created_read_changed_listed_and_deleted() {
    let world = World::new();
    let key = world.sandbox.access_key("alice");
    let created = world.ims(&key, "CreateApplication", GITLAB).succeeds();
    let id = created.at("Application.AppId").as_str().unwrap().to_owned();
    assert!(id.len() == 18 && id.bytes().all(|byte| byte.is_ascii_digit()), "{id}");
    let mut shown = created.json["Application"].clone();
    shown["AppId"] = json!("ID");
    insta::assert_snapshot!(serde_json::to_string_pretty(&shown).unwrap(), @r#"
    {
      "AccessTokenValidity": 3600,
      "AccountId": "1234567890123456",
      "AppId": "ID",
      "AppName": "gitlab",
      "AppType": "WebApp",
      "CreateDate": "2026-01-02T03:04:05Z",
      "DelegatedScope": {
        "PredefinedScopes": {
          "PredefinedScope": [
            {
              "Description": "Obtain the UID of the current user",
              "Name": "aliuid",
              "Required": false
            },
            {
              "Description": "Obtain the OpenID of the current user",
              "Name": "openid",
              "Required": true
            },
            {
              "Description": "Obtain the profile of the current user",
              "Name": "profile",
              "Required": false
            }
          ]
        }
      },
      "DisplayName": "GitLab",
      "IsMultiTenant": false,
      "ProtocolVersion": "2.0",
      "RedirectUris": {
        "RedirectUri": [
          "https://gitlab.example.com/users/auth/alicloud/callback"
        ]
      },
      "RefreshTokenValidity": 7776000,
      "SecretRequired": true,
      "UpdateDate": "2026-01-02T03:04:05Z"
    }
    "#);
    let app = ("AppId", id.as_str());
    let got = world.ims(&key, "GetApplication", &[app]).succeeds();
    assert_eq!(got.json["Application"], created.json["Application"]);

    world.advance(60);
    let change = [app, ("NewRedirectUris", "https://a.example/x;https://b.example/"), ("NewPredefinedScopes", "")];
    let changed = world.ims(&key, "UpdateApplication", &change).succeeds();
    let changed = &changed.json["Application"];
    assert_eq!(changed["RedirectUris"]["RedirectUri"], json!(["https://a.example/x", "https://b.example/"]));
    assert_eq!(changed["DelegatedScope"]["PredefinedScopes"]["PredefinedScope"].as_array().unwrap().len(), 1);
    assert_eq!((&changed["DisplayName"], &changed["UpdateDate"]), (&json!("GitLab"), &json!("2026-01-02T03:05:05Z")));
    let listed = world.ims(&key, "ListApplications", &[]).succeeds();
    assert_eq!(*listed.at("Applications.Application"), json!([changed]));

    world.ims(&key, "DeleteApplication", &[app]).succeeds();
    for action in ["GetApplication", "UpdateApplication", "DeleteApplication", "CreateAppSecret", "ListAppSecretIds"] {
        world.ims(&key, action, &[app]).fails(404, "EntityNotExist.Application");
    }
}

#[test]
fn defaults_follow_the_type_of_the_application() {
    let world = World::new();
    let key = world.sandbox.access_key("root");
    for (kind, secret, tenants, refresh) in [
        ("WebApp", true, false, 7_776_000),
        ("NativeApp", false, true, 2_592_000),
        ("ServerApp", true, true, 2_592_000),
    ] {
        let fields = [("AppType", kind), ("DisplayName", kind)];
        let created = world.ims(&key, "CreateApplication", &fields).succeeds();
        let shown = &created.json["Application"];
        assert_eq!(shown["AppName"], shown["AppId"], "{kind}");
        assert_eq!(shown["SecretRequired"], secret, "{kind}");
        assert_eq!(shown["IsMultiTenant"], tenants, "{kind}");
        assert_eq!((&shown["AccessTokenValidity"], &shown["RefreshTokenValidity"]), (&json!(3600), &json!(refresh)));
        let change = [("AppId", shown["AppId"].as_str().unwrap()), ("NewSecretRequired", "false")];
        let changed = world.ims(&key, "UpdateApplication", &change).succeeds();
        assert_eq!(*changed.at("Application.SecretRequired"), secret, "{kind}");
    }
}

#[test]
fn a_parameter_that_does_not_fit_is_named() {
    let world = World::new();
    let key = world.sandbox.access_key("root");
    for (name, value, code) in [
        ("AppType", "", "MissingParameter.AppType"),
        ("AppType", "webapp", "InvalidParameter.AppType"),
        ("DisplayName", "", "MissingParameter.DisplayName"),
        ("DisplayName", &"名".repeat(25), "InvalidParameter.DisplayName"),
        ("AppName", &"a".repeat(65), "InvalidParameter.AppName"),
        ("AppName", "a b", "InvalidParameter.AppName"),
        ("RedirectUris", "https://a.example/#x", "InvalidParameter.RedirectUris"),
        ("RedirectUris", "https://a.example/;b", "InvalidParameter.RedirectUris"),
        ("PredefinedScopes", "aliuid;email", "InvalidParameter.PredefinedScopes"),
        ("AccessTokenValidity", "899", "InvalidParameter.AccessTokenValidity"),
        ("AccessTokenValidity", "10801", "InvalidParameter.AccessTokenValidity"),
        ("RefreshTokenValidity", "7199", "InvalidParameter.RefreshTokenValidity"),
        ("RefreshTokenValidity", "31536001", "InvalidParameter.RefreshTokenValidity"),
        ("IsMultiTenant", "yes", "InvalidParameter.IsMultiTenant"),
        ("ProtocolVersion", "3.0", "InvalidParameter.ProtocolVersion"),
    ] {
        let kept = GITLAB.iter().filter(|(known, _)| *known != name).copied();
        let fields: Vec<_> = kept.chain([(name, value)]).collect();
        world.ims(&key, "CreateApplication", &fields).fails(400, code);
    }
    world.ims(&key, "CreateApplication", GITLAB).succeeds();
    world.ims(&key, "CreateApplication", GITLAB).fails(409, "EntityAlreadyExists.Application");
    world.ims(&key, "RenameApplication", &[]).fails(404, "InvalidAction.NotFound");
    let world = World::with(|options| options.ims.unique_names = false);
    let key = world.sandbox.access_key("root");
    let ids = [(); 2].map(|()| world.ims(&key, "CreateApplication", GITLAB).succeeds().at("Application.AppId").clone());
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn an_application_has_two_secrets_at_most() {
    let world = World::new();
    let key = world.sandbox.access_key("root");
    let created = world.ims(&key, "CreateApplication", GITLAB).succeeds();
    let app = ("AppId", created.at("Application.AppId").as_str().unwrap());
    let secret = world.ims(&key, "CreateAppSecret", &[app]).succeeds();
    let secret = secret.at("AppSecret");
    assert!(secret["AppSecretValue"].as_str().unwrap().starts_with("sandbox-"));
    let id = ("AppSecretId", secret["AppSecretId"].as_str().unwrap());
    world.ims(&key, "CreateAppSecret", &[app]).succeeds();
    world.ims(&key, "CreateAppSecret", &[app]).fails(409, "LimitExceeded.Application.AppSecret");
    let listed = world.ims(&key, "ListAppSecretIds", &[app]).succeeds();
    let listed = listed.at("AppSecrets.AppSecret").as_array().unwrap();
    assert_eq!((listed.len(), &listed[0]["AppSecretId"]), (2, &json!(id.1)));
    assert!(listed.iter().all(|secret| secret.get("AppSecretValue").is_none()));
    let read = world.ims(&key, "GetAppSecret", &[app, id]).succeeds();
    assert_eq!(read.at("AppSecret"), secret, "whoever may read it can read it later");
    world.ims(&key, "DeleteAppSecret", &[app, id]).succeeds();
    world.ims(&key, "DeleteAppSecret", &[app, id]).fails(404, "EntityNotExist.AppSecret");
    world.ims(&key, "GetAppSecret", &[app, id]).fails(404, "EntityNotExist.AppSecret");
}

#[test]
fn a_caller_without_permission_is_told_the_action() {
    let world = World::new();
    let [alice, bob, mallory] = ["alice", "bob", "mallory"].map(|user| world.sandbox.access_key(user));
    world.ims(&bob, "ListApplications", &[]).succeeds();
    let refused = world.ims(&bob, "CreateApplication", GITLAB);
    assert_eq!(*refused.at("AccessDeniedDetail.AuthAction"), "ram:CreateApplication");
    refused.fails(403, "NoPermission");
    let created = world.ims(&alice, "CreateApplication", GITLAB).succeeds();
    let app = ("AppId", created.at("Application.AppId").as_str().unwrap());
    world.ims(&bob, "GetApplication", &[app]).succeeds();
    world.ims(&mallory, "GetApplication", &[app]).fails(403, "NoPermission");
    world.ims(&mallory, "GetApplication", &[("AppId", "1")]).fails(403, "NoPermission");
    assert_eq!(world.sandbox.ledger().totals()["ims/GetApplication: NoPermission"], 2);
}

#[test]
fn applications_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(|options| options.folder = Some(folder.path().join("sandbox")));
    let key = world.sandbox.access_key("root");
    let before = world.ims(&key, "CreateApplication", GITLAB).succeeds();
    let world = world.restart();
    let app = ("AppId", before.at("Application.AppId").as_str().unwrap());
    let after = world.ims(&key, "GetApplication", &[app]).succeeds();
    assert_eq!(after.at("Application"), before.at("Application"));
}
