//! Time limits that count only time in which this process ran.
//!
//! A process that was stopped (Ctrl-Z, a suspended machine) wakes up with its timers expired, while the answer it
//! waited for has arrived: it must be read before anything is given up, above all the answer to a request that spent a
//! token.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::time::sleep;

/// The time limit of one request, as an extension of it. Without one, the usual limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimit(pub Duration);

const TICK: Duration = Duration::from_millis(250);
/// A tick that took longer does not count: the process was not running.
const LATE: Duration = Duration::from_secs(1);
/// The minimum that is left after such a tick, to read what has arrived.
const GRACE: Duration = Duration::from_secs(2);

/// Does `work` for at most `limit`; `None` when it took longer.
pub(super) async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::pin!(work);
    let mut left = limit;
    while !left.is_zero() {
        let started = Instant::now();
        tokio::select! {
            biased;
            done = &mut work => return Some(done),
            () = sleep(TICK.min(left)) => {}
        }
        left = left.saturating_sub(TICK);
        if started.elapsed() > LATE {
            left = left.max(GRACE);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;
    use std::thread;

    use tokio::io::AsyncReadExt;
    use tokio::net::TcpStream;

    use super::*;

    fn block_on<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    }

    #[test]
    fn what_takes_too_long_is_given_up() {
        let started = Instant::now();
        let limit = Duration::from_millis(600);
        assert_eq!(block_on(within(limit, std::future::pending::<()>())), None);
        assert!(started.elapsed() >= limit);
    }

    #[test]
    fn an_answer_that_arrived_while_stopped_is_read() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || listener.accept().unwrap().0.write_all(b"answer").unwrap());
        let read = block_on(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            // A task reads, as in the HTTP crate, and hands over what it read.
            let (sender, receiver) = tokio::sync::oneshot::channel();
            tokio::spawn(async move {
                // Stopped for much longer than the limit, in the last tick of it, while the answer arrives.
                tokio::time::sleep(Duration::from_millis(100)).await;
                thread::sleep(Duration::from_millis(1500));
                // What arrived takes several turns of the runtime until it is handed over.
                tokio::time::sleep(Duration::from_millis(50)).await;
                let mut text = String::new();
                stream.read_to_string(&mut text).await.unwrap();
                sender.send(text).unwrap();
            });
            within(Duration::from_millis(200), receiver).await
        });
        server.join().unwrap();
        assert_eq!(read.map(Result::unwrap).as_deref(), Some("answer"));
    }
}
