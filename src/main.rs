//! The doorstep: hands the operating system to [`aliyun_rs::run`] and its answer back.

use std::process::ExitCode;

#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    aliyun_rs::host::prepare_process();
    aliyun_rs::run(&aliyun_rs::host::Host::from_os())
}
