//! Signs in with client credentials and calls the API.

use crate::command_line::Stopped;
use crate::commands::exit::Exit;
use clap::Args;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use std::path::PathBuf;
use steward_core::platform::http;
use tokio::sync::RwLock;
use url::Url;

/// The variable of the secret. A secret is never an argument: those can be read by everybody on the machine.
const SECRET: &str = "STEWARD_CLIENT_SECRET";

/// Where Steward is, and who calls.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// Where Steward is reached.
    #[arg(long, global = true, env = "STEWARD_URL", default_value = "http://localhost:8080")]
    url: Url,
    /// The token endpoint of the platform realm.
    #[arg(long, global = true, env = "STEWARD_TOKEN_URL")]
    token_url: Option<Url>,
    /// The client in that realm, with the roles of whoever calls.
    #[arg(long, global = true, env = "STEWARD_CLIENT_ID")]
    client_id: Option<String>,
    /// The file with its secret. Or the secret itself in STEWARD_CLIENT_SECRET.
    #[arg(long, global = true, env = "STEWARD_CLIENT_SECRET_FILE", value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
}

/// Somebody who signed in.
pub(super) struct Client {
    http: reqwest::Client,
    url: Url,
    token_url: Url,
    client_id: String,
    secret: String,
    token: RwLock<String>,
}

/// What the API answered, if it did what it was asked.
#[derive(Debug)]
pub(super) struct Answer {
    /// The version of the settings.
    pub(super) etag: Option<String>,
    /// The JSON.
    pub(super) body: Value,
}

/// Why it did not.
#[derive(Debug)]
pub(super) enum Refusal {
    /// A problem document, with its status.
    Problem(u16, Value),
    /// There was no answer, or none of Steward's.
    Away(String),
}

impl Refusal {
    /// The code of the problem.
    pub(super) fn code(&self) -> &str {
        match self {
            Refusal::Problem(_, document) => document.get("code").and_then(Value::as_str).unwrap_or_default(),
            Refusal::Away(_) => "",
        }
    }

    /// Whether asking again may help: Steward or a system of its is away.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Refusal::Problem(status, _) => *status >= 500,
            Refusal::Away(_) => true,
        }
    }
}

impl From<Refusal> for Stopped {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Away(why) => Stopped::Ended(Exit::Away, why),
            Refusal::Problem(status, document) => {
                let text = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default();
                let mut lines = vec![format!("{} ({}, request {})", text("detail"), text("code"), text("request_id"))];
                for error in document.get("errors").and_then(Value::as_array).into_iter().flatten() {
                    let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
                    lines.push(format!("  {}: {}", text("field"), text("message")));
                }
                Stopped::Ended(Exit::of_status(status), lines.join("\n"))
            }
        }
    }
}

fn missing(what: &str) -> Stopped {
    Stopped::Ended(Exit::Usage, format!("{what} is not set: see \"Command line\" in docs/configuration.md"))
}

impl Client {
    /// Signs in.
    pub(super) async fn sign_in(connection: Connection) -> Result<Self, Stopped> {
        let token_url = connection.token_url.ok_or_else(|| missing("STEWARD_TOKEN_URL"))?;
        let client_id = connection.client_id.ok_or_else(|| missing("STEWARD_CLIENT_ID"))?;
        let secret = match (std::env::var(SECRET).ok().filter(|secret| !secret.is_empty()), connection.client_secret_file) {
            (Some(secret), _) => secret,
            (None, Some(path)) => std::fs::read_to_string(&path).map_err(|error| {
                Stopped::Ended(Exit::Usage, format!("STEWARD_CLIENT_SECRET_FILE: {} cannot be read: {error}", path.display()))
            })?,
            (None, None) => return Err(missing("STEWARD_CLIENT_SECRET or STEWARD_CLIENT_SECRET_FILE")),
        };
        let http = http::client().map_err(|error| anyhow::anyhow!("TLS cannot be set up: {error}"))?;
        let token = RwLock::new(String::new());
        let client = Self { http, url: connection.url, token_url, client_id, secret: secret.trim().to_owned(), token };
        client.renew().await?;
        Ok(client)
    }

    async fn renew(&self) -> Result<(), Stopped> {
        let form = [("grant_type", "client_credentials"), ("client_id", &self.client_id), ("client_secret", &self.secret)];
        #[allow(clippy::disallowed_methods, reason = "a client of Steward itself")]
        let asked = self.http.post(self.token_url.clone()).form(&form).send().await;
        let away = |why: String| Stopped::Ended(Exit::Away, format!("{} does not answer: {why}", self.token_url));
        let answer = asked.map_err(|error| away(error.without_url().to_string()))?;
        let status = answer.status();
        let body: Value = answer.json().await.unwrap_or_default();
        match body.get("access_token").and_then(Value::as_str) {
            Some(token) if status.is_success() => {
                token.clone_into(&mut *self.token.write().await);
                Ok(())
            }
            _ if status.is_server_error() => Err(away(status.to_string())),
            _ => {
                let message = format!("{} does not take the credentials of client {}: {status}", self.token_url, self.client_id);
                Err(Stopped::Ended(Exit::Refused, message))
            }
        }
    }

    /// Reads.
    pub(super) async fn get(&self, path: &str) -> Result<Answer, Refusal> {
        self.call(Method::GET, path, |request| request).await
    }

    /// Sends JSON.
    pub(super) async fn send(&self, method: Method, path: &str, if_match: Option<&str>, body: &Value) -> Result<Answer, Refusal> {
        self.call(method, path, |request| {
            let request = request.json(body);
            if let Some(tag) = if_match { request.header("if-match", tag) } else { request }
        })
        .await
    }

    /// Any call.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        with: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Answer, Refusal> {
        let away = |why: String| Refusal::Away(format!("{} does not answer: {why}", self.url));
        let address = self.url.join(path).map_err(|error| away(error.to_string()))?;
        let attempt = async || {
            let token = self.token.read().await.clone();
            #[allow(clippy::disallowed_methods, reason = "a client of Steward itself")]
            with(self.http.request(method.clone(), address.clone()).bearer_auth(token)).send().await
        };
        let mut answer = attempt().await.map_err(|error| away(error.without_url().to_string()))?;
        // A token lives a few minutes; a run that is watched may take longer.
        if answer.status() == StatusCode::UNAUTHORIZED && self.renew().await.is_ok() {
            answer = attempt().await.map_err(|error| away(error.without_url().to_string()))?;
        }
        let status = answer.status();
        let etag = answer.headers().get("etag").and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let ours = kind.starts_with(if status.is_success() { "application/json" } else { "application/problem+json" });
        let body: Value = answer.json().await.unwrap_or_default();
        match (status.is_success(), ours) {
            (true, true) => Ok(Answer { etag, body }),
            (false, true) => Err(Refusal::Problem(status.as_u16(), body)),
            _ => Err(Refusal::Away(format!("{address} answers {status}, and not as Steward does: is it its address?"))),
        }
    }
}

/// The path of a tenant.
pub(super) fn path_of(tenant: &str) -> String {
    let encoded: String = url::form_urlencoded::byte_serialize(tenant.as_bytes()).collect();
    format!("/v2/tenants/{encoded}")
}
