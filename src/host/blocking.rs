//! Work that blocks, kept away from a runtime.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

/// Does `work` on a thread of its own and waits for it. Where the system refuses another thread, it is done right
/// here: late is better than never.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = oneshot::channel();
    let work = Arc::new(Mutex::new(Some(work)));
    let take = |work: &Mutex<Option<_>>| work.lock().unwrap_or_else(PoisonError::into_inner).take();
    let theirs = Arc::clone(&work);
    let started = thread::Builder::new().spawn(move || {
        if let Some(work) = take(&theirs) {
            // The receiver is gone if the task was cancelled.
            sender.send(catch_unwind(AssertUnwindSafe(work))).ok();
        }
    });
    match started {
        Ok(_) => match receiver.await {
            Ok(done) => done.unwrap_or_else(|panic| resume_unwind(panic)),
            Err(_) => unreachable!("the thread sends before it ends"),
        },
        Err(_) => take(&work).expect("the thread that would take the work never started")(),
    }
}
