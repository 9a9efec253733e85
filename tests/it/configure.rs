//! The sign-in as a conversation: every question, every option, which profile is meant.

use std::io::{self, BufReader, Read, Write};

use aliyun_rs::sandbox::Decision;

use crate::support::ports::turn;
use crate::support::{Output, Run, World, story};

const DEMO: [&str; 5] = ["configure", "--mode", "OAuth", "--profile", "demo"];
/// A profile as the official client writes it, with a long-lived key in it.
const WITH_KEY: &str = r#"{
	"current": "work",
	"profiles": [
		{
			"name": "work",
			"mode": "AK",
			"access_key_id": "LTAI5tExample",
			"access_key_secret": "a-long-lived-key",
			"region_id": "cn-beijing",
			"output_format": "json",
			"language": "en"
		}
	],
	"meta_path": ""
}
"#;

/// Answers in place of the person's: nobody may be asked.
struct Nobody;

impl Read for Nobody {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("somebody was asked"))
    }
}

fn demo(world: &World, answers: &str) -> Output {
    Run::new(&DEMO).input(answers).sign_in(world)
}

#[test]
fn a_newcomer_at_the_end_of_input_gets_every_default() {
    let world = World::new();
    let output = demo(&world, "").done().shows("Authorization successful. You can close this window.");
    story!(output, @"
    exit code: 0
    --- stdout
    Configuring profile 'demo' in 'OAuth' authenticate mode...
    OAuth Site Type (CN: 0 or INTL: 1, default: CN):
    Please open the following URL in your browser to authorize:
    SANDBOX/oauth2/v1/auth?response_type=code&client_id=4038181954557748008&state=STATE&code_challenge=CHALLENGE&code_challenge_method=S256&redirect_uri=http%3A%2F%2F127.0.0.1%3APORT%2Fcli%2Fcallback
    Default Region Id [cn-hangzhou]:
    Default Output Format [json]: json (Only support json)
    Default Language [zh|en] en:
    Saving profile[demo] ...Done.

    Configure Done!!!
    Welcome to Alibaba Cloud, account 1234567890123456!
    You are acs:ram::1234567890123456:user/alice.
    The credentials expire in 1h (2026-09-21T15:13:20Z) and renew themselves.
    --- stderr
    ");
    for (key, value) in [("mode", "OAuth"), ("oauth_site_type", "CN"), ("output_format", "json"), ("language", "en")] {
        assert_eq!(world.value("demo", key), value);
    }
    assert_eq!(world.value("demo", "region_id"), "cn-hangzhou", "without one the official client refuses it");
}

#[test]
fn the_questions_are_spelled_to_the_last_blank() {
    let world = World::new();
    let output = demo(&world, "1\nap-southeast-2\nzh\n").done();
    for question in [
        "OAuth Site Type (CN: 0 or INTL: 1, default: CN): \n",
        "\nDefault Region Id [ap-southeast-1]: \n",
        "\nDefault Language [zh|en] en: \nSaving profile[demo] ...Done.\n",
    ] {
        assert!(output.stdout.contains(question), "{output}");
    }
    let again = demo(&world, "").done();
    assert!(again.stdout.contains("默认地域 ID [ap-southeast-2]：\n"), "{again}");
    assert!(again.stdout.contains("默认语言 [zh|en] zh：\n"), "{again}");
}

#[test]
fn with_every_option_nothing_is_asked() {
    let world = World::new();
    let options = ["--oauth-site-type", "INTL", "--region", "eu-central-1", "--language", "zh", "--timeout", "1m"];
    let output = Run::new(&[&DEMO[..], &options, &["--yes"]].concat()).reader(BufReader::new(Nobody)).sign_in(&world);
    story!(output.done(), @"
    exit code: 0
    --- stdout
    Configuring profile 'demo' in 'OAuth' authenticate mode...
    Please open the following URL in your browser to authorize:
    SANDBOX/oauth2/v1/auth?response_type=code&client_id=4103531455503354461&state=STATE&code_challenge=CHALLENGE&code_challenge_method=S256&redirect_uri=http%3A%2F%2F127.0.0.1%3APORT%2Fcli%2Fcallback
    Default Output Format [json]: json (Only support json)
    Saving profile[demo] ...Done.

    Configure Done!!!
    Welcome to Alibaba Cloud, account 1234567890123456!
    You are acs:ram::1234567890123456:user/alice.
    The credentials expire in 1h (2026-09-21T15:13:20Z) and renew themselves.
    --- stderr
    ");
    for (key, value) in [("oauth_site_type", "INTL"), ("region_id", "eu-central-1"), ("language", "zh")] {
        assert_eq!(world.value("demo", key), value);
    }
}

#[test]
fn a_site_is_answered_in_every_official_spelling() {
    let world = World::new();
    for (name, answer, site) in
        [("a", "0", "CN"), ("b", "cn", "CN"), ("c", "", "CN"), ("d", "1", "INTL"), ("e", " Intl ", "INTL")]
    {
        Run::new(&["configure", "--profile", name]).input(&format!("{answer}\n")).sign_in(&world).done();
        assert_eq!(world.value(name, "oauth_site_type"), site, "`{answer}`");
    }
}

#[test]
fn piped_answers_may_have_any_line_ending() {
    let world = World::new();
    demo(&world, "INTL\r\nus-west-1\r\nZH").done();
    for (key, value) in [("oauth_site_type", "INTL"), ("region_id", "us-west-1"), ("language", "zh")] {
        assert_eq!(world.value("demo", key), value);
    }
}

#[test]
fn a_bad_answer_from_a_pipe_is_a_usage_error() {
    for (answers, problem) in [
        ("2\n", "error: the OAuth site type is CN (or 0) or INTL (or 1)"),
        ("\ncn hangzhou\n", "error: a region ID has only letters, digits and hyphens, such as cn-hangzhou"),
        ("\n\nfrench\n", "error: the language is zh or en"),
    ] {
        let world = World::new();
        demo(&world, answers).exits(2).warns(problem);
    }
}

#[test]
fn an_answer_that_is_not_utf8_is_a_usage_error() {
    let world = World::new();
    Run::new(&DEMO).reader(&b"\xff\xfe\n"[..]).sign_in(&world).exits(2).warns("the answer is not valid UTF-8 text");
}

#[test]
fn a_bad_answer_at_a_terminal_is_asked_again() {
    let world = World::new();
    let (answers, mut keyboard) = io::pipe().unwrap();
    let _turn = turn();
    let running = Run::new(&DEMO).reader(BufReader::new(answers)).terminal().start(&world);
    for (question, answer) in [
        ("OAuth Site Type", "2\n1\n"),
        ("Default Region Id", "far away\nus-east-1\n"),
        ("Default Language", "fr\nzh\n"),
    ] {
        running.wait_for(question);
        keyboard.write_all(answer.as_bytes()).unwrap();
    }
    let output = running.finish().done();
    for (question, times) in [("OAuth Site Type", 2), ("Default Region Id", 2), ("Default Language", 2)] {
        assert_eq!(output.stdout.matches(question).count(), times, "{output}");
    }
    for (key, value) in [("oauth_site_type", "INTL"), ("region_id", "us-east-1"), ("language", "zh")] {
        assert_eq!(world.value("demo", key), value);
    }
}

#[test]
fn a_bad_option_is_a_usage_error_before_anything_happens() {
    let world = World::new();
    for bad in [
        ["--oauth-site-type", "EU"],
        ["--region", "cn hangzhou"],
        ["--region", "../cn"],
        ["--language", "de"],
        ["--timeout", "0s"],
        ["--timeout", "soon"],
        ["--timeout", "25h"],
        ["--mode", "Magic"],
        ["--profile", ""],
        ["--profile", "a\nb"],
        ["--nonsense", "x"],
    ] {
        let output = world.run(&["configure", bad[0], bad[1]]).exits(2);
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{output}");
    }
    assert!(world.files().is_empty());
}

#[test]
fn a_site_is_remembered_and_an_option_overrules_it() {
    let world = World::new();
    demo(&world, "INTL\n").done();
    let again = demo(&world, "").done();
    assert!(!again.stdout.contains("OAuth Site Type"), "{again}");
    assert_eq!(world.value("demo", "oauth_site_type"), "INTL");
    Run::new(&[&DEMO[..], &["--oauth-site-type", "0"]].concat()).sign_in(&world).done();
    assert_eq!(world.value("demo", "oauth_site_type"), "CN");
}

#[test]
fn the_language_of_the_environment_is_the_default() {
    for (variables, language) in [
        (&[("LANG", "zh_CN.UTF-8")][..], "zh"),
        (&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "en_US.UTF-8")], "en"),
        (&[("LANG", "de_DE.UTF-8")], "en"),
    ] {
        let world = World::new();
        let run = variables.iter().fold(Run::new(&DEMO), |run, (name, value)| run.env(name, value));
        run.sign_in(&world).done();
        assert_eq!(world.value("demo", "language"), language);
    }
}

#[test]
fn the_option_precedes_variables_and_the_current_profile() {
    let world = World::new();
    let variables = ["ALIBABACLOUD_PROFILE", "ALIBABA_CLOUD_PROFILE", "ALICLOUD_PROFILE"];
    let configured = |named: &[&str], set: &[&str]| {
        let args = [&["configure", "--verbose"], named].concat();
        let run = set.iter().fold(Run::new(&args), |run, variable| run.env(variable, &variable.to_lowercase()));
        run.sign_in(&world).done()
    };
    configured(&[], &[]).says("Configuring profile 'default' in 'OAuth' authenticate mode...");
    configured(&["--profile", "mine"], &variables).says("Configuring profile 'mine'");
    configured(&[], &[]).says("Configuring profile 'mine'");
    for from in 0..3 {
        let said = configured(&[], &variables[from..]);
        let name = variables[from].to_lowercase();
        said.says(&format!("Configuring profile '{name}'"))
            .warns(&format!("{} selects the profile `{name}`", variables[from]));
    }
}

#[test]
fn another_profile_named_by_a_variable_is_pointed_out() {
    let world = World::new();
    let output = Run::new(&DEMO).env("ALIBABA_CLOUD_PROFILE", "other").sign_in(&world).done();
    output.warns("ALIBABA_CLOUD_PROFILE selects the profile `other`, which overrides the current one in this shell");
}

#[test]
fn a_profile_with_a_key_of_its_own_is_not_replaced_in_passing() {
    let world = World::new();
    world.write_config(WITH_KEY);
    story!(world.run(&["configure"]).exits(2), @"
    exit code: 2
    --- stdout
    --- stderr
    error: the profile `work` has the mode `AK`, and a sign-in would overwrite its keys
    hint: to replace it: aliyun-rs configure --mode OAuth --profile work; to keep its mode: aliyun configure --mode AK --profile work
    ");
    assert_eq!(world.config(), WITH_KEY);
}

#[test]
fn without_a_terminal_replacing_a_key_requires_yes() {
    let world = World::new();
    world.write_config(WITH_KEY);
    let args = ["configure", "--mode", "OAuth", "--profile", "work"];
    story!(Run::new(&args).input("y\n").sign_in(&world).exits(2), @"
    exit code: 2
    --- stdout
    Configuring profile 'work' in 'OAuth' authenticate mode...
    Warning: You are changing the authentication type of profile 'work' from 'AK' to 'OAuth'
    --- stderr
    error: the profile `work` was not changed: replacing it needs confirmation, and standard input is not a terminal
    hint: pass `--yes` to confirm
    ");
    assert_eq!(world.config(), WITH_KEY);
    let output = Run::new(&[&args[..], &["--yes"]].concat()).sign_in(&world).done();
    output.says("Warning: You are changing the authentication type of profile 'work' from 'AK' to 'OAuth'\n");
    assert_eq!(world.value("work", "mode"), "OAuth");
    assert!(!world.config().contains("a-long-lived-key"));
    assert_eq!(world.value("work", "region_id"), "cn-beijing", "what is not about credentials stays");
}

#[test]
fn at_a_terminal_replacing_a_key_defaults_to_no() {
    let args = ["configure", "--mode", "OAuth", "--profile", "work"];
    for answer in ["\n", "n\n", "NO\n", ""] {
        let world = World::new();
        world.write_config(WITH_KEY);
        let output = Run::new(&args).input(answer).terminal().sign_in(&world).exits(2);
        output.says("Replace it? Its long-lived key is overwritten [y/N]: ").warns("was not changed");
        assert_eq!(world.config(), WITH_KEY);
    }
    for answer in ["y\n", "Yes\n", "perhaps\nyes\n"] {
        let world = World::new();
        world.write_config(WITH_KEY);
        Run::new(&args).input(answer).terminal().sign_in(&world).done();
        assert_eq!(world.value("work", "mode"), "OAuth");
    }
}

#[test]
fn another_mode_is_left_to_the_official_client() {
    let world = World::new();
    for mode in ["AK", "StsToken", "RamRoleArn", "EcsRamRole", "CloudSSO"] {
        let output = world.run(&["configure", "--mode", mode, "--profile", "my prod"]).exits(2);
        output.warns(&format!("aliyun configure --mode {mode} --profile 'my prod'"));
    }
    assert!(world.files().is_empty());
}

#[test]
fn words_of_the_file_cannot_command_the_terminal() {
    let hostile = r"it's\u001b[2J\u202e";
    for (mode, args) in [
        ("AK", &["configure"][..]),
        ("AK", &["configure", "--mode", "OAuth"]),
        ("AK", &["configure", "--mode", "StsToken"]),
        (r"M\u001b]0;x\u0007", &["configure"]),
        (r"M\u001b]0;x\u0007", &["configure", "--mode", "OAuth"]),
        ("OAuth", &["configure", "--mode", "OAuth"]),
    ] {
        let world = World::new();
        let profile = format!(r#"{{"name":"{hostile}","mode":"{mode}"}}"#);
        world.write_config(&format!(r#"{{"current":"{hostile}","profiles":[{profile}]}}"#));
        let output = Run::new(args).sign_in(&world);
        let said = format!("{}{}", output.stdout, output.stderr);
        assert!(said.contains("profile"), "{output}");
        assert!(!said.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{said:?}");
    }
}

#[test]
fn a_command_to_copy_is_quoted_for_the_shell() {
    let world = World::new();
    let output = world.run(&["configure", "--mode", "AK", "--profile", "it's; ls"]).exits(2);
    output.warns(r"hint: use the official client: aliyun configure --mode AK --profile 'it'\''s; ls'");
}

#[test]
fn without_a_browser_the_address_is_enough() {
    let world = World::new();
    let _turn = crate::support::ports::turn();
    for run in [Run::new(&DEMO).no_browser(), Run::new(&[&DEMO[..], &["--no-browser"]].concat())] {
        let running = run.start(&world);
        let (status, page) = world.visit(&running.page(), "developer", Decision::Authorize).unwrap();
        assert_eq!(status, 200);
        assert!(page.contains("Authorization successful. You can close this window."), "{page}");
        let output = running.finish().done();
        assert!(output.page.is_none());
        output.says("acs:ram::1234567890123456:assumed-role/developer/sandbox").warns("No browser is opened here");
    }
}

#[test]
fn the_new_profile_is_current_and_the_others_are_kept() {
    let world = World::new();
    world.write_config(WITH_KEY);
    demo(&world, "").done();
    let expected = WITH_KEY.replace(r#""current": "work""#, r#""current": "demo""#);
    let (before, after) = expected.split_once("\n\t]").unwrap();
    assert!(world.config().starts_with(&format!("{before},\n\t\t{{\n\t\t\t\"name\": \"demo\"")), "{}", world.config());
    assert!(world.config().ends_with(&format!("\n\t\t}}\n\t]{after}")), "{}", world.config());
}

#[test]
fn unknown_fields_survive_a_sign_in_byte_for_byte() {
    let world = World::new();
    let before = concat!(
        "{ \"x_top\" : 1.50,\r\n  \"current\":\"demo\" , \"profiles\"\t: [ {\"name\":\"\\u6d4b\\u8bd5\",",
        "\"mode\":\"Later\",\"big\":12345678901234567890123, \"s\":\"\\u003c\\/\"},\r\n  ",
    );
    let ours = "{\"x_mine\": [ 1,2 ], \"name\":\"demo\",\"mode\":\"OAuth\",\"oauth_site_type\":\"CN\"}";
    let after = ",{\"name\":\"z\" }],\"plugins\":{ \"a\":[{}]}}\r\n\r\n";
    world.write_config(&format!("{before}{ours}{after}"));
    demo(&world, "").done();
    let config = world.config();
    let middle = config.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    let middle = middle.unwrap_or_else(|| panic!("the surroundings changed: {config}"));
    assert!(middle.starts_with("{\"x_mine\": [ 1,2 ], \"name\":\"demo\",\"mode\":\"OAuth\""), "{middle}");
}

#[test]
fn options_of_the_sign_in_do_not_go_with_another_command() {
    let world = World::new();
    let output = world.run(&["configure", "--profile", "a", "switch", "b"]).exits(2);
    output.warns("`configure switch --profile NAME`");
}

#[test]
fn only_the_file_of_the_option_is_touched() {
    let world = World::new();
    let (one, two) = (world.home.path().join("one.json"), world.home.path().join("two.json"));
    let option = [&DEMO[..], &["--config-path", one.to_str().unwrap()]].concat();
    Run::new(&option).env("ALIBABA_CLOUD_CONFIG_FILE", two.to_str().unwrap()).sign_in(&world).done();
    assert!(one.exists() && !two.exists() && !world.config_path().exists());
    Run::new(&DEMO).env("ALIBABA_CLOUD_CONFIG_FILE", two.to_str().unwrap()).sign_in(&world).done();
    assert!(!two.exists() && world.config_path().exists());
    let option = [&DEMO[..], &["--config-path", two.to_str().unwrap()]].concat();
    Run::new(&option).env("ALIBABA_CLOUD_CONFIG_FILE", two.to_str().unwrap()).go(&world).exits(2);
    assert!(!two.exists());
}
