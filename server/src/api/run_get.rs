//! `GET /v2/tenants/{id}/runs/{run}`: by the run's id or by the number that people say.

use super::Call;
use super::problem::Problem;
use axum::Json;
use axum::response::{IntoResponse, Response};
use steward_core::access::{Authority, ReadTenants, demand};
use steward_core::error::{Error, Result};
use steward_domain::run::RunView;
use uuid::Uuid;

/// One run with its steps.
pub(super) async fn get(call: Call) -> Result<Response, Problem> {
    let reader = demand::<ReadTenants>(call.steward.database(), &call.actor).await?;
    Ok(Json(run(&call, &reader).await?).into_response())
}

/// The run that a call's path names.
pub(super) fn run<'a>(call: &Call, reader: &'a Authority<ReadTenants>) -> impl Future<Output = Result<RunView>> + Send + use<'a> {
    let (tenant, provisioning) = (call.tenant(reader), call.steward.services.provisioning.clone());
    let wanted = call.parameter("run").to_owned();
    async move {
        let tenant = tenant.await?;
        let run = match (wanted.parse::<i64>(), wanted.parse::<Uuid>()) {
            (Ok(number), _) => provisioning.run_by_number(reader, tenant.id, number).await?,
            (_, Ok(id)) => provisioning.run_view(reader, id).await?,
            _ => return Err(Error::NotFound("run")),
        };
        // A run of another tenant is not to be found under this one.
        if run.tenant_id == tenant.id { Ok(run) } else { Err(Error::NotFound("run")) }
    }
}
