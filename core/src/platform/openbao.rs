//! The client of OpenBao or Vault: they speak one API. It signs in with an AppRole.

use super::failure::{Failure, Trouble};
use super::http;
use super::secret::Secret;
use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::Method;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use steward_domain::system::System;
use tokio::sync::Mutex;
use tokio::time::Instant;
use vaultrs::api::kv2::requests::{SetSecretMetadataRequest, SetSecretRequestOptions};
use vaultrs::api::transit::KeyType;
use vaultrs::api::transit::requests::{CreateKeyRequest, UpdateKeyConfigurationRequest};
use vaultrs::client::{Client as _, VaultClient, VaultClientSettingsBuilder};
use vaultrs::error::ClientError;

/// Where OpenBao is and how Steward signs in.
#[derive(Clone, Debug)]
pub struct OpenBaoSettings {
    /// Address without a path.
    pub url: String,
    /// The AppRole's id.
    pub role_id: String,
    /// The AppRole's secret id.
    pub secret_id: Secret,
    /// Where the AppRole method is mounted: `approle`.
    pub approle_mount: String,
    /// Where the KV store (version 2) is mounted: `secret`.
    pub kv_mount: String,
    /// Where the transit engine is mounted: `transit`.
    pub transit_mount: String,
}

/// The client.
pub struct OpenBao {
    settings: OpenBaoSettings,
    http: reqwest::Client,
    session: Mutex<Option<Session>>,
}

impl std::fmt::Debug for OpenBao {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenBao").field("settings", &self.settings).finish_non_exhaustive()
    }
}

#[derive(Clone)]
struct Session {
    client: Arc<VaultClient>,
    renew_at: Instant,
}

/// What is known of a KV path without reading its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KvMetadata {
    /// The newest version; 0 if none was ever written.
    pub current_version: u64,
    /// Marks that were put on it.
    pub custom: HashMap<String, String>,
}

/// A transit key as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransitKeyFacts {
    /// Whether it is an `aes256-gcm96` key.
    pub is_aes256_gcm96: bool,
    /// Whether it can be taken out, in the clear or as a backup.
    pub can_leave: bool,
}

impl OpenBao {
    /// A client; nothing is called yet.
    ///
    /// # Errors
    /// When TLS cannot be set up or the address is none.
    pub fn new(mut settings: OpenBaoSettings) -> Result<Self, Failure> {
        settings.url = settings.url.trim_end_matches('/').to_owned();
        // The library panics on an address that is none, so it is looked at before.
        reqwest::Url::parse(&settings.url).map_err(|error| Failure::new(System::OpenBao, Trouble::Refused, format!("address: {error}")))?;
        Ok(Self { http: http::client_for(System::OpenBao)?, settings, session: Mutex::new(None) })
    }

    /// The address that people's browsers know.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.settings.url
    }

    /// Where the KV store is mounted.
    #[must_use]
    pub fn kv_mount(&self) -> &str {
        &self.settings.kv_mount
    }

    /// Where the transit engine is mounted.
    #[must_use]
    pub fn transit_mount(&self) -> &str {
        &self.settings.transit_mount
    }

    /// Whether OpenBao is unsealed and active.
    ///
    /// # Errors
    /// When it is not.
    pub async fn reach(&self) -> Result<(), Failure> {
        let url = format!("{}/v1/sys/health", self.settings.url);
        let reply = http::send(System::OpenBao, "GET /v1/sys/health".to_owned(), self.http.get(url)).await?;
        match reply.status {
            503 if reply.body.get("sealed").and_then(Value::as_bool) == Some(true) => {
                Err(Failure::new(System::OpenBao, Trouble::Away, reply.log()).saying("OpenBao is sealed."))
            }
            // A standby forwards what it is asked (429, 473).
            429 | 473 => Ok(()),
            _ => reply.success().map(|_| ()),
        }
    }

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
        let mount = self.settings.kv_mount.as_str();
        let written = self
            .call("POST kv data", move |client| {
                async move { vaultrs::kv2::set_with_options(client.as_ref(), mount, path, data, SetSecretRequestOptions { cas: 0 }).await }
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

    /// The text of a policy, if there is one.
    ///
    /// # Errors
    /// When no answer came or it was refused.
    pub async fn policy(&self, name: &str) -> Result<Option<String>, Failure> {
        let found = self.policy_call(Method::GET, name, None).await?.found()?;
        Ok(found.and_then(|body| body.pointer("/data/policy").and_then(Value::as_str).map(str::to_owned)))
    }

    /// Writes a policy.
    ///
    /// # Errors
    /// When no answer came or it was refused.
    pub async fn set_policy(&self, name: &str, text: &str) -> Result<(), Failure> {
        self.policy_call(Method::PUT, name, Some(&serde_json::json!({ "policy": text }))).await?.success().map(|_| ())
    }

    /// Removes a policy.
    ///
    /// # Errors
    /// When no answer came or it was refused.
    pub async fn delete_policy(&self, name: &str) -> Result<(), Failure> {
        self.policy_call(Method::DELETE, name, None).await?.gone()
    }

    /// The library speaks only the older path `sys/policy`, to which Steward has no right.
    async fn policy_call(&self, method: Method, name: &str, body: Option<&Value>) -> Result<http::Reply, Failure> {
        let url = format!("{}/v1/sys/policies/acl/{name}", self.settings.url);
        let call = format!("{method} policy");
        let client = self.client(None).await?;
        let request = |client: &VaultClient| {
            http::request(&self.http, method.clone(), &url, body).header("X-Vault-Token", client.settings.token.as_str())
        };
        let reply = http::send(System::OpenBao, call.clone(), request(&client)).await?;
        if reply.status != 403 {
            return Ok(reply);
        }
        let renewed = self.client(Some(&client)).await?;
        http::send(System::OpenBao, call, request(&renewed)).await
    }

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

    /// A call with a valid token. A 403 may mean that the token was revoked: then Steward signs in again, once.
    async fn call<'a, T>(
        &'a self,
        what: &'a str,
        call: impl Fn(Arc<VaultClient>) -> BoxFuture<'a, Result<T, ClientError>> + Send + Sync + 'a,
    ) -> Result<T, Refusal> {
        let client = self.client(None).await?;
        match call(Arc::clone(&client)).await {
            Err(ClientError::APIError { code: 403, .. }) => {
                let renewed = self.client(Some(&client)).await?;
                call(renewed).await.map_err(|error| refusal(what, &error))
            }
            result => result.map_err(|error| refusal(what, &error)),
        }
    }

    /// The signed-in client; a new one if its token is about to end or was just refused.
    async fn client(&self, refused: Option<&Arc<VaultClient>>) -> Result<Arc<VaultClient>, Failure> {
        let mut kept = self.session.lock().await;
        if let Some(session) = kept.as_ref()
            && Instant::now() < session.renew_at
            && refused.is_none_or(|refused| !Arc::ptr_eq(refused, &session.client))
        {
            return Ok(Arc::clone(&session.client));
        }
        let asked_at = Instant::now();
        let mut client = self.unsigned()?;
        let signed_in =
            vaultrs::auth::approle::login(&client, &self.settings.approle_mount, &self.settings.role_id, self.settings.secret_id.expose())
                .await;
        let auth = signed_in.map_err(|error| {
            let refusal = refusal("POST approle login", &error);
            match refusal.status {
                Some(400 | 403) => Failure::new(System::OpenBao, Trouble::Credentials, refusal.failure.log),
                _ => refusal.failure,
            }
        })?;
        client.set_token(&auth.client_token);
        let client = Arc::new(client);
        // Two thirds of its life: a call that begins just before must still end with it.
        let renew_at = asked_at + Duration::from_secs(auth.lease_duration.max(30) * 2 / 3);
        *kept = Some(Session { client: Arc::clone(&client), renew_at });
        Ok(client)
    }

    fn unsigned(&self) -> Result<VaultClient, Failure> {
        let unusable = |error: &dyn std::fmt::Display| Failure::new(System::OpenBao, Trouble::Refused, format!("client: {error}"));
        // Everything is set here, so that nothing is taken from VAULT_* variables of the environment.
        let settings = VaultClientSettingsBuilder::default()
            .address(&self.settings.url)
            .ca_certs(Vec::new())
            .identity(None)
            .token("")
            .verify(true)
            .timeout(Some(http::TOTAL_TIMEOUT))
            .build()
            .map_err(|error| unusable(&error))?;
        let mut client = VaultClient::new(settings).map_err(|error| unusable(&error))?;
        client.http.http = self.http.clone();
        Ok(client)
    }
}

/// A failed call with its HTTP status, if there was one.
struct Refusal {
    status: Option<u16>,
    failure: Failure,
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self { status: None, failure }
    }
}

fn absent_on_404<T>(found: Result<T, Refusal>) -> Result<Option<T>, Failure> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Refusal { status: Some(404), .. }) => Ok(None),
        Err(refusal) => Err(refusal.failure),
    }
}

/// What an error of the library means.
fn refusal(what: &str, error: &ClientError) -> Refusal {
    match error {
        ClientError::APIError { code, errors } => {
            let words = errors.join("; ");
            let log = format!("{what} -> {code} {words}");
            let failure = Failure::new(System::OpenBao, Failure::of_status(*code), log);
            let failure = match code {
                503 if words.to_lowercase().contains("sealed") => failure.saying("OpenBao is sealed."),
                _ => failure,
            };
            Refusal { status: Some(*code), failure }
        }
        other => {
            let mut next: Option<&(dyn std::error::Error + 'static)> = Some(other);
            while let Some(error) = next {
                if let Some(transport) = error.downcast_ref::<reqwest::Error>() {
                    return http::transport(System::OpenBao, what, transport).into();
                }
                next = error.source();
            }
            Failure::new(System::OpenBao, Trouble::Unreadable, format!("{what}: {}", http::chain(other))).into()
        }
    }
}
