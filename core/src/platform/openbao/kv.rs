//! The KV store, version 2: paths with their marks.

use super::{OpenBao, Refusal, absent_on_404};
use crate::platform::failure::{Failure, Trouble};
use futures::FutureExt;
use serde_json::Value;
use std::collections::HashMap;
use steward_domain::system::System;
use vaultrs::api::kv2::requests::{SetSecretMetadataRequest, SetSecretRequestOptions};

/// What is known of a KV path without reading its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KvMetadata {
    /// The newest version; 0 if none was ever written.
    pub current_version: u64,
    /// Marks that were put on it.
    pub custom: HashMap<String, String>,
}

impl OpenBao {
    /// The metadata of a KV path, if there is any.
    ///
    /// # Errors
    /// When no answer came or it was refused.
    pub async fn kv_metadata(&self, path: &str) -> Result<Option<KvMetadata>, Failure> {
        let mount = self.settings.kv_mount.as_str();
        let found = self
            .call("GET kv metadata", move |client| async move { vaultrs::kv2::read_metadata(client.as_ref(), mount, path).await }.boxed())
            .await;
        Ok(absent_on_404(found)?
            .map(|metadata| KvMetadata { current_version: metadata.current_version, custom: metadata.custom_metadata.unwrap_or_default() }))
    }

    /// The newest version of a KV path, if there is one.
    ///
    /// # Errors
    /// When no answer came or it was refused.
    pub async fn kv_read(&self, path: &str) -> Result<Option<HashMap<String, Value>>, Failure> {
        let mount = self.settings.kv_mount.as_str();
        let found =
            self.call("GET kv data", move |client| async move { vaultrs::kv2::read(client.as_ref(), mount, path).await }.boxed()).await;
        absent_on_404(found)
    }

    /// Writes the first version of a KV path; false if there is a version already.
    ///
    /// # Errors
    /// When no answer came or it was refused.
    pub async fn kv_create(&self, path: &str, data: &HashMap<&str, String>) -> Result<bool, Failure> {
        self.kv_replace(path, 0, data).await
    }

    /// Writes the version after `version`, which is 0 if there is none; false if somebody else wrote meanwhile.
    ///
    /// # Errors
    /// When no answer came or it was refused.
    pub async fn kv_replace(&self, path: &str, version: u64, data: &HashMap<&str, String>) -> Result<bool, Failure> {
        let mount = self.settings.kv_mount.as_str();
        let cas = u32::try_from(version).map_err(|_| Failure::new(System::OpenBao, Trouble::Unreadable, format!("version {version}")))?;
        let written = self
            .call("POST kv data", move |client| {
                async move { vaultrs::kv2::set_with_options(client.as_ref(), mount, path, data, SetSecretRequestOptions { cas }).await }
                    .boxed()
            })
            .await;
        match written {
            Ok(_) => Ok(true),
            Err(Refusal { status: Some(400), failure }) if failure.log.contains("did not match the current version") => Ok(false),
            Err(refusal) => Err(refusal.failure),
        }
    }

    /// Puts marks on a KV path. They replace those that are there.
    ///
    /// # Errors
    /// When no answer came or it was refused.
    pub async fn kv_mark(&self, path: &str, custom: HashMap<String, String>) -> Result<(), Failure> {
        let mount = self.settings.kv_mount.as_str();
        self.call("POST kv metadata", move |client| {
            let custom = custom.clone();
            async move {
                let mut request = SetSecretMetadataRequest::builder();
                request.custom_metadata(custom);
                vaultrs::kv2::set_metadata(client.as_ref(), mount, path, Some(&mut request)).await
            }
            .boxed()
        })
        .await
        .map_err(|refusal| refusal.failure)
    }

    /// The names directly below a KV path; those of folders end in a slash.
    ///
    /// # Errors
    /// When no answer came or it was refused.
    pub async fn kv_list(&self, path: &str) -> Result<Vec<String>, Failure> {
        let mount = self.settings.kv_mount.as_str();
        let found = self
            .call("LIST kv metadata", move |client| async move { vaultrs::kv2::list(client.as_ref(), mount, path).await }.boxed())
            .await;
        Ok(absent_on_404(found)?.unwrap_or_default())
    }

    /// Removes every version of one KV path and its metadata. It does not reach what lies below.
    ///
    /// # Errors
    /// When no answer came or it was refused.
    pub async fn kv_delete(&self, path: &str) -> Result<(), Failure> {
        let mount = self.settings.kv_mount.as_str();
        self.call("DELETE kv metadata", move |client| {
            async move { vaultrs::kv2::delete_metadata(client.as_ref(), mount, path).await }.boxed()
        })
        .await
        .map_err(|refusal| refusal.failure)
    }
}
