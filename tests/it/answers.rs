//! Answers after the sign-in: whatever they are, the login is kept, the profile is current and has a region.

use serde_json::Value;

use crate::support::process::Home;
use crate::support::terminal::{CTRL_C, ENTER, Job, Terminal};
use crate::support::{Run, World};

const SIGN_IN: [&str; 7] = ["configure", "--mode", "OAuth", "--profile", "demo", "--oauth-site-type", "CN"];
const KEPT: &str = "The profile `demo` is signed in and saved";

#[test]
fn a_bad_answer_from_a_pipe_keeps_the_login_current() {
    for answers in
        [&b"cn hangzhou\n"[..], b"\xff\xfe\n", b"cn-beijing\nfrench\n", b"cn-beijing\n\xff\n", &[b'a'; 70_000]]
    {
        let world = World::new();
        let output = Run::new(&SIGN_IN).reader(answers).sign_in(&world).exits(2).warns(KEPT).warns("error: ");
        let case = String::from_utf8_lossy(&answers[..answers.len().min(20)]);
        let region = if answers.starts_with(b"cn-beijing") { "cn-beijing" } else { "cn-hangzhou" };
        assert_eq!(world.value("demo", "region_id"), region, "{case}: {output}");
        assert!(world.config().contains(r#""current": "demo""#), "{case}: {}", world.config());
        world.run(&["whoami"]).done();
    }
}

#[test]
fn line_ends_and_marks_of_other_systems_are_no_answers() {
    for answers in ["\r\n\r\n", "\u{feff}\r\n\n", "\u{feff}", "", "  \n\t\n", "\u{feff}cn-hangzhou\r\n"] {
        let world = World::new();
        Run::new(&SIGN_IN).input(answers).sign_in(&world).done();
        assert_eq!(world.value("demo", "region_id"), "cn-hangzhou", "{answers:?}");
        assert_eq!(world.value("demo", "language"), "en", "{answers:?}");
    }
}

#[test]
fn no_profile_is_saved_without_a_region() {
    for (site, region) in [("CN", "cn-hangzhou"), ("INTL", "ap-southeast-1")] {
        let world = World::new();
        let args = ["configure", "--mode", "OAuth", "--profile", "demo", "--oauth-site-type", site, "--yes"];
        for before in ["", "us-west-1"] {
            world.edit("demo", |item| item["region_id"] = before.into());
            Run::new(&args).sign_in(&world).done();
            let kept = if before.is_empty() { region } else { before };
            assert_eq!(world.value("demo", "region_id"), kept, "{site}");
        }
    }
}

/// Signs in at a terminal, in a sandbox of its own that clicks by itself.
fn sign_in(home: &Home, terminal: &mut Terminal) -> Job {
    terminal.start(home, &[&["sandbox", "--"][..], &SIGN_IN].concat())
}

fn saved(home: &Home) -> Value {
    let file = std::fs::read(home.path("data/aliyun-rs/sandbox/config.json")).unwrap();
    serde_json::from_slice(&file).unwrap()
}

#[test]
fn what_was_typed_before_a_question_does_not_answer_it() {
    let _turn = crate::support::ports::turn();
    let (home, mut terminal) = (Home::new(), Terminal::new());
    let mut job = sign_in(&home, &mut terminal);
    terminal.wait_for("Configuring profile");
    terminal.press("us-typed-ahead\r");
    terminal.wait_for("Default Region Id");
    terminal.press(&format!("far away{ENTER}"));
    terminal.wait_for("a region ID has only letters");
    terminal.wait_for("Default Region Id");
    terminal.press(ENTER);
    terminal.wait_for("Default Language");
    terminal.press(ENTER);
    assert_eq!(job.finish(), 0);
    assert_eq!(saved(&home)["profiles"][0]["region_id"], "cn-hangzhou");
}

#[test]
fn an_interrupt_at_a_question_keeps_the_login_and_says_so() {
    let _turn = crate::support::ports::turn();
    let (home, mut terminal) = (Home::new(), Terminal::new());
    let mut job = sign_in(&home, &mut terminal);
    terminal.wait_for("Default Region Id");
    terminal.press(CTRL_C);
    terminal.wait_for(KEPT);
    assert_eq!(job.finish(), 130);
    let profile = &saved(&home)["profiles"][0];
    assert!(profile["oauth_refresh_token"].is_string() && profile["region_id"] == "cn-hangzhou", "{profile}");
}
