//! `POST /api/<function>`: what islands call. Only registered functions, only POST, each with the visit of whoever calls.

use super::arrival::Arrival;
use super::page::{FORM_BYTES_MAX, has_controls, watched, whole_body};
use super::visitor::{self, Act};
use super::{draw, problem_page};
use crate::steward::Steward;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use steward_app::api::error::ApiError;

/// Most bytes of an error that is looked into.
const ERROR_BYTES_MAX: usize = 256 * 1024;

/// Calls the function of that path.
pub(super) async fn call(State(steward): State<Steward>, Extension(arrival): Extension<Arrival>, request: Request) -> Response {
    let admitted = match visitor::admit(&steward, &arrival, request.headers(), Act::Change).await {
        Ok(admitted) => admitted,
        Err(turned) => return draw::turned_away(&steward, &arrival, request.headers(), turned, Act::Change).await,
    };
    let visit = admitted.visit;
    let Some(mut function) = server_fn::axum::get_server_fn_service(request.uri().path(), Method::POST) else {
        return problem_page::of_status(&visit, StatusCode::NOT_FOUND, request.headers());
    };
    // The whole body first: a function that finds its body cut off would fall over.
    let (parts, body) = request.into_parts();
    let body = match whole_body(body, FORM_BYTES_MAX).await {
        // A server function reads its body itself. No input of ours sends such a thing.
        Ok(body) if has_controls(&body) => return problem_page::of_status(&visit, StatusCode::BAD_REQUEST, &parts.headers),
        Ok(body) => Body::from(body),
        Err(status) => return problem_page::of_status(&visit, status, &parts.headers),
    };
    let mut request = Request::from_parts(parts, body);
    // Forms have their own routes: with HTML in Accept a server function would answer with a redirect that carries its input.
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let response = with_its_status(visit.within(function.run(request)).await).await;
    watched(&steward, &visit, response).await
}

/// Errors of server functions all come as 500: gives them the status that they carry inside.
async fn with_its_status(response: Response) -> Response {
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, ERROR_BYTES_MAX).await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let status = match serde_json::from_slice(&bytes) {
        Ok(ApiError::Invalid(_)) => Some(StatusCode::UNPROCESSABLE_ENTITY),
        Ok(ApiError::PlanChanged(_)) => Some(StatusCode::CONFLICT),
        Ok(ApiError::Failed { status, .. }) => StatusCode::from_u16(status).ok(),
        Err(_) => None,
    };
    parts.status = status.unwrap_or(parts.status);
    Response::from_parts(parts, Body::from(bytes))
}
