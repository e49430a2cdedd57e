//! The body of a call: JSON, read whole, of a size that is known.

use super::problem::Problem;
use crate::router::whole_body;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::Value;

/// Most bytes of a body.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// The JSON of a call.
pub(super) async fn json(request: Request) -> Result<Value, Problem> {
    is_json(request.headers())?;
    let body = whole_body(request.into_body(), BODY_BYTES_MAX).await.map_err(unreadable)?;
    parse(&body)
}

/// The JSON of a call that may come without any: then an empty object.
pub(super) async fn json_or_nothing(request: Request) -> Result<Value, Problem> {
    let headers = request.headers().clone();
    let body = whole_body(request.into_body(), BODY_BYTES_MAX).await.map_err(unreadable)?;
    if body.is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    is_json(&headers)?;
    parse(&body)
}

/// The table of a call.
pub(super) async fn csv(request: Request) -> Result<String, Problem> {
    if kind(request.headers()) != "text/csv" {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "APP-415", "Send the table as text/csv."));
    }
    let body = whole_body(request.into_body(), BODY_BYTES_MAX).await.map_err(unreadable)?;
    String::from_utf8(body.to_vec()).map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "APP-400", "The table is not UTF-8."))
}

fn kind(headers: &HeaderMap) -> String {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).and_then(|kind| kind.split(';').next());
    kind.map(|kind| kind.trim().to_ascii_lowercase()).unwrap_or_default()
}

fn parse(body: &[u8]) -> Result<Value, Problem> {
    serde_json::from_slice(body)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, "APP-400", format!("The body is not JSON: {error}.")))
}

fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    match kind(headers).as_str() {
        "application/json" | "application/merge-patch+json" => Ok(()),
        _ => Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "APP-415", "Send the body as application/json.")),
    }
}

fn unreadable(status: StatusCode) -> Problem {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(status, "APP-413", "The body may have 256 KiB."),
        _ => Problem::new(status, "APP-400", "The body could not be read."),
    }
}
