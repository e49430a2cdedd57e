//! The headers of TRUST.md §4, on every response.

use super::arrival::Arrival;
use super::logos::IsLogo;
use super::own_page::IsOwnPage;
use crate::steward::Steward;
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

/// Headers of every response.
const EVERY: [(HeaderName, &str); 3] = [
    (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Headers of everything that a browser could show as a document, with the content security policy beside them. Scripts, styles and
/// WebAssembly are no documents (`nosniff` holds them to it): there these would only be weight, half a kilobyte with each file.
const DOCUMENTS: [(HeaderName, &str); 4] = [
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), hid=(), microphone=(), payment=(), serial=(), usb=()",
    ),
];

/// The policy of a file that a browser could show as a document, such as the icon: it may load nothing and run nothing.
const FILE_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// The policy of a logo: it may have styles of its own, and even opened as a document it loads nothing and runs nothing.
const LOGO_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

/// Puts them on.
pub(super) fn put(steward: &Steward, arrival: &Arrival, path: &str, response: &mut Response) {
    let headers = response.headers_mut();
    for (name, value) in EVERY {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(&arrival.request_id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    if response.extensions().get::<IsLogo>().is_some() {
        logo(response.headers_mut());
        return;
    }
    if let Some(page) = response.extensions().get::<IsOwnPage>().cloned() {
        own_page(&page, response.headers_mut());
        return;
    }
    let headers = response.headers_mut();
    let is_file = path.starts_with("/pkg/") && headers.contains_key(header::CACHE_CONTROL);
    // Files carry a hash of their content in the name; everything else is for this person at this moment.
    if !is_file {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if is_file && [".js", ".css", ".wasm"].iter().any(|end| path.ends_with(end)) {
        return;
    }
    if is_file {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(FILE_POLICY));
        return;
    }
    for (name, value) in DOCUMENTS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&content_security_policy(&arrival.nonce, steward.provider.origin())) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// A logo never changes under its path, and Keycloak's sign-in page and mail programs show it too: other origins may.
fn logo(headers: &mut HeaderMap) {
    for (name, value) in DOCUMENTS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(LOGO_POLICY));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
}

/// A tenant's own page is the same for everybody, and runs nothing. For a minute it may be kept: a tenant that is suspended says so soon.
fn own_page(page: &IsOwnPage, headers: &mut HeaderMap) {
    for (name, value) in DOCUMENTS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let policy = format!(
        "default-src 'none'; style-src 'self' 'sha256-{}'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
        page.style
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
}

/// Browsers apply `form-action` to where a form's answer redirects to as well: a list's filter that is sent after
/// the session ended goes on to Keycloak.
fn content_security_policy(nonce: &str, keycloak: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; img-src 'self'; font-src 'none'; \
         connect-src 'self'; form-action 'self' {keycloak}; base-uri 'none'; frame-ancestors 'none'"
    )
}
