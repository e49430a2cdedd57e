//! `GET /v2/tenants/{id}/runs`: newest first, in pages that follow each other by number.

use super::Call;
use super::change_document::href;
use super::problem::Problem;
use crate::router::pairs;
use axum::Json;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Serialize;
use steward_core::access::{ReadTenants, demand};
use steward_core::provisioning::RunRow;
use steward_domain::run::{RunKind, RunState};
use uuid::Uuid;

/// Rows of a page if nothing is said.
const LIMIT_DEFAULT: i64 = 50;
/// Most rows of a page.
const LIMIT_MAX: i64 = 200;

#[derive(Serialize)]
struct List {
    runs: Vec<Row>,
    next: Option<String>,
}

#[derive(Serialize)]
struct Row {
    run_id: Uuid,
    number: i64,
    kind: RunKind,
    title: String,
    state: RunState,
    requested_by: String,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    took_ms: Option<i64>,
    href: String,
}

impl From<RunRow> for Row {
    fn from(row: RunRow) -> Self {
        Self {
            href: href(row.tenant_id, row.number),
            run_id: row.id,
            number: row.number,
            kind: row.kind,
            title: row.title,
            state: row.state,
            requested_by: row.requested_by,
            created_at: row.created_at,
            ended_at: row.ended_at,
            took_ms: row.took_ms,
        }
    }
}

/// A page of a tenant's runs.
pub(super) async fn list(call: Call) -> Result<Response, Problem> {
    let reader = demand::<ReadTenants>(call.steward.database(), &call.actor).await?;
    let tenant = call.tenant(&reader).await?;
    let (limit, before) = asked(call.request.uri().query().unwrap_or_default())?;
    // One more than is shown, so that the last page knows that it is the last.
    let mut rows = call.steward.services.provisioning.runs_before(&reader, tenant.id, before, limit.saturating_add(1)).await?;
    let shown = usize::try_from(limit).unwrap_or_default();
    let more = rows.len() > shown;
    rows.truncate(shown);
    let next = rows.last().filter(|_| more).map(|last| format!("/v2/tenants/{}/runs?limit={limit}&before={}", tenant.id, last.number));
    let link = next.as_ref().and_then(|next| HeaderValue::from_str(&format!("<{next}>; rel=\"next\"")).ok());
    let mut response = Json(List { runs: rows.into_iter().map(Row::from).collect(), next }).into_response();
    if let Some(link) = link {
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

fn asked(query: &str) -> Result<(i64, Option<i64>), Problem> {
    let (mut limit, mut before) = (LIMIT_DEFAULT, None);
    for (name, value) in pairs(query.as_bytes()) {
        let number = value.parse::<i64>().ok();
        match name.as_str() {
            "limit" => {
                limit = number
                    .filter(|limit| (1..=LIMIT_MAX).contains(limit))
                    .ok_or_else(|| Problem::parameter("limit", format!("limit is a whole number from 1 to {LIMIT_MAX}")))?;
            }
            "before" => before = Some(number.ok_or_else(|| Problem::parameter("before", "before is the number of a run"))?),
            other => return Err(Problem::parameter(other, format!("There is no parameter called {other}"))),
        }
    }
    Ok((limit, before))
}
