//! Signals and keys: which of the two processes gets them, and how both end.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
#[cfg(target_os = "linux")]
use std::time::{Duration, Instant};

use rustix::process::Signal;

#[cfg(target_os = "linux")]
use crate::support::PATIENCE;
use crate::support::fetch::get;
use crate::support::process::{ALIYUN_RS, Home, start};
#[cfg(target_os = "linux")]
use crate::support::terminal::{CTRL_C, Terminal};

#[test]
fn exec_serve_forwards_signals_and_reports_them() {
    let home = Home::with_profiles();
    let listen = r#"trap "exit 42" TERM; echo ready; while kill -0 $PPID; do sleep 0.02; done"#;
    let mut running = start(home.command(&["exec", "--serve", "--", "sh", "-c", listen]));
    assert_eq!(running.line(), "ready");
    running.signal(Signal::TERM);
    assert_eq!(running.finish().code, Some(42));
    let ended = home.run(&["exec", "--serve", "--", "sh", "-c", "kill -KILL $$"]);
    assert_eq!(ended.code, Some(137));
}

/// A program that counts interrupts until SIGTERM.
const COUNT: &str = r#"
    n=0; trap 'n=$((n+1)); echo interrupt $n' INT; trap 'exit $n' TERM
    echo ready; while kill -0 $PPID; do sleep 0.02; done"#;

#[test]
fn exec_serve_forwards_an_interrupt() {
    let home = Home::with_profiles();
    // Without a terminal, whoever runs the tests at one.
    let mut running = start(home.other("setsid", &[ALIYUN_RS, "exec", "--serve", "--", "sh", "-c", COUNT]));
    running.wait_for("ready");
    running.signal(Signal::INT);
    running.wait_for("interrupt 1");
    running.signal(Signal::TERM);
    running.finish().exits(1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_command_gets_each_ctrl_c_of_a_terminal_once() {
    let (home, mut terminal) = (Home::with_profiles(), Terminal::new());
    let mut job = terminal.start(&home, &["exec", "--serve", "--", "sh", "-c", COUNT]);
    terminal.wait_for("ready");
    // Two interrupts at almost the same time may count as one, but not every time.
    for number in 1..=10 {
        terminal.press(CTRL_C);
        terminal.wait_for(&format!("interrupt {number}\r\n"));
    }
    job.signal(Signal::TERM);
    assert_eq!(job.finish(), 10);
}

/// What `exec --serve` forwards. Those that a key sends come first.
const SIGNALS: [Signal; 17] = [
    Signal::INT,
    Signal::QUIT,
    Signal::TERM,
    Signal::HUP,
    Signal::ABORT,
    Signal::ALARM,
    Signal::CONT,
    Signal::IO,
    Signal::PROF,
    Signal::SYS,
    Signal::TRAP,
    Signal::URG,
    Signal::USR1,
    Signal::USR2,
    Signal::VTALARM,
    Signal::WINCH,
    Signal::XCPU,
];

/// A command in a process group of its own, so that no key of the tester's terminal reaches it.
fn in_own_group(mut command: Command) -> Command {
    command.process_group(0);
    command
}

/// A command that starts `program` with some signals ignored and the others as usual.
fn ignoring(home: &Home, signals: &str, program: &[&str]) -> Command {
    let script = format!("trap '' {signals}; exec \"$@\"");
    in_own_group(home.other("sh", &[&["-c", &script, "sh", ALIYUN_RS], program].concat()))
}

#[test]
fn every_signal_reaches_the_command_only() {
    let home = Home::with_profiles();
    let numbers = SIGNALS.map(|signal| signal.as_raw().to_string()).join(" ");
    let listen = format!(
        "for n in {numbers}; do trap \"echo $n\" $n; done; echo ready; while kill -0 $PPID; do sleep 0.01; done"
    );
    let mut running = start(in_own_group(home.command(&["exec", "--serve", "--", "sh", "-c", &listen])));
    assert_eq!(running.line(), "ready");
    for signal in SIGNALS {
        running.signal(signal);
        assert_eq!(running.line(), signal.as_raw().to_string());
    }
    assert!(running.is_running());
}

#[cfg(target_os = "linux")]
#[test]
fn every_signal_that_the_system_has_reaches_the_command() {
    let home = Home::with_profiles();
    // The C library keeps 32 and 33 for itself, and a child's end is not the program's concern.
    let silent = [Signal::KILL, Signal::STOP, Signal::CHILD].map(Signal::as_raw);
    let numbers: Vec<i32> = (1..=64).filter(|number| !silent.contains(number) && !(32..=33).contains(number)).collect();
    let listen = "for n; do trap \"echo $$ $n\" $n; done; echo $$; while kill -0 $PPID; do sleep 0.01; done";
    let texts: Vec<String> = numbers.iter().map(i32::to_string).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let args = [&["exec", "--serve", "--", "sh", "-c", listen, "sh"][..], &texts].concat();
    let mut running = start(in_own_group(home.command(&args)));
    let program = running.line();
    for number in numbers {
        let kill = format!("kill -{number} {}", running.id());
        crate::support::process::end(home.other("sh", &["-c", &kill])).exits(0);
        assert_eq!(running.line(), format!("{program} {number}"));
        assert!(running.is_running(), "{number}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_command_has_the_signals_that_it_would_have_without_us() {
    let home = Home::with_profiles();
    let status = ["grep", "-E", "^Sig(Blk|Ign):", "/proc/self/status"];
    // The C library keeps 32 and 33 for itself, and the runtime library forgets whether SIGPIPE was ignored.
    const UNKNOWN: u64 = 1 << 31 | 1 << 32;
    let mask = |line: &str| u64::from_str_radix(line.split_whitespace().last().unwrap(), 16).unwrap() & !UNKNOWN;
    let all =
        "HUP INT QUIT ILL TRAP ABRT BUS FPE USR1 SEGV USR2 ALRM TERM STKFLT TSTP TTIN TTOU URG XCPU XFSZ WINCH 40 64";
    for ignored in ["", "XFSZ", "TTIN TTOU", "ILL FPE BUS SEGV", "INT 40", all] {
        let script = format!("for n in {ignored}; do trap '' $n; done; exec \"$@\"");
        let ran = |args: &[&str]| {
            let args = [&["-c", &script, "sh"], args, &status].concat();
            crate::support::process::end(in_own_group(home.other("sh", &args)))
                .exits(0)
                .stdout
                .lines()
                .map(mask)
                .collect::<Vec<_>>()
        };
        let plain = ran(&[]);
        assert_eq!(ran(&[ALIYUN_RS, "exec", "--"]), plain, "{ignored}");
        assert_eq!(ran(&[ALIYUN_RS, "exec", "--serve", "--"]), plain, "{ignored}");
    }
}

/// What this program writes itself to a reader who has gone is no signal for the command.
#[cfg(target_os = "linux")]
#[test]
fn a_broken_pipe_of_ours_is_not_the_commands() {
    let home = Home::with_profiles();
    let file = fs::read_to_string(home.file()).unwrap().replace("\"cn-beijing\"", "1");
    fs::write(home.file(), file).unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = home.command(&["exec", "--serve", "--", "sh", "-c", "trap 'exit 9' PIPE; sleep 0.2; exit 4"]);
    let mut child = command.stderr(writer).spawn().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(4));
}

#[cfg(target_os = "linux")]
#[test]
fn the_program_and_its_endpoint_stop_and_go_on_together() {
    let home = Home::with_profiles();
    let script =
        "trap 'echo on' CONT; echo $$ $ALIBABA_CLOUD_CREDENTIALS_URI; while kill -0 $PPID; do sleep 0.01; done";
    let mut running = start(in_own_group(home.command(&["exec", "--serve", "--", "sh", "-c", script])));
    let line = running.line();
    let (child, url) = line.split_once(' ').unwrap();
    for _ in 0..3 {
        running.signal(Signal::TSTP);
        wait_for_state(child, 'T');
        wait_for_state(&running.id().to_string(), 'T');
        running.signal(Signal::CONT);
        assert_eq!(running.line(), "on");
        assert_eq!(get(url).status, 200);
    }
}

/// A program without a shell to continue it, in a group of its own and without a parent in its session, goes on.
#[cfg(target_os = "linux")]
#[test]
fn an_endpoint_outlives_no_running_command() {
    let home = Home::with_profiles();
    let script =
        "trap 'echo heard' TSTP; echo $ALIBABA_CLOUD_CREDENTIALS_URI; while kill -0 $PPID; do sleep 0.01; done";
    let mut running = start(in_own_group(home.command(&["exec", "--serve", "--", "sh", "-c", script])));
    let url = running.line();
    for _ in 0..3 {
        running.signal(Signal::TSTP);
        assert_eq!(running.line(), "heard");
        assert_eq!(get(&url).status, 200);
    }
}

#[cfg(target_os = "linux")]
fn wait_for_state(process: &str, wanted: char) {
    let until = Instant::now() + PATIENCE;
    loop {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
        if stat.rsplit_once(") ").unwrap().1.starts_with(wanted) {
            return;
        }
        assert!(Instant::now() < until, "not in state {wanted}: {stat}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn ignored_signals_stay_ignored_here_and_in_the_program() {
    let home = Home::with_profiles();
    let script = "grep SigIgn /proc/self/status; read wait; exit 3";
    for how in [&["exec", "--serve", "--"][..], &["exec", "--"]] {
        let mut command = ignoring(&home, "INT QUIT TERM HUP USR1", &[how, &["sh", "-c", script]].concat());
        let mut running = start({
            command.stdin(Stdio::piped());
            command
        });
        let line = running.line();
        let ignored = u64::from_str_radix(line.split_whitespace().last().unwrap(), 16).unwrap();
        for signal in [Signal::INT, Signal::QUIT, Signal::TERM, Signal::HUP, Signal::USR1] {
            assert_ne!(ignored & (1 << (signal.as_raw() - 1)), 0, "{how:?} {signal:?} {line}");
            running.signal(signal);
        }
        running.hang_up();
        assert_eq!(running.finish().code, Some(3), "{how:?}");
    }
}
