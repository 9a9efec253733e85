//! The sandbox that a command runs against: its own, or one that is already running.

use std::time::{Duration, Instant};

use crate::cli::failure::Failure;
use crate::sandbox::{Options, Sandbox, StartError};
use crate::site::Cloud;

/// How long a command waits for the sandbox of another command to end.
const WAIT_LIMIT: Duration = Duration::from_secs(20);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The sandbox that a command runs against.
pub(super) enum Instance {
    /// Started for the command; it ends with it.
    Own(Sandbox),
    /// Started by `aliyun-rs sandbox`; its address.
    Shared(String),
}

impl Instance {
    /// Starts a sandbox. If another one uses the folder, a long-lived one is shared, and the end of any other is
    /// waited for.
    pub(super) fn find(options: Options) -> Result<Self, Failure> {
        let deadline = Instant::now() + WAIT_LIMIT;
        loop {
            match Sandbox::start(options.clone()) {
                Err(StartError::Running { url: Some(url), long_lived: true, .. })
                    if Cloud::parse_sandbox(&url).is_ok() =>
                {
                    return Ok(Self::Shared(url));
                }
                Err(StartError::Running { .. }) if Instant::now() < deadline => std::thread::sleep(POLL_INTERVAL),
                started => return Ok(Self::Own(started?)),
            }
        }
    }

    pub(super) fn url(&self) -> String {
        match self {
            Self::Own(sandbox) => sandbox.url(),
            Self::Shared(url) => url.clone(),
        }
    }
}
