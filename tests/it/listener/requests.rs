//! Requests that are not a callback: other methods, paths and hosts, huge heads, garbage.

use aliyun_rs::oauth::loopback::CallbackRefusal;
use aliyun_rs::oauth::page::Page;

use super::{STATE, STRAY, SUCCESS, SignIn};
use super::{assert_hardened, exchange, get, request, status, true_callback};

#[test]
fn only_navigations_to_the_callback_are_accepted() {
    let sign_in = SignIn::ending_with(Page::Success);
    let port = sign_in.port;
    let target = format!("/cli/callback?code=the-code&state={STATE}");
    for (method, expected) in
        [("HEAD", 405), ("POST", 405), ("PUT", 405), ("OPTIONS", 405), ("TRACE", 405), ("get", 405), ("BREW", 405)]
    {
        let answer = request(port, &format!("{method} {target}"), "");
        assert_eq!(status(&answer), expected, "{method} got {answer}");
        assert!(answer.contains("\r\nallow: GET\r\n"), "{answer}");
        assert_hardened(&answer);
    }
    for target in
        ["/", "/favicon.ico", "/cli/callback/x", "/cli", "/%63li/callback", "/../cli/callback", "/x/../cli/callback"]
    {
        let answer = get(port, &format!("{target}?code=the-code&state={STATE}"));
        assert_eq!(status(&answer), 404, "{target} got {answer}");
        assert_hardened(&answer);
    }
    assert_eq!(status(&request(port, "OPTIONS *", "")), 404);
    for fields in [
        "Origin: null\r\n",
        "Origin: https://signin.aliyun.com\r\n",
        "Sec-Purpose: prefetch\r\n",
        "Sec-Purpose: prefetch;prerender\r\n",
        "Purpose: prefetch\r\n",
        "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n",
        "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n",
        "Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n",
    ] {
        let answer = request(port, &format!("GET {target}"), fields);
        assert_eq!(status(&answer), 403, "{fields} got {answer}");
        assert_hardened(&answer);
    }
    assert!(true_callback(port).contains(SUCCESS));
    sign_in.ends_with_code("the-code");
}

#[test]
fn only_this_machines_own_names_are_served() {
    let sign_in = SignIn::ending_with(Page::Success);
    let port = sign_in.port;
    let query = format!("/cli/callback?code=the-code&state={STATE}");
    let hosts = [
        String::new(),
        "Host:\r\n".into(),
        "Host: 127.0.0.1\r\n".into(),
        "Host: 127.0.0.1:\r\n".into(),
        "Host: localhost\r\n".into(),
        format!("Host: localhost:{}\r\n", port.wrapping_add(1)),
        format!("Host: localhost.evil.example:{port}\r\n"),
        format!("Host: [::1]:{port}\r\n"),
        format!("Host: 127.0.0.1:{}\r\n", port.wrapping_add(1)),
        format!("Host: 127.0.0.1.evil.example:{port}\r\n"),
        format!("Host: 127.1:{port}\r\n"),
        format!("Host: 127.0.0.1:{port}, evil.example\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nHost: 127.0.0.1:{port}\r\n"),
        format!("Host: evil.example\r\nHost: 127.0.0.1:{port}\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n"),
        format!("X-Forwarded-Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n"),
    ];
    for host in &hosts {
        let answer = exchange(port, format!("GET {query} HTTP/1.1\r\n{host}\r\n").as_bytes());
        assert_eq!(status(&answer), 403, "{host} got {answer}");
        assert_hardened(&answer);
    }
    for target in [format!("http://evil.example{query}"), format!("http://127.0.0.1:{port}{query}")] {
        let answer = get(port, &target);
        assert_eq!(status(&answer), 403, "{target} got {answer}");
    }
    assert_eq!(status(&request(port, &format!("CONNECT 127.0.0.1:{port}"), "")), 403);
    let old = exchange(port, format!("GET {query} HTTP/1.0\r\n\r\n").as_bytes());
    assert!(old.starts_with("HTTP/1.0 403 "), "{old}");
    assert!(true_callback(port).contains(SUCCESS));
    sign_in.ends_with_code("the-code");
}

#[test]
fn garbage_never_ends_the_sign_in() {
    let sign_in = SignIn::ending_with(Page::Success);
    let port = sign_in.port;
    let head = format!("GET /cli/callback?code=a&state=wrong HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n");
    let mut hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec();
    hello.extend([0x5a; 600]);
    let garbage = [
        b"\0\0\0\0\r\n\r\n".to_vec(),
        b"\r\n\r\n\r\n\r\nx\r\n\r\n".to_vec(),
        (0..=255).cycle().take(4096).collect(),
        hello,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec(),
        b"GET /cli/callback\r\n\r\n".to_vec(),
        b"GET /cli/callback HTTP/9.9\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n".to_vec(),
        b"GET /\0 HTTP/1.1\r\n\r\n".to_vec(),
        format!("{head}X: {}\r\n\r\n", "a".repeat(1 << 20)).into_bytes(),
        format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(1 << 20)).into_bytes(),
        format!("{head}{}\r\n", "X: y\r\n".repeat(1000)).into_bytes(),
        format!("{head}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n").into_bytes(),
        format!("{head}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n").into_bytes(),
        format!("{head}Content-Length: 99999999999\r\n\r\n").into_bytes(),
        format!("{head}Content-Length: -1\r\n\r\n").into_bytes(),
        format!("{head}Expect: 100-continue\r\nContent-Length: 10\r\n\r\n").into_bytes(),
        format!("{head}Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n").into_bytes(),
    ];
    for bytes in &garbage {
        let answer = exchange(port, bytes);
        assert!(!(200..400).contains(&status(&answer)), "{} got {answer}", bytes.escape_ascii());
    }
    // Nothing after the first request of a connection is served.
    let second = format!("GET /cli/callback?code=b&state={STATE} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    let answer = exchange(port, format!("{head}\r\n{second}").as_bytes());
    assert!(!answer.contains("200 OK"), "{answer}");
    assert!(true_callback(port).contains(SUCCESS));
    sign_in.ends_with_code("the-code");
}

#[test]
fn other_applications_cookies_do_not_stop_a_sign_in() {
    for kilobytes in [15, 16, 17, 64, 250] {
        let sign_in = SignIn::ending_with(Page::Success);
        let cookies = format!("Cookie: other={}\r\n", "x".repeat(kilobytes * 1024));
        let answer = request(sign_in.port, &format!("GET /cli/callback?code=the-code&state={STATE}"), &cookies);
        assert!(answer.contains(SUCCESS), "{kilobytes} KB got {answer}");
        sign_in.ends_with_code("the-code");
    }
    let sign_in = SignIn::ending_with(Page::Success);
    let fields: String = (0..400).map(|number| format!("Cookie: c{number}=1\r\n")).collect();
    let answer = request(sign_in.port, &format!("GET /cli/callback?code=the-code&state={STATE}"), &fields);
    assert!(answer.contains(SUCCESS), "{answer}");
    sign_in.ends_with_code("the-code");
}

#[test]
fn a_head_beyond_the_bounds_gets_a_page_and_is_reported_once() {
    let sign_in = SignIn::ending_with(Page::Success);
    let line = format!("GET /cli/callback?code=the-code&state={STATE}");
    let language = "Accept-Language: zh-CN\r\n";
    for fields in [
        format!("{language}Cookie: other={}\r\n", "x".repeat(600 * 1024)),
        format!("{language}Cookie: other={}\r\n", "x".repeat(1200 * 1024)),
        format!("{language}{}", "X: y\r\n".repeat(1000)),
    ] {
        let answer = request(sign_in.port, &line, &fields);
        assert_eq!(status(&answer), 431, "{answer}");
        assert!(answer.contains(STRAY) && answer.contains("用中文"), "{answer}");
        assert_hardened(&answer);
    }
    assert!(true_callback(sign_in.port).contains(SUCCESS));
    assert_eq!(sign_in.refused(), [CallbackRefusal::HeadTooLarge]);
}

#[test]
fn malformed_requests_get_hardened_answers() {
    let sign_in = SignIn::ending_with(Page::Success);
    for bytes in
        ["\0\r\n\r\n", "GET /cli/callback\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nHost : x\r\n\r\n"]
    {
        let answer = exchange(sign_in.port, bytes.as_bytes());
        assert_eq!(status(&answer), 400, "{bytes:?} got {answer}");
        assert!(answer.contains(STRAY), "{answer}");
        assert_hardened(&answer);
    }
    assert!(true_callback(sign_in.port).contains(SUCCESS));
    sign_in.ends_with_code("the-code");
}
