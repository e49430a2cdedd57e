//! `GET /v2/tenants/{id}/runs/{run}`: by the run's id or by the number that people say.

use super::Call;
use super::problem::Problem;
use axum::Json;
use axum::response::{IntoResponse, Response};
use steward_core::access::{ReadTenants, demand};
use steward_core::error::Error;
use uuid::Uuid;

/// One run with its steps.
pub(super) async fn get(call: Call) -> Result<Response, Problem> {
    let authority = demand::<ReadTenants>(call.steward.database(), &call.actor).await?;
    let provisioning = &call.steward.services.provisioning;
    let tenant: Uuid = call.parameter("id").parse().map_err(|_| Error::NotFound("run"))?;
    let wanted = call.parameter("run");
    let run = match (wanted.parse::<i64>(), wanted.parse::<Uuid>()) {
        (Ok(number), _) => provisioning.run_by_number(&authority, tenant, number).await?,
        (_, Ok(id)) => provisioning.run_view(&authority, id).await?,
        _ => return Err(Error::NotFound("run").into()),
    };
    // A run of another tenant is not to be found under this one.
    if run.tenant_id != tenant {
        return Err(Error::NotFound("run").into());
    }
    Ok(Json(run).into_response())
}
