//! The key that seals tokens at rest.

use crate::database::Database;
use crate::error::{Error, Result};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// The key that seals tokens at rest.
pub struct SessionKey(LessSafeKey);

impl std::fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionKey")
    }
}

impl SessionKey {
    /// A key of 32 bytes.
    ///
    /// # Errors
    /// When it has another length.
    pub fn new(bytes: &[u8]) -> Result<Self> {
        let key = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| Error::internal("the session key must have 32 bytes"))?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Seals a text: random nonce, then ciphertext and tag.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn seal(&self, database: &Database, text: &str) -> Result<Vec<u8>> {
        let nonce = database.context().random::<NONCE_LEN>()?;
        let mut sealed = text.as_bytes().to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)
            .map_err(|_| Error::internal("sealing failed"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`SessionKey::seal`] made.
    ///
    /// # Errors
    /// When it was made with another key or altered.
    pub fn open(&self, sealed: &[u8]) -> Result<String> {
        let broken = || Error::internal("a sealed token does not open: other key, or altered");
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or_else(broken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| broken())?;
        let mut text = text.to_vec();
        let open = self.0.open_in_place(nonce, Aad::empty(), &mut text).map_err(|_| broken())?;
        String::from_utf8(open.to_vec()).map_err(|_| broken())
    }
}
