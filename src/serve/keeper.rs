//! Keeps the credentials in memory valid, on a thread with a runtime of its own: renewal may wait for files and
//! locks, and the visitors must not.
//!
//! One renewal at a time. After a failure the file is looked at again and again, since somebody may have signed
//! in; the network is only tried again after a while.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep};

use super::Report;
use crate::credentials::freshness::RENEW_AHEAD;
use crate::credentials::{Credentials, Error, Notices, Standing, Wanted, look, renew};
use crate::host::{Host, Interrupts};
use crate::text::chain;
use crate::time::Timestamp;

/// Credentials with less time left than this are not handed out: a request signed with them could come too late.
const LEAST_TO_SERVE: Duration = Duration::from_secs(20);
/// How often the wall clock is looked at. Sleeping does not count the time that the machine was suspended.
const GLANCE: Duration = Duration::from_secs(15);
/// The pause after the first failure; it doubles from failure to failure.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The pause after a failure that only a person can mend, by a change of the file.
const HOPELESS_PAUSE: Duration = Duration::from_secs(600);

/// What is held in memory.
pub(super) struct Stock {
    credentials: Credentials,
    /// How long before their end they are worth renewing.
    ahead: Duration,
    trouble: Option<Trouble>,
}

struct Trouble {
    code: &'static str,
    message: String,
}

impl Stock {
    pub(super) fn of(credentials: Credentials) -> Self {
        Self { credentials, ahead: RENEW_AHEAD, trouble: None }
    }

    /// What comes after this. New credentials that live for minutes only are not renewed all the time.
    fn succeeded_by(&self, credentials: Credentials, now: Timestamp) -> Self {
        let half = credentials.expiration.filter(|end| Some(*end) > self.credentials.expiration);
        let ahead = half.map_or(RENEW_AHEAD, |end| RENEW_AHEAD.min(end.remaining(now) / 2));
        Self { credentials, ahead, trouble: None }
    }

    /// The credentials, if they can be handed out.
    pub(super) fn valid(&self, now: Timestamp) -> Option<&Credentials> {
        let lives = self.credentials.expiration.is_none_or(|end| end.remaining(now) >= LEAST_TO_SERVE);
        lives.then_some(&self.credentials)
    }

    /// Why there are none to hand out: a code and a sentence.
    pub(super) fn trouble(&self) -> (&'static str, &str) {
        match &self.trouble {
            Some(trouble) => (trouble.code, &trouble.message),
            None => ("Expired", "the credentials have ended"),
        }
    }

    /// How long until they are worth renewing; `None` if they never are.
    fn fresh_for(&self, now: Timestamp) -> Option<Duration> {
        Some(self.credentials.expiration?.remaining(now).saturating_sub(self.ahead))
    }
}

impl Trouble {
    fn of(error: &Error) -> Self {
        Self { code: code(error), message: chain(error) }
    }
}

/// The thread, seen from outside.
pub(super) struct Keeper {
    dismissal: UnboundedSender<()>,
    thread: JoinHandle<()>,
}

impl Keeper {
    pub(super) fn start(
        host: Host,
        wanted: Wanted,
        stock: watch::Sender<Stock>,
        wish: Arc<Notify>,
        reports: UnboundedSender<Report>,
    ) -> io::Result<Self> {
        let (dismissal, dismissed) = unbounded_channel();
        let interrupts = Interrupts::from_channel(dismissed);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let work = Work { host, wanted, stock, wish, reports, interrupts, failures: 0, not_before: Instant::now() };
        let thread = thread::Builder::new().name("renewal".to_owned()).spawn(move || {
            runtime.block_on(work.go_on());
            // A lock that is still waited for would hold up the end.
            runtime.shutdown_background();
        })?;
        Ok(Self { dismissal, thread })
    }

    /// Tells the thread to end.
    pub(super) fn dismiss(&self) {
        // It may have ended by itself.
        self.dismissal.send(()).ok();
    }

    /// Waits until the thread has ended, which it does as soon as no spent token is at stake.
    pub(super) async fn left(self) {
        // Not on this thread: connections of the client may have their other half in this runtime.
        let _ = tokio::task::spawn_blocking(move || self.thread.join()).await;
    }
}

/// The work of the thread.
struct Work {
    host: Host,
    wanted: Wanted,
    stock: watch::Sender<Stock>,
    wish: Arc<Notify>,
    reports: UnboundedSender<Report>,
    interrupts: Interrupts,
    failures: u32,
    /// When the network may be tried again.
    not_before: Instant,
}

impl Work {
    async fn go_on(mut self) {
        let wish = Arc::clone(&self.wish);
        loop {
            let pause = self.pause();
            let asked = tokio::select! {
                () = self.interrupts.next() => return,
                () = wish.notified() => true,
                () = sleep(pause) => false,
            };
            if (asked || self.is_due()) && self.attempt().await.is_err() {
                return;
            }
        }
    }

    /// Looks for better credentials, or makes them. The only failure is the dismissal.
    async fn attempt(&mut self) -> Result<(), Error> {
        let outcome = match self.standing() {
            Ok(Standing::Ready(credentials)) => Ok((credentials, Notices::default())),
            Ok(_) if Instant::now() < self.not_before => {
                // Whoever waits learns that nothing has changed.
                self.stock.send_modify(|_| {});
                return Ok(());
            }
            Ok(Standing::Due(credentials, _)) => self.renew(Some(credentials)).await,
            Ok(Standing::Expired(_)) => self.renew(None).await,
            Err(error) => Err(error),
        };
        match outcome {
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            Ok((credentials, notices)) => self.succeeded(credentials, notices),
            Err(error) => self.failed(error),
        }
        Ok(())
    }

    fn standing(&self) -> Result<Standing, Error> {
        look(&self.wanted.store.read()?.config, &self.wanted, self.host.clock.now())
    }

    async fn renew(&mut self, served: Option<Credentials>) -> Result<(Credentials, Notices), Error> {
        renew(&self.host, &self.wanted, served, &mut self.interrupts).await
    }

    fn succeeded(&mut self, credentials: Credentials, notices: Notices) {
        match &notices.not_renewed {
            Some(error) => self.wait_after(error),
            None => (self.failures, self.not_before) = (0, Instant::now() + FIRST_PAUSE),
        }
        let now = self.host.clock.now();
        let trouble = notices.not_renewed.as_ref().map(Trouble::of);
        self.stock.send_modify(|stock| *stock = Stock { trouble, ..stock.succeeded_by(credentials, now) });
        self.report(Ok(notices));
    }

    fn failed(&mut self, error: Error) {
        self.wait_after(&error);
        self.stock.send_modify(|stock| stock.trouble = Some(Trouble::of(&error)));
        self.report(Err(error));
    }

    fn report(&self, report: Report) {
        // Nobody has to listen.
        self.reports.send(report).ok();
    }

    fn wait_after(&mut self, error: &Error) {
        let growing = FIRST_PAUSE.saturating_mul(1 << self.failures.min(16)).min(LONGEST_PAUSE);
        let pause = if is_hopeless(error) { HOPELESS_PAUSE } else { growing };
        self.failures = self.failures.saturating_add(1);
        self.not_before = Instant::now() + pause;
    }

    fn is_due(&self) -> bool {
        self.fresh_for().is_some_and(|fresh| fresh.is_zero())
    }

    fn fresh_for(&self) -> Option<Duration> {
        self.stock.borrow().fresh_for(self.host.clock.now())
    }

    /// How long nothing needs to be done.
    fn pause(&self) -> Duration {
        let until_due = self.fresh_for().unwrap_or(GLANCE);
        let until_allowed = self.not_before.saturating_duration_since(Instant::now());
        until_due.max(until_allowed).min(GLANCE)
    }
}

/// Whether the same try would fail again until a person does something.
fn is_hopeless(error: &Error) -> bool {
    matches!(error, Error::SignIn { .. } | Error::Lost(_) | Error::TooShort { .. })
}

/// For programs that read the answer.
fn code(error: &Error) -> &'static str {
    match error {
        Error::SignIn { .. } | Error::Lost(_) => "SignInNeeded",
        Error::Refresh(_) | Error::Exchange(_) | Error::TooShort { .. } => "RenewalFailed",
        Error::Store(error) if error.is_temporary() => "RenewalFailed",
        _ => "ProfileUnusable",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    const NOW: Timestamp = Timestamp::from_unix(1_000_000);

    fn living(seconds: u64) -> Credentials {
        Credentials {
            access_key_id: "STS.id".to_owned(),
            access_key_secret: Secret::new("secret"),
            security_token: Some(Secret::new("token")),
            expiration: Some(NOW + Duration::from_secs(seconds)),
            region_id: None,
        }
    }

    #[test]
    fn new_credentials_are_kept_for_half_their_life_or_more() {
        for (life, fresh_for) in [(43_200, 42_300), (3600, 2700), (1801, 901), (1800, 900), (900, 450), (60, 30)] {
            let stock = Stock::of(living(30)).succeeded_by(living(life), NOW);
            assert_eq!(stock.fresh_for(NOW), Some(Duration::from_secs(fresh_for)), "{life}");
        }
    }

    #[test]
    fn credentials_that_are_not_new_are_due_at_the_usual_time() {
        for (life, fresh_for) in [(3600, 2700), (900, 0), (600, 0)] {
            let stock = Stock::of(living(life));
            for stock in [stock.succeeded_by(living(life), NOW), stock] {
                assert_eq!(stock.fresh_for(NOW), Some(Duration::from_secs(fresh_for)), "{life}");
            }
        }
    }
}
