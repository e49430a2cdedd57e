//! How signing in and out reaches Keycloak: through the one HTTP client of the program.

use axum::http::{Method, header};
use openidconnect::{HttpRequest, HttpResponse};
use url::Url;

/// No usable answer came: no connection, a time-out, or Keycloak says that it is not ready.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NoAnswer(String);

/// A form, ready to be sent.
pub(super) fn form(endpoint: &Url, pairs: &[(&str, &str)]) -> anyhow::Result<HttpRequest> {
    let body = serde_urlencoded::to_string(pairs)?.into_bytes();
    let kind = "application/x-www-form-urlencoded";
    Ok(axum::http::Request::builder().method(Method::POST).uri(endpoint.as_str()).header(header::CONTENT_TYPE, kind).body(body)?)
}

/// Makes a call. An answer of 5xx or 429 is none: it says nothing about whoever signs in.
pub(super) async fn call(client: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
    let failed = |error: reqwest::Error| NoAnswer(error.without_url().to_string());
    #[allow(clippy::disallowed_methods, reason = "people's sign-in is no call of a client and has limits of its own")]
    let response = client.execute(request.try_into().map_err(failed)?).await.map_err(failed)?;
    let status = response.status();
    if status.is_server_error() || status.as_u16() == 429 {
        return Err(NoAnswer(format!("Keycloak answers {status}")));
    }
    let mut answer = openidconnect::http::Response::builder().status(status);
    if let Some(headers) = answer.headers_mut() {
        *headers = response.headers().clone();
    }
    answer.body(response.bytes().await.map_err(failed)?.to_vec()).map_err(|error| NoAnswer(error.to_string()))
}
