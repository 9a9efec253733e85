//! `official-cli`: install, uninstall, assign, unassign, assignments, status.

use std::sync::Mutex;

use serde_json::{Value, json};

use crate::support::ims::{Call, Ims, done, refused};

const ID: &str = "4038181954557748008";

/// An account: whether the application is installed, and who is assigned.
#[derive(Default)]
struct Account {
    installed: bool,
    assigned: Vec<(String, String)>,
}

impl Account {
    fn answer(&mut self, call: &Call) -> Option<(u16, Value)> {
        let known = call.get("AppId") == ID || call.get("AppId").is_empty();
        let pair = (call.get("PrincipalType").to_owned(), call.get("PrincipalName").to_owned());
        Some(match call.action.as_str() {
            "GetApplicationProvisionInfo" if self.installed && known => done(json!({"ApplicationProvisionInfo": {
                "AppId": ID, "AppName": "alibabacloud-cli", "DisplayName": "Official CLI", "AppCategory": "Official",
                "AssignmentType": "OnDemand", "NeedPrincipalConsent": true, "CreateDate": "1603693518000",
                "DelegatedScope": {"PredefinedScopes": {"PredefinedScope": [
                    {"Name": "openid"}, {"Name": "/internal/acs/openapi"}]}},
            }})),
            "GetApplicationProvisionInfo" => refused(404, "EntityNotExist.Application"),
            "ProvisionExternalApplication" => {
                self.installed = true;
                done(json!({"ExternalApplication": {"ForeignAppId": ID}}))
            }
            "DeprovisionExternalApplication" => {
                self.installed = false;
                done(json!({}))
            }
            "CreateApplicationAssignment" if self.assigned.contains(&pair) => {
                refused(409, "EntityAlreadyExists.ApplicationAssignment")
            }
            "CreateApplicationAssignment" => {
                self.assigned.push(pair);
                done(json!({}))
            }
            "DeleteApplicationAssignment" if self.assigned.contains(&pair) => {
                self.assigned.retain(|other| *other != pair);
                done(json!({}))
            }
            "DeleteApplicationAssignment" => refused(404, "EntityNotExist.ApplicationAssignment"),
            "ListApplicationAssignments" => {
                let record = |(kind, name): &(String, String)| json!({"PrincipalType": kind, "PrincipalName": name});
                let records: Vec<Value> = self.assigned.iter().map(record).collect();
                done(json!({"ApplicationAssignments": {"ApplicationAssignment": records}}))
            }
            "GetUser" if call.get("UserPrincipalName") == "carol@example.onaliyun.com" => done(json!({"User": {
                "UserId": "200000000000000009", "UserPrincipalName": "carol@example.onaliyun.com"}})),
            "GetUser" => refused(404, "EntityNotExist.User"),
            "ListUsers" => done(users(call.get("Marker"))),
            "GetRole" if call.get("RoleName") == "developer" => done(json!({"Role": {"RoleName": "developer"}})),
            "GetRole" => refused(404, "EntityNotExist.Role"),
            "GetCallerIdentity" => done(json!({"AccountId": "1234567890123456", "PrincipalId": "2",
                "Arn": "acs:ram::1234567890123456:user/admin", "IdentityType": "RAMUser"})),
            _ => return None,
        })
    }
}

/// Two pages of users.
fn users(marker: &str) -> Value {
    let user = |name: &str, display: &str| json!({"UserId": "2", "UserPrincipalName": name, "DisplayName": display});
    match marker {
        "" => json!({"IsTruncated": true, "Marker": "m-2", "Users": {"User": [
            user("alice@example.onaliyun.com", "Alice A."), user("twin@example.onaliyun.com", "Twin")]}}),
        "m-2" => json!({"IsTruncated": false, "Users": {"User": [
            user("bob@example.onaliyun.com", "Bob"), user("twin@other.onaliyun.com", "Twin")]}}),
        other => panic!("{other}"),
    }
}

fn account(account: Account) -> Ims {
    let account = Mutex::new(account);
    Ims::start(move |call| account.lock().unwrap().answer(call))
}

fn installed() -> Ims {
    account(Account { installed: true, ..Account::default() })
}

/// An account that answers as [`Account`] does, but for some actions.
fn but(actions: &'static [&'static str], answer: fn() -> (u16, Value)) -> Ims {
    let account = Mutex::new(Account { installed: true, ..Account::default() });
    Ims::start(move |call| match actions.contains(&call.action.as_str()) {
        true => Some(answer()),
        false => account.lock().unwrap().answer(call),
    })
}

#[test]
fn it_is_installed_once_and_read_back() {
    let ims = account(Account::default());
    let output = ims.go(&["app", "install", "--yes"]).done();
    output.says("This installs `official-cli` (4038181954557748008, site CN)").says("/internal/acs/openapi");
    assert_eq!(
        ims.actions(),
        ["GetApplicationProvisionInfo", "ProvisionExternalApplication", "GetApplicationProvisionInfo"]
    );
    assert_eq!(ims.calls()[1].parameters.len(), 1, "the scopes are the owner's choice");
    ims.go(&["app", "install"]).done().warns("already installed").says("on demand");
    assert_eq!(ims.actions().len(), 4, "nothing is installed twice");
}

#[test]
fn the_site_decides_which_application() {
    let ims = account(Account::default());
    let output = ims.go(&["app", "install", "--site", "INTL", "--dry-run"]).done();
    assert_eq!(output.stdout, "aliyun ims ProvisionExternalApplication --AppId 4103531455503354461\n");
}

#[test]
fn a_change_is_confirmed_or_not_made() {
    let ims = installed();
    let unconfirmed = ims.go(&["app", "uninstall"]).exits(2);
    unconfirmed.says("Nobody is assigned").warns("nothing was changed").warns("--yes");
    ims.run(&["app", "uninstall"]).terminal().input("n\n").go(ims.world()).exits(2).warns("nothing was changed");
    let dry = ims.go(&["app", "uninstall", "--dry-run"]).done();
    assert_eq!(dry.stdout, "aliyun ims DeprovisionExternalApplication --AppId 4038181954557748008\n");
    assert!(!ims.actions().contains(&"DeprovisionExternalApplication".to_owned()));
    ims.run(&["app", "uninstall"]).terminal().input("y\n").go(ims.world()).done().says("was removed");
    ims.go(&["app", "uninstall"]).done().says("is not installed");
}

#[test]
fn users_and_roles_are_assigned_by_any_of_their_names() {
    let ims = installed();
    for (name, shown) in [
        ("alice", "alice@example.onaliyun.com"),
        ("Bob", "bob@example.onaliyun.com"),
        ("Alice A.", "alice@example.onaliyun.com"),
        ("carol@example.onaliyun.com", "carol@example.onaliyun.com"),
        ("role/developer", "role/developer"),
    ] {
        ims.go(&["app", "assign", name, "--yes"]).done().says(shown);
    }
    let output = ims.go(&["app", "assignments"]).done();
    assert_eq!(
        output.stdout,
        "Type | Name\n---- | --------------------------\nuser | alice@example.onaliyun.com\n\
         user | bob@example.onaliyun.com\nuser | carol@example.onaliyun.com\nrole | developer\n"
    );
    let json: Value = serde_json::from_str(&ims.go(&["app", "assignments", "--format", "json"]).stdout).unwrap();
    assert_eq!(json[3], json!({"principal_type": "role", "principal_name": "developer"}));
    let gone = ims.go(&["app", "unassign", "alice", "--yes"]).done();
    gone.says("alice@example.onaliyun.com: no longer assigned").warns("until they expire");
    ims.go(&["app", "unassign", "alice", "--yes"]).done().says("was not assigned");
    let losing = ims.go(&["app", "uninstall"]).exits(2);
    losing.says("these lose access: bob@example.onaliyun.com, carol@example.onaliyun.com, role/developer");
}

#[test]
fn each_name_has_its_outcome_and_the_rest_goes_on() {
    let ims = installed();
    let output = ims.go(&["app", "assign", "alice", "nobody", "twin", "role/none", "bob", "--yes"]).exits(2);
    output
        .says("alice@example.onaliyun.com: assigned")
        .says("bob@example.onaliyun.com: assigned")
        .warns("nobody: no RAM user has")
        .warns("twin: several RAM users fit")
        .warns("role/none: there is no RAM role")
        .warns("3 of 5 names failed");
    let twin = ims.go(&["app", "assign", "twin", "--yes"]).exits(2);
    twin.warns("twin@example.onaliyun.com, twin@other.onaliyun.com");
    ims.go(&["app", "assign", "developer", "--yes"]).exits(2).warns("role/developer");
}

#[test]
fn without_permission_the_console_and_the_action_are_named() {
    let ims = but(&["CreateApplicationAssignment"], || refused(403, "NoPermission"));
    ims.go(&["app", "assign", "alice", "--yes"])
        .exits(4)
        .warns("CreateApplicationAssignment: no permission (`NoPermission`, status 403, request id R-REFUSED)")
        .warns("`ram:CreateApplicationAssignment`")
        .warns(
            "https://ram.console.aliyun.com/applications/4038181954557748008?appType=ThirdPartyApp&activeTab=Assignments",
        );
    let worst = ims.go(&["app", "assign", "alice", "nobody", "--yes"]);
    worst.exits(4).warns("2 of 2 names failed");
    let absent = but(&["ListApplicationAssignments"], || refused(404, "InvalidAction.NotFound"));
    absent
        .go(&["app", "assignments"])
        .exits(4)
        .warns("does not offer this action here yet")
        .warns("in the RAM console");
}

#[test]
fn the_policy_holds_what_the_command_calls() {
    let ims = installed();
    let policy = |args: &[&str]| -> Value { serde_json::from_str(&ims.go(args).done().stdout).unwrap() };
    assert_eq!(
        policy(&["app", "install", "--policy"]),
        json!({"Version": "1", "Statement": [{"Effect": "Allow", "Resource": "*",
            "Action": ["ram:GetApplicationProvisionInfo", "ram:ProvisionExternalApplication"]}]})
    );
    assert!(ims.calls().is_empty(), "nothing is asked");
    let allowed = policy(&["app", "status", "--policy"])["Statement"][0]["Action"].clone();
    ims.go(&["app", "assign", "alice", "role/developer", "carol@example.onaliyun.com", "--yes"]).done();
    ims.go(&["app", "unassign", "alice", "--yes"]).done();
    ims.go(&["app", "uninstall", "--yes"]).done();
    ims.go(&["app", "install", "--yes"]).done();
    for action in ims.actions() {
        assert!(allowed.as_array().unwrap().contains(&json!(format!("ram:{action}"))), "{action}");
    }
}

#[test]
fn the_status_says_what_is_known_and_what_is_not() {
    let ims = installed();
    ims.go(&["app", "assign", "alice", "--yes"]).done();
    let output = ims.go(&["app", "status"]).done();
    output
        .says("acs:ram::1234567890123456:user/admin (RAMUser)")
        .says("official-cli  4038181954557748008, site CN, installed")
        .says("on demand")
        .says("openid /internal/acs/openapi")
        .says("assigned      alice@example.onaliyun.com")
        .says("reading is allowed");
    let denied = but(&["GetApplicationProvisionInfo"], || refused(403, "NoPermission"));
    denied
        .go(&["app", "status"])
        .exits(4)
        .says("unknown: GetApplicationProvisionInfo: no permission")
        .says("missing: ram:GetApplicationProvisionInfo")
        .says("https://ram.console.aliyun.com/applications?activeTab=ThirdParty");
    account(Account::default()).go(&["app", "status"]).done().says("not installed");
}

#[test]
fn an_answer_that_does_not_fit_is_shown_and_not_guessed_at() {
    let strange =
        but(&["ListApplicationAssignments"], || done(json!({"Assignments": [{"Principal": "alice", "Kind": "user"}]})));
    strange
        .go(&["app", "assignments"])
        .exits(1)
        .warns("no usable `PrincipalName`, request id R-DONE")
        .warns(r#""Principal":"alice""#)
        .warns("in the RAM console");
    for form in [
        || done(json!({"ApplicationAssignments": [{"PrincipalName": "alice@x", "PrincipalType": "User"}]})),
        || done(json!({"Data": {"Items": [{"Who": {"PrincipalName": "alice@x"}, "AppId": ID}]}, "NextToken": "n"})),
        || done(json!({"A": {"B": [{"PrincipalName": "alice@x", "PrincipalType": "user"}]}, "IsTruncated": false})),
    ] {
        let other = but(&["ListApplicationAssignments"], form);
        other.go(&["app", "assignments"]).done().says("user | alice@x\n");
    }
}

#[test]
fn a_change_that_does_not_show_is_not_believed() {
    let ims = but(&["ProvisionExternalApplication"], || done(json!({})));
    ims.go(&["app", "uninstall", "--yes"]).done();
    ims.go(&["app", "install", "--yes"]).exits(5).warns("does not have it");
}
