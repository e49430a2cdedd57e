//! `PATCH` of a tenant's settings: proposed, planned and started in one call, against the version that the client saw. Nobody reviews its
//! plan: it reaches no further than what it touches, and the answer has it.

use super::change_document::{ChangeDocument, PlanDocument, StartedDocument, VersionsDocument, href};
use super::etag::{self, Seen, tagged};
use super::problem::Problem;
use super::settings_request::{below_use, named};
use super::{Call, body};
use crate::router::pairs;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use steward_core::access::{Authority, ConfigureTenants, ReadTenants, Right, demand};
use steward_core::error::Error;
use steward_core::provisioning::{Conflicting, Proposal, Provisioning, Reach, StartedRun, three_versions};
use steward_core::tenants::TenantFacts;
use steward_domain::change::{ChangedSetting, SettingsPatch, TenantSettings, changed_settings};
use uuid::Uuid;

/// Reads a body as a change of settings.
pub(super) type ReadSettings = fn(&Value, &TenantSettings) -> Result<SettingsPatch, Problem>;

#[derive(Serialize)]
struct Accepted<'a> {
    tenant_id: Uuid,
    version: i64,
    settings: Vec<ChangedSetting>,
    run: StartedDocument,
    plan: PlanDocument<'a>,
}

/// Changes settings, or with `?dry_run=true` says what would happen.
pub(super) async fn change(call: Call, read: ReadSettings) -> Result<Response, Problem> {
    // Asked before anything is read: who may not change tenants learns nothing about their rules.
    let authority = demand::<ConfigureTenants>(call.steward.database(), &call.actor).await?;
    let reader = demand::<ReadTenants>(call.steward.database(), &call.actor).await?;
    let facts = call.facts(&reader).await?;
    let dry_run = dry_run(call.request.uri().query().unwrap_or_default())?;
    let seen = etag::demanded(call.request.headers())?;
    let provisioning = call.steward.services.provisioning.clone();
    let body = body::json(call.request).await?;
    let proposal = proposal(&provisioning, &reader, &facts, Some(seen), &body, read).await?;
    if dry_run {
        let (change, plan) = provisioning.preview(&authority, facts.id, proposal, Reach::Touched).await.map_err(named)?;
        return Ok(tagged(Json(ChangeDocument::of(None, &change, &plan)).into_response(), change.tenant.version));
    }
    let settings = changed_settings(&facts.settings, &proposal.patch.on(&facts.settings));
    let started = start(&provisioning, &authority, &facts, proposal).await?;
    let plan = provisioning.plan_of_run(&reader, started.run_id).await?;
    let version = provisioning.tenant_facts(&reader, facts.id).await?.version;
    let accepted = Accepted { tenant_id: facts.id, version, settings, run: started.into(), plan: (&plan).into() };
    Ok(tagged(located((StatusCode::ACCEPTED, Json(accepted)).into_response(), &started), version))
}

/// The proposal of a body, if the client saw the version that there is.
///
/// # Errors
/// As [`demand_present`].
pub(super) async fn proposal(
    provisioning: &Provisioning,
    reader: &Authority<ReadTenants>,
    facts: &TenantFacts,
    seen: Option<Seen>,
    body: &Value,
    read: ReadSettings,
) -> Result<Proposal, Problem> {
    demand_present(provisioning, reader, facts, seen, |settings| Ok(read(body, settings)?.on(settings))).await?;
    let proposal = Proposal::settings(read(body, &facts.settings)?, Some(facts.version));
    Ok(Proposal { below_use: below_use(body), ..proposal })
}

/// Whoever says which version they saw must have seen the present one. `mine` makes of settings what the client wants them to be.
///
/// # Errors
/// 412 with every setting as it was, is, and is wanted, if they saw another.
pub(super) async fn demand_present(
    provisioning: &Provisioning,
    reader: &Authority<ReadTenants>,
    facts: &TenantFacts,
    seen: Option<Seen>,
    mine: impl Fn(&TenantSettings) -> Result<TenantSettings, Problem>,
) -> Result<(), Problem> {
    let version = match seen {
        Some(Seen::Version(version)) if version != facts.version => version,
        _ => return Ok(()),
    };
    let base = provisioning.settings_at(reader, facts.id, version).await?;
    let now = provisioning.settings_at(reader, facts.id, facts.version).await?;
    let settings: Vec<Conflicting> = match base {
        Some(base) => three_versions(&base.settings, &facts.settings, &mine(&base.settings)?),
        None => changed_settings(&facts.settings, &mine(&facts.settings)?)
            .into_iter()
            .map(|mine| Conflicting { label: mine.label, base: "not known".to_owned(), theirs: mine.before, mine: mine.after })
            .collect(),
    };
    let who = now.map_or_else(|| "Somebody".to_owned(), |now| now.changed_by);
    let detail = format!(
        "{who} changed the settings since version {version}; they are at version {} now. Nothing ran. Compare both, then send what you still want against the present version.",
        facts.version
    );
    Err(Problem::new(StatusCode::PRECONDITION_FAILED, "TEN-416", detail)
        .with("base_version", version)
        .with("version", facts.version)
        .with("changed_by", who)
        .with("settings", settings.into_iter().map(VersionsDocument::from).collect::<Vec<_>>()))
}

/// Proposes and starts. What could not be started is not left open: nobody learnt its id.
pub(super) async fn start<R: Right>(
    provisioning: &Provisioning,
    authority: &Authority<R>,
    facts: &TenantFacts,
    proposal: Proposal,
) -> Result<StartedRun, Problem> {
    let id = provisioning.propose(authority, facts.id, proposal).await.map_err(named)?;
    match provisioning.start_change(authority, facts.id, id, None).await {
        Ok(started) => Ok(started),
        Err(error) => {
            match provisioning.discard_change(authority, facts.id, id).await {
                Ok(()) | Err(Error::NotFound(_)) => {}
                Err(error) => tracing::warn!(code = error.code(), "a change that was not started stays open"),
            }
            Err(named(error))
        }
    }
}

/// An answer that says where its run is.
pub(super) fn located(mut response: Response, run: &StartedRun) -> Response {
    if let Ok(location) = HeaderValue::from_str(&href(run.tenant_id, run.run_number)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// Whether a call only asks what would happen.
pub(super) fn dry_run(query: &str) -> Result<bool, Problem> {
    let mut dry_run = false;
    for (name, value) in pairs(query.as_bytes()) {
        match (name.as_str(), value.as_str()) {
            ("dry_run", "true") => dry_run = true,
            ("dry_run", "false") => dry_run = false,
            ("dry_run", _) => return Err(Problem::parameter("dry_run", "dry_run is true or false")),
            (other, _) => return Err(Problem::parameter(other, format!("There is no parameter called {other}"))),
        }
    }
    Ok(dry_run)
}
