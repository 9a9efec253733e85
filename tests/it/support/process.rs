//! The real binary, for what only a process of its own can show.
#![expect(clippy::disallowed_methods, reason = "only a test starts the program")]

use std::process::{Child, Command, Stdio};

use super::World;

/// How to start `program` in a world that must be [`World::real`], with nothing else in its environment.
pub(crate) fn command(world: &World, program: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", world.home.path().join("home"))
        .env("XDG_DATA_HOME", world.home.path().join("data"))
        .env("ALIYUN_RS_SANDBOX", world.sandbox.url())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Starts `aliyun-rs` with `args`.
pub(crate) fn start(world: &World, args: &[&str]) -> Child {
    command(world, env!("CARGO_BIN_EXE_aliyun-rs")).args(args).spawn().unwrap()
}
