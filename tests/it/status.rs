//! `status` and `ensure`: how a profile stands, without a request, and whether it will stand for a while.

use std::time::Duration;

use crate::support::world::SEVERAL;
use crate::support::{Run, World, story};

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn status_says_where_each_setting_comes_from() {
    let world = World::new();
    world.write_config(SEVERAL);
    world.fault(&["token=with:refresh_expires_in:2592000"]);
    world.sign_in("demo").done();
    let asked = world.ledger().entries.len();
    story!(world.run(&["status"]).done().hides(&world.canaries()), @"
    exit code: 0
    --- stdout
    profile      demo (from the file)
    file         DATA/config.json (the sandbox's own, mode 0600)
                 beside it: DATA/.config.json.aliyun-rs.journal
                 beside it: DATA/config.json.lock
    mode         OAuth, site CN
    region       cn-hangzhou (from the file)
    language     en
    login        signed in; the login expires in 30d (2026-10-21T14:13:20Z)
    credentials  expire in 1h (2026-09-21T15:13:20Z)
    --- stderr
    ");
    let shadowed = Run::new(&["status", "-p", "work"])
        .env("ALIBABA_CLOUD_REGION_ID", "eu-west-1")
        .env("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI")
        .go(&world)
        .done();
    story!(shadowed, @"
    exit code: 0
    --- stdout
    profile      work (from the option)
    file         DATA/config.json (the sandbox's own, mode 0600)
                 beside it: DATA/.config.json.aliyun-rs.journal
                 beside it: DATA/config.json.lock
    mode         AK
    region       eu-west-1 (ALIBABA_CLOUD_REGION_ID)
    language     en
    login        not an OAuth login
    variable     ALIBABA_CLOUD_ACCESS_KEY_ID is set: other tools may use it instead of the profile
    --- stderr
    ");
    assert_eq!(world.ledger().entries.len(), asked, "no request is made");
}

#[test]
fn status_tells_programs_whether_a_sign_in_is_needed() {
    let world = World::new();
    world.fault(&["token=with:refresh_expires_in:7200"]);
    world.sign_in("demo").done();
    let status = |code| {
        let output = world.run(&["status", "--format", "json"]).exits(code).hides(&world.canaries());
        serde_json::from_str::<serde_json::Value>(&output.stdout).unwrap()
    };
    assert_eq!(status(0)["login"], "signed-in");
    world.pass(HOUR);
    assert_eq!(status(0)["login"], "renewable");
    world.pass(HOUR);
    let over = status(3);
    assert_eq!(
        (&over["login"], &over["profile_from"], &over["file_mode"]),
        (&"sign-in-needed".into(), &"file".into(), &"0600".into())
    );
    let text = world.run(&["status"]).exits(3);
    text.says("sign-in needed: aliyun-rs configure --mode OAuth --profile demo --oauth-site-type CN");
    world.run(&["status", "-p", "nobody"]).exits(2).warns("`nobody`");
    World::new().run(&["status"]).exits(3).warns("aliyun-rs configure --mode OAuth");
}

#[test]
fn ensure_answers_whether_the_session_lasts() {
    let world = World::new();
    world.fault(&["token=with:refresh_expires_in:14400"]);
    world.sign_in("demo").done();
    let ensure = |span| world.run(&["ensure", "--for", span]);
    let refreshed = world.ledger().grants("refresh_token");
    ensure("45m").done().warns("lasts 45m or longer");
    ensure("3h").done();
    assert_eq!(world.ledger().grants("refresh_token"), refreshed, "nothing is due");
    ensure("5h").exits(3).warns("ends in 4h").warns("hint: aliyun-rs configure");
    // Half of the credentials' time is over: new ones last.
    world.pass(HOUR / 2);
    ensure("45m").done();
}

#[test]
fn ensure_does_not_guess() {
    let world = World::new();
    world.sign_in("demo").done();
    world.run(&["ensure", "--for", "45m"]).done();
    world.run(&["ensure", "--for", "4h"]).exits(5).warns("does not say how long the login lasts");
    world.fault(&["token=503", "exchange=503"]);
    world.pass(HOUR / 2);
    world.run(&["ensure", "--for", "45m"]).exits(5);
    world.run(&["ensure"]).exits(2).warns("--for");
    world.write_config(SEVERAL);
    world.run(&["ensure", "--for", "9000h", "-p", "work"]).done();
}
