//! `POST /v2/tenants/{id}/plan`: proposes a change and answers it with its plan, or with `?dry_run=true` only says what it would be.
//! Nothing runs yet.

use super::change_document::ChangeDocument;
use super::etag::{self, tagged};
use super::problem::{MemberProblem, Problem};
use super::settings_request::{kinds, named, object, settings};
use super::tenant_request::Reader;
use super::{Call, body, changing, permitted};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};
use steward_core::access::{self, Permission, ReadTenants, demand};
use steward_core::provisioning::{Proposal, Reach};

/// What a body asks for, by the member that is only in such a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Settings,
    Suspension,
    Repair,
    RollBack,
}

impl Asked {
    fn of(members: &Map<String, Value>) -> Self {
        match members {
            members if members.contains_key("suspended") => Asked::Suspension,
            members if members.contains_key("repair") => Asked::Repair,
            members if members.contains_key("roll_back") => Asked::RollBack,
            _ => Asked::Settings,
        }
    }

    fn permission(self) -> Permission {
        match self {
            Asked::Settings => Permission::TenantConfigure,
            Asked::Suspension => Permission::TenantSuspend,
            Asked::Repair => Permission::DriftRepair,
            Asked::RollBack => Permission::TenantRollBack,
        }
    }
}

/// Proposes.
pub(super) async fn create(call: Call) -> Result<Response, Problem> {
    let reader = demand::<ReadTenants>(call.steward.database(), &call.actor).await?;
    let facts = call.facts(&reader).await?;
    let seen = etag::if_match(call.request.headers());
    let dry_run = changing::dry_run(call.request.uri().query().unwrap_or_default());
    let (steward, actor) = (call.steward, call.actor);
    let body = body::json(call.request).await?;
    let members = object(&body)?;
    let asked = Asked::of(members);
    permitted!(steward, actor, asked.permission(), |authority| {
        let provisioning = &steward.services.provisioning;
        let (seen, dry_run) = (seen?, dry_run?);
        let proposal = match asked {
            Asked::Settings => changing::proposal(provisioning, &reader, &facts, seen, &body, settings).await?,
            Asked::Suspension => suspension(members)?,
            Asked::Repair => repair(members)?,
            Asked::RollBack => roll_back(members)?,
        };
        changing::demand_present(provisioning, &reader, &facts, seen, |settings| Ok(proposal.patch.on(settings))).await?;
        let proposal = Proposal { base_version: Some(facts.version), ..proposal };
        if dry_run {
            let (change, plan) = provisioning.preview(&authority, facts.id, proposal, Reach::Everything).await.map_err(named)?;
            return Ok(tagged(Json(ChangeDocument::of(None, &change, &plan)).into_response(), change.tenant.version));
        }
        let id = provisioning.propose(&authority, facts.id, proposal).await.map_err(named)?;
        let change = provisioning.change_view(&reader, facts.id, id).await?;
        let plan = provisioning.plan_change(&authority, &change).await?;
        let document = Json(ChangeDocument::of(Some(id), &change, &plan));
        Ok(tagged((StatusCode::CREATED, document).into_response(), change.tenant.version))
    })
}

fn suspension(members: &Map<String, Value>) -> Result<Proposal, Problem> {
    let mut reader = Reader::default();
    reader.known(members, "", &["suspended", "reason"]);
    let reason = reader.said(members, "reason").map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    let suspended = members.get("suspended").and_then(Value::as_bool);
    if suspended.is_none() {
        reader.problem("suspended", "suspended must be true or false");
    }
    reader.finish(Proposal::suspension(suspended.unwrap_or_default(), reason))
}

fn repair(members: &Map<String, Value>) -> Result<Proposal, Problem> {
    let mut reader = Reader::default();
    reader.known(members, "", &["repair"]);
    let only = match members.get("repair") {
        Some(Value::Bool(true)) | None => None,
        Some(Value::Array(none)) if none.is_empty() => {
            reader.problem("repair", "Name the kinds of resources to repair, or send true for all");
            None
        }
        Some(said) => kinds(&mut reader, "repair", said),
    };
    reader.finish(Proposal::repair(only))
}

fn roll_back(members: &Map<String, Value>) -> Result<Proposal, Problem> {
    let mut reader = Reader::default();
    reader.known(members, "", &["roll_back"]);
    if members.get("roll_back") != Some(&Value::Bool(true)) {
        let message = "roll_back must be true".to_owned();
        return Err(Problem::invalid(vec![MemberProblem { field: "roll_back".into(), pointer: Some("/roll_back".into()), message }]));
    }
    reader.finish(Proposal::roll_back())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use steward_domain::run::RunKind;

    fn read<T>(body: Value, read: impl Fn(&Map<String, Value>) -> Result<T, Problem>) -> Option<T> {
        read(body.as_object().unwrap()).ok()
    }

    #[test]
    fn one_member_says_what_is_asked_for() {
        let asked = |body: Value| Asked::of(body.as_object().unwrap());
        assert_eq!(asked(json!({ "suspended": true, "name": "x" })), Asked::Suspension);
        assert_eq!(asked(json!({ "limits": {} })), Asked::Settings);
        assert_eq!(read(json!({ "suspended": false }), suspension).map(|p| p.kind), Some(RunKind::Resume));
        assert_eq!(read(json!({ "suspended": true, "reason": " late " }), suspension).and_then(|p| p.reason).as_deref(), Some("late"));
        assert_eq!(read(json!({ "repair": true }), repair).map(|p| p.only), Some(None));
        assert_eq!(read(json!({ "repair": ["realm"] }), repair).and_then(|p| p.only).map(|kinds| kinds.len()), Some(1));
    }

    #[test]
    fn nothing_beside_it_is_taken() {
        assert!(read(json!({ "suspended": true, "name": "x" }), suspension).is_none());
        assert!(read(json!({ "suspended": "yes" }), suspension).is_none());
        assert!(read(json!({ "repair": [] }), repair).is_none());
        assert!(read(json!({ "repair": ["moon"] }), repair).is_none());
        assert!(read(json!({ "roll_back": false }), roll_back).is_none());
    }
}
