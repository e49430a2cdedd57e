//! Tenants' own pages, for anybody: what a tenant's people see before they are signed in. A draft's name is answered as any that nobody has.

use super::arrival::Arrival;
use super::{draw, problem_page};
use crate::steward::Steward;
use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use steward_app::pages::own_page;

/// Marks a response as a tenant's own page, with the hash of its one style: `headers.rs` gives it the headers of one.
#[derive(Clone)]
pub(super) struct IsOwnPage {
    /// SHA-256, as a content security policy names it.
    pub(super) style: String,
}

/// The page of the tenant that has that short name.
pub(super) async fn page(
    State(steward): State<Steward>,
    Extension(arrival): Extension<Arrival>,
    Path(short_name): Path<String>,
    request: Request,
) -> Response {
    match own_page::get(&steward.services, &short_name).await {
        Ok(Some(page)) => {
            let style = STANDARD.encode(Sha256::digest(page.style.as_bytes()));
            let mut response = Html(page.html).into_response();
            response.extensions_mut().insert(IsOwnPage { style });
            response
        }
        Ok(None) => problem_page::not_found(State(steward), Extension(arrival), request).await,
        Err(error) => draw::error_page(&steward, &arrival, request.headers(), &error).await,
    }
}
