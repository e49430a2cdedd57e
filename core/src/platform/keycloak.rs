//! The client of Keycloak's admin API. It signs in as a service client of realm `master` that may create realms and
//! manages only those that it created.

use super::failure::{Failure, Trouble};
use super::gate::{CallLimits, Errand, Gate};
use super::http::{Channel, Reply};
use super::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::Value;
use std::time::Duration;
use steward_domain::system::System;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// A token of realm `master` lives 60 s; it is used for less.
const TOKEN_USED_FOR: Duration = Duration::from_secs(45);

/// How long making a realm may take: its keys, flows and clients are made in one transaction, 0.5 s on an idle machine, more
/// than 10 s on a busy one.
const REALM_TIMEOUT: Duration = Duration::from_secs(30);

/// Where Keycloak is and how Steward signs in.
#[derive(Clone, Debug)]
pub struct KeycloakSettings {
    /// Address without a path: `http://localhost:18080`.
    pub url: String,
    /// The service client in realm `master`.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
}

/// The client.
#[derive(Debug)]
pub struct Keycloak {
    settings: KeycloakSettings,
    channel: Channel,
    token: Mutex<Option<Token>>,
}

#[derive(Clone, Debug)]
struct Token {
    value: Secret,
    taken_at: Instant,
}

impl Keycloak {
    /// A client with the usual limits; nothing is called yet.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(mut settings: KeycloakSettings) -> Result<Self, Failure> {
        settings.url = settings.url.trim_end_matches('/').to_owned();
        let gate = Gate::new(System::Keycloak, System::Keycloak.as_str(), CallLimits::default().keycloak);
        Ok(Self { channel: Channel::new(gate)?, settings, token: Mutex::new(None) })
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

    /// Whether Keycloak serves realms.
    ///
    /// # Errors
    /// When it does not.
    pub async fn reach(&self) -> Result<(), Failure> {
        let url = format!("{}/realms/master", self.settings.url);
        self.channel.call(Method::GET, &url, None, "GET /realms/master").for_errand(Errand::Look).send().await?.success().map(|_| ())
    }

    /// `GET /admin/realms{path}`
    ///
    /// # Errors
    /// When no answer came or the credentials are not accepted.
    pub async fn get(&self, path: &str) -> Result<Reply, Failure> {
        self.call(Method::GET, path, None).await
    }

    /// `POST /admin/realms{path}`
    ///
    /// # Errors
    /// As [`Keycloak::get`].
    pub async fn post(&self, path: &str, body: &Value) -> Result<Reply, Failure> {
        self.call(Method::POST, path, Some(body)).await
    }

    /// `PUT /admin/realms{path}`
    ///
    /// # Errors
    /// As [`Keycloak::get`].
    pub async fn put(&self, path: &str, body: &Value) -> Result<Reply, Failure> {
        self.call(Method::PUT, path, Some(body)).await
    }

    /// `PUT /admin/realms{path}`, with more time than other calls have.
    ///
    /// # Errors
    /// As [`Keycloak::get`].
    pub async fn put_within(&self, timeout: Duration, path: &str, body: &Value) -> Result<Reply, Failure> {
        self.call_within(Some(timeout), Method::PUT, path, Some(body)).await
    }

    /// `DELETE /admin/realms{path}`
    ///
    /// # Errors
    /// As [`Keycloak::get`].
    pub async fn delete(&self, path: &str) -> Result<Reply, Failure> {
        self.call(Method::DELETE, path, None).await
    }

    /// The id under which Keycloak notes what Steward does; none if its tokens do not say.
    ///
    /// # Errors
    /// As [`Keycloak::get`].
    pub async fn own_id(&self) -> Result<Option<String>, Failure> {
        let token = self.token(None).await?;
        let claims = token.expose().split('.').nth(1).and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok()).unwrap_or_default();
        let claims: Value = serde_json::from_slice(&claims).unwrap_or_default();
        Ok(claims.get("sub").and_then(Value::as_str).map(str::to_owned))
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Reply, Failure> {
        let creates_realm = path.is_empty() && method == Method::POST;
        self.call_within(creates_realm.then_some(REALM_TIMEOUT), method, path, body).await
    }

    async fn call_within(&self, timeout: Option<Duration>, method: Method, path: &str, body: Option<&Value>) -> Result<Reply, Failure> {
        let token = self.token(None).await?;
        let reply = self.send(timeout, &method, path, body, &token).await?;
        if reply.status != 401 {
            return Ok(reply);
        }
        // Keycloak answers 401 alike for expired and for revoked tokens; it was refused before anything was done.
        let renewed = self.token(Some(&token)).await?;
        let reply = self.send(timeout, &method, path, body, &renewed).await?;
        if reply.status == 401 { Err(reply.unexpected()) } else { Ok(reply) }
    }

    async fn send(
        &self,
        timeout: Option<Duration>,
        method: &Method,
        path: &str,
        body: Option<&Value>,
        token: &Secret,
    ) -> Result<Reply, Failure> {
        let url = format!("{}/admin/realms{path}", self.settings.url);
        let shown = path.split('?').next().unwrap_or_default();
        let mut call = self.channel.call(method.clone(), &url, body, format!("{method} /admin/realms{shown}"));
        call = call.with(|request| request.bearer_auth(token.expose()));
        if path.is_empty() && *method == Method::POST {
            call = call.for_errand(Errand::Heavy);
        }
        if let Some(timeout) = timeout {
            call = call.with(|request| request.timeout(timeout));
        }
        call.send().await
    }

    /// The token in use; another one if it is old or is the one that was just refused.
    async fn token(&self, refused: Option<&Secret>) -> Result<Secret, Failure> {
        let mut kept = self.token.lock().await;
        if let Some(token) = kept.as_ref()
            && token.taken_at.elapsed() < TOKEN_USED_FOR
            && refused != Some(&token.value)
        {
            return Ok(token.value.clone());
        }
        let taken_at = Instant::now();
        let url = format!("{}/realms/master/protocol/openid-connect/token", self.settings.url);
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.settings.client_id.as_str()),
            ("client_secret", self.settings.client_secret.expose()),
        ];
        let reply = self.channel.call(Method::POST, &url, None, "POST token").with(|request| request.form(&form)).send().await?;
        // A wrong client secret is 401, an unknown client 401 or 400.
        if matches!(reply.status, 400 | 401) {
            return Err(Failure::new(System::Keycloak, Trouble::Credentials, reply.log()));
        }
        let log = reply.log();
        let body = reply.success()?;
        let Some(value) = body.get("access_token").and_then(Value::as_str) else {
            return Err(Failure::new(System::Keycloak, Trouble::Unreadable, log));
        };
        let value = Secret::new(value);
        *kept = Some(Token { value: value.clone(), taken_at });
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::sync::mpsc;

    /// A Keycloak that gives tokens, says what else it is asked for, and never answers that.
    async fn silent() -> (String, mpsc::UnboundedReceiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (asked, heard) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let asked = asked.clone();
                tokio::spawn(async move {
                    let mut bytes = vec![0; 16 * 1024];
                    while let Ok(read @ 1..) = stream.read(&mut bytes).await {
                        let text = String::from_utf8_lossy(&bytes[..read]).into_owned();
                        if text.starts_with("POST /realms/master/") {
                            let token = r#"{"access_token":"a-token"}"#;
                            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{token}", token.len());
                            stream.write_all(answer.as_bytes()).await.unwrap();
                        } else if let Some(line) = text.lines().next().and_then(|line| line.strip_suffix(" HTTP/1.1")) {
                            let _ = asked.send(line.to_owned());
                        }
                    }
                });
            }
        });
        (url, heard)
    }

    #[tokio::test]
    async fn making_a_realm_takes_a_heavy_place_and_nothing_else_does() {
        let (url, mut heard) = silent().await;
        let settings = KeycloakSettings { url, client_id: "steward".into(), client_secret: Secret::new("a-secret") };
        let keycloak = Arc::new(Keycloak::new(settings).unwrap());
        let ask = |method: Method, path: &'static str| {
            let keycloak = Arc::clone(&keycloak);
            tokio::spawn(async move { keycloak.call(method, path, Some(&Value::Null)).await })
        };
        let places = || {
            let report = keycloak.gate().report();
            (report.calls.under_way, report.heavy.unwrap().under_way)
        };
        for (method, path, heavy) in [
            (Method::POST, "", 1),
            (Method::GET, "", 0),
            (Method::POST, "/acme/users", 0),
            (Method::PUT, "/acme", 0),
            (Method::DELETE, "/acme", 0),
        ] {
            let call = ask(method.clone(), path);
            assert_eq!(heard.recv().await, Some(format!("{method} /admin/realms{path}")));
            assert_eq!(places(), (1, heavy), "{method} {path}");
            call.abort();
            let _ = call.await;
        }
        // As many realms at once as the limit says; the next one waits, and keeps nobody else out.
        let limit = CallLimits::default().keycloak.heavy.unwrap();
        let realms: Vec<_> = (0..=limit).map(|_| ask(Method::POST, "")).collect();
        for _ in 0..limit {
            assert_eq!(heard.recv().await.as_deref(), Some("POST /admin/realms"));
        }
        let look = ask(Method::GET, "/acme");
        assert_eq!(heard.recv().await.as_deref(), Some("GET /admin/realms/acme"));
        assert_eq!((places(), keycloak.gate().report().heavy.unwrap().waiting), ((limit + 1, limit), 1));
        for call in realms.into_iter().chain([look]) {
            call.abort();
        }
    }
}
