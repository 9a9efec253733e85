//! The open connections: how many there are, in which order they came, and which of them are idle.
//!
//! A connection is idle until its request has arrived. Accepting sockets and answering requests are left to the
//! caller.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::{AbortHandle, JoinSet};

use super::MAX_CONNECTIONS;

/// Set by a connection when its request has arrived and is being answered.
#[derive(Clone, Default)]
pub(super) struct Busy(Arc<AtomicBool>);

impl Busy {
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

struct Connection {
    task: AbortHandle,
    busy: Busy,
}

/// The open connections, oldest first. Dropping this closes all of them.
#[derive(Default)]
pub(super) struct Connections {
    tasks: JoinSet<()>,
    open: VecDeque<Connection>,
}

impl Connections {
    /// Whether one more connection can be served: there is room, or an idle connection to evict.
    pub(super) fn can_accept(&self) -> bool {
        self.open.len() < MAX_CONNECTIONS || self.open.iter().any(|connection| !connection.busy.is_set())
    }

    /// Serves a new connection, in place of the oldest idle one when there is no room.
    pub(super) fn accept<F>(&mut self, serve: impl FnOnce(Busy) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        if self.open.len() >= MAX_CONNECTIONS {
            self.evict_oldest_idle();
        }
        let busy = Busy::default();
        let task = self.tasks.spawn(serve(busy.clone()));
        self.open.push_back(Connection { task, busy });
    }

    /// Closes the connection that has been idle the longest. Returns whether there was one.
    pub(super) fn evict_oldest_idle(&mut self) -> bool {
        let oldest = self.open.iter().position(|connection| !connection.busy.is_set());
        let evicted = oldest.and_then(|index| self.open.remove(index));
        if let Some(connection) = &evicted {
            connection.task.abort();
        }
        evicted.is_some()
    }

    /// Waits until a connection has ended; forever when none is open.
    pub(super) async fn closed(&mut self) {
        if self.tasks.join_next().await.is_none() {
            return std::future::pending().await;
        }
        self.open.retain(|connection| !connection.task.is_finished());
    }

    /// Closes the idle connections and waits until the others have been answered.
    pub(super) async fn drain(mut self) {
        for connection in self.open.iter().filter(|connection| !connection.busy.is_set()) {
            connection.task.abort();
        }
        while self.tasks.join_next().await.is_some() {}
    }
}
