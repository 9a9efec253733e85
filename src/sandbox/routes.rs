//! From a request to the rules and back: paths, methods, bodies, faults, the ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::{Value, json};
use tiny_http::{Header, Method, Request, Response};

use super::faults::{self, Endpoint, Fault, FaultKind};
use super::ledger::Ledger;
use super::options::Options;
use super::pages;
use super::provider::{Asked, Parameters, Provider, Refusal, random};
use super::sts::{self, Signed};

const MAX_BODY: u64 = 64 * 1024;

/// Answers one request after the other; shared by all connections.
pub(super) struct Desk(Mutex<Books>);

struct Books {
    provider: Provider,
    ledger: Ledger,
    nonces: BTreeSet<String>,
}

/// A request that was read whole.
struct Visit {
    method: Method,
    path: String,
    query: Option<Parameters>,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

/// What goes back.
struct Answer {
    status: u16,
    kind: &'static str,
    body: Vec<u8>,
    headers: Vec<(&'static str, String)>,
}

impl Desk {
    pub(super) fn new(options: Options) -> Self {
        let (ledger, nonces) = (Ledger::default(), BTreeSet::new());
        Self(Mutex::new(Books { provider: Provider::new(options), ledger, nonces }))
    }

    pub(super) fn ledger(&self) -> Ledger {
        self.books().ledger.clone()
    }

    pub(super) fn sign_in(&self, user: &str, client_id: &str) -> (String, String) {
        self.books().provider.sign_in(user, client_id)
    }

    pub(super) fn set_faults(&self, faults: Vec<Fault>) {
        self.books().provider.options.faults = faults;
    }

    /// The `Date` header, by the sandbox's own clock.
    fn date(&self) -> String {
        (self.books().provider.options.clock)().to_http_date()
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn answer(&self, mut request: Request) {
        let visit = Visit::read(&mut request);
        let endpoint = visit.endpoint();
        let fault = endpoint.and_then(|at| faults::take(&mut self.books().provider.options.faults, at));
        if let Some(FaultKind::Delay(span)) = &fault {
            thread::sleep(*span);
        }
        let early = fault.as_ref().and_then(before);
        if let (Some(at), Some(_)) = (endpoint, &early) {
            let grant = visit.grant();
            let mut books = self.books();
            let now = (books.provider.options.clock)();
            books.ledger.note(now, at, grant, "fault", visit.presented().as_deref());
        }
        match early {
            Some(early) => early.send(request, &self.date()),
            None => {
                let answer = self.books().route(&visit, endpoint);
                after(fault, answer).send(request, &self.date());
            }
        }
    }
}

impl Visit {
    fn read(request: &mut Request) -> Self {
        let (path, query) = request.url().split_once('?').unwrap_or((request.url(), ""));
        let (path, query) = (path.to_owned(), parameters(query.as_bytes()));
        let headers = request.headers().iter();
        let headers =
            headers.map(|header| (header.field.as_str().as_str().to_ascii_lowercase(), header.value.to_string()));
        let headers = headers.collect();
        let mut body = Vec::new();
        request.as_reader().take(MAX_BODY).read_to_end(&mut body).ok();
        Self { method: request.method().clone(), path, query, headers, body }
    }

    fn endpoint(&self) -> Option<Endpoint> {
        match (&self.method, self.path.as_str()) {
            (Method::Get | Method::Post, "/oauth2/v1/auth") => Some(Endpoint::Authorize),
            (Method::Post, "/v1/token") => Some(Endpoint::Token),
            (Method::Post, "/v1/exchange") => Some(Endpoint::Exchange),
            (Method::Post, "/v1/revoke") => Some(Endpoint::Revoke),
            (Method::Get, "/v1/userinfo") => Some(Endpoint::UserInfo),
            (_, "/") if self.headers.contains_key("x-acs-action") => Some(Endpoint::Sts),
            _ => None,
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    fn form(&self) -> Result<Parameters, Refusal> {
        let kind = self.header("content-type").unwrap_or_default();
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(Refusal(415, "invalid_request", "The body must be a form."));
        }
        parameters(&self.body).ok_or(Refusal(400, "invalid_request", "A parameter is repeated."))
    }

    fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    fn grant(&self) -> Option<String> {
        match self.endpoint()? {
            Endpoint::Token => self.form().ok()?.get("grant_type").cloned(),
            Endpoint::Sts => self.header("x-acs-action").map(str::to_owned),
            _ => None,
        }
    }

    /// What was presented: the code, refresh token, access token or key of the request.
    fn presented(&self) -> Option<String> {
        let form = self.form().unwrap_or_default();
        let token = ["refresh_token", "code", "token"].iter().find_map(|name| form.get(*name));
        token.cloned().or_else(|| self.bearer().map(str::to_owned))
    }

    fn is_chinese(&self) -> bool {
        self.header("accept-language")
            .is_some_and(|languages| languages.trim_start().to_ascii_lowercase().starts_with("zh"))
    }
}

/// The parameters of a query or form; `None` when one is repeated (RFC 6749 section 3.1).
fn parameters(text: &[u8]) -> Option<Parameters> {
    let mut found = Parameters::new();
    for (name, value) in url::form_urlencoded::parse(text).into_owned() {
        if found.insert(name, value).is_some() {
            return None;
        }
    }
    Some(found)
}

impl Books {
    fn route(&mut self, visit: &Visit, endpoint: Option<Endpoint>) -> Answer {
        let Some(endpoint) = endpoint else { return self.elsewhere(visit) };
        let answered = match endpoint {
            Endpoint::Authorize if visit.method == Method::Get => return self.show(visit),
            Endpoint::Authorize => return self.decide(visit),
            Endpoint::Token => visit.form().and_then(|form| self.provider.token(&form)),
            Endpoint::Exchange => self.provider.exchange(visit.bearer()),
            Endpoint::Revoke => visit.form().and_then(|form| self.provider.revoke(&form)),
            Endpoint::UserInfo => self.provider.userinfo(visit.bearer()),
            Endpoint::Sts => {
                let query = visit.query.clone().unwrap_or_default();
                let method = visit.method.as_str();
                let signed = Signed { method, query: &query, headers: &visit.headers, body: &visit.body };
                sts::answer(&self.provider, &mut self.nonces, &signed)
            }
        };
        let outcome = answered.as_ref().map_or_else(|refusal| refusal.1, |_| "ok");
        self.note(visit, endpoint, outcome);
        if answered.is_ok() || endpoint == Endpoint::Token {
            self.save();
        }
        match answered {
            Ok(value) => Answer::json(200, &value),
            Err(refusal) if endpoint == Endpoint::Sts => {
                Answer::json(refusal.0, &json!({"Code": refusal.1, "Message": refusal.2, "RequestId": random("")}))
            }
            Err(refusal) => Answer::refusal(&refusal),
        }
    }

    /// The sign-in page.
    fn show(&mut self, visit: &Visit) -> Answer {
        let asked = self.asked(visit, visit.query.as_ref());
        let chinese = visit.is_chinese();
        self.note(visit, Endpoint::Authorize, asked.as_ref().map_or_else(|refusal| refusal.1, |_| "shown"));
        match asked {
            Ok(_) => {
                let request = visit.query.clone().unwrap_or_default();
                Answer::page(200, pages::sign_in(&self.provider.options.users, &request, chinese))
            }
            Err(refusal) => Answer::page(refusal.0, pages::refused(refusal.2, chinese)),
        }
    }

    /// What the person on the page decided.
    fn decide(&mut self, visit: &Visit) -> Answer {
        let form = visit.form();
        let asked = form.as_ref().map_err(|_| INCOMPLETE).and_then(|form| self.asked(visit, Some(form)));
        let (form, asked) = match (form, asked) {
            (Ok(form), Ok(asked)) => (form, asked),
            (_, Err(refusal)) | (Err(refusal), _) => {
                return Answer::page(refusal.0, pages::refused(refusal.2, visit.is_chinese()));
            }
        };
        let user = form.get("user").filter(|name| self.provider.user(name).is_some()).cloned();
        let answer = match (form.get("decision").map(String::as_str), user) {
            (Some("authorize"), Some(user)) => {
                self.note(visit, Endpoint::Authorize, "authorized");
                ("code", self.provider.authorize(asked.clone(), &user))
            }
            _ => {
                self.note(visit, Endpoint::Authorize, "denied");
                ("error", "access_denied".to_owned())
            }
        };
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair(answer.0, &answer.1)
            .append_pair("state", &asked.state)
            .finish();
        let mut redirect = Answer::page(302, String::new());
        redirect.headers.push(("Location", format!("{}?{query}", asked.redirect_uri)));
        redirect
    }

    fn asked(&self, _: &Visit, parameters: Option<&Parameters>) -> Result<Asked, Refusal> {
        parameters.ok_or(INCOMPLETE).and_then(|parameters| self.provider.check(parameters))
    }

    fn elsewhere(&self, visit: &Visit) -> Answer {
        match (&visit.method, visit.path.as_str()) {
            (Method::Get, "/sandbox/ledger") => {
                Answer::json(200, &json!({"totals": self.ledger.totals(), "entries": self.ledger.entries}))
            }
            (Method::Get, "/") => Answer::page(200, pages::home(visit.is_chinese())),
            _ => Answer::refusal(&Refusal(404, "not_found", "There is nothing here.")),
        }
    }

    fn note(&mut self, visit: &Visit, endpoint: Endpoint, outcome: &str) {
        let now = (self.provider.options.clock)();
        self.ledger.note(now, endpoint, visit.grant(), outcome, visit.presented().as_deref());
    }

    fn save(&mut self) {
        let now = self.provider.now();
        if let Some(folder) = self.provider.options.folder.clone() {
            // A sandbox that cannot remember is still a sandbox.
            self.provider.state.save(&folder, now).ok();
        }
    }
}

const INCOMPLETE: Refusal = Refusal(400, "invalid_request", "A parameter is repeated or malformed.");

/// The fault's answer, if it comes before anything is done.
fn before(fault: &FaultKind) -> Option<Answer> {
    match fault {
        FaultKind::Drop => Some(Answer::broken(b"\0")),
        FaultKind::Refuse(status, code) => {
            let mut answer = Answer::json(
                *status,
                &json!({"error": code, "error_description": "The sandbox plays a fault.", "requestId": random("")}),
            );
            if *status == 429 {
                answer.headers.push(("Retry-After", "1".to_owned()));
            }
            Some(answer)
        }
        FaultKind::Redirect => {
            let mut answer = Answer::json(307, &json!({}));
            answer.body.clear();
            answer.headers.push(("Location", "/elsewhere".to_owned()));
            Some(answer)
        }
        FaultKind::Html => Some(Answer::page(200, "<!doctype html><title>Welcome to Hotel Wi-Fi</title>".to_owned())),
        _ => None,
    }
}

/// What the fault makes of the answer, after everything is done.
fn after(fault: Option<FaultKind>, mut answer: Answer) -> Answer {
    let edit = |answer: &mut Answer, edit: &dyn Fn(&mut serde_json::Map<String, Value>)| {
        if let Ok(Value::Object(mut fields)) = serde_json::from_slice(&answer.body) {
            edit(&mut fields);
            answer.body = Value::Object(fields).to_string().into_bytes();
        }
    };
    match fault {
        Some(FaultKind::DropAfter) => return Answer::broken(b"\0"),
        Some(FaultKind::Garbage) => return Answer::broken(b"SSH-2.0-sandbox\r\n\r\n"),
        Some(FaultKind::Cut) => {
            let half = String::from_utf8_lossy(&answer.body[..answer.body.len() / 2]).into_owned();
            let cut = format!(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{half}\r\nbroken\r\n",
                half.len()
            );
            return Answer::broken(cut.as_bytes());
        }
        Some(FaultKind::Huge) => answer.body = vec![b' '; 2 << 20],
        Some(FaultKind::Without(field)) => {
            edit(&mut answer, &|fields| fields.retain(|name, _| !name.eq_ignore_ascii_case(&field)));
        }
        Some(FaultKind::With(field, json)) => {
            let value: Value = serde_json::from_str(&json).unwrap_or_default();
            edit(&mut answer, &|fields| {
                fields.retain(|name, _| name == &field || !name.eq_ignore_ascii_case(&field));
                fields.insert(field.clone(), value.clone());
            });
        }
        _ => {}
    }
    answer
}

impl Answer {
    fn json(status: u16, value: &Value) -> Self {
        Self { status, kind: "application/json", body: value.to_string().into_bytes(), headers: Vec::new() }
    }

    fn page(status: u16, html: String) -> Self {
        let headers = vec![
            ("Content-Security-Policy", pages::POLICY.to_owned()),
            ("Referrer-Policy", "no-referrer".to_owned()),
            ("X-Content-Type-Options", "nosniff".to_owned()),
        ];
        Self { status, kind: "text/html; charset=utf-8", body: html.into_bytes(), headers }
    }

    fn refusal(refusal: &Refusal) -> Self {
        Self::json(refusal.0, &json!({"error": refusal.1, "error_description": refusal.2, "requestId": random("")}))
    }

    /// Bytes in place of an HTTP answer: to the client the connection is broken.
    fn broken(bytes: &[u8]) -> Self {
        Self { status: 0, kind: "", body: bytes.to_vec(), headers: Vec::new() }
    }

    fn send(self, request: Request, date: &str) {
        if self.status == 0 {
            let mut writer = request.into_writer();
            writer.write_all(&self.body).and_then(|()| writer.flush()).ok();
            return;
        }
        let mut response = Response::from_data(self.body).with_status_code(self.status);
        let fixed = [
            ("Content-Type", self.kind.to_owned()),
            ("Cache-Control", "no-store".to_owned()),
            ("Date", date.to_owned()),
        ];
        let request_id = ("x-acs-request-id", random(""));
        for (name, value) in fixed.into_iter().chain([request_id]).chain(self.headers) {
            if let Ok(header) = Header::from_bytes(name, value) {
                response.add_header(header);
            }
        }
        request.respond(response).ok();
    }
}
