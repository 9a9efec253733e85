//! `configure switch`: another profile becomes the current one, and nothing else changes.

use std::thread;

use crate::support::world::SEVERAL;
use crate::support::{Run, World, at_once, story};

fn switched_to(name: &str) -> String {
    SEVERAL.replace("\"current\": \"work\"", &format!("\"current\": \"{name}\""))
}

#[test]
fn every_spelling_of_the_command_switches_to_a_profile_of_any_mode() {
    for args in [
        &["switch", "robot"][..],
        &["switch", "--profile", "robot"],
        &["configure", "switch", "robot"],
        &["configure", "switch", "--profile", "robot"],
    ] {
        let world = World::new();
        world.write_config(SEVERAL);
        let output = world.run(args).done();
        assert_eq!(output.stdout, "The current profile is now `robot`.\n");
        assert_eq!(output.stderr, "");
        assert_eq!(world.config(), switched_to("robot"));
    }
}

#[test]
fn switching_to_the_current_profile_changes_nothing() {
    let world = World::new();
    world.write_config(SEVERAL);
    world.run(&["switch", "work"]).done().says("The current profile is now `work`.");
    assert_eq!(world.config(), SEVERAL);
}

#[test]
fn without_a_name_and_a_terminal_the_names_are_listed() {
    let world = World::new();
    world.write_config(SEVERAL);
    story!(world.run(&["switch"]).exits(2), @"
    exit code: 2
    --- stdout
    --- stderr
    error: no profile given; name one
    hint: the profiles are `work`, `robot`, `chained`
    ");
    assert_eq!(world.config(), SEVERAL);
}

#[test]
fn an_unknown_profile_is_refused_with_the_names_there_are() {
    let world = World::new();
    world.write_config(SEVERAL);
    story!(world.run(&["switch", "Work"]).exits(2), @"
    exit code: 2
    --- stdout
    --- stderr
    error: there is no profile `Work` in `DATA/config.json`
    hint: the profiles are `work`, `robot`, `chained`
    ");
    assert_eq!(world.config(), SEVERAL);
}

#[test]
fn without_a_file_the_command_that_makes_one_is_named() {
    let world = World::new();
    story!(world.run(&["switch", "demo"]).exits(2), @"
    exit code: 2
    --- stdout
    --- stderr
    error: there is no profile `demo` in `DATA/config.json`
    hint: there are no profiles yet; create one with `aliyun-rs configure --mode OAuth --profile NAME`
    ");
    world.run(&["switch"]).exits(2).warns("create one with `aliyun-rs configure --mode OAuth --profile NAME`");
    assert!(world.files().is_empty(), "{:?}", world.files());
}

#[test]
fn an_empty_or_broken_file_is_refused_and_left_alone() {
    at_once(
        [("", "config.json` is empty"), ("{\"profiles\": 3}", "is broken"), ("{", "is broken")],
        |(text, words)| {
            let world = World::new();
            world.write_config(text);
            let before = world.config();
            world.run(&["switch", "demo"]).exits(6).warns(words).warns("hint: ");
            assert_eq!(world.config(), before);
        },
    );
}

#[test]
fn a_name_and_an_option_at_once_are_a_usage_error() {
    let world = World::new();
    world.write_config(SEVERAL);
    world.run(&["switch", "robot", "--profile", "work"]).exits(2);
    assert_eq!(world.config(), SEVERAL);
}

#[test]
fn a_variable_that_names_another_profile_is_pointed_out() {
    let world = World::new();
    world.write_config(SEVERAL);
    let output = Run::new(&["switch", "robot"]).env("ALICLOUD_PROFILE", "work").go(&world).done();
    output.warns("warning: ALICLOUD_PROFILE selects the profile `work`, which overrides the current one");
    let output = Run::new(&["switch", "work"]).env("ALICLOUD_PROFILE", "work").go(&world).done();
    assert_eq!(output.stderr, "");
}

#[test]
fn concurrent_switches_all_succeed_and_leave_one_of_their_results() {
    let world = World::new();
    world.write_config(SEVERAL);
    let names = ["work", "robot", "chained"];
    thread::scope(|scope| {
        for name in names.iter().cycle().take(24) {
            let world = &world;
            scope.spawn(move || world.run(&["switch", name]).done());
        }
    });
    let config = world.config();
    assert!(names.iter().any(|name| config == switched_to(name)), "{config}");
}
