//! Keeps credentials in memory valid for a process that stays, on a thread with a runtime of its own: renewal may wait
//! for files and locks, and those who ask must not.
//!
//! One renewal at a time, however many ask. After a failure the file is read repeatedly, since another process may have
//! signed in; the network is tried again only after a while. When the profile is deleted its credentials go at once.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout};

use super::freshness::{LAST_RESORT, RENEW_AHEAD, TTL_TOLERANCE};
use super::{Credentials, Error, Notices, Provider, Wanted};
use crate::config::Version;
use crate::host::{Interrupts, runtime};
use crate::time::Timestamp;

/// How often the wall clock is read. Sleeping does not count the time that the machine was suspended.
const CLOCK_INTERVAL: Duration = Duration::from_secs(15);
/// The pause after the first failure; it doubles from failure to failure.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The pause after a failure that only a person can mend, by a change of the file.
const HOPELESS_PAUSE: Duration = Duration::from_secs(600);
/// How long one who asks waits for a renewal when there is nothing valid to hand out.
const RENEWAL_DEADLINE: Duration = Duration::from_secs(45);

/// What came of one attempt to renew.
pub type RenewalResult = Result<Notices, Arc<Error>>;

/// Why there are no credentials in memory; `None` if they have just expired.
pub type Trouble = Option<Arc<Error>>;

/// The renewing thread. End it with [`Keeper::stop`], which loses no renewal that is under way.
pub struct Keeper {
    stop: UnboundedSender<()>,
    thread: JoinHandle<()>,
    reports: UnboundedReceiver<RenewalResult>,
    held: Held,
}

/// The credentials in memory, for any number of those who ask.
#[derive(Clone)]
pub struct Held {
    provider: Provider,
    state: watch::Receiver<State>,
    wake: Arc<Notify>,
}

struct State {
    credentials: Option<Credentials>,
    /// With less time left than this they are not handed out.
    least: Duration,
    /// How long before their end they are worth renewing.
    ahead: Duration,
    trouble: Trouble,
    /// The file when it was read last.
    version: Option<Version>,
}

impl State {
    /// What comes after this. New credentials that last only minutes are not renewed all the time.
    fn succeeded_by(&self, credentials: Credentials, now: Timestamp) -> Self {
        let before = self.credentials.as_ref().and_then(|before| before.expiration);
        let half = credentials.expiration.filter(|end| Some(*end) > before);
        let usual = RENEW_AHEAD.max(self.least);
        let ahead = half.map_or(usual, |end| usual.min(end.remaining(now) / 2));
        Self { credentials: Some(credentials), least: self.least, ahead, trouble: None, version: self.version }
    }

    fn valid(&self, now: Timestamp) -> Option<&Credentials> {
        let lasts = |held: &&Credentials| held.expiration.is_none_or(|end| end.remaining(now) >= self.least);
        self.credentials.as_ref().filter(lasts)
    }

    /// How long until they are worth renewing; `None` if they never are.
    fn fresh_for(&self, now: Timestamp) -> Option<Duration> {
        match &self.credentials {
            Some(held) => Some(held.expiration?.remaining(now).saturating_sub(self.ahead)),
            None => Some(Duration::ZERO),
        }
    }
}

impl Held {
    /// Returns valid credentials, from memory unless the file has changed. Waits for a renewal only if there are none.
    ///
    /// # Errors
    /// [`Trouble`]
    pub async fn credentials(&self) -> Result<Credentials, Trouble> {
        let mut state = self.state.clone();
        let now = || self.provider.clock.now();
        let version = self.provider.logins.version();
        if let Some(valid) = {
            let state = state.borrow_and_update();
            state.valid(now()).filter(|_| state.version == version).cloned()
        } {
            return Ok(valid);
        }
        self.wake.notify_one();
        // Whatever comes of it: what is held then is the answer.
        let _ = timeout(RENEWAL_DEADLINE, state.changed()).await;
        let state = state.borrow();
        state.valid(now()).cloned().ok_or_else(|| state.trouble.clone())
    }
}

impl Keeper {
    /// Starts keeping `credentials`, and renewing them as `wanted` says.
    ///
    /// # Errors
    /// When the system refuses a runtime or a thread.
    pub fn start(provider: Provider, wanted: Wanted, credentials: Credentials) -> io::Result<Self> {
        let (stop, stopped) = unbounded_channel();
        let (reporter, reports) = unbounded_channel();
        let wake = Arc::new(Notify::new());
        let version = provider.logins.version();
        let least = wanted.min_ttl.map_or(LAST_RESORT, |ttl| ttl.saturating_sub(TTL_TOLERANCE));
        let ahead = RENEW_AHEAD.max(least);
        let initial = State { credentials: Some(credentials), least, ahead, trouble: None, version };
        let (sender, state) = watch::channel(initial);
        let held = Held { provider: provider.clone(), state, wake: Arc::clone(&wake) };
        let mut worker = Worker {
            provider,
            wanted,
            state: sender,
            wake,
            reporter,
            interrupts: Interrupts::from_channel(stopped),
            failures: 0,
            not_before: Instant::now(),
        };
        let (runtime_sender, receiver) = channel::<Runtime>();
        let thread = thread::Builder::new().name("renewal".to_owned()).spawn(move || {
            let Ok(runtime) = receiver.recv() else { return };
            // A defect in one renewal must not end all of them.
            while catch_unwind(AssertUnwindSafe(|| runtime.block_on(worker.run()))).is_err() {
                thread::sleep(FIRST_PAUSE);
            }
            // A lock that is still waited for would hold up the end.
            runtime.shutdown_background();
        })?;
        // Only a thread may drop a runtime: it is built when there is one that takes it.
        runtime_sender.send(runtime()?).ok();
        Ok(Self { stop, thread, reports, held })
    }

    /// The credentials in memory.
    pub fn held(&self) -> Held {
        self.held.clone()
    }

    /// Waits for the next attempt to renew; forever when there will be none.
    pub async fn report(&mut self) -> RenewalResult {
        match self.reports.recv().await {
            Some(report) => report,
            None => std::future::pending().await,
        }
    }

    /// Asks the thread to end.
    pub fn stop(&self) {
        // It may have ended by itself.
        self.stop.send(()).ok();
    }

    /// Waits until the thread has ended, which it does as soon as no used token is at stake.
    pub async fn stopped(self) {
        self.stop();
        // Not on this thread: connections of the client may have their other half in this runtime.
        crate::host::blocking(move || drop(self.thread.join())).await;
    }
}

/// The work of the thread.
struct Worker {
    provider: Provider,
    wanted: Wanted,
    state: watch::Sender<State>,
    wake: Arc<Notify>,
    reporter: UnboundedSender<RenewalResult>,
    interrupts: Interrupts,
    failures: u32,
    /// When the network may be tried again.
    not_before: Instant,
}

impl Worker {
    async fn run(&mut self) {
        let wake = Arc::clone(&self.wake);
        loop {
            let pause = self.pause();
            let asked = tokio::select! {
                () = self.interrupts.next() => return,
                () = wake.notified() => true,
                () = sleep(pause) => false,
            };
            if (asked || self.is_due() || self.has_file_changed()) && self.attempt().await.is_err() {
                return;
            }
        }
    }

    /// Reads better credentials from the file, or makes them. The only failure is the end of the thread.
    async fn attempt(&mut self) -> Result<(), Error> {
        let version = self.provider.logins.version();
        let outcome = match self.provider.read(&self.wanted).await {
            Ok(standing) if standing.reason().is_some() && Instant::now() < self.not_before => {
                // Whoever waits learns that nothing has changed.
                self.state.send_modify(|state| state.version = version);
                return Ok(());
            }
            Ok(standing) => self.provider.renew(&self.wanted, standing, &mut self.interrupts).await,
            Err(error) => Err(error),
        };
        match outcome {
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            Ok((credentials, notices)) => self.succeeded(credentials, notices),
            Err(error) => self.failed(error, version),
        }
        Ok(())
    }

    fn succeeded(&mut self, credentials: Credentials, notices: Notices) {
        match &notices.not_renewed {
            Some(error) => self.wait_after(&Arc::clone(error)),
            None => (self.failures, self.not_before) = (0, Instant::now() + FIRST_PAUSE),
        }
        let now = self.provider.clock.now();
        // The renewal has written the file itself.
        let version = self.provider.logins.version();
        let trouble = notices.not_renewed.clone();
        self.state.send_modify(|state| *state = State { trouble, version, ..state.succeeded_by(credentials, now) });
        self.report(Ok(notices));
    }

    fn failed(&mut self, error: Error, version: Option<Version>) {
        let error = Arc::new(error);
        self.wait_after(&error);
        self.state.send_modify(|state| {
            (state.trouble, state.version) = (Some(Arc::clone(&error)), version);
            if matches!(*error, Error::NoProfile { .. } | Error::Mode { .. }) {
                state.credentials = None;
            }
        });
        self.report(Err(error));
    }

    fn report(&self, report: RenewalResult) {
        // The receiver may be gone.
        self.reporter.send(report).ok();
    }

    fn wait_after(&mut self, error: &Error) {
        let growing = FIRST_PAUSE.saturating_mul(1 << self.failures.min(16)).min(LONGEST_PAUSE);
        let pause = if is_hopeless(error) { HOPELESS_PAUSE } else { growing };
        self.failures = self.failures.saturating_add(1);
        self.not_before = Instant::now() + pause;
    }

    fn is_due(&self) -> bool {
        Instant::now() >= self.not_before && self.fresh_for().is_some_and(|fresh| fresh.is_zero())
    }

    fn has_file_changed(&self) -> bool {
        self.provider.logins.version() != self.state.borrow().version
    }

    fn fresh_for(&self) -> Option<Duration> {
        self.state.borrow().fresh_for(self.provider.clock.now())
    }

    /// How long nothing needs to be done.
    fn pause(&self) -> Duration {
        let until_due = self.fresh_for().unwrap_or(CLOCK_INTERVAL);
        let until_allowed = self.not_before.saturating_duration_since(Instant::now());
        until_due.max(until_allowed).min(CLOCK_INTERVAL)
    }
}

/// Whether the same attempt would fail again until a person does something.
fn is_hopeless(error: &Error) -> bool {
    matches!(error, Error::SignIn { .. } | Error::Lost(_) | Error::TooShort { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    const NOW: Timestamp = Timestamp::from_unix(1_000_000);

    fn lasting(seconds: u64) -> Credentials {
        Credentials {
            access_key_id: "STS.id".to_owned(),
            access_key_secret: Secret::new("secret"),
            security_token: Some(Secret::new("token")),
            expiration: Some(NOW + Duration::from_secs(seconds)),
            region_id: None,
        }
    }

    fn holding(credentials: Credentials) -> State {
        State { credentials: Some(credentials), least: LAST_RESORT, ahead: RENEW_AHEAD, trouble: None, version: None }
    }

    #[test]
    fn new_credentials_are_kept_for_half_their_life_or_more() {
        for (life, fresh_for) in [(43_200, 42_300), (3600, 2700), (1801, 901), (1800, 900), (900, 450), (60, 30)] {
            let state = holding(lasting(30)).succeeded_by(lasting(life), NOW);
            assert_eq!(state.fresh_for(NOW), Some(Duration::from_secs(fresh_for)), "{life}");
        }
    }

    #[test]
    fn credentials_that_are_not_new_are_due_at_the_usual_time() {
        for (life, fresh_for) in [(3600, 2700), (900, 0), (600, 0)] {
            let state = holding(lasting(life));
            for state in [state.succeeded_by(lasting(life), NOW), state] {
                assert_eq!(state.fresh_for(NOW), Some(Duration::from_secs(fresh_for)), "{life}");
            }
        }
    }
}
