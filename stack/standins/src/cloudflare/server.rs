//! The listener that plays Cloudflare: reads the token, counts calls, obeys faults, brings changes to the DNS server, keeps the state.

use super::envelope::{chained, failure};
use super::limit::{Left, Limit, Rate};
use super::{Caller, CloudflareState, Fresh, Request, Zone, answer};
use crate::answer::Answer;
use crate::faults::{Call, Fault, Faults, Played};
use crate::kept;
use crate::powerdns::PowerDns;
use crate::server::BODY_BYTES_MAX;
use axum::body::{Body, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What the listeners share.
#[derive(Debug)]
pub struct Cloudflare {
    zone: Zone,
    // Held while a change is brought to the DNS server, so that changes arrive there in the order they are made here.
    state: tokio::sync::Mutex<CloudflareState>,
    faults: Mutex<Faults>,
    rate: Mutex<Rate>,
    file: Option<PathBuf>,
    dns: Option<PowerDns>,
    admin_token: String,
    steward_token: String,
    steward: Caller,
}

impl Cloudflare {
    /// A Cloudflare with one zone and two tokens, the administrator's and Steward's. With a file, it begins with what is in it and keeps
    /// it; with a DNS server, a change counts only once that has taken it.
    ///
    /// # Errors
    /// If the file is there and cannot be read, or Steward's policy cannot be used.
    pub fn new(
        zone: Zone,
        admin_token: String,
        steward_token: String,
        file: Option<PathBuf>,
        dns: Option<PowerDns>,
    ) -> anyhow::Result<Arc<Self>> {
        let state = file.as_deref().map(kept::read).transpose()?.unwrap_or_default();
        let steward = Caller::steward(&zone)?;
        let state = tokio::sync::Mutex::new(state);
        Ok(Arc::new(Self { zone, state, faults: Mutex::default(), rate: Mutex::default(), file, dns, admin_token, steward_token, steward }))
    }

    /// The records, for a look from a test.
    pub async fn state(&self) -> tokio::sync::MutexGuard<'_, CloudflareState> {
        self.state.lock().await
    }

    /// The limit and the counts.
    pub fn rate(&self) -> MutexGuard<'_, Rate> {
        self.rate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who calls, or why that cannot be told.
    fn caller(&self, parts: &Parts) -> Result<Caller, Answer> {
        let Some(value) = parts.headers.get(header::AUTHORIZATION) else {
            return Err(failure(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers"));
        };
        let token = value.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
        let sound = |token: &&str| !token.is_empty() && token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        match token.filter(sound) {
            Some(token) if token == self.admin_token => Ok(Caller::admin()),
            Some(token) if token == self.steward_token => Ok(self.steward.clone()),
            Some(_) => Ok(Caller::Unknown),
            None => Err(chained(400, 6003, "Invalid request headers", (6111, "Invalid format for Authorization header"))),
        }
    }

    /// Carries out one call. What it changes is tried on a copy, which takes the place of the state once the DNS server has taken it.
    async fn carry_out(&self, caller: &Caller, request: &Request<'_>) -> (Answer, bool) {
        #[allow(clippy::disallowed_methods, reason = "the stand-in is no part of Steward and has no context")]
        let fresh = Fresh { now: chrono::Utc::now(), id: uuid::Uuid::new_v4().simple().to_string() };
        let mut state = self.state.lock().await;
        if request.method == "GET" {
            let outcome = answer(&mut state, &self.zone, caller, request, &fresh);
            return (outcome.answer, outcome.known);
        }
        let mut next = state.clone();
        let outcome = answer(&mut next, &self.zone, caller, request, &fresh);
        if outcome.answer.status >= 300 {
            return (outcome.answer, outcome.known);
        }
        if let Some(dns) = &self.dns
            && let Err(error) = dns.write(&next, &outcome.touched).await
        {
            tracing::error!(error = %format!("{error:#}"), "the DNS server did not take a change");
            return (failure(500, 10013, &format!("the stand-in's DNS server did not take it: {error:#}")), outcome.known);
        }
        if let Some(file) = &self.file
            && let Err(error) = kept::write(&next, file)
        {
            tracing::error!(%error, "the state could not be written");
            return (failure(500, 10013, "the stand-in could not write its state"), outcome.known);
        }
        *state = next;
        (outcome.answer, outcome.known)
    }

    async fn take(&self, request: axum::extract::Request<Body>) -> Response {
        let (parts, body) = request.into_parts();
        let method = parts.method.as_str().to_owned();
        let path = parts.uri.path().to_owned();
        let left = self.caller(&parts).ok().and_then(|caller| match caller {
            Caller::Token { id, .. } => Some(self.rate().count(&id, Instant::now())),
            Caller::Unknown => None,
        });
        let fault = self.faults().take(&method, &path);
        let apply = fault.as_ref().is_none_or(|fault| fault.apply || fault.status.is_none());
        let (mut answer, known) = match (left, apply) {
            (Some(Left { exceeded: true, .. }), _) => (self.exceeded(), true),
            (_, false) => (told_to_fail(500), true),
            (_, true) => self.answer(&parts, body).await,
        };
        if let Some(Fault { status, delay_ms, .. }) = fault {
            if let Some(status) = status {
                answer = told_to_fail(status);
            }
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        }
        if !known {
            tracing::error!(%method, %path, "unknown call");
        }
        let path = parts.uri.path_and_query().map_or(path, ToString::to_string);
        self.faults().saw(Call { method, path, status: answer.status, known });
        let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, rate_headers(self.rate().limit(), left, answer.status), axum::Json(&answer.body)).into_response()
    }

    async fn answer(&self, parts: &Parts, body: Body) -> (Answer, bool) {
        let caller = match self.caller(parts) {
            Ok(caller) => caller,
            Err(refusal) => return (refusal, true),
        };
        let Ok(bytes) = to_bytes(body, BODY_BYTES_MAX).await else {
            return (failure(413, 10013, "body too large"), true);
        };
        let json = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(is_json);
        let body: Value = match serde_json::from_slice(&bytes) {
            _ if bytes.is_empty() => Value::Null,
            _ if !json => return (failure(400, 9207, "Content-type must be application/json."), true),
            Ok(body) => body,
            Err(_) => return (failure(400, 9207, "Request body is invalid."), true),
        };
        let Ok(axum::extract::Query(query)) = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri) else {
            return (failure(400, 9207, "Request query is invalid."), true);
        };
        let request = Request { method: parts.method.as_str(), path: parts.uri.path(), query: &query, body: &body };
        self.carry_out(&caller, &request).await
    }

    fn exceeded(&self) -> Answer {
        let Limit { requests, seconds } = self.rate().limit();
        let message =
            format!("More than {requests} requests per {seconds} seconds reached. Please wait and consider throttling your request speed");
        failure(429, 10100, &message)
    }
}

impl Played for Cloudflare {
    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_json(content_type: &str) -> bool {
    content_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// A failure on demand, in the words that Cloudflare has for the status.
fn told_to_fail(status: u16) -> Answer {
    match status {
        401 | 403 => failure(status, 10000, "Authentication error"),
        429 => failure(status, 10100, "Please wait and consider throttling your request speed"),
        _ => failure(status, 10013, "An unknown error has occurred: told to fail"),
    }
}

/// What is left, as every answer to a token says, and how long to wait, as a refusal for too many calls says besides. One that was told to
/// refuse so asks for a second.
fn rate_headers(limit: Limit, left: Option<Left>, status: u16) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut set = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    if let Some(left) = left {
        set("ratelimit", format!("\"default\";r={};t={}", left.requests, left.seconds));
        set("ratelimit-policy", format!("\"default\";q={};w={}", limit.requests, limit.seconds));
    }
    if status == 429 {
        let wait = left.filter(|left| left.exceeded).map_or(1, |left| left.seconds);
        set("retry-after", wait.to_string());
    }
    headers
}

/// The router that plays Cloudflare.
pub fn router(cloudflare: Arc<Cloudflare>) -> axum::Router {
    axum::Router::new().fallback(move |request: axum::extract::Request| {
        let cloudflare = Arc::clone(&cloudflare);
        async move { cloudflare.take(request).await }
    })
}
