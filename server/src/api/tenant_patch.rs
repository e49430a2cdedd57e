//! `PATCH /v2/tenants/{id}`

use super::problem::Problem;
use super::{Call, changing, settings_request};
use axum::response::Response;

/// Changes a tenant's settings.
pub(super) async fn patch(call: Call) -> Result<Response, Problem> {
    changing::change(call, settings_request::settings).await
}
