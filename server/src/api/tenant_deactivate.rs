//! `POST /v2/tenants/{id}/deactivate`: the first step of offboarding (GUIDE.md §7). For now it is the only one: the tenant is suspended.
//! It overwrites no setting of anybody's, so `If-Match` is not demanded.

use super::change_document::{PlanDocument, StartedDocument};
use super::etag::{self, tagged};
use super::problem::Problem;
use super::settings_request::object;
use super::tenant_request::Reader;
use super::{Call, body, changing};
use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use steward_core::access::{ReadTenants, SuspendTenants, demand};
use steward_core::provisioning::Proposal;
use steward_domain::tenant::Status;
use uuid::Uuid;

#[derive(Serialize)]
struct Deactivated<'a> {
    tenant_id: Uuid,
    status: Status,
    run: StartedDocument,
    plan: PlanDocument<'a>,
}

/// Keeps the tenant's people out.
pub(super) async fn deactivate(call: Call) -> Result<Response, Problem> {
    let authority = demand::<SuspendTenants>(call.steward.database(), &call.actor).await?;
    let reader = demand::<ReadTenants>(call.steward.database(), &call.actor).await?;
    let facts = call.facts(&reader).await?;
    let provisioning = call.steward.services.provisioning.clone();
    let seen = etag::if_match(call.request.headers())?;
    let proposal = Proposal { base_version: Some(facts.version), ..Proposal::suspension(true, reason(call).await?) };
    changing::demand_present(&provisioning, &reader, &facts, seen, |settings| Ok(proposal.patch.on(settings))).await?;
    let started = changing::start(&provisioning, &authority, &facts, proposal).await?;
    let plan = provisioning.plan_of_run(&reader, started.run_id).await?;
    let now = provisioning.tenant_facts(&reader, facts.id).await?;
    let answer = Deactivated { tenant_id: facts.id, status: now.status, run: started.into(), plan: (&plan).into() };
    Ok(tagged(changing::located(Json(answer).into_response(), &started), now.version))
}

async fn reason(call: Call) -> Result<Option<String>, Problem> {
    let body = body::json_or_nothing(call.request).await?;
    let members = object(&body)?;
    let mut reader = Reader::default();
    reader.known(members, "", &["reason"]);
    let reason = reader.said(members, "reason").map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    reader.finish(reason)
}
