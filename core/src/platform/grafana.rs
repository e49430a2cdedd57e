//! The client of Grafana's HTTP API. It signs in with the token of a service account.

use super::failure::Failure;
use super::gate::{CallLimits, Errand, Gate};
use super::http::{Channel, Reply};
use super::secret::Secret;
use reqwest::Method;
use serde_json::Value;
use steward_domain::system::System;

/// Where Grafana is and how Steward signs in.
#[derive(Clone, Debug)]
pub struct GrafanaSettings {
    /// Address without a path.
    pub url: String,
    /// Token of the service account.
    pub token: Secret,
}

/// The client.
#[derive(Debug)]
pub struct Grafana {
    settings: GrafanaSettings,
    channel: Channel,
}

impl Grafana {
    /// A client with the usual limits; nothing is called yet.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(mut settings: GrafanaSettings) -> Result<Self, Failure> {
        settings.url = settings.url.trim_end_matches('/').to_owned();
        let gate = Gate::new(System::Grafana, System::Grafana.as_str(), CallLimits::default().grafana);
        Ok(Self { channel: Channel::new(gate)?, settings })
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

    /// Whether Grafana and its database are well.
    ///
    /// # Errors
    /// When they are not.
    pub async fn reach(&self) -> Result<(), Failure> {
        let url = format!("{}/api/health", self.settings.url);
        self.channel.call(Method::GET, &url, None, "GET /api/health").for_errand(Errand::Look).send().await?.success().map(|_| ())
    }

    /// `GET {path}`
    ///
    /// # Errors
    /// When no answer came.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Reply, Failure> {
        let url = format!("{}{path}", self.settings.url);
        let call = self.channel.call(Method::GET, &url, None, format!("GET {path}"));
        call.with(|request| request.query(query).bearer_auth(self.settings.token.expose())).send().await
    }

    /// `POST {path}`
    ///
    /// # Errors
    /// When no answer came.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Reply, Failure> {
        self.call(Method::POST, path, Some(body)).await
    }

    /// `PUT {path}`
    ///
    /// # Errors
    /// When no answer came.
    pub async fn put(&self, path: &str, body: &Value) -> Result<Reply, Failure> {
        self.call(Method::PUT, path, Some(body)).await
    }

    /// `DELETE {path}`
    ///
    /// # Errors
    /// When no answer came.
    pub async fn delete(&self, path: &str) -> Result<Reply, Failure> {
        self.call(Method::DELETE, path, None).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Reply, Failure> {
        let url = format!("{}{path}", self.settings.url);
        let call = self.channel.call(method.clone(), &url, body, format!("{method} {path}"));
        call.with(|request| request.bearer_auth(self.settings.token.expose())).send().await
    }
}
