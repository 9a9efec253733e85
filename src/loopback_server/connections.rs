//! The open connections: which there are, what they wait for, and which is closed when there are too many.
//!
//! A connection is idle until its first byte arrives, then it is read, then it is answered. Idle connections cost
//! little, so many may be open; few are read at a time, because each may need memory for a whole head. The one to
//! close belongs to the user with the most connections in that stage, and has been in it the longest: a flood
//! of one user closes only that user's connections. Accepting sockets and answering requests are left to the caller.

use std::cmp::Reverse;
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::{AbortHandle, Id, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::{MAX_CONNECTIONS, MAX_READING};

/// Time for which our own user's connection may be idle, even when there are too many: a browser connects first and
/// asks a little later.
const IDLE_GRACE: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Idle,
    Reading,
    Answering,
}

struct Connection {
    task: AbortHandle,
    owner: Option<u32>,
    stage: Stage,
    since: Instant,
}

/// The open connections, the longest in its stage first. Dropping this closes all of them.
pub(super) struct Connections {
    tasks: JoinSet<()>,
    table: Arc<Mutex<Table>>,
    capacity: usize,
    user: Option<u32>,
}

#[derive(Default)]
struct Table(VecDeque<Connection>);

/// When one more connection can be accepted.
pub(super) enum Opening {
    Now,
    At(Instant),
    /// Not before one is closed.
    Never,
}

impl Opening {
    pub(super) async fn wait(self) {
        match self {
            Self::Now => {}
            // The timer counts whole milliseconds: a time that has passed would delay every connection.
            Self::At(time) if time <= Instant::now() => {}
            Self::At(time) => sleep_until(time).await,
            Self::Never => std::future::pending().await,
        }
    }
}

/// What a connection's task reports.
pub(super) struct Progress(Arc<Mutex<Table>>);

impl Connections {
    /// Makes room for connections, of which those of `user` enjoy the grace. They take no more than half of the
    /// descriptors that this process may have open.
    pub(super) fn new(open_files: Option<u64>, user: Option<u32>) -> Self {
        let half = open_files.and_then(|limit| usize::try_from(limit / 2).ok()).unwrap_or(MAX_CONNECTIONS);
        let capacity = half.clamp(1, MAX_CONNECTIONS);
        Self { tasks: JoinSet::new(), table: Arc::default(), capacity, user }
    }

    /// Returns when one more connection can be accepted.
    pub(super) fn opening(&self) -> Opening {
        let table = lock(&self.table);
        if table.0.len() < self.capacity {
            return Opening::Now;
        }
        match table.unanswered().map(|index| &table.0[index]) {
            None => Opening::Never,
            Some(candidate) if candidate.stage == Stage::Reading => Opening::Now,
            Some(candidate) if candidate.owner.is_some() && candidate.owner != self.user => Opening::Now,
            Some(candidate) => Opening::At(candidate.since + IDLE_GRACE),
        }
    }

    /// Serves a new connection of the user `owner`, in place of another when there are too many.
    pub(super) fn accept<F>(&mut self, owner: Option<u32>, serve: impl FnOnce(Progress) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut table = lock(&self.table);
        if table.0.len() >= self.capacity {
            table.evict();
        }
        let task = self.tasks.spawn(serve(Progress(Arc::clone(&self.table))));
        table.0.push_back(Connection { task, owner, stage: Stage::Idle, since: Instant::now() });
    }

    /// Closes a connection that has not been answered yet. Returns whether there was one.
    pub(super) fn evict(&mut self) -> bool {
        lock(&self.table).evict()
    }

    /// Waits until a connection has ended; forever when none is open.
    pub(super) async fn closed(&mut self) {
        let id = match self.tasks.join_next_with_id().await {
            None => return std::future::pending().await,
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => error.id(),
        };
        lock(&self.table).0.retain(|connection| connection.task.id() != id);
    }

    /// Closes the connections without a request and waits until the others have been answered.
    pub(super) async fn drain(mut self) {
        for connection in lock(&self.table).0.iter().filter(|connection| connection.stage != Stage::Answering) {
            connection.task.abort();
        }
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Progress {
    /// The first byte has arrived. Another connection that is being read is closed when there are too many.
    pub(super) fn reading(&self) {
        let mut table = lock(&self.0);
        if table.0.iter().filter(|connection| connection.stage == Stage::Reading).count() >= MAX_READING
            && let Some(index) = table.candidate(Stage::Reading)
        {
            table.remove(index);
        }
        table.advance(tokio::task::id(), Stage::Reading);
    }

    /// The request has arrived and is being answered.
    pub(super) fn answering(&self) {
        lock(&self.0).advance(tokio::task::id(), Stage::Answering);
    }
}

impl Table {
    fn advance(&mut self, id: Id, stage: Stage) {
        let found = self.0.iter().position(|connection| connection.task.id() == id);
        if let Some(connection) = found.and_then(|index| self.0.remove(index)) {
            self.0.push_back(Connection { stage, since: Instant::now(), ..connection });
        }
    }

    fn evict(&mut self) -> bool {
        let found = self.unanswered();
        found.inspect(|index| self.remove(*index)).is_some()
    }

    fn unanswered(&self) -> Option<usize> {
        self.candidate(Stage::Idle).or_else(|| self.candidate(Stage::Reading))
    }

    /// Finds the connection that has been in `stage` the longest, of the user with the most connections in it.
    fn candidate(&self, stage: Stage) -> Option<usize> {
        let in_stage = || self.0.iter().enumerate().filter(|(_, connection)| connection.stage == stage);
        let mut count = HashMap::new();
        for (_, connection) in in_stage() {
            *count.entry(connection.owner).or_insert(0) += 1;
        }
        in_stage().max_by_key(|(index, connection)| (count[&connection.owner], Reverse(*index))).map(|(index, _)| index)
    }

    fn remove(&mut self, index: usize) {
        if let Some(connection) = self.0.remove(index) {
            connection.task.abort();
        }
    }
}

fn lock(table: &Mutex<Table>) -> MutexGuard<'_, Table> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    const ME: Option<u32> = Some(1000);
    const SOMEBODY_ELSE: Option<u32> = Some(1001);

    fn four_places() -> Connections {
        Connections::new(Some(8), ME)
    }

    fn open(connections: &Connections) -> Vec<Option<u32>> {
        lock(&connections.table).0.iter().map(|connection| connection.owner).collect()
    }

    /// The milliseconds until one more connection can be accepted.
    fn until_opening(connections: &Connections) -> Option<u128> {
        match connections.opening() {
            Opening::Now => Some(0),
            Opening::At(time) => Some((time - Instant::now()).as_millis()),
            Opening::Never => None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn our_own_idle_connection_is_kept_for_100_ms() {
        for owner in [ME, None] {
            let mut connections = four_places();
            for _ in 0..4 {
                assert_eq!(until_opening(&connections), Some(0));
                connections.accept(owner, |_| pending());
            }
            assert_eq!(until_opening(&connections), Some(100));
            tokio::time::advance(Duration::from_millis(99)).await;
            assert_eq!(until_opening(&connections), Some(1));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_user_with_the_most_connections_makes_room() {
        let mut connections = four_places();
        connections.accept(ME, |_| pending());
        for _ in 0..100 {
            assert_eq!(until_opening(&connections), Some(0));
            connections.accept(SOMEBODY_ELSE, |_| pending());
        }
        assert_eq!(open(&connections), [ME, SOMEBODY_ELSE, SOMEBODY_ELSE, SOMEBODY_ELSE]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_is_answered_is_never_closed() {
        let mut connections = four_places();
        for _ in 0..4 {
            connections.accept(ME, |progress| async move {
                progress.reading();
                progress.answering();
                pending().await
            });
        }
        tokio::task::yield_now().await;
        assert_eq!(until_opening(&connections), None);
        assert!(!connections.evict());
        assert_eq!(open(&connections), [ME; 4]);
    }
}
