//! The built files: stylesheet, scripts, WebAssembly. Names that carry a hash of their content may be kept for good.

use crate::steward::Steward;
use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use tower_http::services::{ServeDir, ServeFile};

/// Where files with a hash in their name are.
const HASHED: &str = "/pkg/";

/// Everything below `/pkg`; and, as `cargo leptos` lays them out, the files beside it that pages load.
pub(super) fn add_files(router: Router<Steward>, steward: &Steward) -> Router<Steward> {
    let assets = &steward.services.site.assets;
    let files =
        ServeDir::new(steward.site_root.join("pkg")).append_index_html_on_directories(false).precompressed_br().precompressed_gzip();
    let below = Router::new().fallback_service(files);
    let beside: Vec<&String> = [&assets.boot, &assets.console, &assets.icon].into_iter().filter(|path| !path.starts_with(HASHED)).collect();
    if beside.is_empty() {
        return router.nest("/pkg", below.layer(middleware::from_fn(keep)));
    }
    beside.into_iter().fold(router.nest("/pkg", below), |router, path| {
        router.route_service(path, ServeFile::new(steward.site_root.join(path.trim_start_matches('/'))))
    })
}

async fn keep(request: axum::extract::Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if matches!(response.status(), StatusCode::OK | StatusCode::NOT_MODIFIED | StatusCode::PARTIAL_CONTENT) {
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
        // For asking again whether it changed, or for a part of it: nobody does.
        headers.remove(header::LAST_MODIFIED);
        headers.remove(header::ACCEPT_RANGES);
    }
    response
}
