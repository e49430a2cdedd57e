//! Requests that change something come from our own pages: `Sec-Fetch-Site` and `Origin` are checked on every unsafe method.
//! Left out is only what no cookie opens: the API with its bearer tokens, and Keycloak's signed logout tokens.

use super::arrival::Arrival;
use super::{draw, visitor};
use crate::sign_in::BACKCHANNEL_LOGOUT;
use crate::steward::Steward;
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

/// Lets a request through, or refuses it with an entry.
pub(super) async fn check(
    State(steward): State<Steward>,
    Extension(arrival): Extension<Arrival>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    if request.method().is_safe() || path.starts_with("/v2/") || path == BACKCHANNEL_LOGOUT {
        return next.run(request).await;
    }
    let Err(why) = from_ours(request.headers(), &steward.origin) else { return next.run(request).await };
    let visit = visitor::whoever(&steward, &arrival, request.headers()).await;
    let detail = serde_json::json!({ "why": why, "method": request.method().as_str(), "path": path });
    if let Err(error) = visitor::refused(&steward, &visit.frame.actor, "APP-412", detail).await {
        return draw::error(&visit, &error);
    }
    let message = "Steward only takes forms from its own pages. Open the page in Steward and try again.";
    draw::problem(&visit, StatusCode::FORBIDDEN, "APP-412", "This request came from elsewhere", message, request.headers())
}

fn from_ours(headers: &HeaderMap, ours: &str) -> Result<(), &'static str> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match text("sec-fetch-site") {
        Some("same-origin") | None => {}
        Some(_) => return Err("Sec-Fetch-Site is not same-origin"),
    }
    match text(header::ORIGIN.as_str()) {
        Some(origin) if origin == ours => Ok(()),
        Some(_) => Err("Origin is another one"),
        None => Err("there is no Origin"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn both_must_be_ours() {
        let with = |site: Option<&'static str>, origin: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            site.map(|site| headers.insert("sec-fetch-site", HeaderValue::from_static(site)));
            origin.map(|origin| headers.insert("origin", HeaderValue::from_static(origin)));
            from_ours(&headers, "https://steward.example").is_ok()
        };
        assert!(with(Some("same-origin"), Some("https://steward.example")));
        assert!(with(None, Some("https://steward.example")));
        for (site, origin) in [
            (Some("cross-site"), Some("https://steward.example")),
            (Some("same-site"), Some("https://steward.example")),
            (Some("none"), Some("https://steward.example")),
            (Some("same-origin"), None),
            (Some("same-origin"), Some("https://evil.example")),
            (Some("same-origin"), Some("null")),
            (None, None),
        ] {
            assert!(!with(site, origin), "{site:?} {origin:?}");
        }
    }
}
