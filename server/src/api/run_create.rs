//! `POST /v2/tenants/{id}/runs`: starts a change, exactly the plan that was reviewed. Its hash binds the settings too, so `If-Match` is not
//! demanded; whoever sends it is told of other versions before other plans.

use super::change_document::StartedDocument;
use super::changing::{demand_present, located};
use super::etag::{self, tagged};
use super::problem::Problem;
use super::settings_request::{named, object};
use super::tenant_request::Reader;
use super::{Call, body, permitted};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use steward_core::access::{self, Permission, ReadTenants, RollBackTenants, demand};
use steward_core::tenants;
use steward_domain::run::RunKind;
use uuid::Uuid;

/// Starts. Asked twice, it gives the same run.
pub(super) async fn create(call: Call) -> Result<Response, Problem> {
    let reader = demand::<ReadTenants>(call.steward.database(), &call.actor).await?;
    let facts = call.facts(&reader).await?;
    let seen = etag::if_match(call.request.headers());
    let (steward, actor) = (call.steward, call.actor);
    let provisioning = &steward.services.provisioning;
    let body = body::json(call.request).await?;
    let Asked { change, plan_hash, short_name } = read(&body)?;
    let view = provisioning.change_view(&reader, facts.id, change).await?;
    let started = permitted!(steward, actor, view.permission(), |authority| {
        let seen = seen?;
        // What was started already is answered again: the version went on with it.
        if view.run_number.is_none() {
            demand_present(provisioning, &reader, &facts, seen, |settings| Ok(view.patch.on(settings))).await?;
        }
        if view.kind == RunKind::RollBack {
            let authority = demand::<RollBackTenants>(steward.database(), &actor).await?;
            provisioning.start_roll_back(&authority, facts.id, change, Some(&plan_hash), &short_name).await
        } else {
            provisioning.start_change(&authority, facts.id, change, Some(&plan_hash)).await
        }
    });
    let started = started.map_err(named)?;
    // Not of its facts: a roll-back may have ended by now, and left a draft.
    let version = tenants::view(steward.database(), &reader, facts.id).await?.version;
    Ok(tagged(located((StatusCode::ACCEPTED, Json(StartedDocument::from(started))).into_response(), &started), version))
}

struct Asked {
    change: Uuid,
    plan_hash: String,
    /// Only a roll-back needs it.
    short_name: String,
}

fn read(body: &Value) -> Result<Asked, Problem> {
    let members = object(body)?;
    let mut reader = Reader::default();
    reader.known(members, "", &["change", "plan_hash", "short_name"]);
    let typed = reader.text(members, "change", true);
    let plan_hash = reader.text(members, "plan_hash", true);
    let short_name = reader.text(members, "short_name", false);
    let change = typed.parse();
    if change.is_err() && !typed.is_empty() {
        reader.problem("change", "change is the id that the plan came with");
    }
    reader.finish(Asked { change: change.unwrap_or_default(), plan_hash, short_name })
}
