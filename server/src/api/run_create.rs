//! `POST /v2/tenants/{id}/runs`: starts a change, exactly the plan that was reviewed.

use super::change_document::StartedDocument;
use super::changing::located;
use super::problem::Problem;
use super::settings_request::{named, object};
use super::tenant_request::Reader;
use super::{Call, body, permitted};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use steward_core::access::{self, Permission, ReadTenants, demand};
use uuid::Uuid;

/// Starts. Asked twice, it gives the same run.
pub(super) async fn create(call: Call) -> Result<Response, Problem> {
    let reader = demand::<ReadTenants>(call.steward.database(), &call.actor).await?;
    let facts = call.facts(&reader).await?;
    let (steward, actor) = (call.steward, call.actor);
    let provisioning = &steward.services.provisioning;
    let body = body::json(call.request).await?;
    let (change, plan_hash) = read(&body)?;
    let view = provisioning.change_view(&reader, facts.id, change).await?;
    permitted!(steward, actor, view.permission(), |authority| {
        let started = provisioning.start_change(&authority, facts.id, change, Some(&plan_hash)).await.map_err(named)?;
        Ok(located((StatusCode::ACCEPTED, Json(StartedDocument::from(started))).into_response(), &started))
    })
}

fn read(body: &Value) -> Result<(Uuid, String), Problem> {
    let members = object(body)?;
    let mut reader = Reader::default();
    reader.known(members, "", &["change", "plan_hash"]);
    let typed = reader.text(members, "change", true);
    let plan_hash = reader.text(members, "plan_hash", true);
    let change = typed.parse();
    if change.is_err() && !typed.is_empty() {
        reader.problem("change", "change is the id that the plan came with");
    }
    reader.finish((change.unwrap_or_default(), plan_hash))
}
