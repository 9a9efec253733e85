//! Renewal under faults: what may be lost, and what never is.

use std::fs;
use std::thread;
use std::time::Duration;

use aliyun_rs::sandbox::{Endpoint, Rotation};

use crate::support::Output;
use crate::support::ports::ClosedPort;
use crate::support::tool::{assert_no_reuse, presentations};
use crate::support::{Run, World};

const HOUR: Duration = Duration::from_secs(3600);
const ARGS: [&str; 3] = ["credentials", "--profile", "demo"];
const SIGN_IN: &str = "hint: aliyun-rs configure --mode OAuth --profile demo --oauth-site-type CN\n";

/// Expects credentials and not a word besides.
fn quiet(output: Output) {
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output}");
    assert!(output.stdout.contains(r#""mode":"StsToken""#), "{output}");
}

/// Plays every case at the same time, each in its own world: many of them wait for seconds.
fn each<T: Send>(cases: impl IntoIterator<Item = T>, play: impl Fn(T) + Sync) {
    let play = &play;
    thread::scope(|scope| {
        for case in cases {
            scope.spawn(move || play(case));
        }
    });
}

/// Expects that the next run gets credentials with this many refreshes.
fn next_run_needs(world: &World, refreshes: usize) {
    world.fault(&[]);
    let before = world.ledger().grants("refresh_token");
    quiet(world.run(&ARGS));
    assert_eq!(world.ledger().grants("refresh_token") - before, refreshes);
}

#[test]
fn a_renewal_takes_one_refresh_and_one_exchange() {
    let world = World::new();
    world.sign_in("demo").done();
    let before = world.value("demo", "oauth_refresh_token");
    world.pass(HOUR);
    quiet(world.run(&ARGS));
    assert_ne!(world.value("demo", "oauth_refresh_token"), before);
    assert_eq!(world.ledger().grants("refresh_token"), 1);
}

#[test]
fn a_month_long_session_never_needs_a_new_sign_in() {
    let world = World::new();
    world.signed_in(3600);
    // 29 days: the sign-in ends after 30, however often it is renewed.
    for _ in 0..174 {
        world.pass(4 * HOUR);
        quiet(world.run(&ARGS));
    }
    assert_eq!(world.ledger().grants("refresh_token"), 174);
    assert_no_reuse(&world.ledger());
}

#[test]
fn nothing_is_asked_where_the_answer_could_not_be_saved() {
    for name in [".config.json.aliyun-rs.tmp", ".config.json.aliyun-rs.journal.tmp", "config.json.lock"] {
        let world = World::new();
        let tokens = world.signed_in(0);
        let (before, asked) = (world.config(), world.ledger().entries.len());
        fs::create_dir_all(world.config_path().with_file_name(name).join("planted")).unwrap();
        let output = world.run(&ARGS).exits(6);
        assert!(output.stderr.contains(name), "{output}");
        assert_eq!((world.ledger().entries.len(), world.config()), (asked, before), "{name}");
        assert_eq!(presentations(&world.ledger(), &tokens.refresh), 0);
    }
}

#[test]
fn new_tokens_are_durable_before_the_exchange() {
    each(["exchange=400:nonsense", "exchange=html", "exchange=500", "exchange=with:expiration:\"soon\""], |fault| {
        let world = World::new();
        let tokens = world.signed_in(0);
        world.fault(&[fault]);
        assert_ne!(world.run(&ARGS).code, 0, "{fault}");
        assert_ne!(world.refresh_token("demo"), tokens.refresh, "{fault}");
        next_run_needs(&world, 0);
    });
}

#[test]
fn an_answer_without_a_refresh_token_keeps_the_old_one() {
    let world = World::with(|options| options.rotation = Rotation::Keep);
    let tokens = world.signed_in(0);
    for round in 1..=3 {
        quiet(world.run(&ARGS));
        assert_eq!(world.refresh_token("demo"), tokens.refresh);
        assert_eq!(presentations(&world.ledger(), &tokens.refresh), round);
        world.pass(HOUR);
    }
}

#[test]
fn no_lifetime_confuses_a_renewal() {
    for life in
        ["0", "-1", "-1e300", "1e300", "9223372036854775808", "3599.9", "\"3600\"", "\"soon\"", "null", "[]", "{}"]
    {
        let world = World::new();
        world.signed_in(0);
        world.fault(&[&format!("token=with:expires_in:{life}x1"), &format!("token=with:refresh_expires_in:{life}x1")]);
        quiet(world.run(&ARGS));
        world.pass(HOUR);
        quiet(world.run(&ARGS));
        assert_no_reuse(&world.ledger());
    }
}

#[test]
fn a_refusal_is_final_after_watching_and_deletes_nothing() {
    let world = World::new();
    let tokens = world.signed_in(0);
    let before = world.config();
    world.fault(&["token=400:invalid_grant"]);
    let output = world.run(&ARGS).exits(3);
    assert_eq!(output.stdout, "");
    assert!(output.stderr.contains("`demo` needs a new sign-in"), "{output}");
    assert!(output.stderr.ends_with(SIGN_IN), "{output}");
    assert_eq!(world.config(), before);
    assert_eq!(presentations(&world.ledger(), &tokens.refresh), 1);
    next_run_needs(&world, 1);
}

#[test]
fn a_token_that_another_tool_saves_late_is_used() {
    each([1000, 2000], |late| {
        let world = World::new();
        let tokens = world.signed_in(0);
        let theirs = world.tool_renews(&tokens.refresh).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                // The other tool is slow: it saves after its exchange.
                thread::sleep(Duration::from_millis(late));
                world.tool_saves("demo", &theirs, 3600);
            });
            quiet(Run::new(&ARGS).with_pauses().go(&world));
        });
        assert_eq!(world.refresh_token("demo"), theirs.refresh, "theirs stays");
        assert_eq!(presentations(&world.ledger(), &tokens.refresh), 2, "one by each");
    });
}

#[test]
fn temporary_refusals_of_a_refresh_are_retried() {
    each(["token=503x2", "token=429x1", "token=429x1 token=503x1"], |fault| {
        let world = World::new();
        let tokens = world.signed_in(0);
        let faults: Vec<&str> = fault.split(' ').collect();
        world.fault(&faults);
        quiet(world.run(&ARGS));
        assert_ne!(world.refresh_token("demo"), tokens.refresh, "{fault}");
        assert_no_reuse(&world.ledger());
    });
}

#[test]
fn persistent_refusals_end_the_run_within_seconds() {
    let world = World::new();
    world.signed_in(0);
    let before = world.config();
    world.fault(&["token=503"]);
    let output = world.run(&ARGS).exits(5);
    assert!(output.stderr.contains("could not refresh the access token"), "{output}");
    assert_eq!(world.config(), before);
    next_run_needs(&world, 1);
}

#[test]
fn a_refresh_that_may_have_counted_is_not_repeated() {
    for fault in ["token=500", "token=502", "token=html", "token=redirect", "token=403:access_denied"] {
        let world = World::new();
        let tokens = world.signed_in(0);
        world.fault(&[fault]);
        let code = world.run(&ARGS).code;
        assert_eq!(code, if fault.contains("403") { 4 } else { 5 }, "{fault}");
        assert_eq!(presentations(&world.ledger(), &tokens.refresh), 1, "{fault}");
        assert_eq!(world.refresh_token("demo"), tokens.refresh, "{fault}");
    }
}

#[test]
fn a_new_refresh_token_is_kept_with_any_other_field() {
    let renewed = ["error:null", "error:\"server_error\"", "refresh_token_expires_in:60", "expires_in:{}"];
    for field in renewed {
        let world = World::new();
        let tokens = world.signed_in(0);
        world.fault(&[&format!("token=with:{field}x1")]);
        world.run(&ARGS).done();
        assert_ne!(world.refresh_token("demo"), tokens.refresh, "{field}");
    }
    for fault in ["without:access_token", "with:access_token:null", "with:access_token:\"a b\""] {
        let world = World::new();
        let tokens = world.signed_in(0);
        world.fault(&[&format!("token={fault}x1")]);
        world.run(&ARGS).exits(5);
        assert_ne!(world.refresh_token("demo"), tokens.refresh, "{fault}");
        next_run_needs(&world, 1);
        assert_no_reuse(&world.ledger());
    }
}

#[test]
fn a_server_that_cannot_be_reached_costs_nothing() {
    let world = World::new();
    world.signed_in(0);
    let closed = ClosedPort::new();
    let output = Run::new(&ARGS).env("ALIYUN_RS_SANDBOX", &closed.url()).go(&world).exits(5);
    assert!(output.stderr.contains("no answer from 127.0.0.1"), "{output}");
    next_run_needs(&world, 1);
}

#[test]
fn a_refresh_without_an_answer_is_presented_once_more() {
    let world = World::new();
    let tokens = world.signed_in(0);
    world.fault(&["token=dropx1"]);
    quiet(world.run(&ARGS));
    assert_eq!(presentations(&world.ledger(), &tokens.refresh), 2);
    assert_ne!(world.refresh_token("demo"), tokens.refresh);
}

#[test]
fn a_refresh_without_an_answer_is_never_presented_a_third_time() {
    each(["drop", "drop-after", "drop-afterx1", "cut", "cutx1", "garbage", "huge"], |fault| {
        let world = World::new();
        let tokens = world.signed_in(0);
        let before = world.config();
        world.fault(&[&format!("token={fault}")]);
        let output = world.run(&ARGS);
        // Only a refusal says that the login is lost.
        let (code, end) =
            if fault.ends_with("x1") { (3, SIGN_IN) } else { (5, "run the same command again to find out\n") };
        assert!(output.code == code && output.stderr.ends_with(end), "{fault}: {output}");
        assert_eq!(presentations(&world.ledger(), &tokens.refresh), 2, "{fault}");
        assert_eq!(world.config(), before, "{fault}");
    });
}

#[test]
fn an_answer_cut_off_after_its_refresh_token_is_kept() {
    // What follows it is `,"token_type":"Bearer"}`.
    each([1, 10, 23], |missing| {
        let world = World::new();
        let tokens = world.signed_in(0);
        world.fault(&[&format!("token=cut:{missing}x1")]);
        quiet(world.run(&ARGS));
        assert_eq!(presentations(&world.ledger(), &tokens.refresh), 1, "{missing}");
        assert_ne!(world.refresh_token("demo"), tokens.refresh, "{missing}");
    });
}

#[test]
fn an_access_token_that_cannot_be_refreshed_serves_until_its_end() {
    each(
        [
            ("token=503", 1200, 0),
            ("token=500", 1200, 0),
            ("token=drop", 1200, 0),
            ("token=drop-after", 1200, 0),
            ("token=html", 1200, 0),
            ("token=400:invalid_grant", 1200, 0),
            ("token=without:access_token", 1200, 0),
            ("token=503", 910, 0),
            ("token=503", 890, 5),
            ("token=503,exchange=503", 1200, 5),
            ("token=400:invalid_grant,exchange=503", 1200, 3),
        ],
        |(faults, life, code)| {
            let world = World::new();
            let tokens = world.signed_in(life);
            world.fault(&faults.split(',').collect::<Vec<_>>());
            let output = world.run(&ARGS).exits(code);
            let warned =
                output.stderr.contains("warning: could not refresh the access token; the current one was used: ");
            assert_eq!(warned, code == 0, "{faults}: {output}");
            let most = if faults.contains("503") { 3 } else { 1 };
            assert!(presentations(&world.ledger(), &tokens.refresh) <= most, "{faults}: {output}");
        },
    );
}

#[test]
fn after_a_lost_answer_another_tools_tokens_are_used() {
    let world = World::new();
    let tokens = world.signed_in(0);
    let theirs = world.tool_renews(&tokens.refresh).unwrap();
    world.fault(&["token=drop"]);
    let asked = presentations(&world.ledger(), &tokens.refresh);
    thread::scope(|scope| {
        scope.spawn(|| {
            while presentations(&world.ledger(), &tokens.refresh) == asked {
                thread::sleep(Duration::from_millis(5));
            }
            world.tool_saves("demo", &theirs, 3600);
        });
        quiet(Run::new(&ARGS).with_pauses().go(&world));
    });
    assert_eq!(presentations(&world.ledger(), &tokens.refresh) - asked, 1, "not presented again");
    assert_eq!(world.refresh_token("demo"), theirs.refresh);
}

#[test]
#[ignore = "takes 62 seconds"]
fn a_stalled_refresh_is_given_up_after_a_minute_and_repeated() {
    let world = World::new();
    let tokens = world.signed_in(0);
    world.fault(&["token=delay:90000x1"]);
    quiet(world.run(&ARGS));
    assert_ne!(world.refresh_token("demo"), tokens.refresh);
}

#[test]
#[ignore = "takes 20 seconds"]
fn a_slow_answer_to_the_request_that_spends_is_waited_for() {
    let world = World::new();
    let tokens = world.signed_in(0);
    world.fault(&["token=delay:20000x1"]);
    quiet(world.run(&ARGS));
    assert_eq!(presentations(&world.ledger(), &tokens.refresh), 1);
}

#[test]
fn an_access_token_that_only_looked_alive_is_refreshed_once() {
    for status in [401, 403] {
        let world = World::new();
        world.signed_in(3600);
        world.fault(&[&format!("exchange={status}x1")]);
        quiet(world.run(&ARGS));
        let ledger = world.ledger();
        assert_eq!((ledger.grants("refresh_token"), ledger.count(Endpoint::Exchange)), (1, 2));
    }
}

#[test]
fn a_user_without_permission_gets_an_error_after_one_refresh() {
    let world = World::new();
    world.signed_in(3600);
    world.fault(&["exchange=403"]);
    let output = world.run(&ARGS).exits(4);
    assert!(output.stderr.contains("access_denied"), "{output}");
    assert_eq!(world.ledger().grants("refresh_token"), 1);
    next_run_needs(&world, 0);
}

#[test]
fn a_real_end_of_the_access_token_is_found_out_by_the_exchange() {
    let world = World::new();
    let tokens = world.signed_in(3600);
    world.pass(HOUR);
    // A tool that guesses lifetimes.
    world.tool_saves("demo", &tokens, 3600);
    quiet(world.run(&ARGS));
    assert_eq!(world.ledger().grants("refresh_token"), 1);
}

#[test]
fn temporary_faults_of_the_exchange_are_retried() {
    each(["503x2", "500x1", "429x1", "dropx1", "drop-afterx1", "cutx1", "garbagex1"], |fault| {
        let world = World::new();
        world.signed_in(3600);
        world.fault(&[&format!("exchange={fault}")]);
        quiet(world.run(&ARGS));
        assert_eq!(world.ledger().grants("refresh_token"), 0, "{fault}");
    });
}

#[test]
fn a_wrong_clock_is_warned_about_once_and_corrected_for() {
    for (ahead, words) in [(86_400, "is 1d behind"), (-86_400, "is 1d ahead of"), (61, "behind"), (60, "")] {
        let world = World::with(|options| {
            let clock = options.clock.clone();
            options.clock =
                std::sync::Arc::new(move || aliyun_rs::time::Timestamp::from_unix(clock().as_unix() + ahead));
        });
        world.signed_in(3600);
        let output = world.run(&ARGS).done();
        assert_eq!(output.stderr.lines().count(), usize::from(!words.is_empty()), "{output}");
        assert!(output.stderr.contains(words), "{output}");
        let tolerated = if words.is_empty() { ahead } else { 0 };
        assert_eq!(world.value("demo", "sts_expiration"), world.now() + 3600 + tolerated);
        quiet(world.run(&ARGS));
    }
}
