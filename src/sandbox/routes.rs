//! Routes each request to its endpoint's rules: paths, methods, bodies, faults, the ledger.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;
use tiny_http::Method;

use super::answer::{self, Answer, Delivery};
use super::faults::{self, Endpoint, Fault, FaultKind};
use super::gate::{Ending, OpenConnections};
use super::ledger::Ledger;
use super::lock;
use super::openapi;
use super::options::Options;
use super::pages;
use super::provider::{ErrorResponse, Provider};
use super::request::Request;
use crate::time::Timestamp;

/// What a body of more than 64 KiB gets.
const TOO_LARGE: &[u8] = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Answers requests, each on a thread of its own; shared by all connections.
pub(super) struct Handler {
    service: Mutex<Service>,
    stopped: Mutex<bool>,
    stops: Condvar,
}

pub(super) struct Service {
    pub(super) provider: Provider,
    ledger: Ledger,
    nonces: BTreeSet<String>,
}

impl Handler {
    pub(super) fn new(options: Options, origin: String) -> Self {
        let (ledger, nonces) = (Ledger::default(), BTreeSet::new());
        let service = Service { provider: Provider::new(options, origin), ledger, nonces };
        Self { service: Mutex::new(service), stopped: Mutex::new(false), stops: Condvar::new() }
    }

    pub(super) fn ledger(&self) -> Ledger {
        self.service().ledger.clone()
    }

    pub(super) fn sign_in(&self, user: &str, client_id: &str) -> (String, String) {
        let mut service = self.service();
        let tokens = service.provider.sign_in(user, client_id);
        service.save();
        tokens
    }

    pub(super) fn access_key(&self, user: &str) -> (String, String) {
        let mut service = self.service();
        let key = service.provider.access_key(user);
        service.save();
        key
    }

    pub(super) fn set_faults(&self, faults: Vec<Fault>) {
        self.service().provider.options.faults = faults;
    }

    /// The `Date` header, by the sandbox's own clock and off by `shift` seconds.
    fn date(&self, shift: i64) -> String {
        let now = self.service().provider.now();
        Timestamp::from_unix(now.saturating_add(shift)).to_http_date()
    }

    fn service(&self) -> MutexGuard<'_, Service> {
        lock(&self.service)
    }

    /// Ends every delay.
    pub(super) fn stop(&self) {
        *lock(&self.stopped) = true;
        self.stops.notify_all();
    }

    /// Waits for `span`; true when the sandbox stops before it is over.
    fn stops_within(&self, span: Duration) -> bool {
        let waited = self.stops.wait_timeout_while(lock(&self.stopped), span, |stopped| !*stopped);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    pub(super) fn answer(&self, mut http_request: tiny_http::Request, connections: &OpenConnections) {
        let peer = http_request.remote_addr().copied();
        let Some(request) = Request::read(&mut http_request) else {
            connections.end(peer, Ending { bytes: TOO_LARGE.to_vec(), pause: None });
            // Dropping it would allocate whatever length the client claimed.
            std::mem::forget(http_request);
            return;
        };
        let id = &request.id;
        let end = |bytes, pause| connections.end(peer, Ending { bytes, pause });
        match self.deliver(&request) {
            Delivery::Broken(bytes) => end(bytes, None),
            Delivery::Late(_, span) if self.stops_within(span) => end(Vec::new(), None),
            Delivery::Whole(answer) | Delivery::Late(answer, _) => {
                let date = self.date(answer.date_shift);
                answer.send(http_request, &date, id);
            }
            Delivery::Cut(answer, bytes) => {
                let (head, body) = answer.to_bytes(&self.date(0), id);
                let kept = bytes.map_or(body.len() / 2, |bytes| body.len().saturating_sub(bytes));
                end([&head, &body[..kept]].concat(), None);
            }
            Delivery::Slow(answer, pause) => {
                let (head, body) = answer.to_bytes(&self.date(0), id);
                end([&head, body].concat(), Some(pause));
            }
            Delivery::Last(answer, span) => {
                let (head, body) = answer.to_bytes(&self.date(0), id);
                connections.refuse_others(peer, span);
                end([&head, body].concat(), None);
            }
        }
    }

    /// Applies the pending fault and carries out the request.
    fn deliver(&self, request: &Request) -> Delivery {
        let endpoint = request.endpoint();
        let fault = endpoint.and_then(|at| faults::take(&mut self.service().provider.options.faults, at));
        if let Some(FaultKind::Delay(span)) = &fault
            && self.stops_within(*span)
        {
            return Delivery::Broken(Vec::new());
        }
        let mut service = self.service();
        if let Some((at, delivery)) = endpoint.zip(fault.as_ref().and_then(|fault| answer::instead(fault, &request.id)))
        {
            service.note(request, at, "fault");
            return delivery;
        }
        answer::after(fault, service.route(request, endpoint))
    }
}

impl Service {
    fn route(&mut self, request: &Request, endpoint: Option<Endpoint>) -> Answer {
        let Some(endpoint) = endpoint else { return self.not_an_endpoint(request) };
        let answered = match endpoint {
            Endpoint::Authorize if request.method == Method::Get => return self.show(request),
            Endpoint::Authorize => return self.decide(request),
            Endpoint::Token => request.form().and_then(|form| self.provider.token(&form, request.basic())),
            Endpoint::Exchange if !matches!(request.body.trim_ascii(), b"" | b"{}") => {
                Err(ErrorResponse(400, "invalid_request", "The body must be empty."))
            }
            Endpoint::Exchange => self.provider.exchange(request.bearer()),
            Endpoint::Revoke => request.form().and_then(|form| self.provider.revoke(&form, request.basic())),
            Endpoint::UserInfo => self.provider.userinfo(request.bearer()),
            Endpoint::Keys => Ok(self.provider.keys()),
            Endpoint::Discovery => Ok(self.provider.discovery()),
            Endpoint::Sts | Endpoint::Ims | Endpoint::Ram => return self.api(request, endpoint),
        };
        let outcome = answered.as_ref().map_or_else(|refusal| refusal.1, |_| "ok");
        self.note(request, endpoint, outcome);
        if answered.is_ok() || endpoint == Endpoint::Token {
            self.save();
        }
        match answered {
            Ok(value) => Answer::json(200, &value),
            Err(refusal) => Answer::refusal(&refusal, &request.id),
        }
    }

    /// A call of one of Alibaba Cloud's APIs.
    fn api(&mut self, request: &Request, endpoint: Endpoint) -> Answer {
        let answered = openapi::answer(&mut self.provider, &mut self.nonces, request);
        self.note(request, endpoint, answered.as_ref().map_or_else(|error| error.code.as_str(), |_| "ok"));
        self.save();
        match answered {
            Ok(value) => Answer::json(200, &value),
            Err(error) => error.into_answer(request.header("host").unwrap_or_default(), &request.id),
        }
    }

    fn not_an_endpoint(&self, request: &Request) -> Answer {
        match (&request.method, request.path.as_str(), request.allowed()) {
            (Method::Get, "/sandbox/ledger", _) => {
                Answer::json(200, &json!({"totals": self.ledger.totals(), "entries": self.ledger.entries}))
            }
            (Method::Get, "/", _) => Answer::page(200, pages::home(request.is_chinese())),
            (_, _, Some(allowed)) => {
                let refusal = ErrorResponse(405, "method_not_allowed", "This method is not allowed here.");
                Answer::refusal(&refusal, &request.id).with("Allow", allowed)
            }
            _ => Answer::refusal(&ErrorResponse(404, "not_found", "There is nothing here."), &request.id),
        }
    }

    pub(super) fn note(&mut self, request: &Request, endpoint: Endpoint, outcome: &str) {
        let now = (self.provider.options.clock)();
        self.ledger.note(now, endpoint, request.grant(), outcome, request.presented().as_deref());
    }

    pub(super) fn save(&mut self) {
        let now = self.provider.now();
        if let Some(folder) = self.provider.options.folder.clone() {
            // A sandbox that cannot remember is still a sandbox.
            self.provider.state.save(&folder, now).ok();
        }
    }
}
