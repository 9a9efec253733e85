//! Answers, and the faults that replace or change them.

use serde_json::{Map, Value, json};
use tiny_http::{Header, Request, Response};

use super::faults::FaultKind;
use super::pages;
use super::provider::Refusal;

/// An HTTP response.
pub(super) struct Answer {
    pub(super) status: u16,
    kind: &'static str,
    body: Vec<u8>,
    pub(super) headers: Vec<(&'static str, String)>,
}

/// How a response reaches the client.
pub(super) enum Delivery {
    Whole(Answer),
    /// These bytes, then the connection closes.
    Broken(Vec<u8>),
}

impl Answer {
    pub(super) fn json(status: u16, value: &Value) -> Self {
        Self { status, kind: "application/json", body: value.to_string().into_bytes(), headers: Vec::new() }
    }

    pub(super) fn page(status: u16, html: String) -> Self {
        let headers = vec![
            ("Content-Security-Policy", pages::policy()),
            ("Referrer-Policy", "no-referrer".to_owned()),
            ("X-Content-Type-Options", "nosniff".to_owned()),
        ];
        Self { status, kind: "text/html; charset=utf-8", body: html.into_bytes(), headers }
    }

    /// A refusal in the format of the OAuth endpoints (RFC 6749 section 5.2, with Alibaba Cloud's `requestId`).
    pub(super) fn refusal(refusal: &Refusal, id: &str) -> Self {
        Self::json(refusal.0, &json!({"error": refusal.1, "error_description": refusal.2, "requestId": id}))
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn send(self, request: Request, date: &str, id: &str) {
        let mut response = Response::from_data(self.body).with_status_code(self.status);
        let fixed = [
            ("Content-Type", self.kind.to_owned()),
            ("Cache-Control", "no-store".to_owned()),
            ("Date", date.to_owned()),
            ("x-acs-request-id", id.to_owned()),
        ];
        for (name, value) in fixed.into_iter().chain(self.headers) {
            if let Ok(header) = Header::from_bytes(name, value) {
                response.add_header(header);
            }
        }
        // The client may have closed the connection.
        request.respond(response).ok();
    }

    /// The head and the first half of the body.
    fn half(&self) -> Vec<u8> {
        let Self { status, kind, body, .. } = self;
        let head = format!("HTTP/1.1 {status} \r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len());
        [head.as_bytes(), &body[..body.len() / 2]].concat()
    }

    fn edit(&mut self, edit: impl FnOnce(&mut Map<String, Value>)) {
        if let Ok(Value::Object(mut fields)) = serde_json::from_slice(&self.body) {
            edit(&mut fields);
            self.body = Value::Object(fields).to_string().into_bytes();
        }
    }
}

/// The delivery of a fault that replaces the endpoint's work.
pub(super) fn before(fault: &FaultKind, id: &str) -> Option<Delivery> {
    let answer = match fault {
        FaultKind::Drop => return Some(Delivery::Broken(Vec::new())),
        FaultKind::Refuse(status, code) => {
            let answer = Answer::json(
                *status,
                &json!({"error": code, "error_description": "The sandbox plays a fault.", "requestId": id}),
            );
            if *status == 429 { answer.with("Retry-After", "1") } else { answer }
        }
        FaultKind::Redirect => {
            let answer = Answer::json(307, &Value::Null).with("Location", "/elsewhere");
            Answer { body: Vec::new(), ..answer }
        }
        FaultKind::Html => Answer::page(200, "<!doctype html><title>Welcome to Hotel Wi-Fi</title>".to_owned()),
        _ => return None,
    };
    Some(Delivery::Whole(answer))
}

/// The delivery of the answer, as changed by a fault.
pub(super) fn after(fault: Option<FaultKind>, mut answer: Answer) -> Delivery {
    match fault {
        Some(FaultKind::DropAfter) => return Delivery::Broken(Vec::new()),
        Some(FaultKind::Garbage) => return Delivery::Broken(b"SSH-2.0-sandbox\r\n\r\n".to_vec()),
        Some(FaultKind::Cut) => return Delivery::Broken(answer.half()),
        Some(FaultKind::Huge) => answer.body = vec![b' '; 2 << 20],
        Some(FaultKind::Without(field)) => {
            answer.edit(|fields| fields.retain(|name, _| !name.eq_ignore_ascii_case(&field)));
        }
        Some(FaultKind::With(field, json)) => {
            let value = serde_json::from_str(&json).unwrap_or_default();
            answer.edit(|fields| {
                fields.retain(|name, _| name == &field || !name.eq_ignore_ascii_case(&field));
                fields.insert(field, value);
            });
        }
        _ => {}
    }
    Delivery::Whole(answer)
}
