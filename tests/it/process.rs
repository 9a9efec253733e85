//! The real program as a process: signals, streams, the browser it starts, the sandbox around a command.

use std::fs;
use std::io;
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
#[cfg(target_os = "linux")]
use std::thread;
use std::time::{Duration, Instant};

use aliyun_rs::sandbox::Decision;
use rustix::process::Signal;

#[cfg(target_os = "linux")]
use crate::support::PATIENCE;
use crate::support::evidence::port_is_free;
use crate::support::ports::turn;
use crate::support::process::{ALIYUN_RS, Home, command, end, start};
use crate::support::{Run, World};

const VARIABLE: &str = "ALIYUN_RS_SANDBOX";
const CONFIGURE: [&str; 5] = ["configure", "--mode", "OAuth", "--profile", "demo"];

fn inside<'a>(options: &[&'a str], args: &[&'a str]) -> Vec<&'a str> {
    [&["sandbox"], options, &["--"], args].concat()
}

#[test]
fn the_first_command_completes_without_any_input() {
    let home = Home::new();
    let _turn = turn();
    let ended = home.run(&inside(&[], &CONFIGURE)).exits(0);
    ended.says("Configure Done!!!").says("user/alice.").warns("The sandbox signs in as `alice` for you.");
    home.run(&["sandbox", "--", "list"]).exits(0).says("demo *");
    home.run(&["sandbox", "--", "whoami"]).exits(0).says("user/alice");
    home.run(&["sandbox", "--", "delete", "demo"]).exits(0);
    assert!(!home.path(".aliyun").exists(), "the real file is not touched");
}

#[test]
fn closed_streams_do_not_end_a_command() {
    let home = Home::new();
    let _turn = turn();
    let args = inside(&[], &CONFIGURE);
    for redirection in ["<&-", "<&- >/dev/null 2>&-"] {
        let mut shell = command("/bin/sh");
        shell.args(["-c", &format!("exec \"$@\" {redirection}"), "sh", ALIYUN_RS]).args(&args);
        shell.env("HOME", home.path("")).env("XDG_DATA_HOME", home.path("data"));
        start(&mut shell).finish().exits(0);
    }
    home.run(&["sandbox", "--", "list"]).exits(0).says("demo *");
}

#[test]
fn an_interrupt_exits_130_and_leaves_no_trace() {
    let world = World::new();
    world.write_config("{ \"profiles\": [] }");
    let files = world.files();
    let home = Home::new();
    let _turn = turn();
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut command = home.command(&CONFIGURE);
        command.args(["--no-browser", "--oauth-site-type", "CN"]).env(VARIABLE, world.sandbox.url());
        command.arg("--config-path").arg(world.config_path());
        let mut started = start(&mut command);
        started.page();
        let sent = Instant::now();
        started.signal(signal);
        started.finish().exits(130).warns("nothing was changed");
        assert!(sent.elapsed() < Duration::from_secs(5));
        assert!(port_is_free());
        assert_eq!(world.files(), files);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn tests_pass_in_a_shell_that_ignores_signals() {
    let tests =
        ["process::an_interrupt_exits_130_and_leaves_no_trace", "exec::signals::exec_serve_forwards_an_interrupt"];
    let mut shell = command("/bin/sh");
    shell.args(["-c", "trap '' INT TERM HUP; exec \"$@\"", "sh"]).arg(fs::read_link("/proc/self/exe").unwrap());
    shell.env("TMPDIR", std::env::temp_dir());
    end(shell.args(["--exact"]).args(tests)).exits(0).says("2 passed");
}

#[test]
fn an_interrupt_at_an_open_question_exits_130() {
    let (world, home) = (World::new(), Home::new());
    let (input, _silent) = io::pipe().unwrap();
    let mut command = home.command(&CONFIGURE);
    command.env(VARIABLE, world.sandbox.url()).stdin(input);
    let mut started = start(&mut command);
    started.wait_for("Configuring profile");
    started.signal(Signal::INT);
    started.finish().exits(130);
}

/// A browser that writes down how it was started, makes noise, and never ends.
const SPY: &str = r#"#!/bin/sh
echo noise of a browser
echo noise of a browser >&2
cd "$(dirname "$0")" || exit
printf '%s\n' "$@" > arguments
env > environment
for file in /proc/$$/fd/*; do readlink "$file"; done > files
echo $$ > process
exec sleep 600
"#;

fn executable(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
}

#[cfg(target_os = "linux")]
fn wait_for_file(path: &Path) -> String {
    let until = Instant::now() + PATIENCE;
    loop {
        match fs::read_to_string(path) {
            Ok(text) if text.ends_with('\n') => return text,
            _ => assert!(Instant::now() < until, "there is no `{}`", path.display()),
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// The files that any child of this very process holds, such as those of the tool that runs the tests.
#[cfg(target_os = "linux")]
fn inherited() -> String {
    let mut shell = command("/bin/sh");
    shell.args(["-c", "for file in /proc/$$/fd/*; do readlink \"$file\"; done"]);
    start(&mut shell).finish().stdout
}

#[cfg(target_os = "linux")]
#[test]
fn the_browser_gets_one_address_and_no_secrets() {
    let (world, home) = (World::new(), Home::new());
    executable(&home.path("spy"), SPY);
    fs::write(home.path("inherited"), "").unwrap();
    let _turn = turn();
    // A shell gives every program what it has opened itself, as others do by mistake.
    let mut command = home.other("sh", &["-c", "exec 7<inherited; exec \"$@\"", "sh", ALIYUN_RS]);
    command.args(CONFIGURE).current_dir(home.path(""));
    command.env(VARIABLE, world.sandbox.url()).env("BROWSER", home.path("spy")).env("LANG", "C.UTF-8");
    for name in [
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        "ALIBABACLOUD_ACCESS_KEY_ID",
        "ALIBABA_CLOUD_PROFILE",
        "ALICLOUD_SECRET_KEY",
        "OSS_ACCESS_KEY_SECRET",
        "alibaba_cloud_security_token",
        "ACCESS_KEY_SECRET",
        "SecurityToken",
        "default_serverless_devs_key",
    ] {
        command.env(name, "canary-of-the-environment");
    }
    let mut started = start(&mut command);
    let page = started.page();
    let process = wait_for_file(&home.path("process"));
    world.visit(&page, "bob", Decision::Authorize).unwrap();
    let ended = started.finish();
    // Before anything can fail: a browser that holds what it must not have would hold it for long.
    let process = rustix::process::Pid::from_raw(process.trim().parse().unwrap()).unwrap();
    rustix::process::kill_process(process, Signal::KILL).unwrap();
    let ended = ended.exits(0).says("user/bob.");
    assert!(!format!("{ended:?}").contains("noise"), "{ended:?}");
    assert_eq!(wait_for_file(&home.path("arguments")), format!("{page}\n"));
    let environment = wait_for_file(&home.path("environment"));
    assert!(!environment.contains("canary"), "{environment}");
    assert!(environment.contains("LANG=C.UTF-8"), "the rest of the environment is the user's own");
    let files = wait_for_file(&home.path("files"));
    let inherited = inherited();
    for file in files.lines().filter(|file| !inherited.contains(file)) {
        assert!(
            file == "/dev/null" || file.ends_with("/spy") || file.ends_with("/files"),
            "the browser holds `{file}`"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_sign_in_address_is_never_passed_as_an_argument() {
    let (world, home) = (World::new(), Home::new());
    // The helper waits for a browser in a terminal, which it knows by its name.
    executable(
        &home.path("w3m"),
        "#!/bin/sh\ncd \"${0%/*}\" && tr '\\0' ' ' < /proc/$PPID/cmdline > helper; echo >> helper\n",
    );
    let _turn = turn();
    let mut command = home.command(&CONFIGURE);
    command.env(VARIABLE, world.sandbox.url()).env("BROWSER", home.path("w3m"));
    let mut started = start(&mut command);
    let page = started.page();
    assert!(wait_for_file(&home.path("helper")).trim_end().ends_with("/aliyun-rs __open-browser"));
    world.visit(&page, "alice", Decision::Authorize).unwrap();
    started.finish().exits(0);
}

#[test]
fn a_browser_that_would_run_the_address_is_not_started() {
    let (world, home) = (World::new(), Home::new());
    executable(&home.path("spy"), SPY);
    let _turn = turn();
    for options in ["-c", "-lc %s", "-e%s"] {
        let mut command = home.command(&CONFIGURE);
        let browser = format!("{} {options}", home.path("spy").display());
        command.env(VARIABLE, world.sandbox.url()).env("BROWSER", browser);
        let mut started = start(&mut command);
        world.visit(&started.page(), "alice", Decision::Authorize).unwrap();
        started.finish().exits(0).warns("no browser could be started");
    }
    assert!(!home.path("process").exists());
}

#[test]
fn a_sign_in_continues_if_no_browser_starts() {
    let (world, home) = (World::new(), Home::new());
    let _turn = turn();
    let mut command = home.command(&CONFIGURE);
    command.env(VARIABLE, world.sandbox.url()).env("BROWSER", home.path("nowhere"));
    let mut started = start(&mut command);
    world.visit(&started.page(), "alice", Decision::Authorize).unwrap();
    started.finish().exits(0);
}

#[test]
fn the_hidden_opener_opens_sign_in_pages_only() {
    let home = Home::new();
    executable(&home.path("spy"), SPY);
    for address in ["https://evil.example/", "file:///etc/passwd", "-h", "http://localhost:80/oauth2/v1/auth", ""] {
        let (input, mut parent) = io::pipe().unwrap();
        io::Write::write_all(&mut parent, format!("{address}\n").as_bytes()).unwrap();
        drop(parent);
        let mut command = home.command(&["__open-browser"]);
        start(command.stdin(input).env("BROWSER", home.path("spy"))).finish().exits(2);
    }
    assert!(!home.path("process").exists());
}

#[test]
fn a_sandbox_serves_other_processes_until_a_signal() {
    let home = Home::new();
    let _turn = turn();
    let mut sandbox = start(&mut home.command(&["sandbox"]));
    let line = sandbox.wait_for("export ALIYUN_RS_SANDBOX=");
    let url = line.trim().strip_prefix("export ALIYUN_RS_SANDBOX=").unwrap().to_owned();
    let port: u16 = url.strip_prefix("http://127.0.0.1:").unwrap().parse().unwrap();

    let mut client = start(home.command(&CONFIGURE).env(VARIABLE, &url));
    let world = World::new();
    world.visit(&client.page(), "root", Decision::Authorize).unwrap();
    client.finish().exits(0).says("acs:ram::1234567890123456:root");
    start(home.command(&["list"]).env(VARIABLE, &url)).finish().exits(0).says("demo *");

    home.run(&["sandbox"]).exits(5).warns(&format!("hint: to use it, set ALIYUN_RS_SANDBOX={url}"));
    sandbox.signal(Signal::TERM);
    sandbox.finish().exits(0);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    start(home.command(&["whoami"]).env(VARIABLE, &url)).finish().exits(5);
    home.run(&["sandbox", "--", "whoami"]).exits(0).says("root");
}

#[test]
fn the_sandbox_signs_in_as_the_given_user() {
    let home = Home::new();
    let _turn = turn();
    home.run(&inside(&["--as", "developer"], &CONFIGURE)).exits(0).says("assumed-role/developer/sandbox");
    home.run(&inside(&["--as", "bob", "--deny"], &CONFIGURE)).exits(4).warns("`access_denied`");
    home.run(&inside(&["--as", "nobody"], &CONFIGURE)).exits(2).warns("its users are alice, bob, developer, root");
    home.run(&inside(&["--deny"], &CONFIGURE)).exits(2);
    home.run(&inside(&["--fault", "token=503"], &CONFIGURE)).exits(5).warns("`temporarily_unavailable`");
    home.run(&inside(&["--fault", "nonsense"], &CONFIGURE)).exits(2).warns("a fault is ENDPOINT=FAULT");
    home.run(&inside(&[], &["sandbox", "--", "list"])).exits(2);
    home.run(&["sandbox", "--", "whoami"]).exits(0).says("developer");
}

#[test]
fn a_sandbox_refuses_the_real_file_by_any_name() {
    let (world, home) = (World::new(), Home::new());
    for exists in [false, true] {
        fs::create_dir_all(home.path(".aliyun")).unwrap();
        if exists {
            fs::write(home.path(".aliyun/config.json"), "{\"profiles\":[]}").unwrap();
            symlink(home.path(".aliyun/config.json"), home.path("link.json")).unwrap();
        } else {
            symlink(home.path(".aliyun"), home.path("folder")).unwrap();
        }
        let names = [".aliyun/config.json", "folder/config.json", ".aliyun/../.aliyun/./config.json", "link.json"];
        for name in names.into_iter().filter(|name| exists || *name != "link.json") {
            for args in [&CONFIGURE[..], &["switch", "demo"], &["list"]] {
                let mut command = home.command(args);
                command.arg("--config-path").arg(home.path(name)).env(VARIABLE, world.sandbox.url());
                start(&mut command).finish().exits(2).warns("cannot be used");
            }
            assert_eq!(fs::read_dir(home.path(".aliyun")).unwrap().count(), usize::from(exists), "{name}");
        }
    }
}

#[test]
fn a_sandbox_refuses_the_file_that_a_variable_names() {
    let (world, home) = (World::new(), Home::new());
    let real = home.path("real.json");
    fs::write(&real, "{\"profiles\":[{\"name\":\"real\"}]}").unwrap();
    let run = |args: &[&str]| {
        let mut command = home.command(args);
        command.env(VARIABLE, world.sandbox.url()).env("ALIBABA_CLOUD_CONFIG_FILE", &real);
        start(&mut command).finish()
    };
    run(&["switch", "real"]).exits(2).warns("there is no profile `real`");
    run(&["switch", "real", "--config-path", real.to_str().unwrap()]).exits(2).warns("cannot be used");
    assert_eq!(fs::read_to_string(real).unwrap(), "{\"profiles\":[{\"name\":\"real\"}]}");
}

#[test]
fn only_a_literal_address_of_this_machine_is_a_sandbox() {
    let world = World::new();
    for address in
        ["https://127.0.0.1:80", "http://localhost:80", "http://127.0.0.1", "http://127.0.0.1:80@evil.example", "x"]
    {
        let output = Run::new(&["list"]).env(VARIABLE, address).go(&world).exits(2);
        output.warns("ALIYUN_RS_SANDBOX must be `http://127.0.0.1:PORT`").warns("hint: `aliyun-rs sandbox` prints");
    }
}

#[test]
fn a_closed_pipe_is_not_a_failure() {
    let home = Home::with_profiles();
    for args in [&["--help"][..], &["list"], &["list", "--format", "json"], &["--version"]] {
        let (gone, output) = io::pipe().unwrap();
        drop(gone);
        let (mut told, stderr) = io::pipe().unwrap();
        let mut command = home.command(args);
        let mut child = command.stdout(output).stderr(stderr).spawn().unwrap();
        drop(command);
        assert_eq!(child.wait().unwrap().code(), Some(0), "{args:?}");
        let mut text = String::new();
        io::Read::read_to_string(&mut told, &mut text).unwrap();
        assert_eq!(text, "", "{args:?}");
    }
}

#[test]
fn a_sign_in_completes_after_its_reader_left() {
    let home = Home::new();
    let (gone, output) = io::pipe().unwrap();
    drop(gone);
    let _turn = turn();
    let mut command = home.command(&inside(&[], &CONFIGURE));
    assert_eq!(command.stdout(output).stderr(std::process::Stdio::null()).status().unwrap().code(), Some(0));
    home.run(&["sandbox", "--", "list"]).exits(0).says("demo *").says("| en ");
}

#[test]
fn without_a_home_a_named_file_is_enough() {
    let home = Home::new();
    let path = home.path("config.json");
    fs::write(&path, "{\"profiles\":[{\"name\":\"a\"}]}").unwrap();
    let mut command = home.command(&["switch", "a", "--config-path", path.to_str().unwrap()]);
    start(command.env_remove("HOME").env_remove("XDG_DATA_HOME")).finish().exits(0);
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"current\":\"a\",\"profiles\":[{\"name\":\"a\"}]}");
}
