//! What is answered when no handler was reached: no such page, another method, a body that is too large or unreadable.

use super::arrival::Arrival;
use super::{draw, visitor};
use crate::steward::Steward;
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use steward_app::visit::Visit;

/// 404
pub(super) async fn not_found(State(steward): State<Steward>, Extension(arrival): Extension<Arrival>, request: Request) -> Response {
    let visit = visitor::whoever(&steward, &arrival, request.headers()).await;
    of_status(&visit, StatusCode::NOT_FOUND, request.headers())
}

/// 405
pub(super) async fn method_not_allowed(
    State(steward): State<Steward>,
    Extension(arrival): Extension<Arrival>,
    request: Request,
) -> Response {
    let visit = visitor::whoever(&steward, &arrival, request.headers()).await;
    of_status(&visit, StatusCode::METHOD_NOT_ALLOWED, request.headers())
}

/// The page, or the problem document, of a status.
pub(crate) fn of_status(visit: &Visit, status: StatusCode, headers: &HeaderMap) -> Response {
    let (code, title, message) = words(status);
    draw::problem(visit, status, code, title, message, headers)
}

/// Code, title and what to do.
pub(crate) fn words(status: StatusCode) -> (&'static str, &'static str, &'static str) {
    match status {
        StatusCode::BAD_REQUEST => ("APP-400", "The request was not understood", "Load the page again and repeat what you did."),
        StatusCode::UNAUTHORIZED => ("AUTH-111", "You are not signed in", "Sign in, then try again."),
        StatusCode::FORBIDDEN => ("APP-403", "You may not do this", "Ask somebody whose role allows it."),
        StatusCode::NOT_FOUND => {
            ("APP-404", "There is no such page", "Check the address, or find what you look for in the list of tenants.")
        }
        StatusCode::METHOD_NOT_ALLOWED => ("APP-405", "This address takes another kind of request", "Open the page and use its form."),
        StatusCode::PAYLOAD_TOO_LARGE => (
            "APP-413",
            "That is too much at once",
            "A form may have 64 KiB, one with a file 2 MiB, a request to the API 256 KiB. Send less.",
        ),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ("APP-415", "This kind of content is not taken", "Send a form, or JSON to the API."),
        StatusCode::SERVICE_UNAVAILABLE => (
            "AUTH-101",
            "Keycloak is away",
            "Steward cannot read your roles, so nothing can be changed now. Nothing was lost. Try again in a few minutes.",
        ),
        _ => ("APP-500", "Something is wrong on our side", "Nothing was changed. Give Support the code and the request id."),
    }
}
