//! `POST /v2/tenants/bulk`, `GET /v2/tenants/bulk/{batch}`, `POST …/start`: many tenants from one table.

use super::problem::Problem;
use super::{Call, body};
use crate::router::pairs;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use steward_core::access::{Authority, CreateTenants, demand};
use steward_core::error::Error;
use steward_core::provisioning::{BatchView, Progress, Provisioning};
use steward_domain::bulk::RowVerdict;
use steward_domain::plan::Verdict;
use uuid::Uuid;

#[derive(Serialize)]
struct Batch {
    may_start: bool,
    progress: Progress,
    #[serde(flatten)]
    batch: BatchView,
}

#[derive(Serialize)]
struct Looked {
    may_start: bool,
    rows: Vec<RowVerdict>,
}

/// Looks at every row of a table, and keeps it to be started.
pub(super) async fn create(call: Call) -> Result<Response, Problem> {
    let authority = demand::<CreateTenants>(call.steward.database(), &call.actor).await?;
    let dry_run = match pairs(call.request.uri().query().unwrap_or_default().as_bytes()).as_slice() {
        [] => false,
        [(name, value)] if name == "dry_run" && (value == "true" || value == "false") => value == "true",
        [(name, _), ..] => return Err(Problem::parameter(name, "The one parameter is dry_run, true or false")),
    };
    let provisioning = call.steward.services.provisioning.clone();
    let csv = body::csv(call.request).await?;
    if dry_run {
        let rows = provisioning.preview_batch(&authority, &csv).await?;
        let may_start = rows.iter().all(|row| row.verdict != Verdict::Fail);
        return Ok(Json(Looked { may_start, rows }).into_response());
    }
    let id = provisioning.propose_batch(&authority, &csv).await?;
    let mut response = (StatusCode::CREATED, shown(&provisioning, &authority, id).await?).into_response();
    if let Ok(location) = HeaderValue::from_str(&format!("/v2/tenants/bulk/{id}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// A batch with how far it is.
pub(super) async fn get(call: Call) -> Result<Response, Problem> {
    let authority = demand::<CreateTenants>(call.steward.database(), &call.actor).await?;
    Ok(shown(&call.steward.services.provisioning, &authority, id(&call)?).await?.into_response())
}

/// Creates every tenant of it that is not created yet.
pub(super) async fn start(call: Call) -> Result<Response, Problem> {
    let authority = demand::<CreateTenants>(call.steward.database(), &call.actor).await?;
    let provisioning = &call.steward.services.provisioning;
    let id = id(&call)?;
    provisioning.start_batch(&authority, id).await?;
    Ok((StatusCode::ACCEPTED, shown(provisioning, &authority, id).await?).into_response())
}

fn id(call: &Call) -> Result<Uuid, Problem> {
    Ok(call.parameter("batch").parse().map_err(|_| Error::NotFound("batch"))?)
}

async fn shown(provisioning: &Provisioning, authority: &Authority<CreateTenants>, id: Uuid) -> Result<Json<Batch>, Error> {
    let batch = provisioning.batch_view(authority, id).await?;
    Ok(Json(Batch { may_start: batch.may_start(), progress: batch.progress(), batch }))
}
