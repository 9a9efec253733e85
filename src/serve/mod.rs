//! The local credentials endpoint: one URL on 127.0.0.1 that returns valid credentials while it is open.
//!
//! The URL is a secret: its path holds 256 random bits, drawn or from a file. Requests are answered from memory. A separate thread
//! renews the credentials ahead of time, so that no request waits for the network while valid credentials are
//! held. When a renewal fails, the held credentials are served until they expire, then an error without secrets,
//! until a renewal succeeds. Each attempt is passed on as a [`RenewalResult`]; telling a person is left to the caller.

mod answer;
mod token;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::credentials::{Credentials, Error, Keeper, Provider, RenewalResult, Wanted};
use crate::host::{Host, NoEntropy, draw};
use crate::loopback_server::{Server, bind};
use crate::secret::Secret;

use answer::CredentialsHandler;
pub use token::{TokenFileError, token};

/// Time for answers in progress when the endpoint closes.
const GRACE: Duration = Duration::from_millis(50);

/// Words why a request gets no credentials, for the program that asked.
pub type Describe = Arc<dyn Fn(&Refused<'_>) -> String + Send + Sync>;

/// Why a request gets no credentials.
#[derive(Clone, Copy, Debug)]
pub enum Refused<'a> {
    /// Its `Host` header names another host.
    Host,
    /// Its head is too large.
    HeadTooLarge,
    /// It is not HTTP.
    Malformed,
    /// A browser sent it.
    Browser,
    /// Its method is not GET.
    Method,
    /// Its path is not the secret one.
    Path,
    /// Another user sent it.
    User,
    /// The credentials have expired, and are being renewed.
    Expired,
    /// They could not be renewed.
    Failed(&'a Arc<Error>),
}

/// How an endpoint is reached, and what it answers beside the credentials.
#[derive(Debug, Default)]
pub struct EndpointSettings {
    /// The port on 127.0.0.1; 0 means any.
    pub port: u16,
    /// The secret of the URL; a new one if there is none.
    pub token: Option<Secret>,
    /// The region that answers name, if any.
    pub region: Option<String>,
}

/// A running endpoint. [`Endpoint::close`] ends it without losing a renewal in progress.
pub struct Endpoint {
    server: Server,
    keeper: Keeper,
    url: Secret,
}

/// Why the endpoint could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The port could not be bound.
    #[error("endpoint-port-unavailable")]
    Port {
        /// The requested port; 0 means any.
        port: u16,
        /// The system's error.
        source: io::Error,
    },
    /// No secret for the URL could be drawn.
    #[error("endpoint-no-entropy")]
    NoEntropy(#[from] NoEntropy),
    /// The thread that renews could not be started.
    #[error("endpoint-no-thread")]
    Thread(#[source] io::Error),
}

impl Endpoint {
    /// Starts serving `credentials` and renewing them as `wanted` says. Must be called inside a `tokio` runtime, which
    /// must keep running while the endpoint is open.
    ///
    /// # Errors
    /// [`OpenError`]
    pub fn open(
        host: &Host,
        provider: Provider,
        wanted: Wanted,
        credentials: Credentials,
        settings: EndpointSettings,
        describe: Describe,
    ) -> Result<Self, OpenError> {
        let EndpointSettings { port, token, region } = settings;
        let failed = |source| OpenError::Port { port, source };
        let listener = bind(port).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let token = token.map_or_else(|| draw::<32>(&*host.entropy), Ok)?;
        let path = Secret::new(format!("/{}", token.expose()));
        let url = Secret::new(format!("http://{address}{}", path.expose()));
        let keeper = Keeper::start(provider, wanted, credentials).map_err(OpenError::Thread)?;
        let handler = CredentialsHandler::new(host, path, keeper.held(), region, describe);
        let server = Server::start(host, listener, handler).map_err(failed)?;
        Ok(Self { server, keeper, url })
    }

    /// The URL. Any program of the same user that knows it gets the credentials.
    pub fn url(&self) -> &Secret {
        &self.url
    }

    /// Waits for the next attempt to renew; forever when there will be none.
    pub async fn report(&mut self) -> RenewalResult {
        self.keeper.report().await
    }

    /// Closes the port at once and stops renewing. Waits for a renewal that has spent a refresh token until its
    /// answer is saved.
    pub async fn close(self) {
        self.keeper.stop();
        self.server.finish(GRACE).await;
        self.keeper.stopped().await;
    }
}
