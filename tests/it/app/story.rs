//! The administrator's half of both documents, from an empty account of the sandbox to the first sign-in.

use aliyun_rs::sandbox::Decision;

use crate::app::check::Account;
use crate::support::{Run, World, ports};

#[test]
fn an_empty_account_is_brought_to_its_first_sign_in() {
    let account = Account::of(World::with(|options| options.official_cli = false));
    let sign_in = ["configure", "--mode", "OAuth", "--profile", "me", "--oauth-site-type", "CN", "--region", "x"];
    let sign_in = [&sign_in[..], &["--language", "en"]].concat();
    // The page lets nobody in, and sends no callback.
    let is_refused = || {
        let _turn = ports::turn_at_one();
        let (run, interrupt) = Run::new(&sign_in).no_browser().interruptible();
        let running = run.start(&account.0);
        let refused = account.0.visit(&running.page(), "alice", Decision::Authorize).is_err();
        interrupt.send(()).unwrap();
        running.finish().exits(130);
        refused
    };
    account.app(&["status"]).done().says("not installed");
    account.app(&["assignments"]).exits(2).warns("aliyun-rs app install --site CN");
    assert!(is_refused());
    account.app(&["install", "--yes"]).done().says("/internal/acs/openapi").says("on demand");
    assert!(is_refused());
    account.app(&["assign", "alice", "role/developer", "--yes"]).done().says("role/developer: assigned");
    Run::new(&sign_in).sign_in(&account.0).done().says("Configure Done!!!");
    account.app(&["status", "--profile", "admin"]).done().says("alice@1234567890123456.onaliyun.com");
    account.app(&["unassign", "alice", "--profile", "admin", "--yes"]).done().warns("until they expire");
    assert!(is_refused());
    account.app(&["uninstall", "--profile", "admin", "--yes"]).done().says("these lose access: role/developer");
    account.app(&["status", "--profile", "admin"]).done().says("not installed");
}

#[test]
fn a_reader_sees_and_an_outsider_is_told_what_is_missing() {
    let world = World::new();
    world.sign_in("bob");
    let bob = |user: &str| {
        let run = ["configure", "--mode", "OAuth", "--profile", user, "--oauth-site-type", "CN", "--region", "x"];
        let run = Run::new(&[&run[..], &["--language", "en"]].concat());
        run.browser(user, Decision::Authorize).sign_in(&world).done();
    };
    bob("bob");
    bob("developer");
    world.run(&["app", "status", "--profile", "bob"]).done().says("reading is allowed");
    let denied = world.run(&["app", "assign", "alice", "mallory", "--profile", "bob", "--yes"]).exits(4);
    denied.warns("ram:CreateApplicationAssignment").warns("activeTab=Assignments");
    world.run(&["app", "status", "--profile", "developer"]).exits(4).says("missing: ram:GetApplicationProvisionInfo");
    let gitlab = ["app", "create", "gitlab", "--gitlab-url", "https://gitlab.example.com", "--dry-run"];
    world.run(&[&gitlab[..], &["--profile", "developer"]].concat()).exits(4).warns("ram:ListApplications");
}
