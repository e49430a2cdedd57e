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

fn parse(body: &[u8]) -> Result<Value, Problem> {
    serde_json::from_slice(body)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, "APP-400", format!("The body is not JSON: {error}.")))
}

fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    let kind =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).and_then(|kind| kind.split(';').next()).map(str::trim);
    match kind {
        Some(kind) if ["application/json", "application/merge-patch+json"].iter().any(|json| kind.eq_ignore_ascii_case(json)) => Ok(()),
        _ => Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "APP-415", "Send the body as application/json.")),
    }
}

fn unreadable(status: StatusCode) -> Problem {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(status, "APP-413", "The body may have 256 KiB."),
        _ => Problem::new(status, "APP-400", "The body could not be read."),
    }
}
