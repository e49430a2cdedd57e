//! The one place where HTTP clients are built, and where answers and transport errors become [`Failure`]s. What a client sends, it sends
//! through a [`Channel`], and that through the client's gate: there is no other way out.

use super::failure::{Failure, Trouble};
use super::gate::{Errand, Gate, Heard};
use chrono::{DateTime, Utc};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::sync::{Arc, Once};
use std::time::Duration;
use steward_domain::system::System;

/// How long a connection may take to be made.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a whole call may take.
pub const TOTAL_TIMEOUT: Duration = Duration::from_secs(10);
/// How much of a system's own words goes into the log, in characters.
const WORDS_MAX: usize = 400;

static PROVIDER: Once = Once::new();

/// Makes ring the provider of every TLS connection of this process. Harmless when called again.
pub fn install_tls_provider() {
    PROVIDER.call_once(|| {
        // An error means that somebody installed one before; then that one serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// A client with limits on time. It follows no redirects: none of the systems' APIs redirects, so one is a mistake or an attack.
///
/// # Errors
/// When TLS cannot be set up.
pub fn client() -> Result<reqwest::Client, reqwest::Error> {
    install_tls_provider();
    #[allow(clippy::disallowed_methods, reason = "this is the one place where HTTP clients are built")]
    reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT).timeout(TOTAL_TIMEOUT).redirect(reqwest::redirect::Policy::none()).build()
}

/// The way to one system: an HTTP client behind its gate.
#[derive(Debug)]
pub(super) struct Channel {
    client: reqwest::Client,
    gate: Arc<Gate>,
}

impl Channel {
    /// A channel through that gate; nothing is called yet.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(super) fn new(gate: Gate) -> Result<Self, Failure> {
        let client = client().map_err(|error| Failure::new(gate.system(), Trouble::Refused, format!("http client: {error}")))?;
        Ok(Self { client, gate: Arc::new(gate) })
    }

    /// The same through another gate.
    pub(super) fn through(self, gate: Gate) -> Self {
        Self { gate: Arc::new(gate), ..self }
    }

    /// The gate, for libraries that make calls by themselves.
    pub(super) fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// The client, for a library that makes calls by itself. Whoever hands it on passes the gate around each of them.
    pub(super) fn for_library(&self) -> reqwest::Client {
        self.client.clone()
    }

    /// A JSON call, ready to be sent. `shown` is what the log calls it.
    pub(super) fn call(&self, method: Method, url: &str, body: Option<&Value>, shown: impl Into<String>) -> Call<'_> {
        let request = self.client.request(method, url);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        Call { gate: &self.gate, shown: shown.into(), request, errand: Errand::Call }
    }
}

/// A call that can only be sent through its gate.
#[must_use]
pub(super) struct Call<'a> {
    gate: &'a Gate,
    shown: String,
    request: RequestBuilder,
    errand: Errand,
}

impl Call<'_> {
    /// The same with other parts.
    pub(super) fn with(self, parts: impl FnOnce(RequestBuilder) -> RequestBuilder) -> Self {
        Self { request: parts(self.request), ..self }
    }

    /// The same for another purpose.
    pub(super) fn for_errand(self, errand: Errand) -> Self {
        Self { errand, ..self }
    }

    /// Sends it. Any status is an answer; only what never became one is a failure.
    ///
    /// # Errors
    /// When no answer came, or the gate did not let it through.
    pub(super) async fn send(self) -> Result<Reply, Failure> {
        let heard = |outcome: &Result<Reply, Failure>| match outcome {
            Ok(reply) if reply.status >= 500 => Heard::Nothing(reply.unexpected().cause.what),
            outcome => Heard::of_outcome(outcome),
        };
        self.gate.pass(self.errand, send(self.gate.system(), self.shown, self.request), heard).await?
    }
}

/// What a system answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    system: System,
    call: String,
    /// HTTP status.
    pub status: u16,
    /// JSON body; null if there is none or it is not JSON.
    pub body: Value,
    /// The last segment of the `Location` header: the new object's id.
    pub location_id: Option<String>,
    /// The `Retry-After` header, if it is a number of seconds.
    pub retry_after: Option<Duration>,
    /// The `Date` header: the system's clock.
    pub date: Option<DateTime<Utc>>,
}

impl Reply {
    /// Whether the status is 2xx.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// The body if the status is 2xx.
    ///
    /// # Errors
    /// What any other status means.
    pub fn success(self) -> Result<Value, Failure> {
        if self.is_success() { Ok(self.body) } else { Err(self.unexpected()) }
    }

    /// The body if the status is 2xx, nothing if it is 404.
    ///
    /// # Errors
    /// What any other status means.
    pub fn found(self) -> Result<Option<Value>, Failure> {
        if self.status == 404 { Ok(None) } else { self.success().map(Some) }
    }

    /// Nothing if the status is 2xx or 404: what is to be gone is gone.
    ///
    /// # Errors
    /// What any other status means.
    pub fn gone(self) -> Result<(), Failure> {
        self.found().map(|_| ())
    }

    /// What a status means that was not expected here.
    #[must_use]
    pub fn unexpected(&self) -> Failure {
        let mut failure = Failure::new(self.system, Failure::of_status(self.status), self.log());
        failure.retry_after = self.retry_after;
        match (self.status, self.words()) {
            (400 | 422, Some(words)) => failure.saying(format!("{} refuses the request: {words}.", self.system)),
            (502..=504, _) => failure.saying(format!("{} answers that it is not ready ({}).", self.system, self.status)),
            _ => failure,
        }
    }

    /// A reply for tests of what is made of one.
    #[cfg(test)]
    pub(super) fn of(system: System, call: &str, status: u16, body: Value) -> Self {
        Self { system, call: call.to_owned(), status, body, location_id: None, retry_after: None, date: None }
    }

    /// For the log: the call, the status, the system's words.
    #[must_use]
    pub fn log(&self) -> String {
        format!("{} -> {} {}", self.call, self.status, self.words().unwrap_or_default())
    }

    /// What the system says, shortened. Keycloak uses `errorMessage` or `error`, Grafana `message`, OpenBao and Cloudflare `errors`,
    /// PowerDNS `error`.
    fn words(&self) -> Option<String> {
        let words = ["/errorMessage", "/error_description", "/error", "/message", "/errors/0", "/errors/0/message"]
            .iter()
            .find_map(|field| self.body.pointer(field).and_then(Value::as_str))?;
        Some(words.trim_end_matches('.').chars().filter(|c| !c.is_control()).take(WORDS_MAX).collect())
    }
}

/// Sends a call that was let through.
async fn send(system: System, call: String, request: RequestBuilder) -> Result<Reply, Failure> {
    #[allow(clippy::disallowed_methods, reason = "this is the one place where the clients send")]
    let response = request.send().await.map_err(|error| transport(system, &call, &error))?;
    let status = response.status().as_u16();
    let location_id = response
        .headers()
        .get(reqwest::header::LOCATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.rsplit('/').next())
        .map(str::to_owned);
    let retry_after = response
        .headers()
        .get(reqwest::header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.trim().parse().ok())
        .map(Duration::from_secs);
    let date = response.headers().get(reqwest::header::DATE).and_then(|value| value.to_str().ok()).and_then(clock);
    let bytes = response.bytes().await.map_err(|error| transport(system, &call, &error))?;
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Ok(Reply { system, call, status, body, location_id, retry_after, date })
}

/// The time that a `Date` header says.
pub(super) fn clock(header: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(header).ok().map(|date| date.to_utc())
}

/// What it means that no answer came.
pub(super) fn transport(system: System, call: &str, error: &reqwest::Error) -> Failure {
    let log = format!("{call}: {}", chain(error));
    if error.is_timeout() && !error.is_connect() {
        return Failure::new(system, Trouble::TimedOut, log);
    }
    let words = no_connection(system, &log);
    // Cut off in the middle of an answer: the system is going down, and what it did is unknown.
    Failure::new(system, Trouble::Away, log).saying(words)
}

/// In words, why there is no connection.
pub(super) fn no_connection(system: System, log: &str) -> String {
    let log = log.to_lowercase();
    if log.contains("connection refused") {
        format!("{system} refuses connections.")
    } else if log.contains("dns") || log.contains("lookup") || log.contains("name or service not known") {
        format!("The host name of {system} is not known.")
    } else if log.contains("timed out") || log.contains("deadline has elapsed") {
        format!("{system} does not take connections.")
    } else if log.contains("certificate") {
        format!("{system} shows a certificate that Steward does not trust.")
    } else {
        format!("{system} closed the connection.")
    }
}

/// An error with everything under it. URLs are left out: a query could hold something secret.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let part = match error.downcast_ref::<reqwest::Error>() {
            Some(error) => {
                format!("{error:?}").split(", source").next().unwrap_or_default().split(", url").next().unwrap_or_default().to_owned()
            }
            None => error.to_string(),
        };
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&part);
        next = error.source();
    }
    text
}
