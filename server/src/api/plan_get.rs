//! `GET /v2/tenants/{id}/plan`: what differs right now from what the tenant is to have.

use super::Call;
use super::change_document::PlanDocument;
use super::etag::tagged;
use super::problem::Problem;
use axum::Json;
use axum::response::{IntoResponse, Response};
use steward_core::access::{ReadTenants, demand};

/// The plan of a repair of everything.
pub(super) async fn get(call: Call) -> Result<Response, Problem> {
    let reader = demand::<ReadTenants>(call.steward.database(), &call.actor).await?;
    let facts = call.facts(&reader).await?;
    let plan = call.steward.services.provisioning.plan_differences(&reader, facts.id).await?;
    Ok(tagged(Json(PlanDocument::from(&plan)).into_response(), facts.version))
}
