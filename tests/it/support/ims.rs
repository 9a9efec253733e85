//! A server that plays IMS, RAM and STS as a test says, answer by answer, and keeps every call.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::{Value, json};
use tiny_http::{Header, Response, Server};

use super::world::SEVERAL;
use super::{Run, World};

/// One call: the action and its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) action: String,
    pub(crate) parameters: BTreeMap<String, String>,
}

impl Call {
    pub(crate) fn get(&self, name: &str) -> &str {
        self.parameters.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// The server. It ends when dropped.
pub(crate) struct Ims {
    server: Arc<Server>,
    thread: Option<JoinHandle<()>>,
    calls: Arc<Mutex<Vec<Call>>>,
    world: World,
}

/// A refusal of the service.
pub(crate) fn refused(status: u16, code: &str) -> (u16, Value) {
    (status, json!({"Code": code, "Message": "no", "RequestId": "R-REFUSED", "HostId": "ims.aliyuncs.com"}))
}

/// An answer of success.
pub(crate) fn done(answer: Value) -> (u16, Value) {
    let mut answer = answer;
    answer["RequestId"] = json!("R-DONE");
    (200, answer)
}

impl Ims {
    /// Plays `answer`; a call that it does not know (`None`) is refused as the service refuses an unknown action.
    pub(crate) fn start(answer: impl Fn(&Call) -> Option<(u16, Value)> + Send + 'static) -> Self {
        let server = Arc::new(Server::http("127.0.0.1:0").unwrap());
        let calls = Arc::<Mutex<Vec<Call>>>::default();
        let (theirs, kept) = (Arc::clone(&server), Arc::clone(&calls));
        let thread = std::thread::spawn(move || {
            for request in theirs.incoming_requests() {
                let call = read(&request);
                kept.lock().unwrap().push(call.clone());
                let (status, body) = answer(&call).unwrap_or_else(|| refused(404, "InvalidAction.NotFound"));
                let kind = Header::from_bytes("Content-Type", "application/json").unwrap();
                let mut response = Response::from_string(body.to_string()).with_status_code(status).with_header(kind);
                if status == 302 {
                    response.add_header(Header::from_bytes("Location", "/login.htm").unwrap());
                }
                request.respond(response).ok();
            }
        });
        let world = World::new();
        world.write_config(&SEVERAL.replace("a-long-lived-key", "sandbox-long-lived-key"));
        Self { server, thread: Some(thread), calls, world }
    }

    /// A run of an administrator with an AccessKey.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        let port = self.server.server_addr().to_ip().unwrap().port();
        Run::new(args).env("ALIYUN_RS_SANDBOX", &format!("http://127.0.0.1:{port}"))
    }

    pub(crate) fn go(&self, args: &[&str]) -> super::Output {
        self.run(args).go(&self.world)
    }

    pub(crate) const fn world(&self) -> &World {
        &self.world
    }

    /// The calls so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// The actions that were called so far.
    pub(crate) fn actions(&self) -> Vec<String> {
        self.calls().into_iter().map(|call| call.action).collect()
    }
}

impl Drop for Ims {
    fn drop(&mut self) {
        self.server.unblock();
        self.thread.take().map(JoinHandle::join);
    }
}

fn read(request: &tiny_http::Request) -> Call {
    let header = |name: &str| {
        let found = request.headers().iter().find(|header| header.field.as_str().as_str().eq_ignore_ascii_case(name));
        found.map(|header| header.value.to_string()).unwrap_or_default()
    };
    if !header("x-acs-action").is_empty() {
        assert!(header("authorization").starts_with("ACS3-HMAC-SHA256 Credential=LTAI5tExampleExample,"));
    }
    let query = request.url().split_once('?').map(|(_, query)| query).unwrap_or_default();
    let parameters = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    Call { action: header("x-acs-action"), parameters }
}
