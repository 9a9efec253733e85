//! Answers of every kind, judged.

use super::*;

fn judged(status: u16, body: &str) -> Result<Reply, ReplyError> {
    let mut response = Response::new(body.as_bytes().to_vec());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    Reply::judge("oauth.example", &response, &[])
}

fn refused(status: u16, body: &str) -> Refusal {
    match judged(status, body) {
        Err(ReplyError::Refused(refusal)) => refusal,
        other => panic!("{:?}", other.err()),
    }
}

#[test]
fn a_refusal_keeps_code_description_and_request_id() {
    let body = r#"{"error":"invalid_grant","error_description":"expired\u001b[2J","requestId":"R-1"}"#;
    for status in [400, 200] {
        let refusal = refused(status, body);
        assert_eq!(refusal.code.as_deref(), Some("invalid_grant"), "an error in disguise is one too");
        assert_eq!(refusal.description.as_deref(), Some("expired [2J"));
        assert_eq!((refusal.request_id.as_deref(), refusal.status), (Some("R-1"), status));
    }
}

#[test]
fn whatever_is_not_json_is_classified() {
    for (status, body, expected) in [
        (200, "<html>", Instead::WebPage),
        (403, "<html>", Instead::WebPage),
        (307, "", Instead::Redirect),
        (200, "", Instead::Nothing),
        (200, "[1]", Instead::Other),
    ] {
        match judged(status, body) {
            Err(ReplyError::NotJson { what, status: seen, .. }) => assert_eq!((what, seen), (expected, status)),
            other => panic!("{body}: {:?}", other.err()),
        }
    }
    for (status, body) in [(503, "<html>"), (403, "no")] {
        assert_eq!(refused(status, body).status, status);
    }
}

#[test]
fn a_token_is_text_that_fits_a_header() {
    for (body, expected) in [
        (r#"{"a":1}"#, FieldProblem::Missing),
        (r#"{"token":null}"#, FieldProblem::Missing),
        (r#"{"token":["x"]}"#, FieldProblem::WrongType),
        (r#"{"token":""}"#, FieldProblem::Empty),
        (r#"{"token":"a\r\nb: c"}"#, FieldProblem::Unusable),
        (r#"{"token":"é"}"#, FieldProblem::Unusable),
    ] {
        match judged(200, body).unwrap().token("token").unwrap_err() {
            ReplyError::Field { field: "token", problem, .. } => assert_eq!(problem, expected, "{body}"),
            other => panic!("{body}: {other:?}"),
        }
    }
    assert_eq!(judged(200, r#"{"Token":"x"}"#).unwrap().token("token").unwrap().expose(), "x");
}

#[test]
fn the_words_of_a_server_never_show_what_was_sent() {
    let token = Secret::new("rt-0123456789abcdefghij");
    for words in [
        "rt-0123456789abcdefghij is spent",
        "the token rt-0123456789abcdefghij",
        "starts with rt-0123456789",
        "ends in 9abcdefghij",
        "x=rt-0123456789abcdefghij&y=rt-0123456789abcdefghij",
        "rt-01234567\u{0}\u{200b}89abcdefghij",
    ] {
        let body = serde_json::json!({"error": words, "error_description": words, "requestId": words}).to_string();
        let mut response = Response::new(body.into_bytes());
        *response.status_mut() = StatusCode::BAD_REQUEST;
        let Err(ReplyError::Refused(refusal)) = Reply::judge("oauth.example", &response, &[&token]) else {
            panic!("{words}")
        };
        for shown in [refusal.code, refusal.description, refusal.request_id].into_iter().flatten() {
            assert!(shown.contains("***") && !shown.contains("0123456") && !shown.contains("cdefghij"), "{shown}");
        }
    }
}

#[test]
fn only_an_empty_or_json_success_is_an_acknowledgement() {
    let acknowledged = |status: u16, body: &str| {
        let mut response = Response::new(body.as_bytes().to_vec());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        Reply::acknowledged("oauth.example", &response, &[]).is_ok()
    };
    for body in ["", " \r\n", "{}", r#"{"requestId":"R"}"#, r#"{"success":true}"#, r#"{"error":null}"#] {
        assert!(acknowledged(200, body), "{body}");
        assert!(!acknowledged(400, body) && !acknowledged(302, body), "{body}");
    }
    let refused = [r#"{"error":"invalid_request"}"#, r#"{"Code":"Throttling"}"#, r#"{"success":false}"#];
    let strange = ["<html>", "<!doctype html>", "welcome to the hotel", "[]", "\"ok\"", "true"];
    for body in refused.into_iter().chain(strange) {
        assert!(!acknowledged(200, body), "{body}");
    }
}
