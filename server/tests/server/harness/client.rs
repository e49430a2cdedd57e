//! A client of the API.

use super::App;
use serde_json::Value;

/// A client with a bearer token.
pub struct Client {
    pub http: reqwest::Client,
    pub token: String,
    pub url: String,
}

/// What the API answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The code of a problem document.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The places of what is wrong.
    pub fn pointers(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().into_iter().flatten();
        errors.filter_map(|error| error["pointer"].as_str().or(error["field"].as_str())).collect()
    }
}

impl Client {
    /// The stack's own client, with the rights of platform-ops.
    pub async fn of(app: &App) -> Self {
        Self::with(app, crate::harness_token().await)
    }

    /// A client with this token.
    pub fn with(app: &App, token: String) -> Self {
        Self { http: steward_core::platform::http::client().unwrap(), token, url: app.url.clone() }
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Answer {
        answer(self.http.get(format!("{}{path}", self.url)).bearer_auth(&self.token)).await
    }

    /// Sends JSON.
    pub async fn send(&self, method: &str, path: &str, if_match: Option<&str>, body: &Value) -> Answer {
        let mut request = self.http.request(method.parse().unwrap(), format!("{}{path}", self.url)).bearer_auth(&self.token).json(body);
        if let Some(tag) = if_match {
            request = request.header("if-match", tag);
        }
        answer(request).await
    }

    /// Creates a tenant.
    pub async fn create(&self, key: Option<&str>, body: &Value) -> Answer {
        let mut request = self.http.post(format!("{}/v2/tenants", self.url)).bearer_auth(&self.token).json(body);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        answer(request).await
    }
}

/// Sends a request.
pub async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, body: response.json().await.unwrap_or(Value::Null) }
}

/// A short name that no other test has.
pub fn name() -> String {
    let id = steward_core::context::Context::default().id().unwrap().simple().to_string();
    format!("t{}", &id[20..])
}
