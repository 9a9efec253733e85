//! Resolves host names, even where the system refuses another thread for it.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::blocking;

/// The system's resolver.
pub(super) struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move { Ok(Box::new(resolve(name.as_str().to_owned(), 0).await?.into_iter()) as Addrs) })
    }
}

/// Returns the addresses of `host`, with `port`.
///
/// # Errors
/// What the system reports.
pub(super) async fn resolve(host: String, port: u16) -> io::Result<Vec<SocketAddr>> {
    blocking(move || Ok((host, port).to_socket_addrs()?.collect())).await
}
