//! Randomness from the operating system, without a weaker fallback.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::secret::Secret;

/// A source of unpredictable bytes.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// [`NoEntropy`] when the source fails; `bytes` must not be used then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy>;
}

/// The random number generator of the operating system failed.
#[derive(Debug, thiserror::Error)]
#[error("no-entropy")]
pub struct NoEntropy;

/// Draws `N` random bytes, encoded for a URL.
///
/// # Errors
/// [`NoEntropy`] when the source fails.
pub fn draw<const N: usize>(entropy: &dyn Entropy) -> Result<Secret, NoEntropy> {
    let mut bytes = Zeroizing::new([0; N]);
    entropy.fill(&mut *bytes)?;
    Ok(Secret::new(BASE64_URL_SAFE_NO_PAD.encode(*bytes)))
}

pub(super) struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        SystemRandom::new().fill(bytes).map_err(|_| NoEntropy)
    }
}
