//! A secret of the URL that outlives the endpoint, in a file that only its owner can read.

use std::io;
use std::path::Path;

use crate::host::{Entropy, NoEntropy, NotPrivate, PrivateFile, draw, read_private_file};
use crate::secret::Secret;

/// How many characters a secret has: 128 bits in hexadecimal are enough.
const LENGTHS: std::ops::RangeInclusive<usize> = 32..=256;

/// The secret in a file is not used.
#[derive(Debug, thiserror::Error)]
pub enum TokenFileError {
    /// The file was not read.
    #[error(transparent)]
    NotPrivate(#[from] NotPrivate),
    /// What is in it is no secret: 32 to 256 letters, digits, hyphens and underscores on one line.
    #[error("token-file-unusable")]
    Unusable,
    /// The file was not created.
    #[error("token-file-not-created")]
    NotCreated(#[source] io::Error),
    /// No secret could be drawn.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
}

/// Returns the secret in the file at `path`, which is created with a new one if it is not there.
///
/// # Errors
/// [`TokenFileError`]
pub fn token(path: &Path, entropy: &dyn Entropy) -> Result<Secret, TokenFileError> {
    match read_private_file(path, *LENGTHS.end() as u64 + 2) {
        Ok(text) => checked(&text),
        Err(NotPrivate::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
            let file = PrivateFile::create(path).map_err(TokenFileError::NotCreated)?;
            let token = draw::<32>(entropy)?;
            file.keep(token.expose()).map_err(TokenFileError::NotCreated)?;
            Ok(token)
        }
        Err(error) => Err(error.into()),
    }
}

fn checked(text: &Secret) -> Result<Secret, TokenFileError> {
    let line = text.expose().strip_suffix('\n').unwrap_or(text.expose());
    let line = line.strip_suffix('\r').unwrap_or(line);
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    match LENGTHS.contains(&line.len()) && line.bytes().all(fits) {
        true => Ok(Secret::new(line)),
        false => Err(TokenFileError::Unusable),
    }
}
