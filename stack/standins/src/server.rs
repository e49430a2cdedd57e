//! The listener that plays Grafana: checks the token, obeys faults, keeps the state.

use crate::answer::Answer;
use crate::faults::{Call, Fault, Faults, Played};
use crate::grafana::{self, Request};
use crate::pages;
use crate::rights::{BasicRole, Caller};
use crate::state::GrafanaState;
use axum::body::{Body, to_bytes};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Largest body taken, in bytes.
pub const BODY_BYTES_MAX: usize = 1 << 20;

/// What the listeners share.
#[derive(Debug)]
pub struct Grafana {
    state: Mutex<GrafanaState>,
    faults: Mutex<Faults>,
    file: Option<PathBuf>,
    admin_token: String,
    steward_token: String,
    steward: Caller,
}

impl Grafana {
    /// A Grafana with these two tokens, the administrator's and Steward's; with a file, it begins with what is in it and keeps it.
    ///
    /// # Errors
    /// If the file is there and cannot be read, or Steward's policy cannot be used.
    pub fn new(admin_token: String, steward_token: String, file: Option<PathBuf>) -> anyhow::Result<Arc<Self>> {
        let state = file.as_deref().map(GrafanaState::read).transpose()?.unwrap_or_default();
        let steward = Caller::steward()?;
        Ok(Arc::new(Self { state: Mutex::new(state), faults: Mutex::default(), file, admin_token, steward_token, steward }))
    }

    /// The state, for a look from a test.
    pub fn state(&self) -> MutexGuard<'_, GrafanaState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The faults and calls.
    pub fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn caller(&self, request: &axum::http::request::Parts) -> Caller {
        let token = request
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "));
        match token {
            Some(token) if token == self.admin_token => Caller::Basic(BasicRole::Admin),
            Some(token) if token == self.steward_token => self.steward.clone(),
            Some(token) => grafana::caller_of(&self.state(), token),
            None => Caller::Unknown,
        }
    }

    /// Carries out one call and keeps the state if it changed.
    fn carry_out(&self, caller: &Caller, request: &Request<'_>) -> (Answer, bool) {
        let mut state = self.state();
        let (answer, known) = grafana::answer(&mut state, caller, request);
        if request.method != "GET"
            && answer.status < 300
            && let Some(file) = &self.file
            && let Err(error) = state.write(file)
        {
            tracing::error!(%error, "the state could not be written");
            return (Answer::message(500, "the stand-in could not write its state"), known);
        }
        (answer, known)
    }

    async fn take(&self, request: axum::extract::Request<Body>) -> Response {
        let (parts, body) = request.into_parts();
        let method = parts.method.as_str().to_owned();
        let path = parts.uri.path().to_owned();
        let Ok(bytes) = to_bytes(body, BODY_BYTES_MAX).await else {
            return respond(&Answer::message(413, "body too large"));
        };
        let caller = self.caller(&parts);
        let query: Vec<(String, String)> =
            axum::extract::Query::try_from_uri(&parts.uri).map(|axum::extract::Query(query)| query).unwrap_or_default();
        if method == "GET"
            && let Some(page) = pages::page(&self.state(), &path, &query)
        {
            return match page {
                Some(html) => Html(html).into_response(),
                None => StatusCode::NOT_FOUND.into_response(),
            };
        }
        let body: Option<Value> = if bytes.is_empty() { Some(Value::Null) } else { serde_json::from_slice(&bytes).ok() };
        let fault = self.faults().take(&method, &path);
        let apply = fault.as_ref().is_none_or(|fault| fault.apply || fault.status.is_none());
        let (mut answer, known) = match (&body, apply) {
            (_, false) => (Answer::message(500, "told to fail"), true),
            (None, true) => (Answer::message(400, "bad request data"), true),
            (Some(body), true) => self.carry_out(&caller, &Request { method: &method, path: &path, query: &query, body }),
        };
        if let Some(Fault { status, delay_ms, .. }) = fault {
            if let Some(status) = status {
                answer = Answer::message(status, "told to fail");
            }
            tokio::time::sleep(std::time::Duration::from_millis(delay_ms)).await;
        }
        if !known {
            tracing::error!(%method, %path, "unknown call");
        }
        let path = parts.uri.path_and_query().map_or(path, ToString::to_string);
        self.faults().saw(Call { method, path, status: answer.status, known });
        respond(&answer)
    }
}

impl Played for Grafana {
    fn faults(&self) -> MutexGuard<'_, Faults> {
        Self::faults(self)
    }
}

fn respond(answer: &Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, axum::Json(&answer.body)).into_response()
}

/// The router that plays Grafana.
pub fn router(grafana: Arc<Grafana>) -> axum::Router {
    axum::Router::new().fallback(move |request: axum::extract::Request| {
        let grafana = Arc::clone(&grafana);
        async move { grafana.take(request).await }
    })
}

/// Serves a router until the task is dropped.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: tokio::net::TcpListener, router: axum::Router) -> std::io::Result<()> {
    axum::serve(listener, router).await
}
