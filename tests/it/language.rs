//! One language a run: the option's, a variable's, the current profile's, the locale's, else English.

use crate::support::{Run, World};

/// A file whose current profile speaks the language.
fn profile(language: &str) -> String {
    format!(r#"{{"current":"p","profiles":[{{"name":"p","mode":"EcsRamRole","language":"{language}"}}]}}"#)
}

/// What a run says about a profile that does not exist.
fn said(world: &World, options: &[&str], variables: &[(&str, &str)]) -> String {
    let run = Run::new(&[options, &["switch", "none"]].concat());
    variables.iter().fold(run, |run, (name, value)| run.env(name, value)).go(world).exits(2).stderr
}

#[test]
fn the_first_source_that_names_a_language_counts() {
    const CHINESE: &str = "错误：";
    const ENGLISH: &str = "error: ";
    let official = "ALIBABA_CLOUD_LANGUAGE";
    type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str, &'a str);
    let cases: [Case<'_>; 15] = [
        (&[], &[], "", ENGLISH),
        (&[], &[("LANG", "zh_CN.UTF-8")], "", CHINESE),
        (&[], &[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "C")], "", ENGLISH),
        (&[], &[("LANG", "en_US.UTF-8"), ("LC_MESSAGES", "zh_CN.UTF-8")], "", CHINESE),
        (&[], &[("LC_MESSAGES", "zh_CN.UTF-8"), ("LC_ALL", "en_US.UTF-8")], "", ENGLISH),
        (&[], &[("LANG", "de_DE.UTF-8")], "", ENGLISH),
        (&[], &[], "zh", CHINESE),
        (&[], &[("LANG", "zh_CN.UTF-8")], "en", ENGLISH),
        (&[], &[("LANG", "zh_CN.UTF-8")], "ja", CHINESE),
        (&[], &[(official, "en")], "zh", ENGLISH),
        (&[], &[(official, "zh")], "en", CHINESE),
        (&[], &[(official, "ja")], "zh", CHINESE),
        (&["--language", "zh"], &[(official, "en")], "en", CHINESE),
        (&["--language=en"], &[(official, "zh")], "zh", ENGLISH),
        (&["--language", "zh-CN"], &[], "", CHINESE),
    ];
    for (options, variables, language, prefix) in cases {
        let world = World::new();
        world.write_config(&profile(language));
        let stderr = said(&world, options, variables);
        assert!(stderr.starts_with(prefix), "{options:?} {variables:?} {language}: {stderr}");
        assert_eq!(stderr.contains("提示："), prefix == CHINESE, "{stderr}");
    }
}

#[test]
fn an_unreadable_command_line_is_answered_in_its_language() {
    let world = World::new();
    for (args, prefix) in [
        (&["credentials", "--language", "zh", "--min-ttl", "x"][..], "错误："),
        (&["credentials", "--min-ttl", "x"], "error: "),
        (&["--language", "ja", "list"], "error: "),
        (&["list", "--language=zh", "--profile=x", "exec", "--min-ttl=x"], "错误："),
    ] {
        let output = world.run(args).exits(2);
        assert!(output.stderr.starts_with(prefix) || output.stderr.contains("unexpected"), "{args:?}: {output}");
    }
    world.write_config(&profile("zh"));
    world.run(&["credentials", "--min-ttl", "x"]).exits(2).warns("错误：");
}

#[test]
fn the_language_of_a_profile_is_not_that_of_the_run() {
    let world = World::new();
    world.write_config(&profile("en"));
    world.run(&["configure", "set", "-p", "p", "--language", "zh"]).done().says("was changed");
    world.run(&["configure", "set", "-p", "p", "--language", "en"]).done().says("已修改");
    world.run(&["--language", "zh", "configure", "set", "-p", "p", "--region", "cn-beijing"]).done().says("已修改");
    assert_eq!(world.value("p", "language"), "en");
}

#[test]
fn a_command_inside_the_sandbox_speaks_the_same_language() {
    let world = World::new();
    let inside = ["sandbox", "--language", "zh", "--", "switch", "none"];
    world.run(&inside).exits(2).warns("错误：");
}

#[test]
fn columns_line_up_in_chinese() {
    let world = World::new();
    world.write_config(&profile("zh"));
    let table = world.run(&["list"]).done().stdout;
    assert_eq!(
        table,
        "配置 | 凭证       | 状态 | 地域 | 语言 | 有效期\n---- | ---------- | ---- | ---- | ---- | ------\n\
         p *  | EcsRamRole | 有效 |      | zh   |\n"
    );
}

/// Whether two words of English follow each other, outside of backticks and of a command to paste.
fn has_english(line: &str) -> bool {
    let said = line.split("aliyun-rs ").next().unwrap_or_default();
    said.split('`').step_by(2).any(|part| {
        let words: Vec<&str> = part.split(' ').collect();
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
        words.windows(2).any(|pair| pair.iter().all(|word| is_word(word)))
    })
}

#[test]
fn no_line_of_a_diagnosis_has_an_english_sentence() {
    let world = World::new();
    world.write_config(r#"{"current":"p","profiles":[{"name":"p","mode":"OAuth","language":"zh"}]}"#);
    let commands: [&[&str]; 6] = [
        &["status"],
        &["doctor", "--offline"],
        &["ensure", "--for", "4h"],
        &["app", "assign", "x"],
        &["whoami"],
        &["switch", "none"],
    ];
    for args in commands {
        let output = world.run(args);
        for line in output.stdout.lines().chain(output.stderr.lines()) {
            assert!(!has_english(line), "{args:?}: {line}\n{output}");
        }
    }
}
