//! The client of Grafana's HTTP API. It signs in with the token of a service account.

use super::failure::Failure;
use super::http::{self, Reply};
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
    client: reqwest::Client,
}

impl Grafana {
    /// A client; nothing is called yet.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(mut settings: GrafanaSettings) -> Result<Self, Failure> {
        settings.url = settings.url.trim_end_matches('/').to_owned();
        Ok(Self { client: http::client_for(System::Grafana)?, settings })
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
        self.get("/api/health", &[]).await?.success().map(|_| ())
    }

    /// `GET {path}`
    ///
    /// # Errors
    /// When no answer came.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Reply, Failure> {
        let url = format!("{}{path}", self.settings.url);
        let request = http::request(&self.client, Method::GET, &url, None).query(query).bearer_auth(self.settings.token.expose());
        http::send(System::Grafana, format!("GET {path}"), request).await
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
        let request = http::request(&self.client, method.clone(), &url, body).bearer_auth(self.settings.token.expose());
        http::send(System::Grafana, format!("{method} {path}"), request).await
    }
}
