//! `configure switch`: another profile becomes the current one, and nothing else changes.

use std::thread;

use crate::support::world::SEVERAL;
use crate::support::{Run, World, at_once, story};

fn switched_to(name: &str) -> String {
    SEVERAL.replace("\"current\": \"work\"", &format!("\"current\": \"{name}\""))
}

#[test]
fn every_form_of_switch_accepts_profiles_of_any_mode() {
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
fn an_unknown_profile_lists_the_existing_ones() {
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
fn concurrent_switches_succeed_and_one_of_them_wins() {
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

#[cfg(target_os = "linux")]
mod at_a_terminal {
    use std::fs;

    use rustix::process::Signal;

    use crate::support::process::Home;
    use crate::support::terminal::{CTRL_C, DOWN, ENTER, ESCAPE, Job, Terminal};

    const HIDE_CURSOR: &str = "\x1b[?25l";
    const SHOW_CURSOR: &str = "\x1b[?25h";

    fn current(home: &Home) -> String {
        let file: serde_json::Value = serde_json::from_slice(&fs::read(home.file()).unwrap()).unwrap();
        file["current"].as_str().unwrap().to_owned()
    }

    /// Shows the list, with its mark at the current profile.
    fn list(home: &Home, terminal: &mut Terminal) -> Job {
        let job = terminal.start(home, &["switch"]);
        terminal.wait_for(HIDE_CURSOR);
        terminal.wait_for("foreign");
        terminal.wait_for_raw();
        job
    }

    #[test]
    fn the_profile_that_is_marked_is_the_one_that_is_taken() {
        for (steps, name) in [(0, "sts"), (1, "key"), (2, "foreign"), (3, "sts")] {
            let (home, mut terminal) = (Home::with_profiles(), Terminal::new());
            let mut job = list(&home, &mut terminal);
            for marked in ["key", "foreign", "sts"].into_iter().take(steps) {
                terminal.press(DOWN);
                terminal.wait_for(&format!("> {marked}"));
                terminal.wait_for_raw();
            }
            terminal.press(ENTER);
            terminal.wait_for(&format!("The current profile is now `{name}`."));
            assert_eq!((job.finish(), current(&home).as_str()), (0, name));
        }
    }

    #[test]
    fn the_list_starts_at_the_current_profile() {
        let (home, mut terminal) = (Home::with_profiles(), Terminal::new());
        home.run(&["switch", "key"]).exits(0);
        let mut job = list(&home, &mut terminal);
        terminal.press(ENTER);
        assert_eq!((job.finish(), current(&home).as_str()), (0, "key"));
    }

    #[test]
    fn however_the_list_ends_the_terminal_is_as_it_was() {
        type End = fn(&mut Terminal, &Job);
        let ends: [(&str, i32, End); 6] = [
            ("enter", 0, |terminal, _| terminal.press(ENTER)),
            ("escape", 130, |terminal, _| terminal.press(ESCAPE)),
            ("Ctrl-C", 130, |terminal, _| terminal.press(CTRL_C)),
            ("INT", 130, |_, job| job.signal(Signal::INT)),
            ("TERM", 130, |_, job| job.signal(Signal::TERM)),
            ("HUP", 130, |_, job| job.signal(Signal::HUP)),
        ];
        for (name, code, end) in ends {
            let (home, mut terminal) = (Home::with_profiles(), Terminal::new());
            let before = terminal.modes();
            let mut job = list(&home, &mut terminal);
            assert_ne!(terminal.modes(), before, "the list reads single keys");
            end(&mut terminal, &job);
            terminal.wait_for(SHOW_CURSOR);
            assert_eq!((job.finish(), current(&home).as_str()), (code, "sts"), "{name}");
            assert_eq!(terminal.modes(), before, "{name}");
        }
    }
}
