//! `doctor`: planted faults, each named with what helps.

use std::fs;
use std::net::TcpListener;
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::support::process::{Ended, Home, end};
use crate::support::{Run, World, ports};

fn findings(ended: &Ended) -> Vec<Value> {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"))
}

/// The findings of one kind that are not as they should be, with their remedies, as one text.
fn bad(findings: &[Value], check: &str) -> String {
    let bad = findings.iter().filter(|finding| finding["check"] == check && finding["verdict"] != "ok");
    bad.map(|finding| format!("{} {} {}\n", finding["verdict"], finding["message"], finding["remedy"])).collect()
}

/// What the program finds in a home, offline, with some variables.
fn look(home: &Home, variables: &[(&str, &str)]) -> (Option<i32>, Vec<Value>) {
    let mut command = home.command(&["doctor", "--offline", "--format", "json"]);
    command.envs(variables.iter().copied());
    let ended = end(command);
    (ended.code, findings(&ended))
}

#[test]
fn planted_faults_are_named_with_what_helps() {
    let proxy = ("HTTPS_PROXY", "http://user:secret@127.0.0.1:1");
    for (variables, check, words) in [
        (&[][..], "browser", "no browser is opened here"),
        (&[("SSH_CONNECTION", "a 1 b 2"), ("DISPLAY", ":0")], "browser", "this is a remote shell"),
        (&[("SSL_CERT_FILE", "/nowhere/ca.pem")], "certificates", "`/nowhere/ca.pem`, which does not exist"),
        (&[("SSL_CERT_DIR", "/nowhere")], "certificates", "SSL_CERT_DIR names `/nowhere`"),
        (&[("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI.stranger")], "variables", "ALIBABA_CLOUD_ACCESS_KEY_ID is set"),
        (&[("ALICLOUD_PROFILE", "sts")], "variables", "ALICLOUD_PROFILE is set"),
    ] {
        let (_, found) = look(&Home::with_profiles(), variables);
        assert!(bad(&found, check).contains(words), "{check}: {words}: {found:#?}");
        assert!(!format!("{found:?}").contains("LTAI.stranger"));
    }
    let (_, found) = look(&Home::with_profiles(), &[proxy]);
    let shown = format!("{found:?}");
    assert!(shown.contains("HTTPS_PROXY") && !shown.contains("secret"), "{shown}");
}

#[test]
fn what_other_tools_have_left_is_listed() {
    let home = Home::with_profiles();
    for file in [".alibabacloud/credentials", ".ecctl/config.json", ".aliyun/.mcpproxy_config"] {
        let path = home.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "[default]\naccess_key_secret = hidden").unwrap();
        let (_, found) = look(&home, &[]);
        assert!(bad(&found, "leftovers").contains(file), "{found:#?}");
        assert!(!format!("{found:?}").contains("hidden"));
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_used_is_a_problem_of_its_own() {
    type Plant = fn(&Home);
    let plants: [(Plant, i32, &str); 5] = [
        (|home| fs::write(home.file(), "{").unwrap(), 6, "is broken"),
        (|home| fs::write(home.file(), "").unwrap(), 6, "is empty"),
        (
            |home| fs::set_permissions(home.file(), fs::Permissions::from_mode(0o644)).unwrap(),
            0,
            "other users can read",
        ),
        (|home| fs::hard_link(home.file(), home.path("second")).unwrap(), 0, "hard links"),
        (
            |home| {
                fs::remove_file(home.file()).unwrap();
                fs::create_dir(home.file()).unwrap();
            },
            6,
            "not a regular file",
        ),
    ];
    for (plant, code, words) in plants {
        let home = Home::with_profiles();
        plant(&home);
        let (found_code, found) = look(&home, &[]);
        assert!(bad(&found, "file").contains(words), "{words}: {found:#?}");
        assert!(code == 0 || found_code == Some(code), "{words}: {found_code:?}");
    }
}

#[test]
fn a_port_that_is_held_is_shown_with_its_holder() {
    let _turn = ports::turn();
    let holder = TcpListener::bind("127.0.0.1:12346").unwrap();
    let (_, found) = look(&Home::with_profiles(), &[]);
    let taken = bad(&found, "ports");
    assert!(taken.contains("port 12346 is held by"), "{found:#?}");
    if cfg!(target_os = "linux") {
        assert!(taken.contains(&format!("process {}", std::process::id())), "{taken}");
    }
    drop(holder);
}

#[test]
fn a_healthy_sandbox_has_nothing_to_mend() {
    let world = World::new();
    world.sign_in("demo").done();
    let asked = world.ledger().grants("refresh_token");
    let output = Run::new(&["doctor"]).go(&world).done().hides(&world.canaries());
    for words in ["ok       the profile `demo` has credentials", "can be read, locked and written", "127.0.0.1 answers"]
    {
        assert!(output.stdout.contains(words), "{words}: {output}");
    }
    assert_eq!(world.ledger().grants("refresh_token"), asked);
    let json = Run::new(&["doctor", "-o", "json"]).go(&world).done();
    assert!(serde_json::from_str::<Vec<Value>>(&json.stdout).unwrap().len() > 4);
}

#[test]
fn the_worst_problem_is_the_exit_code() {
    let world = World::new();
    world.fault(&["token=with:refresh_expires_in:60"]);
    world.sign_in("demo").done();
    world.pass(std::time::Duration::from_secs(7200));
    let output = world.run(&["doctor", "--offline"]).exits(3);
    output.says("problem  the profile `demo` needs a sign-in").says("aliyun-rs configure --mode OAuth --profile demo");
    // A machine without network.
    let home = Home::with_profiles();
    let mut command = home.command(&["doctor"]);
    command.env("HTTPS_PROXY", "http://127.0.0.1:1");
    let ended = end(command).exits(5);
    assert!(ended.stdout.contains("problem  ") && ended.stdout.contains("HTTPS_PROXY"), "{ended:?}");
}

#[test]
fn before_the_first_sign_in_it_names_the_command() {
    let home = Home::new();
    let ended = home.run(&["doctor", "--offline"]);
    assert!(ended.stdout.contains("does not exist yet; a sign-in creates it"), "{ended:?}");
    assert!(ended.stdout.contains("aliyun-rs configure --mode OAuth --profile NAME"), "{ended:?}");
    assert!(!home.path(".aliyun").exists(), "nothing is created");
}
