//! The authorities that are trusted: those compiled in, the system's, or those that `SSL_CERT_FILE` and
//! `SSL_CERT_DIR` name.
//!
//! The variables are read here and not by a crate, so that an error can name the unusable one and the reason, and so
//! that a FIFO, a device or a huge file cannot hold the program up.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::super::Env;

const FILE: &str = "SSL_CERT_FILE";
const FOLDERS: &str = "SSL_CERT_DIR";
/// Far more than all authorities of a system take, in bytes.
const MAX_FILE: u64 = 8 * 1024 * 1024;
/// Far more than the entries of a system's folder.
const MAX_ENTRIES: usize = 4096;

/// A variable that does not lead to certificates.
#[derive(Debug, thiserror::Error)]
#[error("roots-unusable")]
pub struct RootsError {
    /// `SSL_CERT_FILE` or `SSL_CERT_DIR`.
    pub variable: &'static str,
    /// What it names.
    pub path: PathBuf,
    /// What is wrong with that.
    #[source]
    pub problem: RootsProblem,
}

/// What is wrong with a file or folder of certificates.
#[derive(Debug, thiserror::Error)]
pub enum RootsProblem {
    /// There is none.
    #[error("missing")]
    Missing,
    /// It cannot be read.
    #[error("unreadable")]
    Unreadable(#[source] io::Error),
    /// It is a FIFO, a device, a folder or the like.
    #[error("not-a-regular-file")]
    NotAFile,
    /// It is not a folder.
    #[error("not-a-folder")]
    NotAFolder,
    /// It is larger than all authorities together.
    #[error("too-large")]
    TooLarge {
        /// The largest file that is read, in bytes.
        limit: u64,
    },
    /// It holds no certificate in PEM that can be understood.
    #[error("no-certificate")]
    NoCertificate,
}

/// What the variables name.
pub(super) struct Variables {
    file: Option<PathBuf>,
    folders: Option<OsString>,
}

/// What was found there.
pub(super) struct Custom {
    pub(super) store: RootCertStore,
    /// The first unusable variable.
    pub(super) problem: Option<RootsError>,
}

impl Variables {
    pub(super) fn of(env: &Env) -> Self {
        Self { file: env.get_os(FILE).map(PathBuf::from), folders: env.get_os(FOLDERS).map(OsString::from) }
    }

    pub(super) fn are_set(&self) -> bool {
        self.file.is_some() || self.folders.is_some()
    }

    /// Reads the certificates. An unusable variable does not affect the other.
    pub(super) fn load(&self) -> Custom {
        let mut custom = Custom { store: RootCertStore::empty(), problem: None };
        if let Some(path) = &self.file {
            let added = read(path).and_then(|pem| custom.add(&pem));
            custom.note(FILE, path, added);
        }
        if let Some(folders) = &self.folders {
            let paths = split(folders);
            for path in &paths {
                let added = custom.add_folder(path);
                custom.note(FOLDERS, path, added);
            }
            if paths.is_empty() {
                custom.note(FOLDERS, Path::new(folders), Err(RootsProblem::Missing));
            }
        }
        custom
    }
}

impl Custom {
    fn add(&mut self, pem: &[u8]) -> Result<(), RootsProblem> {
        let (added, _) = self.store.add_parsable_certificates(CertificateDer::pem_slice_iter(pem).flatten());
        if added == 0 { Err(RootsProblem::NoCertificate) } else { Ok(()) }
    }

    /// Adds the certificates of every file in a folder that holds some.
    fn add_folder(&mut self, path: &Path) -> Result<(), RootsProblem> {
        let before = self.store.len();
        let entries = fs::read_dir(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotADirectory => RootsProblem::NotAFolder,
            _ => problem(error),
        })?;
        let mut seen = BTreeSet::new();
        for entry in entries.take(MAX_ENTRIES).flatten() {
            // A folder of OpenSSL's has two names for each file.
            let path = fs::canonicalize(entry.path()).unwrap_or_else(|_| entry.path());
            if seen.insert(path.clone()) {
                read(&path).and_then(|pem| self.add(&pem)).ok();
            }
        }
        if self.store.len() == before { Err(RootsProblem::NoCertificate) } else { Ok(()) }
    }

    fn note(&mut self, variable: &'static str, path: &Path, added: Result<(), RootsProblem>) {
        if let Err(problem) = added {
            self.problem.get_or_insert(RootsError { variable, path: path.to_owned(), problem });
        }
    }
}

fn split(folders: &OsStr) -> Vec<PathBuf> {
    std::env::split_paths(folders).filter(|path| !path.as_os_str().is_empty()).collect()
}

fn read(path: &Path) -> Result<Vec<u8>, RootsProblem> {
    let metadata = fs::metadata(path).map_err(problem)?;
    if !metadata.is_file() {
        return Err(RootsProblem::NotAFile);
    }
    let mut pem = Vec::new();
    File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut pem)).map_err(problem)?;
    if u64::try_from(pem.len()).is_ok_and(|length| length > MAX_FILE) {
        return Err(RootsProblem::TooLarge { limit: MAX_FILE });
    }
    Ok(pem)
}

fn problem(error: io::Error) -> RootsProblem {
    match error.kind() {
        io::ErrorKind::NotFound => RootsProblem::Missing,
        _ => RootsProblem::Unreadable(error),
    }
}

/// The authorities compiled in.
pub(super) fn compiled() -> RootCertStore {
    RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned())
}

/// The system's.
pub(super) fn system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}
