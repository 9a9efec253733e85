//! Passes the operating system to [`aliyun_rs::run`] and returns its exit code.

use std::process::ExitCode;

use zeroizing_alloc::ZeroAlloc;

// Libraries hold copies of what they read and write, secrets too: memory is wiped when it is given back.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: ZeroAlloc<dlmalloc::GlobalDlmalloc> = ZeroAlloc(dlmalloc::GlobalDlmalloc);

#[cfg(not(target_env = "musl"))]
#[global_allocator]
static ALLOCATOR: ZeroAlloc<std::alloc::System> = ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    aliyun_rs::host::prepare_process();
    aliyun_rs::run(&aliyun_rs::host::Host::from_os())
}
