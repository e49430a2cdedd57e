//! `POST /v2/tenants/{id}/deactivate`: the first step of offboarding (GUIDE.md §7). For now it is the only one: the tenant is suspended.

use super::change_document::StartedDocument;
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
struct Deactivated {
    tenant_id: Uuid,
    status: Status,
    run: StartedDocument,
}

/// Keeps the tenant's people out.
pub(super) async fn deactivate(call: Call) -> Result<Response, Problem> {
    let authority = demand::<SuspendTenants>(call.steward.database(), &call.actor).await?;
    let reader = demand::<ReadTenants>(call.steward.database(), &call.actor).await?;
    let facts = call.facts(&reader).await?;
    let provisioning = call.steward.services.provisioning.clone();
    let reason = reason(call).await?;
    let started = changing::start(&provisioning, &authority, &facts, Proposal::suspension(true, reason)).await?;
    let status = provisioning.tenant_facts(&reader, facts.id).await?.status;
    let answer = Deactivated { tenant_id: facts.id, status, run: started.into() };
    Ok(changing::located(Json(answer).into_response(), &started))
}

async fn reason(call: Call) -> Result<Option<String>, Problem> {
    let body = body::json_or_nothing(call.request).await?;
    let members = object(&body)?;
    let mut reader = Reader::default();
    reader.known(members, "", &["reason"]);
    let reason = reader.said(members, "reason").map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    reader.finish(reason)
}
