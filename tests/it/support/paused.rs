//! Renewals in a paused time: whatever they wait for passes at once, and how long they waited is known exactly. The
//! sandbox still answers in real time.

use std::sync::Arc;
use std::time::Duration;

use aliyun_rs::credentials::{Credentials, Error, Notices, Provider, Wanted};
use aliyun_rs::host::{BoxFuture, Http, Interrupts, Request, Response, TransportError};
use http::header::{HeaderValue, RETRY_AFTER};
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::World;
use super::tool::send;

/// What a renewal in paused time came to.
#[derive(Debug)]
pub(crate) struct Waited {
    pub(crate) outcome: Result<(Credentials, Notices), Error>,
    /// How long it waited, in full tenths of a second.
    pub(crate) tenths: u128,
}

impl World {
    /// Gets credentials for `demo`, renewed if need be.
    pub(crate) fn obtain_paused(&self) -> Waited {
        self.obtain_asked_to_wait(None)
    }

    /// The same, while every refusal has this `Retry-After`.
    pub(crate) fn obtain_asked_to_wait(&self, retry_after: Option<&'static str>) -> Waited {
        self.obtain_over(Arc::new(RealTime { retry_after }))
    }

    /// The same over another network.
    pub(crate) fn obtain_over(&self, http: Arc<dyn Http>) -> Waited {
        let provider = Provider { http, ..self.provider() };
        let wanted = Wanted { profile: "demo".parse().unwrap(), min_ttl: None, refused: None };
        let mut interrupts = Interrupts::from_channel(tokio::sync::mpsc::unbounded_channel().1);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let started = Instant::now();
            let outcome = provider.obtain(&wanted, &mut interrupts).await;
            Waited { outcome, tenths: started.elapsed().as_millis() / 100 }
        })
    }
}

/// The network, whose time is not paused: time stands still while a blocking task runs.
struct RealTime {
    retry_after: Option<&'static str>,
}

impl Http for RealTime {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async {
            let mut response = spawn_blocking(|| send(request)).await.unwrap()?;
            if let Some(value) = self.retry_after.filter(|_| !response.status().is_success()) {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(value));
            }
            Ok(response)
        })
    }
}

impl Waited {
    /// Expects new credentials.
    #[track_caller]
    pub(crate) fn renewed(self) -> Self {
        let (credentials, notices) = self.outcome.as_ref().unwrap();
        assert!(notices.not_renewed.is_none() && credentials.access_key_id != "STS.old", "{self:?}");
        self
    }

    /// Expects the old credentials, and a reason why there are no new ones.
    #[track_caller]
    pub(crate) fn served_the_old(self) -> Self {
        let (credentials, notices) = self.outcome.as_ref().unwrap();
        assert!(notices.not_renewed.is_some() && credentials.access_key_id == "STS.old", "{self:?}");
        self
    }

    /// Expects to have waited for this long.
    #[track_caller]
    pub(crate) fn after(self, span: Duration) -> Self {
        assert_eq!(self.tenths, span.as_millis() / 100, "{self:?}");
        self
    }
}
