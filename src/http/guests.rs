//! The connections being served: how many, since when, and which of them still keep silent.

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

struct Guest {
    task: AbortHandle,
    busy: Busy,
}

/// The connections, oldest first. Dropping them hangs up on everyone.
#[derive(Default)]
pub(super) struct Guests {
    tasks: JoinSet<()>,
    present: VecDeque<Guest>,
}

impl Guests {
    /// Whether a newcomer can be served: there is room, or somebody silent to dismiss.
    pub(super) fn may_enter(&self) -> bool {
        self.present.len() < MAX_CONNECTIONS || self.present.iter().any(|guest| !guest.busy.is_set())
    }

    /// Serves a newcomer, in place of the oldest silent one when the house is full.
    pub(super) fn admit<F>(&mut self, serve: impl FnOnce(Busy) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        if self.present.len() >= MAX_CONNECTIONS {
            self.dismiss_oldest();
        }
        let busy = Busy::default();
        let task = self.tasks.spawn(serve(busy.clone()));
        self.present.push_back(Guest { task, busy });
    }

    /// Hangs up on whoever has kept silent the longest, and says whether anyone does.
    pub(super) fn dismiss_oldest(&mut self) -> bool {
        let oldest = self.present.iter().position(|guest| !guest.busy.is_set());
        let dismissed = oldest.and_then(|index| self.present.remove(index));
        if let Some(guest) = &dismissed {
            guest.task.abort();
        }
        dismissed.is_some()
    }

    /// Waits until a connection has ended; for ever when there is none.
    pub(super) async fn one_leaves(&mut self) {
        if self.tasks.join_next().await.is_none() {
            return std::future::pending().await;
        }
        self.present.retain(|guest| !guest.task.is_finished());
    }

    /// Hangs up on the silent ones and waits until the others have had their answer.
    pub(super) async fn farewell(mut self) {
        for guest in self.present.iter().filter(|guest| !guest.busy.is_set()) {
            guest.task.abort();
        }
        while self.tasks.join_next().await.is_some() {}
    }
}
