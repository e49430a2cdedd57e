//! The client of the Kubernetes API. It signs in as a service account that may keep namespaces, quotas, limit ranges and
//! network policies. Changes are server-side applies under one field manager, each bound to the version of the object that was looked at.

use super::failure::{Failure, Trouble};
use super::gate::{CallLimits, Errand, Gate, Heard};
use super::http;
use chrono::{DateTime, Utc};
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use steward_domain::system::System;

/// The name under which Steward owns fields.
pub const FIELD_MANAGER: &str = "steward";

/// How long a watch may stay without news. The API server ends it before; if not, it is gone.
const WATCH_TIMEOUT: Duration = Duration::from_secs(75);

/// Where the cluster is and how Steward signs in.
#[derive(Clone, Debug)]
pub struct KubernetesSettings {
    /// A kubeconfig whose current context is Steward's service account.
    pub kubeconfig: PathBuf,
}

/// The client. Whatever goes through `client` has passed the gate. Watches have not: each stays open for a minute, is no call that could
/// wait for a place, and begins again by itself.
#[derive(Clone)]
pub struct Kubernetes {
    gate: Arc<Gate>,
    plain: Client,
    client: Client,
    watch_client: Client,
}

/// The client's calls through a gate: whoever makes one, and by whatever way of the library.
fn gated(plain: &Client, gate: &Arc<Gate>) -> Client {
    let (inner, gate) = (plain.clone(), Arc::clone(gate));
    let service = tower::service_fn(move |request: ::http::Request<kube::client::Body>| {
        let (inner, gate) = (inner.clone(), Arc::clone(&gate));
        async move {
            // Whether the API server is ready, and nothing else.
            let errand = if request.uri().path() == READY { Errand::Look } else { Errand::Call };
            let heard = |outcome: &Result<::http::Response<kube::client::Body>, kube::Error>| match outcome {
                Ok(answer) if answer.status().is_server_error() => {
                    Heard::Nothing(format!("Kubernetes answers with status {}.", answer.status().as_u16()))
                }
                Ok(_) => Heard::Answer,
                Err(error) => Heard::of(&failure("", error)),
            };
            match gate.pass(errand, inner.send(request), heard).await {
                Ok(outcome) => outcome,
                Err(refused) => Err(kube::Error::Service(Box::new(NotMade(refused)))),
            }
        }
    });
    Client::new(service, plain.default_namespace())
}

/// The gate did not let a call through, as an error that the library hands on.
#[derive(Debug, thiserror::Error)]
#[error("not called")]
struct NotMade(Failure);

/// Where the API server says whether it is ready.
const READY: &str = "/readyz";

impl std::fmt::Debug for Kubernetes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kubernetes")
    }
}

impl Kubernetes {
    /// A client; the kubeconfig is read, nothing is called yet.
    ///
    /// # Errors
    /// When the kubeconfig cannot be read or used.
    pub async fn new(settings: KubernetesSettings) -> Result<Self, Failure> {
        http::install_tls_provider();
        let unusable =
            |error: &dyn std::fmt::Display| Failure::new(System::Kubernetes, Trouble::Credentials, format!("kubeconfig: {error}"));
        let kubeconfig = Kubeconfig::read_from(&settings.kubeconfig).map_err(|error| unusable(&error))?;
        let mut config =
            Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.map_err(|error| unusable(&error))?;
        config.connect_timeout = Some(http::CONNECT_TIMEOUT);
        config.read_timeout = Some(http::TOTAL_TIMEOUT);
        config.write_timeout = Some(http::TOTAL_TIMEOUT);
        let mut watch_config = config.clone();
        watch_config.read_timeout = Some(WATCH_TIMEOUT);
        let plain = Client::try_from(config).map_err(|error| unusable(&error))?;
        let watch_client = Client::try_from(watch_config).map_err(|error| unusable(&error))?;
        let gate = Arc::new(Gate::new(System::Kubernetes, System::Kubernetes.as_str(), CallLimits::default().kubernetes));
        Ok(Self { client: gated(&plain, &gate), gate, plain, watch_client })
    }

    /// The same client behind another gate.
    #[must_use]
    pub fn through(self, gate: Gate) -> Self {
        let gate = Arc::new(gate);
        Self { client: gated(&self.plain, &gate), gate, ..self }
    }

    /// The gate that its calls go through.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Whether the API server says that it is ready.
    ///
    /// # Errors
    /// When it does not.
    pub async fn reach(&self) -> Result<(), Failure> {
        let request = ::http::Request::get(READY)
            .body(Vec::new())
            .map_err(|error| Failure::new(System::Kubernetes, Trouble::Refused, error.to_string()))?;
        self.client.request_text(request).await.map(|_| ()).map_err(|error| failure("GET /readyz", &error))
    }

    /// The API server's version, and its clock.
    pub(super) async fn version(&self) -> Result<(String, Option<DateTime<Utc>>), Failure> {
        let wrong = |error: &dyn std::fmt::Display| Failure::new(System::Kubernetes, Trouble::Unreadable, format!("GET /version: {error}"));
        let request = ::http::Request::get("/version").body(kube::client::Body::empty()).map_err(|error| wrong(&error))?;
        let answer = self.client.send(request).await.map_err(|error| failure("GET /version", &error))?;
        let date = answer.headers().get("date").and_then(|value| value.to_str().ok()).and_then(http::clock);
        let status = answer.status().as_u16();
        let body = answer.into_body().collect_bytes().await.map_err(|error| wrong(&error))?;
        let version: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        match version.get("gitVersion").and_then(serde_json::Value::as_str) {
            Some(version) => Ok((version.to_owned(), date)),
            None => Err(Failure::new(System::Kubernetes, Failure::of_status(status), format!("GET /version -> {status}"))),
        }
    }

    /// The API of cluster-wide objects.
    pub fn cluster<K>(&self) -> Api<K>
    where
        K: kube::Resource<Scope = k8s_openapi::ClusterResourceScope>,
        K::DynamicType: Default,
    {
        Api::all(self.client.clone())
    }

    /// The API of objects in a namespace.
    pub fn namespaced<K>(&self, namespace: &str) -> Api<K>
    where
        K: kube::Resource<Scope = k8s_openapi::NamespaceResourceScope>,
        K::DynamicType: Default,
    {
        Api::namespaced(self.client.clone(), namespace)
    }

    /// The API of objects wherever they are, for watching them: it waits for news longer than any other call for an answer.
    pub fn watched<K>(&self) -> Api<K>
    where
        K: kube::Resource,
        K::DynamicType: Default,
    {
        Api::all(self.watch_client.clone())
    }

    /// The object of that name, if it is there.
    ///
    /// # Errors
    /// When no answer came or it was refused.
    pub async fn find<K>(&self, api: &Api<K>, name: &str) -> Result<Option<K>, Failure>
    where
        K: Clone + DeserializeOwned + std::fmt::Debug,
    {
        api.get_opt(name).await.map_err(|error| failure(&format!("GET {name}"), &error))
    }

    /// Makes an object; nothing if one of that name is there already. Unlike an apply it never touches what is there.
    ///
    /// # Errors
    /// When no answer came or it was refused.
    pub async fn create<K>(&self, api: &Api<K>, object: &K) -> Result<Option<K>, Failure>
    where
        K: Clone + DeserializeOwned + Serialize + std::fmt::Debug,
    {
        let parameters = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
        match api.create(&parameters, object).await {
            Ok(made) => Ok(Some(made)),
            Err(kube::Error::Api(status)) if status.code == 409 && !status.message.contains("is being deleted") => Ok(None),
            Err(error) => Err(failure("POST", &error)),
        }
    }

    /// Server-side apply over an object that was looked at: its fields become as in `object`, whoever set them last (the create of
    /// Steward's own counts as another manager). If it was changed or replaced since the look, nothing happens: `object` must name the
    /// version that was seen.
    ///
    /// # Errors
    /// When no answer came, it was refused, or the object is another one by now.
    pub async fn apply<K>(&self, api: &Api<K>, name: &str, object: &K) -> Result<K, Failure>
    where
        K: kube::Resource + Clone + DeserializeOwned + Serialize + std::fmt::Debug,
    {
        if object.meta().resource_version.is_none() || object.meta().uid.is_none() {
            return Err(Failure::new(System::Kubernetes, Trouble::Refused, format!("PATCH {name}: without the version that was seen")));
        }
        api.patch(name, &PatchParams::apply(FIELD_MANAGER).force(), &Patch::Apply(object))
            .await
            .map_err(|error| failure(&format!("PATCH {name}"), &error))
    }

    /// Removes an object; it may still be going when this returns.
    ///
    /// # Errors
    /// When no answer came or it was refused.
    pub async fn delete<K>(&self, api: &Api<K>, name: &str) -> Result<(), Failure>
    where
        K: Clone + DeserializeOwned + std::fmt::Debug,
    {
        match api.delete(name, &DeleteParams::default()).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            Err(error) => Err(failure(&format!("DELETE {name}"), &error)),
        }
    }
}

/// What an error of the client means.
fn failure(call: &str, error: &kube::Error) -> Failure {
    match error {
        kube::Error::Service(error) if error.is::<NotMade>() => {
            error.downcast_ref().map_or_else(|| Failure::new(System::Kubernetes, Trouble::Away, call), |NotMade(refused)| refused.clone())
        }
        kube::Error::Api(status) => {
            let log = format!("{call} -> {} {}: {}", status.code, status.reason, status.message);
            let words = status.message.trim_end_matches('.');
            match status.code {
                409 => Failure::new(System::Kubernetes, Trouble::Busy, log).saying(format!("Kubernetes reports a conflict: {words}.")),
                403 if status.message.contains("is being terminated") => {
                    Failure::new(System::Kubernetes, Trouble::Busy, log).saying("The namespace is still being deleted.")
                }
                400 | 422 => {
                    Failure::new(System::Kubernetes, Trouble::Refused, log).saying(format!("Kubernetes refuses the object: {words}."))
                }
                code => Failure::new(System::Kubernetes, Failure::of_status(code), log),
            }
        }
        other => {
            let log = format!("{call}: {}", http::chain(other));
            if took_too_long(other) {
                return Failure::new(System::Kubernetes, Trouble::TimedOut, log);
            }
            let words = http::no_connection(System::Kubernetes, &log);
            Failure::new(System::Kubernetes, Trouble::Away, log).saying(words)
        }
    }
}

/// Whether a connection was there and the answer took too long. A connection that could not be made in time is a system that is away.
fn took_too_long(error: &kube::Error) -> bool {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut timed_out = false;
    while let Some(error) = next {
        if error.downcast_ref::<hyper_util::client::legacy::Error>().is_some_and(hyper_util::client::legacy::Error::is_connect) {
            return false;
        }
        timed_out |= error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::TimedOut);
        timed_out |= error.is::<tokio::time::error::Elapsed>();
        next = error.source();
    }
    timed_out
}
