//! What a server can get wrong during a sign-in. Each case has its exit code and its words, and no token is
//! shown. Before the tokens arrive nothing on disk changes; after that the login is kept.

use std::thread;

use aliyun_rs::oauth::loopback::PORTS;
use aliyun_rs::sandbox::Endpoint;

use crate::support::{Output, Run, SIGN_IN, World, ports};

const OTHER: &str = "{ \"current\": \"other\",\n  \"profiles\": [{\"name\": \"other\", \"mode\": \"AK\"}] }\n";

/// Plays every case, as many at the same time as there are ports for the callback: most of them wait.
fn each<T: Copy + Send + Sync>(cases: &[T], play: impl Fn(T) + Sync) {
    let _turn = ports::turn();
    for cases in cases.chunks(PORTS.count()) {
        thread::scope(|scope| cases.iter().for_each(|case| drop(scope.spawn(|| play(*case)))));
    }
}

/// Signs in while `fault` is played. The ports are the caller's.
fn failing(world: &World, fault: &str) -> Output {
    world.write_config(OTHER);
    world.fault(&[fault]);
    let files = world.files();
    let output = Run::new(&SIGN_IN).go(world).shows("<main class=\"failed\">");
    assert_eq!(world.files(), files, "{fault}");
    assert!(!output.stdout.contains("Saving"), "{fault}: {output}");
    output
}

/// What every endpoint of the sign-in can get wrong: fault, exit code, words.
const EVERYWHERE: [(&str, u8, &str); 17] = [
    (
        "400:invalid_request",
        4,
        "refused: `invalid_request` (status 400), The sandbox injected this fault., request id ",
    ),
    ("401:invalid_client", 4, "refused: `invalid_client` (status 401)"),
    ("403", 4, "refused: `access_denied` (status 403)"),
    ("403", 4, "hint: a RAM administrator may have to install the app `official-cli`"),
    ("429", 5, "refused: `throttled` (status 429)"),
    ("500", 5, "refused: `server_error` (status 500)"),
    ("503", 5, "hint: try again in a moment"),
    ("html", 5, "answered with a web page instead of JSON (status 200)"),
    ("html", 5, "hint: a captive portal or proxy answered instead of Alibaba Cloud"),
    ("redirect", 5, "answered with a redirect instead of JSON (status 307)"),
    ("huge", 5, "the answer is larger than 1 MiB"),
    ("garbage", 5, "no answer from 127.0.0.1"),
    ("drop", 5, "no answer from 127.0.0.1"),
    ("drop-after", 5, "no answer from 127.0.0.1"),
    ("cut", 5, "hint: check the network, and HTTPS_PROXY and NO_PROXY"),
    ("with:error:\"server_error\"", 5, "refused: `server_error` (status 200)"),
    ("with:error:12", 4, "refused: status 200"),
];

#[test]
fn a_token_endpoint_fault_is_reported_and_changes_nothing() {
    // Good tokens are accepted, whatever other fields there are.
    let cases: Vec<_> = EVERYWHERE.into_iter().filter(|(fault, ..)| !fault.starts_with("with:error")).collect();
    each(&cases, |(fault, code, words)| {
        let world = World::new();
        let output = failing(&world, &format!("token={fault}")).exits(code).warns(words);
        output.warns("error: could not exchange the authorization code for tokens: ");
        let attempts = if matches!(fault, "429" | "503") { 3 } else { 1 };
        assert_eq!(world.ledger().count(Endpoint::Token), attempts, "a code that may have counted: {fault}");
        assert_eq!(world.ledger().count(Endpoint::Exchange), 0);
    });
}

/// Signs in while `fault` is played at the exchange: the login is kept, and the next command completes it.
fn exchanged_later(fault: &str, code: u8, words: &str) {
    let world = World::new();
    world.write_config(OTHER);
    world.fault(&[fault]);
    let output = Run::new(&SIGN_IN).go(&world).exits(code).warns(words);
    let output = output.warns("error: the profile `demo` is signed in and saved, but has no credentials yet: ");
    let page = if code == 4 { "<main class=\"failed\">" } else { "<main class=" };
    output.shows(page);
    let asked = world.ledger();
    assert!(asked.count(Endpoint::Exchange) <= 3, "{fault}");
    world.fault(&[]);
    world.run(&["credentials", "--profile", "demo"]).done();
    let refreshes = world.ledger().grants("refresh_token");
    assert_eq!((refreshes, world.value("demo", "region_id")), (0, "cn-hangzhou".into()), "{fault}");
}

/// Signs in while `fault` spoils the access token: the refresh token is kept, and the next command uses it.
fn refreshed_later(fault: &str) {
    let world = World::new();
    world.fault(&[fault]);
    let output = Run::new(&SIGN_IN).go(&world).exits(5).warns("the server sent no usable access token");
    assert_eq!(world.ledger().count(Endpoint::Exchange), 0, "{fault}: {output}");
    world.fault(&[]);
    world.run(&["credentials", "--profile", "demo"]).done();
    assert_eq!(world.ledger().grants("refresh_token"), 1, "{fault}");
}

#[test]
fn a_fault_of_the_exchange_keeps_the_login() {
    each(&EVERYWHERE, |(fault, code, words)| exchanged_later(&format!("exchange={fault}"), code, words));
}

#[test]
fn one_temporary_fault_during_a_sign_in_is_retried() {
    each(&["token=503x2", "token=429x1", "exchange=503x2", "exchange=429x1", "exchange=drop-afterx1"], |fault| {
        let world = World::new();
        world.fault(&[fault]);
        Run::new(&SIGN_IN).go(&world).done().shows("Authorization successful");
        assert_eq!(world.ledger().grants("refresh_token"), 0, "{fault}");
    });
}

#[test]
fn a_used_up_code_says_to_run_the_command_again() {
    let _turn = ports::turn();
    failing(&World::new(), "token=400:invalid_grant")
        .exits(4)
        .warns("hint: the authorization was already used or is too old");
}

/// Endpoint, field, JSON in its place (none: no field at all), what is wrong with it.
const FIELDS: [(&str, &str, Option<&str>, &str); 34] = [
    ("token", "access_token", None, "`access_token` is missing"),
    ("token", "access_token", Some("null"), "`access_token` is missing"),
    ("token", "access_token", Some("12"), "`access_token` is missing"),
    ("token", "access_token", Some("[\"a\"]"), "`access_token` is missing"),
    ("token", "access_token", Some("\"\""), "`access_token` is missing"),
    ("token", "access_token", Some("\"a\\r\\nX-Injected: b\""), "`access_token` is missing"),
    ("token", "access_token", Some("\"a b\""), "`access_token` is missing"),
    ("token", "access_token", Some("\"\\u00e9\""), "`access_token` is missing"),
    ("token", "refresh_token", None, "`refresh_token` is missing"),
    ("token", "refresh_token", Some("null"), "`refresh_token` is missing"),
    ("token", "refresh_token", Some("\"\""), "`refresh_token` is empty"),
    ("token", "refresh_token", Some("12"), "`refresh_token` is not a string"),
    ("token", "refresh_token", Some("{}"), "`refresh_token` is not a string"),
    ("token", "refresh_token", Some("\"a\\nb\""), "`refresh_token` is malformed"),
    ("exchange", "accessKeyId", None, "`accessKeyId` is missing"),
    ("exchange", "accessKeyId", Some("null"), "`accessKeyId` is missing"),
    ("exchange", "accessKeyId", Some("true"), "`accessKeyId` is not a string"),
    ("exchange", "accessKeyId", Some("\"\""), "`accessKeyId` is empty"),
    ("exchange", "accessKeyId", Some("\"a\\u001b[2Jb\""), "`accessKeyId` is malformed"),
    ("exchange", "accessKeySecret", None, "`accessKeySecret` is missing"),
    ("exchange", "accessKeySecret", Some("0"), "`accessKeySecret` is not a string"),
    ("exchange", "accessKeySecret", Some("\"\""), "`accessKeySecret` is empty"),
    ("exchange", "securityToken", None, "`securityToken` is missing"),
    ("exchange", "securityToken", Some("{\"a\":1}"), "`securityToken` is not a string"),
    ("exchange", "securityToken", Some("\"a\\r\\nb\""), "`securityToken` is malformed"),
    ("exchange", "expiration", None, "`expiration` is missing"),
    ("exchange", "expiration", Some("null"), "`expiration` is missing"),
    ("exchange", "expiration", Some("1790003600"), "`expiration` is not a date"),
    ("exchange", "expiration", Some("\"\""), "`expiration` is not a date"),
    ("exchange", "expiration", Some("\"soon\""), "`expiration` is not a date"),
    ("exchange", "expiration", Some("\"2026-02-30T00:00:00Z\""), "`expiration` is not a date"),
    ("exchange", "expiration", Some("\"99999-01-01T00:00:00Z\""), "`expiration` is not a date"),
    ("exchange", "expiration", Some("\"1970-01-01T00:00:00Z\""), "`expiration` is in the past"),
    ("exchange", "expiration", Some("\"2026-09-21T14:13:20Z\""), "`expiration` is in the past"),
];

#[test]
fn a_missing_or_unusable_field_is_named() {
    each(&FIELDS, |(endpoint, field, json, words)| {
        let fault = match json {
            None => format!("{endpoint}=without:{field}"),
            Some(json) => format!("{endpoint}=with:{field}:{json}"),
        };
        let words = format!("unusable answer from 127.0.0.1: {words}");
        match (endpoint, field) {
            ("exchange", _) => exchanged_later(&fault, 5, &words),
            (_, "access_token") => refreshed_later(&fault),
            _ => {
                let output = failing(&World::new(), &fault).exits(5).warns(&words);
                output.warns("hint: this is not what Alibaba Cloud usually answers");
            }
        }
    });
}

#[test]
fn odd_spellings_of_a_lifetime_are_accepted() {
    for json in ["\"3600\"", "3600.5", "1e300", "18446744073709551616"] {
        let world = World::new();
        world.fault(&[&format!("token=with:expires_in:{json}")]);
        Run::new(&SIGN_IN).sign_in(&world).done();
        assert!(world.value("demo", "oauth_access_token_expire").is_i64(), "{json}: {}", world.config());
    }
}

#[test]
fn good_tokens_are_accepted_with_any_other_field() {
    for fault in [
        "with:expires_in:0",
        "with:expires_in:-1",
        "with:expires_in:\"soon\"",
        "with:expires_in:[]",
        "with:expires_in:null",
        "without:expires_in",
        "with:error:null",
        "with:error:\"server_error\"",
        "with:refresh_expires_in:1e300",
    ] {
        let world = World::new();
        world.fault(&[&format!("token={fault}")]);
        Run::new(&SIGN_IN).sign_in(&world).done();
    }
}

#[test]
fn a_token_is_never_shown_even_when_the_answer_is_refused() {
    for fault in [
        "token=with:access_token:\"canary-7f3a-canary tail\"",
        "token=with:refresh_token:\"canary-7f3a-canary tail\"",
        "token=with:id_token:[\"canary-7f3a-canary\"]",
        "exchange=with:securityToken:\"canary-7f3a-canary tail\"",
        "exchange=with:accessKeySecret:\"canary-7f3a-canary tail\"",
        "exchange=with:expiration:\"canary-7f3a-canary\"",
    ] {
        let world = World::new();
        world.fault(&[fault]);
        let output = Run::new(&SIGN_IN).sign_in(&world);
        output.hides(&["canary-7f3a-canary".to_owned()]);
    }
}

#[test]
fn words_of_a_server_cannot_command_the_terminal() {
    let world = World::new();
    world.fault(&["exchange=with:error:\"\\u001b]0;owned\\u0007\\u202e\\nfake line\""]);
    let output = Run::new(&SIGN_IN).sign_in(&world).exits(4);
    assert!(!output.stderr.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{output:?}");
    assert!(!output.stderr.lines().any(|line| line.starts_with("fake")), "{output}");
}
