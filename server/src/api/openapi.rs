//! The description of the API, as it stands in `docs/`.

use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;

/// The document, compiled in.
pub(super) const DOCUMENT: &str = include_str!("../../../docs/openapi.yaml");

/// `GET /v2/openapi.yaml`
pub(super) async fn document() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/yaml"))], DOCUMENT)
}
