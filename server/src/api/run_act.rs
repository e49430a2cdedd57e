//! `POST /v2/tenants/{id}/runs/{run}/cancel` and `…/retry`. Both answer the run as it is then.

use super::problem::Problem;
use super::settings_request::object;
use super::tenant_request::Reader;
use super::{Call, body, run_get};
use axum::Json;
use axum::response::{IntoResponse, Response};
use steward_core::access::{CancelRuns, ReadTenants, RetryRuns, demand};
use uuid::Uuid;

/// Cancels a run: nothing more of it begins.
pub(super) async fn cancel(call: Call) -> Result<Response, Problem> {
    let authority = demand::<CancelRuns>(call.steward.database(), &call.actor).await?;
    let reader = demand::<ReadTenants>(call.steward.database(), &call.actor).await?;
    let run = run_get::run(&call, &reader).await?;
    let provisioning = &call.steward.services.provisioning;
    provisioning.cancel_run(&authority, run.id).await?;
    Ok(Json(provisioning.run_view(&reader, run.id).await?).into_response())
}

/// Tries again what stopped, is retrying or waits: all of it, or one step.
pub(super) async fn retry(call: Call) -> Result<Response, Problem> {
    let authority = demand::<RetryRuns>(call.steward.database(), &call.actor).await?;
    let reader = demand::<ReadTenants>(call.steward.database(), &call.actor).await?;
    let run = run_get::run(&call, &reader).await?;
    let provisioning = call.steward.services.provisioning.clone();
    match step(call).await? {
        Some(step) => provisioning.retry_step(&authority, run.id, step).await?,
        None => provisioning.retry_run(&authority, run.id).await?,
    }
    Ok(Json(provisioning.run_view(&reader, run.id).await?).into_response())
}

async fn step(call: Call) -> Result<Option<Uuid>, Problem> {
    let body = body::json_or_nothing(call.request).await?;
    let members = object(&body)?;
    let mut reader = Reader::default();
    reader.known(members, "", &["step"]);
    let typed = reader.said(members, "step");
    let step = typed.as_deref().and_then(|typed| typed.parse().ok());
    if typed.is_some() && step.is_none() {
        reader.problem("step", "step is the id of a step of the run");
    }
    reader.finish(step)
}
