//! The local credentials endpoint: one URL on 127.0.0.1 that hands out valid credentials for as long as it lives.
//!
//! The URL is the key to it: its path holds 256 random bits. A request is answered from memory. A thread of its
//! own renews ahead, so that nobody waits for the network while anything valid is there; when renewal fails,
//! what still lives is served, then an error without secrets, until renewal works again. What happens on the way
//! comes out as [`Report`]s; saying it to a person is left to the caller.

mod answer;
mod keeper;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{Notify, watch};

use crate::credentials::{Credentials, Error, Notices, Wanted};
use crate::host::{Host, NoEntropy};
use crate::loopback_server::{Server, bind};
use crate::secret::Secret;

use answer::CredentialsHandler;
use keeper::{Keeper, Stock};

/// How long answers that are under way may take when the endpoint closes.
const GRACE: Duration = Duration::from_millis(50);

/// What came of one try to renew.
pub type Report = Result<Notices, Error>;

/// A running endpoint. Close it with [`Endpoint::close`], which loses no renewal that is under way.
pub struct Endpoint {
    server: Server,
    keeper: Keeper,
    reports: UnboundedReceiver<Report>,
    url: Secret,
}

/// Why there is no endpoint.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The port is not to be had.
    #[error("could not listen on port {port} of 127.0.0.1")]
    Port {
        /// The port that was asked for; 0 stands for any.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// There is no secret for the URL.
    #[error("could not make up the address of the endpoint")]
    NoEntropy(#[from] NoEntropy),
    /// The thread that renews did not start.
    #[error("could not start the renewal")]
    Thread(#[source] io::Error),
}

impl Endpoint {
    /// Starts handing out `credentials`, and renewing them as `wanted` says. Must be called inside a `tokio`
    /// runtime, which has to run on for as long as the endpoint lives.
    ///
    /// # Errors
    /// [`OpenError`]
    pub fn open(host: &Host, wanted: Wanted, credentials: Credentials, port: u16) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Port { port, source };
        let listener = bind(port).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let path = Secret::new(format!("/{}", token(host)?.expose()));
        let url = Secret::new(format!("http://{address}{}", path.expose()));
        let (stock, held) = watch::channel(Stock::of(credentials));
        let (sender, reports) = tokio::sync::mpsc::unbounded_channel();
        let renew = Arc::new(Notify::new());
        let handler = Arc::new(CredentialsHandler::new(host, path, held, Arc::clone(&renew)));
        let keeper = Keeper::start(host.clone(), wanted, stock, renew, sender).map_err(OpenError::Thread)?;
        let serve = move |request| {
            let handler = Arc::clone(&handler);
            async move { handler.handle(&request).await }
        };
        let server = Server::start(listener, serve).map_err(failed)?;
        Ok(Self { server, keeper, reports, url })
    }

    /// Where it is. Whoever has the URL and runs as the same user has the credentials.
    pub fn url(&self) -> &Secret {
        &self.url
    }

    /// Waits for the next try to renew; for ever when there will be none.
    pub async fn report(&mut self) -> Report {
        match self.reports.recv().await {
            Some(report) => report,
            None => std::future::pending().await,
        }
    }

    /// Closes the port at once and ends the renewal: at once, too, unless a refresh token has been spent and the
    /// answer to it is not safe yet.
    pub async fn close(self) {
        self.keeper.dismiss();
        self.server.finish(GRACE).await;
        self.keeper.left().await;
    }
}

/// 256 random bits, fit for a URL.
fn token(host: &Host) -> Result<Secret, NoEntropy> {
    let mut bytes = zeroize::Zeroizing::new([0; 32]);
    host.entropy.fill(&mut *bytes)?;
    Ok(Secret::new(BASE64_URL_SAFE_NO_PAD.encode(bytes.as_slice())))
}
