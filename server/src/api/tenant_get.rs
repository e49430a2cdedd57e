//! `GET /v2/tenants/{id}`

use super::Call;
use super::change_document::href;
use super::etag::tagged;
use super::features::flags;
use super::problem::Problem;
use axum::Json;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use steward_core::access::{ReadTenants, demand};
use steward_core::provisioning::RunRow;
use steward_core::tenants::TenantView;
use steward_domain::limits::Limits;
use steward_domain::region::Region;
use steward_domain::resource::ResourceKind;
use steward_domain::run::{RunKind, RunState};
use steward_domain::tenant::{Attention, Stage, Status};
use uuid::Uuid;

#[derive(Serialize)]
struct Tenant {
    tenant_id: Uuid,
    status: Status,
    status_since: DateTime<Utc>,
    stage: Stage,
    stage_since: DateTime<Utc>,
    name: String,
    short_name: Option<String>,
    domain: Option<String>,
    contact_email: Option<String>,
    reseller: Option<String>,
    region: Option<Region>,
    cell: Option<String>,
    limits: Option<Limits>,
    features: Option<BTreeMap<&'static str, bool>>,
    without: Option<BTreeSet<ResourceKind>>,
    attention: Option<Attention>,
    last_run: Option<LastRun>,
    version: i64,
    created_by: String,
    created_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
}

#[derive(Serialize)]
struct LastRun {
    run_id: Uuid,
    number: i64,
    kind: RunKind,
    state: RunState,
    href: String,
}

/// One tenant.
pub(super) async fn get(call: Call) -> Result<Response, Problem> {
    let authority = demand::<ReadTenants>(call.steward.database(), &call.actor).await?;
    let view = call.tenant(&authority).await?;
    let runs = call.steward.services.provisioning.runs_of(&authority, view.id, 1).await?;
    let version = view.version;
    Ok(tagged(Json(tenant(view, runs.into_iter().next())).into_response(), version))
}

fn tenant(view: TenantView, run: Option<RunRow>) -> Tenant {
    let (limits, features, without) = match view.config {
        Some(config) => (Some(config.limits), Some(flags(&config.features)), Some(config.without)),
        None => (None, None, None),
    };
    Tenant {
        tenant_id: view.id,
        status: view.status,
        status_since: view.status_since,
        stage: view.stage,
        stage_since: view.stage_since,
        name: view.name,
        short_name: view.short_name,
        domain: view.domain,
        contact_email: view.contact_email,
        reseller: view.reseller,
        region: view.region,
        cell: view.cell,
        limits,
        features,
        without,
        attention: view.attention,
        last_run: run.map(|run| LastRun {
            href: href(run.tenant_id, run.number),
            run_id: run.id,
            number: run.number,
            kind: run.kind,
            state: run.state,
        }),
        version: view.version,
        created_by: view.created_by,
        created_at: view.created_at,
        changed_at: view.changed_at,
    }
}
