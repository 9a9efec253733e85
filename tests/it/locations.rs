//! `--config-path` and its variable: what a shell did not expand, and paths that cannot be.

use std::fs;

use crate::support::process::{Home, end};

#[test]
fn what_a_shell_did_not_expand_makes_no_folder() {
    for path in ["~root/x.json", "~+/x.json", "~-/x.json", "~nobody", "$HOME/x.json", "${HOME}/x.json"] {
        let home = Home::new();
        let words = format!("the beginning of `{path}` was not expanded by the shell");
        home.run(&["list", "--config-path", path]).exits(2).warns(&words);
        let mut command = home.command(&["configure", "--mode", "OAuth", "--no-input"]);
        end(command.env("ALIBABA_CLOUD_CONFIG_FILE", path)).exits(2).warns(&words);
        assert_eq!(fs::read_dir(home.path("")).unwrap().count(), 0, "{path}");
    }
    let home = Home::with_profiles();
    home.run(&["list", "--config-path", "~/.aliyun/config.json"]).exits(0).says("sts");
    fs::write(home.path("~odd.json"), r#"{"profiles":[{"name":"odd","mode":"AK"}]}"#).unwrap();
    home.run(&["list", "--config-path", "./~odd.json"]).exits(0).says("odd");
}

#[cfg(target_os = "linux")]
#[test]
fn a_path_that_cannot_be_comes_with_a_hint() {
    let home = Home::new();
    for path in ["/proc/nosuch/config.json", "/dev/null/config.json"] {
        let args = ["configure", "--mode", "OAuth", "--no-input", "--no-browser", "--config-path", path];
        home.run(&args).exits(6).warns("hint: to keep profiles in another file, set HOME or use `--config-path`");
    }
}
