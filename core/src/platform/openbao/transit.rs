//! The transit engine: keys that never leave.

use super::{OpenBao, absent_on_404};
use crate::platform::failure::Failure;
use futures::FutureExt;
use vaultrs::api::transit::KeyType;
use vaultrs::api::transit::requests::{CreateKeyRequest, UpdateKeyConfigurationRequest};

/// A transit key as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransitKeyFacts {
    /// Whether it is an `aes256-gcm96` key.
    pub is_aes256_gcm96: bool,
    /// Whether it can be taken out, in the clear or as a backup.
    pub can_leave: bool,
}

impl OpenBao {
    /// A transit key, if there is one.
    ///
    /// # Errors
    /// When no answer came or it was refused.
    pub async fn transit_key(&self, name: &str) -> Result<Option<TransitKeyFacts>, Failure> {
        let mount = self.settings.transit_mount.as_str();
        let found = self
            .call("GET transit key", move |client| async move { vaultrs::transit::key::read(client.as_ref(), mount, name).await }.boxed())
            .await;
        Ok(absent_on_404(found)?.map(|key| TransitKeyFacts {
            is_aes256_gcm96: matches!(key.key_type, KeyType::Aes256Gcm96),
            can_leave: key.exportable || key.allow_plaintext_backup,
        }))
    }

    /// Makes an `aes256-gcm96` key that never leaves; nothing happens if one of that name is there.
    ///
    /// # Errors
    /// When no answer came or it was refused.
    pub async fn create_transit_key(&self, name: &str) -> Result<(), Failure> {
        let mount = self.settings.transit_mount.as_str();
        self.call("POST transit key", move |client| {
            async move {
                let mut request = CreateKeyRequest::builder();
                request.key_type(KeyType::Aes256Gcm96);
                vaultrs::transit::key::create(client.as_ref(), mount, name, Some(&mut request)).await
            }
            .boxed()
        })
        .await
        .map_err(|refusal| refusal.failure)
    }

    /// Destroys a key: whatever was encrypted with it can never be read again.
    ///
    /// # Errors
    /// When no answer came or it was refused.
    pub async fn destroy_transit_key(&self, name: &str) -> Result<(), Failure> {
        // An absent key answers 400 "deletion is not allowed", like one that is protected: so look first.
        if self.transit_key(name).await?.is_none() {
            return Ok(());
        }
        let mount = self.settings.transit_mount.as_str();
        self.call("POST transit key config", move |client| {
            async move {
                let mut request = UpdateKeyConfigurationRequest::builder();
                request.deletion_allowed(true);
                vaultrs::transit::key::update(client.as_ref(), mount, name, Some(&mut request)).await
            }
            .boxed()
        })
        .await
        .map_err(|refusal| refusal.failure)?;
        self.call("DELETE transit key", move |client| {
            async move { vaultrs::transit::key::delete(client.as_ref(), mount, name).await }.boxed()
        })
        .await
        .map_err(|refusal| refusal.failure)
    }
}
