//! The client of OpenBao or Vault: they speak one API. It signs in with an AppRole. Here are the session and the policies; each engine
//! has a file of its own.

mod kv;
mod pki;
mod transit;

pub use kv::KvMetadata;
pub use pki::{Issued, Issuer};

use super::failure::{Failure, Trouble};
use super::gate::{CallLimits, Errand, Gate, Heard};
use super::http::{self, Channel};
use super::secret::Secret;
use futures::future::BoxFuture;
use reqwest::Method;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use steward_domain::system::System;
use tokio::sync::Mutex;
use tokio::time::Instant;
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
    /// Where the PKI engine is mounted: `pki`.
    pub pki_mount: String,
    /// The role there that issues for tenants' domains, and for nothing else.
    pub pki_role: String,
    /// The role there that issues for custom domains: for any host name.
    pub pki_custom_role: String,
}

/// The client.
pub struct OpenBao {
    settings: OpenBaoSettings,
    channel: Channel,
    session: Mutex<Option<Session>>,
    ca: Mutex<Option<pki::Fetched>>,
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

impl OpenBao {
    /// A client with the usual limits; nothing is called yet.
    ///
    /// # Errors
    /// When TLS cannot be set up or the address is none.
    pub fn new(mut settings: OpenBaoSettings) -> Result<Self, Failure> {
        settings.url = settings.url.trim_end_matches('/').to_owned();
        // The library panics on an address that is none, so it is looked at before.
        reqwest::Url::parse(&settings.url).map_err(|error| Failure::new(System::OpenBao, Trouble::Refused, format!("address: {error}")))?;
        let gate = Gate::new(System::OpenBao, System::OpenBao.as_str(), CallLimits::default().openbao);
        Ok(Self { channel: Channel::new(gate)?, settings, session: Mutex::new(None), ca: Mutex::new(None) })
    }

    /// The same client behind another gate.
    #[must_use]
    pub fn through(self, gate: Gate) -> Self {
        Self { channel: self.channel.through(gate), ..self }
    }

    /// The gate that its calls go through.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        self.channel.gate()
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
        let reply = self.health().await?;
        match reply.status {
            503 if reply.body.get("sealed").and_then(Value::as_bool) == Some(true) => {
                Err(Failure::new(System::OpenBao, Trouble::Away, reply.log()).saying("OpenBao is sealed."))
            }
            // A standby forwards what it is asked (429, 473).
            429 | 473 => Ok(()),
            _ => reply.success().map(|_| ()),
        }
    }

    /// How it is, by its own words.
    pub(super) async fn health(&self) -> Result<http::Reply, Failure> {
        let url = format!("{}/v1/sys/health", self.settings.url);
        self.channel.call(Method::GET, &url, None, "GET /v1/sys/health").for_errand(Errand::Look).send().await
    }

    /// Where certificates are issued.
    pub(super) fn issues_at(&self) -> [String; 2] {
        [&self.settings.pki_role, &self.settings.pki_custom_role].map(|role| format!("{}/issue/{role}", self.settings.pki_mount))
    }

    /// What Steward's token may do at each of these paths.
    pub(super) async fn capabilities(&self, paths: Vec<&str>) -> Result<Value, Failure> {
        let url = format!("{}/v1/sys/capabilities-self", self.settings.url);
        let client = self.client(None).await?;
        let body = serde_json::json!({ "paths": paths });
        let call = self.channel.call(Method::POST, &url, Some(&body), "POST /v1/sys/capabilities-self");
        let call = call.with(|request| request.header("X-Vault-Token", client.settings.token.as_str()));
        let answer = call.send().await?.success()?;
        Ok(answer.get("data").cloned().unwrap_or_default())
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
        let with = |client: &VaultClient| {
            let token = client.settings.token.clone();
            self.channel.call(method.clone(), &url, body, call.clone()).with(|request| request.header("X-Vault-Token", token))
        };
        let reply = with(&client).send().await?;
        if reply.status != 403 {
            return Ok(reply);
        }
        let renewed = self.client(Some(&client)).await?;
        with(&renewed).send().await
    }

    /// A call with a valid token. A 403 may mean that the token was revoked: then Steward signs in again, once.
    async fn call<'a, T>(
        &'a self,
        what: &'a str,
        call: impl Fn(Arc<VaultClient>) -> BoxFuture<'a, Result<T, ClientError>> + Send + Sync + 'a,
    ) -> Result<T, Refusal> {
        let client = self.client(None).await?;
        match self.through_the_gate(what, call(Arc::clone(&client))).await? {
            Err(Refusal { status: Some(403), .. }) => {
                let renewed = self.client(Some(&client)).await?;
                self.through_the_gate(what, call(renewed)).await?
            }
            result => result,
        }
    }

    /// A call that the library makes. The outer error is that it was not made.
    async fn through_the_gate<T>(
        &self,
        what: &str,
        call: impl Future<Output = Result<T, ClientError>>,
    ) -> Result<Result<T, Refusal>, Failure> {
        let call = async { call.await.map_err(|error| refusal(what, &error)) };
        let heard = |outcome: &Result<T, Refusal>| outcome.as_ref().err().map_or(Heard::Answer, |refusal| Heard::of(&refusal.failure));
        self.channel.gate().pass(Errand::Call, call, heard).await
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
        let (mount, role, secret) = (&self.settings.approle_mount, &self.settings.role_id, self.settings.secret_id.expose());
        let signed_in = self.through_the_gate("POST approle login", vaultrs::auth::approle::login(&client, mount, role, secret)).await?;
        let auth = signed_in.map_err(|refusal| match refusal.status {
            Some(400 | 403) => Failure::new(System::OpenBao, Trouble::Credentials, refusal.failure.log),
            _ => refusal.failure,
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
        client.http.http = self.channel.for_library();
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
