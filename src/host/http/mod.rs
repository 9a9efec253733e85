//! The network as a client: `reqwest` on `rustls`, hardened.
//!
//! No redirects (a redirected form would carry the refresh token along), bounded times, bounded bodies, and
//! proxies from the environment. Certificates are checked against the roots compiled in; when those do not
//! know the issuer (a company's own authority) the handshake failed before anything was sent, and the system's
//! roots are asked. `SSL_CERT_FILE` and `SSL_CERT_DIR` replace both.

mod error;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;
use rustls::{ClientConfig, RootCertStore};

use super::{BoxFuture, Env};
pub use error::{CertificateProblem, TransportCause, TransportError, TransportKind};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(15);
const MAX_BODY: usize = 1024 * 1024;

/// A request with its whole body.
pub type Request = http::Request<Vec<u8>>;
/// A response with its whole body.
pub type Response = http::Response<Vec<u8>>;

/// Sends one request and reads the whole answer.
pub trait Http: Send + Sync {
    /// Sends `request`, at most once, and follows no redirect.
    ///
    /// # Errors
    /// [`TransportError`] says whether the server can have seen the request.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>>;
}

pub(super) struct OsHttp {
    custom_roots: bool,
    compiled: OnceLock<Client>,
    system: OnceLock<Client>,
    loopback: OnceLock<Client>,
}

impl OsHttp {
    pub(super) fn new(env: &Env) -> Self {
        let custom_roots = ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().any(|name| env.get_os(name).is_some());
        Self { custom_roots, compiled: OnceLock::new(), system: OnceLock::new(), loopback: OnceLock::new() }
    }

    async fn send_trusted(&self, request: Request) -> Result<Response, TransportError> {
        if is_sandbox(request.uri()) {
            return send_with(client(&self.loopback, None), request).await;
        }
        if self.custom_roots {
            return send_with(client(&self.system, Some(system_roots)), request).await;
        }
        match send_with(client(&self.compiled, Some(compiled_roots)), request.clone()).await {
            Err(error) if error.is_unknown_issuer() => {
                send_with(client(&self.system, Some(system_roots)), request).await
            }
            other => other,
        }
    }
}

impl Http for OsHttp {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(self.send_trusted(request))
    }
}

fn is_sandbox(uri: &http::Uri) -> bool {
    uri.scheme_str() == Some("http") && uri.host() == Some("127.0.0.1")
}

/// Builds a client on first use. Without roots it speaks plain HTTP to this machine, past every proxy.
fn client(slot: &OnceLock<Client>, roots: Option<fn() -> RootCertStore>) -> Result<&Client, reqwest::Error> {
    if let Some(client) = slot.get() {
        return Ok(client);
    }
    let builder = Client::builder()
        .redirect(Policy::none())
        .http1_only()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TOTAL_TIMEOUT)
        .pool_max_idle_per_host(1)
        .user_agent(concat!("aliyun-rs/", env!("CARGO_PKG_VERSION")));
    let builder = match roots {
        Some(roots) => builder.https_only(true).tls_backend_preconfigured(tls(roots())),
        None => builder.no_proxy().tls_backend_preconfigured(tls(RootCertStore::empty())),
    };
    let built = builder.build()?;
    Ok(slot.get_or_init(|| built))
}

fn tls(roots: RootCertStore) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring offers TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

fn compiled_roots() -> RootCertStore {
    RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned())
}

/// The roots of the system, or of `SSL_CERT_FILE` and `SSL_CERT_DIR`, which the loader reads by itself.
fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

async fn send_with(client: Result<&Client, reqwest::Error>, request: Request) -> Result<Response, TransportError> {
    let host = request.uri().host().unwrap_or_default().to_owned();
    let fail = |error: reqwest::Error| TransportError::of(&host, error);
    let client = client.map_err(fail)?;
    let request = reqwest::Request::try_from(request).map_err(fail)?;
    let mut response = client.execute(request).await.map_err(fail)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(fail)? {
        if body.len() + chunk.len() > MAX_BODY {
            let cause = TransportCause::TooLarge { limit: MAX_BODY };
            return Err(TransportError { host, cause, kind: TransportKind::Ambiguous });
        }
        body.extend_from_slice(&chunk);
    }
    let mut answer = Response::new(body);
    *answer.status_mut() = response.status();
    *answer.headers_mut() = std::mem::take(response.headers_mut());
    Ok(answer)
}
