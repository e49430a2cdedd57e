//! The built files: stylesheet, scripts, WebAssembly. Names that carry a hash of their content may be kept for good.

use crate::steward::Steward;
use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use tower_http::services::ServeDir;

/// Everything below `/pkg`.
pub(super) fn files(steward: &Steward) -> Router<Steward> {
    let files =
        ServeDir::new(steward.site_root.join("pkg")).append_index_html_on_directories(false).precompressed_br().precompressed_gzip();
    Router::new().fallback_service(files).layer(middleware::from_fn(keep))
}

async fn keep(request: axum::extract::Request, next: Next) -> Response {
    let for_good = is_hashed(request.uri().path());
    let mut response = next.run(request).await;
    if for_good && matches!(response.status(), StatusCode::OK | StatusCode::NOT_MODIFIED | StatusCode::PARTIAL_CONTENT) {
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
        // For asking again whether it changed, or for a part of it: nobody does.
        headers.remove(header::LAST_MODIFIED);
        headers.remove(header::ACCEPT_RANGES);
    }
    response
}

/// `cargo xtask wasm` names a file `steward-061e8dc68d98.js`, `cargo leptos` the same file `steward.js`.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let hash = name.split_once('.').and_then(|(stem, _)| stem.rsplit_once('-')).map_or("", |(_, hash)| hash);
    hash.len() == 12 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}
