//! TLS in front of a sandbox: ends the encryption and passes every byte on.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;

/// Serves `names` on 127.0.0.1:443 until the process ends, and saves the certificate of their authority.
pub(super) fn start(sandbox: &str, names: &[&str], authority: &Path) {
    let acceptor = TlsAcceptor::from(Arc::new(server(names, authority)));
    let inner = sandbox.strip_prefix("http://").unwrap().to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:443")).unwrap();
    std::thread::spawn(move || {
        runtime.block_on(async {
            tokio::spawn(nudge(inner.clone()));
            while let Ok((visitor, _)) = listener.accept().await {
                let (acceptor, inner) = (acceptor.clone(), inner.clone());
                tokio::spawn(async move {
                    let mut visitor = acceptor.accept(visitor).await?;
                    let mut sandbox = TcpStream::connect(inner).await?;
                    copy_bidirectional(&mut visitor, &mut sandbox).await
                });
            }
        });
    });
}

/// The sandbox's HTTP library can leave a connection waiting behind one that is kept open: its pool counts a thread
/// as free that is about to take another. The end of any connection sets it going again.
async fn nudge(sandbox: String) {
    loop {
        TcpStream::connect(&sandbox).await.ok();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn server(names: &[&str], authority: &Path) -> ServerConfig {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    // Node takes a certificate for self-signed when its authority has the same name.
    params.distinguished_name.push(DnType::CommonName, "a throw-away authority");
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    fs::write(authority, issuer.pem()).unwrap();

    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.use_authority_key_identifier_extension = true;
    let certificate = params.signed_by(&key, &issuer).unwrap();
    ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())
        .unwrap()
}
