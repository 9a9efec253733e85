//! Completion and manual pages: what a shell and `man` make of them.

use std::collections::BTreeSet;
use std::fs;

use crate::support::process::{ALIYUN_RS, Home, end};

/// The words that can come next, where the last one of `words` is being typed.
fn next(home: &Home, words: &[&str]) -> BTreeSet<String> {
    let mut command = home.command(&[&["--", "aliyun-rs"], words].concat());
    command.env("ALIYUN_RS_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", words.len().to_string());
    let ended = end(command).exits(0);
    assert_eq!(ended.stderr, "", "a word on the terminal breaks the line that is typed");
    ended.stdout.split('\n').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn names_of_profiles_and_regions_complete() {
    let home = Home::with_profiles();
    for words in
        [&["switch", ""][..], &["delete", "--profile", ""], &["exec", "-p", ""], &["configure", "get", "-p", ""]]
    {
        let found = next(&home, words);
        assert!(found.is_superset(&set(&["sts", "key", "foreign"])), "{words:?}: {found:?}");
    }
    assert_eq!(next(&home, &["switch", "f"]), set(&["foreign"]));
    assert_eq!(next(&home, &["configure", "set", "--region", "cn-hang"]), set(&["cn-hangzhou"]));
    assert_eq!(next(&home, &["who"]), set(&["whoami"]));
}

#[test]
fn a_name_that_a_shell_would_obey_is_not_offered() {
    let home = Home::new();
    fs::write(
        home.path("other.json"),
        r#"{"profiles":[{"name":"fine"},{"name":"f;id"},{"name":"-f"},{"name":"f g"}]}"#,
    )
    .unwrap();
    for option in [&["--config-path", "other.json"][..], &["--config-path=other.json"]] {
        assert_eq!(next(&home, &[option, &["switch", "f"]].concat()), set(&["fine"]));
    }
}

#[test]
fn a_missing_or_broken_file_offers_no_names_and_says_nothing() {
    let home = Home::new();
    assert_eq!(next(&home, &["switch", "x"]), set(&[]));
    fs::write(home.path("broken.json"), "{").unwrap();
    assert_eq!(next(&home, &["--config-path", "broken.json", "switch", "x"]), set(&[]));
}

/// What a shell prints that has read the script and is asked to complete a line.
fn in_shell(shell: &str, script: &str) -> String {
    let home = Home::with_profiles();
    let folder = std::path::Path::new(ALIYUN_RS).parent().unwrap();
    let mut command = home.other(shell, &["-c", script]);
    command.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display()));
    end(command).exits(0).stdout
}

#[test]
#[ignore = "needs bash, zsh and fish"]
fn real_shells_complete_with_the_script() {
    let bash = "source <(aliyun-rs completions bash)
        COMP_WORDS=(aliyun-rs switch fo) COMP_CWORD=2
        _clap_complete_aliyun_rs aliyun-rs fo switch; echo \"${COMPREPLY[@]}\"";
    assert_eq!(in_shell("bash", bash).trim(), "foreign");
    let fish = "aliyun-rs completions fish | source; complete -C 'aliyun-rs switch fo'";
    assert_eq!(in_shell("fish", fish).trim(), "foreign");
    // Completion itself needs a line editor: here zsh reads the script and is given the answer.
    let zsh = "autoload -U compinit && compinit -u -D && source <(aliyun-rs completions zsh) && \
        print -r -- ${_comps[aliyun-rs]} && \
        _CLAP_COMPLETE_INDEX=2 _CLAP_IFS=$'\\n' ALIYUN_RS_COMPLETE=zsh aliyun-rs -- aliyun-rs switch fo";
    let answer = in_shell("zsh", zsh);
    assert!(answer.contains("_clap_dynamic_completer_aliyun_rs") && answer.contains("foreign"), "{answer}");
}

#[test]
#[ignore = "needs man and groff"]
fn manual_pages_render_without_warnings() {
    let home = Home::new();
    home.run(&["man", "--out", "pages"]).exits(0);
    let pages: Vec<_> = fs::read_dir(home.path("pages")).unwrap().map(|page| page.unwrap().path()).collect();
    assert!(pages.len() > 15);
    for page in pages {
        let mut command = home.other("man", &["--warnings", "-E", "UTF-8", "-l", page.to_str().unwrap()]);
        command.env("MANWIDTH", "80").env("LC_ALL", "C.UTF-8");
        let ended = end(command).exits(0);
        assert_eq!(ended.stderr, "", "{}", page.display());
        assert!(ended.stdout.contains("NAME") && ended.stdout.contains("SYNOPSIS"), "{}", ended.stdout);
    }
}

#[test]
fn manual_pages_of_all_commands_are_written() {
    let home = Home::new();
    home.run(&["man", "--out", "a/b"]).exits(0);
    for page in ["aliyun-rs.1", "aliyun-rs-configure-switch.1", "aliyun-rs-credentials.1"] {
        assert!(fs::read_to_string(home.path("a/b").join(page)).unwrap().contains(".TH"), "{page}");
    }
    fs::write(home.path("file"), "").unwrap();
    let failed = home.run(&["man", "--out", "file/pages"]).exits(6);
    assert!(failed.stderr.contains("`file/pages`"), "{failed:?}");
}
