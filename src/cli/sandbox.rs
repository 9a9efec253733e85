//! placeholder
use super::failure::Failure;
use crate::host::Host;
use clap::Args;
#[derive(Args, Debug)]
pub(super) struct SandboxArgs {}
pub(super) fn run(_: &Host, _: SandboxArgs) -> Result<(), Failure> {
    Ok(())
}
