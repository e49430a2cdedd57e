//! Tenants' logos, for anybody: people see them before they are signed in, and in mails.

use super::arrival::Arrival;
use super::{draw, problem_page};
use crate::steward::Steward;
use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use steward_core::tenants::theme::published_logo;

/// Marks a response as a logo: `headers.rs` gives it the headers of one.
#[derive(Clone, Copy)]
pub(super) struct IsLogo;

/// The logo with that hash.
pub(super) async fn logo(
    State(steward): State<Steward>,
    Extension(arrival): Extension<Arrival>,
    Path(hash): Path<String>,
    request: Request,
) -> Response {
    match published_logo(steward.database(), &hash).await {
        Ok(Some(logo)) => {
            let kind = HeaderValue::from_static(logo.kind.media_type());
            let mut response = ([(header::CONTENT_TYPE, kind)], logo.bytes).into_response();
            response.extensions_mut().insert(IsLogo);
            response
        }
        Ok(None) => problem_page::not_found(State(steward), Extension(arrival), request).await,
        Err(error) => draw::error_page(&steward, &arrival, request.headers(), &error).await,
    }
}
