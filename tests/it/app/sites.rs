//! A check against the real sites' addresses, played by a network that answers for each host.

use std::sync::{Arc, Mutex};

use aliyun_rs::applications::check::{CheckInput, CheckReport, Judgement, Observation, check};
use aliyun_rs::host::{BoxFuture, Host, Http, Request, Response, TransportError};
use aliyun_rs::oauth::confidential::ConfidentialClient;
use aliyun_rs::oauth::page::Words;
use aliyun_rs::secret::Secret;
use aliyun_rs::site::{Cloud, Site};

const CALLBACK: &str = "https://gitlab.example.com/users/auth/alicloud/callback";
const REFUSED: (u16, &str, &str) = (400, "", r#"{"error":"invalid_client","requestId":"R"}"#);

/// Answers a request with status, `Location` and body.
type Play = fn(&str, &str) -> (u16, &'static str, &'static str);

struct Played {
    play: Play,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Http for Played {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let host = request.uri().host().unwrap().to_owned();
        self.asked.lock().unwrap().push(host.clone());
        let body = String::from_utf8(request.body().clone()).unwrap();
        let (status, location, text) = (self.play)(&host, &body);
        let response = http::Response::builder().status(status).header("Location", location);
        Box::pin(async move { Ok(response.body(text.as_bytes().to_vec()).unwrap()) })
    }
}

/// Checks an application at the China site; the report, and the hosts that were asked.
fn checked(play: Play) -> (CheckReport, Vec<String>) {
    let mut host = Host::from_os();
    let asked = Arc::default();
    host.http = Arc::new(Played { play, asked: Arc::clone(&asked) });
    let secret = Secret::new("right");
    let input = CheckInput {
        client: ConfidentialClient { http: &*host.http, cloud: &Cloud::Alibaba, site: Site::China, id: "4567" },
        api: None,
        secret: Some(&secret),
        callback: Some(CALLBACK),
        scopes: &[],
        gitlab: None,
        asks_gitlab: false,
        timeout: None,
        opens_browser: false,
        wording: |_, _| Words { heading: "", text: "", note: "" },
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let report = runtime.block_on(check(&host, &input, &mut |_, _| unreachable!("nobody is asked to sign in")));
    let asked = asked.lock().unwrap().clone();
    (report, asked)
}

fn has(report: &CheckReport, is_it: impl Fn(&Observation) -> bool) -> bool {
    report.observations.iter().any(is_it)
}

#[test]
fn a_redirect_to_the_login_page_is_a_yes() {
    let (report, asked) = checked(|host, body| match host {
        "signin.aliyun.com" => (302, "https://signin.aliyun.com/login.htm?callback=x", ""),
        "oauth.aliyun.com" if body.contains("client_secret=right") => (400, "", r#"{"error":"invalid_grant"}"#),
        "oauth.aliyun.com" => (401, "", r#"{"error":"invalid_client"}"#),
        other => panic!("{other}"),
    });
    assert!(has(&report, |seen| matches!(seen, Observation::CallbackAccepted(_))));
    assert!(has(&report, |seen| matches!(seen, Observation::SecretAccepted)));
    assert!(!report.has_problem(), "{report:?}");
    assert_eq!(asked.len(), 3);
}

#[test]
fn an_application_of_the_other_site_is_recognized() {
    let (report, asked) = checked(|host, _| match host {
        "signin.alibabacloud.com" => (302, "https://signin.alibabacloud.com/login.htm", ""),
        _ => REFUSED,
    });
    assert!(has(&report, |seen| matches!(seen, Observation::OtherSite(Site::International))), "{report:?}");
    assert!(asked.iter().all(|host| host != "oauth.alibabacloud.com"), "the secret stays at its site");
}

#[test]
fn an_answer_that_is_neither_yes_nor_no_is_not_judged() {
    for play in [
        (|_, _| (302, "https://portal.example/login", "")) as Play,
        |_, _| (200, "", "<html>"),
        |_, _| (503, "", ""),
        |_, _| (429, "", ""),
    ] {
        let (report, _) = checked(play);
        let judged: Vec<_> = report.observations.iter().map(Observation::judgement).collect();
        assert!(judged.iter().all(|judgement| *judgement == Judgement::Inconclusive), "{report:?}");
    }
    let (report, _) = checked(|_, _| REFUSED);
    assert!(has(&report, |seen| matches!(seen, Observation::CallbackRefused { status: 400, code: Some(_) })));
    assert!(has(&report, |seen| matches!(seen, Observation::SecretRefused)));
}
