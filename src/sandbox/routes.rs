//! From a request to the rules and back: paths, methods, bodies, faults, the ledger.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;
use tiny_http::{Method, Request};

use super::answer::{self, Answer, Delivery};
use super::faults::{self, Endpoint, Fault, FaultKind};
use super::gate::Connections;
use super::hold;
use super::ledger::Ledger;
use super::options::Options;
use super::pages;
use super::provider::{Asked, Parameters, Provider, Refusal};
use super::request::Visit;
use super::sts::{self, Signed};
use super::users::User;

/// What a body of more than 64 KiB gets.
const TOO_LARGE: &[u8] = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Answers requests, each on a thread of its own; shared by all connections.
pub(super) struct Desk {
    books: Mutex<Books>,
    over: Mutex<bool>,
    ends: Condvar,
}

struct Books {
    provider: Provider,
    ledger: Ledger,
    nonces: BTreeSet<String>,
}

impl Desk {
    pub(super) fn new(options: Options) -> Self {
        let (ledger, nonces) = (Ledger::default(), BTreeSet::new());
        let books = Books { provider: Provider::new(options), ledger, nonces };
        Self { books: Mutex::new(books), over: Mutex::new(false), ends: Condvar::new() }
    }

    pub(super) fn ledger(&self) -> Ledger {
        self.books().ledger.clone()
    }

    pub(super) fn sign_in(&self, user: &str, client_id: &str) -> (String, String) {
        let mut books = self.books();
        let tokens = books.provider.sign_in(user, client_id);
        books.save();
        tokens
    }

    pub(super) fn set_faults(&self, faults: Vec<Fault>) {
        self.books().provider.options.faults = faults;
    }

    /// The `Date` header, by the sandbox's own clock.
    fn date(&self) -> String {
        (self.books().provider.options.clock)().to_http_date()
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        hold(&self.books)
    }

    /// Ends every wait.
    pub(super) fn end(&self) {
        *hold(&self.over) = true;
        self.ends.notify_all();
    }

    /// Waits for `span`; true when the sandbox ends meanwhile.
    fn ends_within(&self, span: Duration) -> bool {
        let waited = self.ends.wait_timeout_while(hold(&self.over), span, |over| !*over);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    pub(super) fn answer(&self, mut request: Request, connections: &Connections) {
        let peer = request.remote_addr().copied();
        let Some(visit) = Visit::read(&mut request) else {
            connections.end(peer, TOO_LARGE.to_vec());
            // Dropping it would allocate whatever length the client claimed.
            std::mem::forget(request);
            return;
        };
        match self.deliver(&visit) {
            Delivery::Whole(answer) => answer.send(request, &self.date(), &visit.id),
            Delivery::Broken(bytes) => connections.end(peer, bytes),
        }
    }

    /// Plays the fault that waits, and does what was asked.
    fn deliver(&self, visit: &Visit) -> Delivery {
        let endpoint = visit.endpoint();
        let fault = endpoint.and_then(|at| faults::take(&mut self.books().provider.options.faults, at));
        if let Some(FaultKind::Delay(span)) = &fault
            && self.ends_within(*span)
        {
            return Delivery::Broken(Vec::new());
        }
        let mut books = self.books();
        if let Some((at, early)) = endpoint.zip(fault.as_ref().and_then(|fault| answer::before(fault, &visit.id))) {
            books.note(visit, at, "fault");
            return early;
        }
        answer::after(fault, books.route(visit, endpoint))
    }
}

impl Books {
    fn route(&mut self, visit: &Visit, endpoint: Option<Endpoint>) -> Answer {
        let Some(endpoint) = endpoint else { return self.elsewhere(visit) };
        let answered = match endpoint {
            Endpoint::Authorize if visit.method == Method::Get => return self.show(visit),
            Endpoint::Authorize => return self.decide(visit),
            Endpoint::Token => visit.form().and_then(|form| self.provider.token(&form)),
            Endpoint::Exchange if !matches!(visit.body.trim_ascii(), b"" | b"{}") => {
                Err(Refusal(400, "invalid_request", "The body must be empty."))
            }
            Endpoint::Exchange => self.provider.exchange(visit.bearer()),
            Endpoint::Revoke => visit.form().and_then(|form| self.provider.revoke(&form)),
            Endpoint::UserInfo => self.provider.userinfo(visit.bearer()),
            Endpoint::Sts => {
                let query = visit.query.clone().unwrap_or_default();
                let method = visit.method.as_str();
                let signed = Signed { method, query: &query, headers: &visit.headers, body: &visit.body };
                sts::answer(&self.provider, &mut self.nonces, &signed, &visit.id)
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
                Answer::json(refusal.0, &json!({"Code": refusal.1, "Message": refusal.2, "RequestId": visit.id}))
            }
            Err(refusal) => Answer::refusal(&refusal, &visit.id),
        }
    }

    /// The sign-in page.
    fn show(&mut self, visit: &Visit) -> Answer {
        let asked = self.asked(visit.query.as_ref());
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
        let asked = form.as_ref().map_err(|_| INCOMPLETE).and_then(|form| self.asked(Some(form)));
        let (form, asked) = match (form, asked) {
            (Ok(form), Ok(asked)) => (form, asked),
            (_, Err(refusal)) | (Err(refusal), _) => {
                return Answer::page(refusal.0, pages::refused(refusal.2, visit.is_chinese()));
            }
        };
        let user = form.get("user").and_then(|name| self.provider.user(name)).cloned();
        let (name, value) = match (form.get("decision").map(String::as_str), user) {
            (Some("authorize"), Some(User { assigned: false, .. })) => {
                self.note(visit, Endpoint::Authorize, "not_assigned");
                return Answer::page(403, pages::not_authorized(visit.is_chinese()));
            }
            (Some("authorize"), Some(user)) => {
                self.note(visit, Endpoint::Authorize, "authorized");
                ("code", self.provider.authorize(asked.clone(), &user.name))
            }
            _ => {
                self.note(visit, Endpoint::Authorize, "denied");
                ("error", "access_denied".to_owned())
            }
        };
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair(name, &value).extend_pairs(asked.state.map(|state| ("state", state)));
        Answer::page(302, String::new()).with("Location", format!("{}?{}", asked.redirect_uri, query.finish()))
    }

    fn asked(&self, parameters: Option<&Parameters>) -> Result<Asked, Refusal> {
        parameters.ok_or(INCOMPLETE).and_then(|parameters| self.provider.check(parameters))
    }

    fn elsewhere(&self, visit: &Visit) -> Answer {
        match (&visit.method, visit.path.as_str(), visit.allowed()) {
            (Method::Get, "/sandbox/ledger", _) => {
                Answer::json(200, &json!({"totals": self.ledger.totals(), "entries": self.ledger.entries}))
            }
            (Method::Get, "/", _) => Answer::page(200, pages::home(visit.is_chinese())),
            (_, _, Some(allowed)) => {
                let refusal = Refusal(405, "method_not_allowed", "This is no method for it.");
                Answer::refusal(&refusal, &visit.id).with("Allow", allowed)
            }
            _ => Answer::refusal(&Refusal(404, "not_found", "There is nothing here."), &visit.id),
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
