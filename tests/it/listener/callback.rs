//! Callbacks: which one ends the sign-in, and which page its browser gets.

use std::io::Write;

use aliyun_rs::oauth::callback::{Callback, ErrorCode};
use aliyun_rs::oauth::page::Page;

use super::{DENIED, FAILED, ISSUER, STATE, SUCCESS, SignIn};
use super::{assert_hardened, connect, get, read, request, status, true_callback};

#[test]
fn the_callback_hands_over_its_code_and_gets_the_page() {
    for (page, says) in [(Page::Success, SUCCESS), (Page::Denied, DENIED), (Page::Failed, FAILED)] {
        let sign_in = SignIn::ending_with(page);
        let answer = true_callback(sign_in.port);
        assert_eq!(status(&answer), 200);
        assert!(answer.contains(says), "{answer}");
        assert!(!answer.contains("the-code") && !answer.contains(STATE), "{answer}");
        assert!(answer.contains("style-src 'sha256-"), "{answer}");
        assert_hardened(&answer);
        sign_in.ends_with_code("the-code");
    }
}

#[test]
fn pages_are_in_the_language_of_the_browser() {
    let sign_in = SignIn::ending_with(Page::Success);
    let callback = format!("GET /cli/callback?code=c&state={STATE}");
    for line in ["GET /", "GET http://evil.example/", &callback] {
        let answer = request(sign_in.port, line, "Accept-Language: zh-CN,zh;q=0.9,en;q=0.8\r\n");
        assert!(answer.contains("用中文") && answer.contains(r#"<html lang="zh-CN">"#), "{line} got {answer}");
    }
    sign_in.ends_with_code("c");
}

#[test]
fn a_refusal_with_the_right_state_is_handed_over() {
    let sign_in = SignIn::ending_with(Page::Denied);
    let target = format!("/cli/callback?error=access_denied&error_description=%3Cb%3Eno%0A&state={STATE}&iss={ISSUER}");
    let answer = get(sign_in.port, &target);
    assert!(answer.contains(DENIED) && !answer.contains("<b>"), "{answer}");
    let description = Some("<b>no".to_owned());
    assert_eq!(sign_in.callback(), Callback::Refused { error: ErrorCode::AccessDenied, description });
}

#[test]
fn a_query_of_another_sign_in_gets_400_and_ends_nothing() {
    let shorter = &STATE[1..];
    let huge = "a".repeat(4097);
    let many = (0..40).map(|n| format!("&p{n}=")).collect::<String>();
    let hostile = [
        "".to_owned(),
        "?".into(),
        "?code=a".into(),
        "?state=&code=a".into(),
        "?state=wrong&code=a".into(),
        format!("?state={shorter}&code=a"),
        format!("?state={STATE}0&code=a"),
        format!("?state={STATE}%00&code=a"),
        format!("?state=%20{STATE}&code=a"),
        format!("?state={}&code=a", STATE.to_lowercase()),
        format!("?STATE={STATE}&code=a"),
        format!("?state[]={STATE}&code=a"),
        format!("?x=1;state={STATE};code=a"),
        format!("?code=a#state={STATE}"),
        format!("?state={STATE}"),
        format!("?state={STATE}&code="),
        format!("?state={STATE}&code"),
        format!("?state={STATE}&error="),
        format!("?state={STATE}&code=a&code=a"),
        format!("?state={STATE}&code=a&%63ode=b"),
        format!("?state={STATE}&state={STATE}&code=a"),
        format!("?state=wrong&state={STATE}&code=a"),
        format!("?state={STATE}&state=wrong&code=a"),
        format!("?state={STATE}&error=access_denied&error=server_error"),
        format!("?state={STATE}&code=a&error=access_denied"),
        format!("?state={STATE}&code=&error=access_denied"),
        format!("?state={STATE}&code=a&error="),
        "?error=access_denied".into(),
        "?error=access_denied&state=".into(),
        "?error=access_denied&state=wrong".into(),
        format!("?state={STATE}&code=%"),
        format!("?state={STATE}&code=%4"),
        format!("?state={STATE}&code=%zz"),
        format!("?state={STATE}&code=%+1"),
        format!("?state={STATE}&code=%u0061"),
        format!("?state={STATE}&code=%ff%fe"),
        format!("?state={STATE}&code=a%00b"),
        format!("?state={STATE}&code=a%0d%0aSet-Cookie:%20x=1"),
        format!("?state={STATE}&code=a%7f"),
        format!("?state={STATE}&code=%E2%80%AE"),
        format!("?state={STATE}&code={huge}"),
        format!("?state={STATE}&error={huge}"),
        format!("?state={STATE}&code=a&broken=%"),
        format!("?state={STATE}&code=a{many}"),
        format!("?state={STATE}&code=a&iss=https://oauth.alibabacloud.com"),
        format!("?state={STATE}&code=a&iss=https://oauth.aliyun.com.evil.example"),
        format!("?state={STATE}&code=a&iss=http://oauth.aliyun.com"),
        format!("?state={STATE}&code=a&iss="),
        format!("?state={STATE}&code=a&iss={ISSUER}&iss={ISSUER}"),
        "?code=%3Cscript%3Ealert(1)%3C/script%3E&state=%3Cscript%3E".into(),
    ];
    let sign_in = SignIn::ending_with(Page::Success);
    for query in &hostile {
        let answer = get(sign_in.port, &format!("/cli/callback{query}"));
        assert_eq!(status(&answer), 400, "{query} got {answer}");
        assert_hardened(&answer);
        assert!(!answer.contains("script") && !answer.contains("Set-Cookie"), "{query} got {answer}");
    }
    assert!(true_callback(sign_in.port).contains(SUCCESS));
    sign_in.ends_with_code("the-code");
}

#[test]
fn after_thousands_of_wrong_states_the_right_one_still_counts() {
    let sign_in = SignIn::ending_with(Page::Success);
    for n in 0..3000 {
        let answer = get(sign_in.port, &format!("/cli/callback?code=forged&state={n}"));
        assert_eq!(status(&answer), 400, "{answer}");
    }
    assert!(true_callback(sign_in.port).contains(SUCCESS));
    sign_in.ends_with_code("the-code");
}

#[test]
fn a_reload_waits_for_the_same_page_while_strays_are_answered() {
    let mut sign_in = SignIn::held();
    let port = sign_in.port;
    let line = format!("GET /cli/callback?code=the-code&state={STATE} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    let mut browsers = [connect(port), connect(port), connect(port)];
    for browser in &mut browsers {
        browser.write_all(line.as_bytes()).unwrap();
    }
    assert_eq!(status(&get(port, "/favicon.ico")), 404);
    assert_eq!(status(&get(port, "/cli/callback?error=access_denied&state=x")), 400);
    sign_in.finish(Page::Failed);
    for browser in &mut browsers {
        assert!(read(browser).contains(FAILED));
    }
    sign_in.ends_with_code("the-code");
}

#[test]
fn a_browser_that_leaves_early_delays_nothing() {
    let mut sign_in = SignIn::held();
    let mut browser = connect(sign_in.port);
    let port = sign_in.port;
    write!(browser, "GET /cli/callback?code=c&state={STATE} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n").unwrap();
    // Once a stray that came later is answered, the callback has been handed over.
    assert_eq!(status(&get(port, "/")), 404);
    drop(browser);
    sign_in.finish(Page::Success);
    sign_in.ends_with_code("c");
}
