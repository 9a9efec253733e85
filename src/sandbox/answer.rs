//! Answers, and the faults that replace or change them.

use std::time::Duration;

use serde_json::{Map, Value, json};
use tiny_http::{Header, Request, Response};

use super::faults::FaultKind;
use super::pages;
use super::provider::ErrorResponse;

/// An HTTP response.
pub(super) struct Answer {
    pub(super) status: u16,
    kind: &'static str,
    body: Vec<u8>,
    pub(super) headers: Vec<(&'static str, String)>,
    /// The seconds by which its `Date` is off.
    pub(super) date_shift: i64,
}

/// How a response reaches the client.
pub(super) enum Delivery {
    Whole(Answer),
    /// After this time.
    Late(Answer, Duration),
    /// Its body without the last bytes, or half of it, then the connection closes.
    Cut(Answer, Option<usize>),
    /// A pause after each byte.
    Slow(Answer, Duration),
    /// Then the port refuses connections for this time.
    Last(Answer, Duration),
    /// These bytes, then the connection closes.
    Broken(Vec<u8>),
}

impl Answer {
    pub(super) fn json(status: u16, value: &Value) -> Self {
        Self {
            status,
            kind: "application/json",
            body: value.to_string().into_bytes(),
            headers: Vec::new(),
            date_shift: 0,
        }
    }

    pub(super) fn page(status: u16, html: String) -> Self {
        let headers = vec![
            ("Content-Security-Policy", pages::policy(None)),
            ("Referrer-Policy", "no-referrer".to_owned()),
            ("X-Content-Type-Options", "nosniff".to_owned()),
        ];
        Self { status, kind: "text/html; charset=utf-8", body: html.into_bytes(), headers, date_shift: 0 }
    }

    /// A page with a form whose decision leads to `redirect_uri`.
    pub(super) fn form(html: String, redirect_uri: &str) -> Self {
        let mut answer = Self::page(200, html);
        answer.headers[0].1 = pages::policy(Some(redirect_uri));
        answer
    }

    /// A refusal in the format of the OAuth endpoints (RFC 6749 section 5.2, with Alibaba Cloud's `requestId`).
    pub(super) fn refusal(refusal: &ErrorResponse, id: &str) -> Self {
        Self::json(refusal.0, &json!({"error": refusal.1, "error_description": refusal.2, "requestId": id}))
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn send(self, request: Request, date: &str, id: &str) {
        let mut response = Response::from_data(self.body.as_slice()).with_status_code(self.status);
        for (name, value) in self.all_headers(date, id) {
            if let Ok(header) = Header::from_bytes(name, value) {
                response.add_header(header);
            }
        }
        // The client may have closed the connection.
        request.respond(response).ok();
    }

    /// The response as bytes, the last of their connection: the head and the body.
    pub(super) fn to_bytes(&self, date: &str, id: &str) -> (Vec<u8>, &[u8]) {
        let mut head = format!("HTTP/1.1 {} \r\nConnection: close\r\n", self.status);
        for (name, value) in self.all_headers(date, id) {
            head += &format!("{name}: {value}\r\n");
        }
        head += &format!("Content-Length: {}\r\n\r\n", self.body.len());
        (head.into_bytes(), &self.body)
    }

    fn all_headers(&self, date: &str, id: &str) -> Vec<(&'static str, String)> {
        let fixed = [
            ("Content-Type", self.kind.to_owned()),
            ("Cache-Control", "no-store".to_owned()),
            ("Date", date.to_owned()),
            ("x-acs-request-id", id.to_owned()),
        ];
        fixed.into_iter().chain(self.headers.iter().cloned()).collect()
    }

    fn raw(status: u16, body: &str) -> Self {
        Self { body: body.as_bytes().to_vec(), ..Self::json(status, &Value::Null) }
    }

    /// Changes the object that holds the last name of `path`, if the body is a JSON object.
    fn edit(&mut self, path: &str, edit: impl FnOnce(&mut Map<String, Value>, &str)) {
        let Ok(mut body @ Value::Object(_)) = serde_json::from_slice::<Value>(&self.body) else { return };
        let (parents, name) = path.rsplit_once('.').unwrap_or(("", path));
        let mut place = &mut body;
        for parent in parents.split('.').filter(|parent| !parent.is_empty()) {
            if !place[parent].is_object() {
                place[parent] = json!({});
            }
            place = &mut place[parent];
        }
        if let Value::Object(fields) = place {
            edit(fields, name);
        }
        self.body = body.to_string().into_bytes();
    }

    /// Appends members to the body, if that is a JSON object with members.
    fn append(&mut self, members: &str) {
        if let Some(body) = str::from_utf8(&self.body).ok().and_then(|body| body.strip_suffix('}')) {
            self.body = format!("{body},{members}}}").into_bytes();
        }
    }
}

/// The delivery of a fault that replaces the endpoint's work.
pub(super) fn instead(fault: &FaultKind, id: &str) -> Option<Delivery> {
    const WHY: &str = "The sandbox injected this fault.";
    let answer = match fault {
        FaultKind::Drop => return Some(Delivery::Broken(Vec::new())),
        FaultKind::Refuse(status, code) => {
            let answer = Answer::json(*status, &json!({"error": code, "error_description": WHY, "requestId": id}));
            if *status == 429 { answer.with("Retry-After", "1") } else { answer }
        }
        FaultKind::RefuseApi(status, code) => {
            Answer::json(*status, &json!({"Code": code, "Message": WHY, "RequestId": id}))
        }
        FaultKind::Respond(status, body) => Answer::raw(*status, body),
        FaultKind::Redirect => Answer::raw(307, "").with("Location", "/elsewhere"),
        FaultKind::Html => Answer::page(200, "<!doctype html><title>Welcome to Hotel Wi-Fi</title>".to_owned()),
        _ => return None,
    };
    Some(Delivery::Whole(answer))
}

/// The delivery of the answer, as changed by a fault.
pub(super) fn after(fault: Option<FaultKind>, mut answer: Answer) -> Delivery {
    match fault {
        Some(FaultKind::DelayAfter(span)) => return Delivery::Late(answer, span),
        Some(FaultKind::DropAfter) => return Delivery::Broken(Vec::new()),
        Some(FaultKind::RespondAfter(status, body)) => answer = Answer::raw(status, &body),
        Some(FaultKind::RefusedAfter(span)) => return Delivery::Last(answer, span),
        Some(FaultKind::Garbage) => return Delivery::Broken(b"SSH-2.0-sandbox\r\n\r\n".to_vec()),
        Some(FaultKind::Cut(bytes)) => return Delivery::Cut(answer, bytes),
        Some(FaultKind::Slow(pause)) => return Delivery::Slow(answer, pause),
        Some(FaultKind::Huge) => answer.body = vec![b' '; 2 << 20],
        Some(FaultKind::Body(body)) => answer.body = body.into_bytes(),
        Some(FaultKind::Without(path)) => answer.edit(&path, |fields, field| {
            fields.retain(|name, _| !name.eq_ignore_ascii_case(field));
        }),
        Some(FaultKind::With(path, value)) => answer.edit(&path, |fields, field| {
            fields.retain(|name, _| name == field || !name.eq_ignore_ascii_case(field));
            fields.insert(field.to_owned(), value);
        }),
        Some(FaultKind::Append(members)) => answer.append(&members),
        Some(FaultKind::Date(shift)) => answer.date_shift = shift,
        _ => {}
    }
    Delivery::Whole(answer)
}
