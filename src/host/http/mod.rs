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
            TransportError { host: host_of(request.uri()), cause, kind: TransportKind::Blocked }
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
            TransportError { host, cause, kind: TransportKind::Blocked }
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
    let limit = request.extensions().get().map_or(TOTAL_TIMEOUT, |TimeLimit(limit)| *limit);
    let failed = match within(limit, exchange(client, request)).await {
        Some(Ok(answer)) => return answer.ok_or_else(|| TransportError::too_large(&host_of(&uri), MAX_BODY)),
        Some(Err(error)) => error,
        None => return Err(TransportError::timed_out(&host_of(&uri))),
    };
    match proxy.filter(|proxy| proxy.covers(&uri)) {
        Some(proxy) => Err(TransportError::through(proxy, &uri, failed).await),
        None => Err(TransportError::of(&host_of(&uri), failed)),
    }
}

/// One request and the whole answer; `None` for one that is too large.
async fn exchange(client: reqwest::Result<&Client>, request: Request) -> reqwest::Result<Option<Response>> {
    let mut response = client?.execute(request.try_into()?).await?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_BODY {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    let mut answer = Response::new(body);
    *answer.status_mut() = response.status();
    *answer.headers_mut() = std::mem::take(response.headers_mut());
    Ok(Some(answer))
}
