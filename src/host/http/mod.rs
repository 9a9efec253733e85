//! The network as a client: `reqwest` on `rustls`, hardened.
//!
//! No redirects (a redirected form would carry the refresh token along), bounded times, bounded bodies, and the
//! proxy that the environment names ([`proxy`]). Certificates are checked against the authorities compiled in; when
//! those do not know the issuer (a company's own authority), the handshake failed before anything was sent, and the
//! system's are asked. `SSL_CERT_FILE` and `SSL_CERT_DIR` replace both ([`roots`]). Requests to a sandbox on this
//! machine use neither proxy nor certificates.

mod deadline;
mod error;
mod proxy;
mod roots;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::Uri;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use rustls::{ClientConfig, RootCertStore};

use super::resolver::Resolver;
use super::{BoxFuture, Env};
pub use deadline::TimeLimit;
use deadline::within;
use error::Received;
pub use error::{CertificateProblem, TransportCause, TransportError, TransportKind};
use proxy::Proxy;
pub use proxy::ProxyProblem;
pub use roots::{RootsError, RootsProblem};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A proxy resolves names, asks an authority about its user and connects, all before it answers.
const PROXY_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// From the start of a request to the end of its answer, unless it has a [`TimeLimit`] of its own.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(15);
const MAX_BODY: usize = 1024 * 1024;

/// A request with its whole body.
pub type Request = http::Request<Vec<u8>>;
/// A response with its whole body.
pub type Response = http::Response<Vec<u8>>;

/// Sends one request and reads the whole answer.
pub trait Http: Send + Sync {
    /// Sends `request`, at most once, and follows no redirect. A [`TimeLimit`] among its extensions replaces the
    /// usual limit of 15 seconds.
    ///
    /// # Errors
    /// [`TransportError`] says whether the server can have seen the request.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>>;
}

pub(super) struct OsHttp {
    proxy: proxy::Variables,
    roots: roots::Variables,
    /// Clients, each built when it is first needed.
    compiled: OnceLock<Client>,
    system: OnceLock<Client>,
    custom: OnceLock<Client>,
    loopback: OnceLock<Client>,
}

impl OsHttp {
    pub(super) fn new(env: &Env) -> Self {
        Self {
            proxy: proxy::Variables::of(env),
            roots: roots::Variables::of(env),
            compiled: OnceLock::new(),
            system: OnceLock::new(),
            custom: OnceLock::new(),
            loopback: OnceLock::new(),
        }
    }

    async fn send_anywhere(&self, request: Request) -> Result<Response, TransportError> {
        if is_sandbox(request.uri()) {
            let client = client(&self.loopback, || builder(RootCertStore::empty()).no_proxy());
            return send_with(client, request, None).await;
        }
        let proxy = self.proxy.proxy().map_err(|(variable, problem)| {
            let cause = TransportCause::Proxy { variable, address: None, problem };
            TransportError::new(host_of(request.uri()), cause, TransportKind::Blocked)
        })?;
        if self.roots.are_set() {
            return self.send_with_custom_roots(request, proxy.as_ref()).await;
        }
        let compiled = client(&self.compiled, || secure(roots::compiled(), proxy.as_ref()));
        match send_with(compiled, request.clone(), proxy.as_ref()).await {
            Err(error) if error.is_unknown_issuer() => {
                let system = client(&self.system, || secure(roots::system(), proxy.as_ref()));
                send_with(system, request, proxy.as_ref()).await
            }
            other => other,
        }
    }

    /// Trusts only what `SSL_CERT_FILE` and `SSL_CERT_DIR` hold. An unusable variable is named when nothing
    /// else is left, or when the rest does not know the server's authority.
    async fn send_with_custom_roots(
        &self,
        request: Request,
        proxy: Option<&Proxy>,
    ) -> Result<Response, TransportError> {
        let host = host_of(request.uri());
        let blocked = |problem| {
            let cause = TransportCause::Roots(problem);
            TransportError::new(host, cause, TransportKind::Blocked)
        };
        let loaded = self.roots.load();
        let mut problem = loaded.problem;
        if loaded.store.is_empty()
            && let Some(problem) = problem.take()
        {
            return Err(blocked(problem));
        }
        let custom = client(&self.custom, || secure(loaded.store, proxy));
        match (send_with(custom, request, proxy).await, problem) {
            (Err(error), Some(problem)) if error.is_unknown_issuer() => Err(blocked(problem)),
            (outcome, _) => outcome,
        }
    }
}

impl Http for OsHttp {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(self.send_anywhere(request))
    }
}

fn is_sandbox(uri: &Uri) -> bool {
    uri.scheme_str() == Some("http") && uri.host() == Some("127.0.0.1")
}

fn host_of(uri: &Uri) -> String {
    uri.host().unwrap_or_default().to_owned()
}

fn client(slot: &OnceLock<Client>, builder: impl FnOnce() -> ClientBuilder) -> reqwest::Result<&Client> {
    if let Some(client) = slot.get() {
        return Ok(client);
    }
    let built = builder().build()?;
    Ok(slot.get_or_init(|| built))
}

fn builder(roots: RootCertStore) -> ClientBuilder {
    Client::builder()
        .redirect(Policy::none())
        .dns_resolver(Arc::new(Resolver))
        .http1_only()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_max_idle_per_host(1)
        .user_agent(concat!("aliyun-rs/", env!("CARGO_PKG_VERSION")))
        .tls_backend_preconfigured(tls(roots))
}

/// Without a variable, the proxy of the system counts, where the system knows one.
fn secure(roots: RootCertStore, proxy: Option<&Proxy>) -> ClientBuilder {
    let builder = builder(roots).https_only(true);
    match proxy.and_then(|proxy| proxy.to_reqwest().ok()) {
        Some(proxy) => builder.connect_timeout(PROXY_CONNECT_TIMEOUT).proxy(proxy),
        None => builder,
    }
}

fn tls(roots: RootCertStore) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring offers TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// Sends once. What a proxy did instead of connecting is asked of it.
async fn send_with(
    client: reqwest::Result<&Client>,
    request: Request,
    proxy: Option<&Proxy>,
) -> Result<Response, TransportError> {
    let uri = request.uri().clone();
    let host = host_of(&uri);
    let limit = request.extensions().get().map_or(TOTAL_TIMEOUT, |TimeLimit(limit)| *limit);
    let mut received = None;
    let error = match within(limit, exchange(client, request, &mut received)).await {
        Some(Ok(true)) => return Ok(received.unwrap_or_default()),
        Some(Ok(false)) => TransportError::too_large(&host, MAX_BODY),
        Some(Err(error)) => match proxy.filter(|proxy| proxy.covers(&uri)) {
            Some(proxy) => TransportError::through(proxy, &uri, error).await,
            None => TransportError::of(&host, error),
        },
        None => TransportError::timed_out(&host),
    };
    Err(TransportError { received: Received(received.map(Box::new)), ..error })
}

/// One request and its answer, which grows in `received` as it comes; whether that is all of it.
async fn exchange(
    client: reqwest::Result<&Client>,
    request: Request,
    received: &mut Option<Response>,
) -> reqwest::Result<bool> {
    let mut response = client?.execute(request.try_into()?).await?;
    let answer = received.insert(Response::default());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = std::mem::take(response.headers_mut());
    while let Some(chunk) = response.chunk().await? {
        let room = MAX_BODY - answer.body().len();
        answer.body_mut().extend_from_slice(&chunk[..room.min(chunk.len())]);
        if chunk.len() > room {
            return Ok(false);
        }
    }
    Ok(true)
}
