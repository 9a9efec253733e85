//! `official-cli` in the account: installed or not, who may sign in, and the users and roles that can be assigned.

use aliyun_rs::sandbox::{Decision, Paging, User, VisitError};
use serde_json::{Value, json};

use super::api::RAM;
use super::client::{CLIENT, World};

const APP: (&str, &str) = ("AppId", CLIENT);

fn is_refused(world: &World, user: &str) -> bool {
    match world.visit(user, Decision::Authorize) {
        Ok(target) => {
            assert!(target.contains("code="), "{target}");
            false
        }
        Err(VisitError::Refused { status: 403, .. }) => true,
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn an_empty_account_is_brought_to_a_sign_in() {
    let world = World::with(|options| options.official_cli = false);
    let key = world.sandbox.access_key("alice");
    let alice = [APP, ("PrincipalName", "alice@1234567890123456.onaliyun.com"), ("PrincipalType", "user")];
    world.ims(&key, "GetApplicationProvisionInfo", &[APP]).fails(404, "EntityNotExist.Application");
    world.ims(&key, "CreateApplicationAssignment", &alice).fails(404, "EntityNotExist.Application");
    assert!(is_refused(&world, "bob"));
    let installed = world.ims(&key, "ProvisionExternalApplication", &[APP]).succeeds();
    insta::assert_snapshot!(serde_json::to_string_pretty(&installed.json["ExternalApplication"]).unwrap(), @r#"
    {
      "AppPrincipalName": "alibabacloud-cli@app.1263926834388048.onaliyun.com",
      "CreateDate": "1767323045000",
      "DelegatedScope": {
        "PredefinedScopes": {
          "PredefinedScope": [
            {
              "Description": "",
              "Name": "/internal/acs/openapi"
            },
            {
              "Description": "Obtain the UID of the current user",
              "Name": "aliuid"
            },
            {
              "Description": "Obtain the OpenID of the current user",
              "Name": "openid"
            },
            {
              "Description": "Obtain the profile of the current user",
              "Name": "profile"
            }
          ]
        }
      },
      "DisplayName": "official-cli",
      "ForeignAppId": "4038181954557748008",
      "TenantId": "1234567890123456",
      "UpdateDate": "1767323045000"
    }
    "#);
    let info = world.ims(&key, "GetApplicationProvisionInfo", &[APP]).succeeds();
    let info = info.at("ApplicationProvisionInfo");
    assert_eq!((&info["AppCategory"], &info["AssignmentType"]), (&json!("Official"), &json!("OnDemand")));
    let listed = world.ims(&key, "ListApplicationProvisionInfos", &[("SourceType", "external")]).succeeds();
    assert_eq!(*listed.at("ApplicationProvisionInfos.ApplicationProvisionInfo"), json!([info]));
    assert!(is_refused(&world, "alice"), "installed, and not assigned yet");
    assert!(!is_refused(&world, "root"), "the account has access without an assignment");

    world.ims(&key, "CreateApplicationAssignment", &alice).succeeds();
    assert!(!is_refused(&world, "alice"));
    assert!(is_refused(&world, "developer"));
    world.ims(&key, "DeprovisionExternalApplication", &[APP]).succeeds();
    assert!(is_refused(&world, "bob"));
    world.ims(&key, "GetExternalApplication", &[APP]).fails(404, "EntityNotExist.Application");
}

#[test]
fn an_assignment_decides_who_may_sign_in() {
    let world = World::new();
    let key = world.sandbox.access_key("root");
    for (user, name, kind) in [("bob", "bob@1234567890123456.onaliyun.com", "user"), ("developer", "developer", "role")]
    {
        let fields = [APP, ("PrincipalName", name), ("PrincipalType", kind)];
        assert!(!is_refused(&world, user));
        world.ims(&key, "CreateApplicationAssignment", &fields).fails(409, "EntityAlreadyExists.ApplicationAssignment");
        world.ims(&key, "DeleteApplicationAssignment", &fields).succeeds();
        assert!(is_refused(&world, user));
        world.ims(&key, "DeleteApplicationAssignment", &fields).fails(404, "EntityNotExist.ApplicationAssignment");
        world.ims(&key, "CreateApplicationAssignment", &fields).succeeds();
        assert!(!is_refused(&world, user));
    }
    for (name, kind, status, code) in [
        ("bob", "user", 404, "EntityNotExist.User"),
        ("bob@1234567890123456.onaliyun.com", "role", 404, "EntityNotExist.Role"),
        ("nobody", "role", 404, "EntityNotExist.Role"),
        ("root", "user", 404, "EntityNotExist.User"),
        ("bob", "group", 400, "InvalidParameter.PrincipalType"),
        ("", "user", 400, "MissingParameter.PrincipalName"),
    ] {
        let fields = [APP, ("PrincipalName", name), ("PrincipalType", kind)];
        world.ims(&key, "CreateApplicationAssignment", &fields).fails(status, code);
    }
}

#[test]
fn a_sign_in_that_began_before_the_end_of_an_assignment_goes_on() {
    let world = World::new();
    let key = world.sandbox.access_key("root");
    let tokens = world.sign_in("bob");
    let fields = [APP, ("PrincipalName", "bob@1234567890123456.onaliyun.com"), ("PrincipalType", "user")];
    world.ims(&key, "DeleteApplicationAssignment", &fields).succeeds();
    assert_eq!(world.refresh(tokens.text("refresh_token")).status, 200);
}

#[test]
fn the_consent_of_an_administrator_installs_the_application() {
    let world = World::with(|options| options.official_cli = false);
    assert!(is_refused(&world, "bob"));
    assert!(!is_refused(&world, "root"));
    let info = world.ims(&world.sandbox.access_key("bob"), "GetApplicationProvisionInfo", &[APP]).succeeds();
    assert_eq!(*info.at("ApplicationProvisionInfo.AppId"), CLIENT);
    assert!(is_refused(&world, "bob"), "installed, and not assigned yet");
}

#[test]
fn what_is_not_known_about_assignments_is_an_option() {
    let all: Vec<_> = [Paging::None, Paging::Marker, Paging::NextToken]
        .map(|paging| {
            let world = World::with(|options| options.ims.assignment_paging = paging);
            let key = world.sandbox.access_key("root");
            let (limit, marker) =
                if paging == Paging::Marker { ("MaxItems", "Marker") } else { ("MaxResults", "NextToken") };
            pages(
                &world,
                limit,
                marker,
                |query| world.ims(&key, "ListApplicationAssignments", &[&[APP], query].concat()).succeeds().json,
                "/ApplicationAssignments/ApplicationAssignment",
            )
        })
        .into_iter()
        .collect();
    let names: Vec<_> = all[0].iter().map(|record| record["PrincipalName"].as_str().unwrap()).collect();
    assert_eq!(names, ["developer", "alice@1234567890123456.onaliyun.com", "bob@1234567890123456.onaliyun.com"]);
    assert!(all[0] == all[1] && all[1] == all[2]);

    let world = World::with(|options| {
        options.ims.assignments = false;
        options.ims.official_provision = false;
        options.official_cli = false;
    });
    let key = world.sandbox.access_key("root");
    world.ims(&key, "ListApplicationAssignments", &[APP]).fails(404, "InvalidAction.NotFound");
    world.ims(&key, "ProvisionExternalApplication", &[APP]).fails(404, "EntityNotExist.Application");
    let world = World::with(|options| options.ims.refuse_second_provision = true);
    let key = world.sandbox.access_key("root");
    world.ims(&key, "ProvisionExternalApplication", &[APP]).fails(409, "EntityAlreadyExists.Application");
}

/// All items of a list that is read one item at a time.
fn pages(world: &World, limit: &str, marker: &str, call: impl Fn(&[(&str, &str)]) -> Value, path: &str) -> Vec<Value> {
    let (mut items, mut next) = (Vec::new(), String::new());
    loop {
        let before = world.sandbox.ledger().entries.len();
        let page = call(&[(limit, "1"), (marker, &next)]);
        assert_eq!(world.sandbox.ledger().entries.len(), before + 1);
        items.extend(page.pointer(path).unwrap().as_array().unwrap().clone());
        let Some(marker) = page[marker].as_str() else { break };
        assert!(page.get("IsTruncated").is_none_or(|more| more == true));
        marker.clone_into(&mut next);
    }
    items
}

#[test]
fn users_and_roles_are_listed_in_pages() {
    let extra =
        |name: &str, model: &User| User { name: name.to_owned(), id: format!("9{}", model.id), ..model.clone() };
    let world = World::with(|options| options.users.push(extra("auditor", &options.users[2])));
    let key = world.sandbox.access_key("bob");
    let names = |version, action, path, field: &str| -> Vec<String> {
        let items =
            pages(&world, "MaxItems", "Marker", |query| world.api(&key, version, action, query).succeeds().json, path);
        items.iter().map(|item| item[field].as_str().unwrap().to_owned()).collect()
    };
    let users = ["alice", "bob", "mallory"].map(|user| format!("{user}@1234567890123456.onaliyun.com"));
    assert_eq!(names("2019-08-15", "ListUsers", "/Users/User", "UserPrincipalName"), users);
    let basic = "/UserBasicInfos/UserBasicInfo";
    assert_eq!(names("2019-08-15", "ListUserBasicInfos", basic, "UserPrincipalName"), users);
    assert_eq!(names(RAM, "ListRoles", "/Roles/Role", "RoleName"), ["developer", "auditor"]);
    world.ims(&key, "ListUsers", &[("MaxItems", "0")]).fails(400, "InvalidParameter.MaxItems");
    world.ims(&key, "ListUsers", &[("Marker", "2")]).fails(400, "InvalidParameter.Marker");
    assert_eq!(*world.ims(&key, "ListUsers", &[("Status", "freeze")]).succeeds().at("Users.User"), json!([]));

    let role = world.api(&key, RAM, "GetRole", &[("RoleName", "developer")]).succeeds();
    assert_eq!(*role.at("Role.RolePrincipalName"), "developer@role.1234567890123456.onaliyunservice.com");
    world.api(&key, RAM, "GetRole", &[("RoleName", "bob")]).fails(404, "EntityNotExist.Role");
    for (name, value) in
        [("UserPrincipalName", users[1].as_str()), ("UserId", "200000000000000002"), ("UserAccessKeyId", &key.0)]
    {
        assert_eq!(*world.ims(&key, "GetUser", &[(name, value)]).succeeds().at("User.UserName"), "bob", "{name}");
    }
    world.ims(&key, "GetUser", &[("UserId", "1")]).fails(404, "EntityNotExist.User");
    assert_eq!(world.ims(&key, "GetUser", &[]).status, 400);
}
