//! Settling: everything that follows from an attempt, in one transaction. The step, its attempt, the entry, the inventory, the steps
//! that were waiting for it, the run, the tenant.

use super::attempt::Outcome;
use super::claim::Claimed;
use super::lease::millis;
use super::{Shared, pause};
use crate::access::{Authority, Provision};
use crate::audit::{Action, Class, Entry, Outcome as Result_};
use crate::database::Transaction;
use crate::error::{Error, Result};
use crate::mail;
use crate::platform::Instance;
use crate::provisioning::domains::renewal;
use crate::provisioning::drift;
use crate::provisioning::resources::Observation;
use crate::provisioning::wanted::Wanted;
use sqlx::FromRow;
use sqlx::types::Json;
use std::time::Duration;
use steward_domain::cause::{Cause, Nature};
use steward_domain::resource::ResourceKind;
use steward_domain::run::{RunKind, RunState, StepAction, StepEvent, StepState};
use steward_domain::system::System;
use steward_domain::tenant::{AttentionKind, Stage, Status};
use uuid::Uuid;

/// Whether the result was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    /// It was.
    Written,
    /// Another worker holds the step now: nothing was written.
    Stale,
}

/// What the step becomes.
struct Next<'a> {
    event: StepEvent,
    failures: i32,
    pause: Option<Duration>,
    cause: Option<&'a Cause>,
    outcome: String,
}

#[derive(FromRow)]
struct StepRow {
    id: Uuid,
    kind: String,
    title: String,
    system: String,
    cell: Option<String>,
    state: String,
    after: Vec<String>,
    failures: i32,
    failures_max: i32,
    cause: Option<Json<Cause>>,
}

/// The steps of a run, in order.
const STEPS: &str = "select id, kind, title, system, cell, state, after, failures, failures_max, cause
    from run_step where run_id = $1 order by ordinal";

struct Step {
    row: StepRow,
    state: StepState,
}

/// The run of a step, held until the transaction ends.
#[derive(FromRow)]
struct RunRow {
    id: Uuid,
    tenant_id: Uuid,
    kind: String,
    state: String,
    cancelled: bool,
}

/// Steps of one run settle one after the other: two that end together would not see each other's end, and nobody would unblock what
/// comes after both.
async fn lock_run(transaction: &mut Transaction, run_id: Uuid) -> Result<RunRow> {
    let row =
        sqlx::query_as("select id, tenant_id, kind, state, cancel_asked_at is not null as cancelled from run where id = $1 for update");
    Ok(row.bind(run_id).fetch_one(transaction.conn()).await?)
}

fn next<'a>(shared: &Shared, step: &Claimed, outcome: &'a Outcome, cancelled: bool) -> Next<'a> {
    match outcome {
        Outcome::Done { changed, detail } => Next {
            event: StepEvent::Succeeded,
            failures: step.failures,
            pause: None,
            cause: None,
            outcome: match (step.action, *changed) {
                (StepAction::Apply, true) => format!("Made, and seen: {detail}."),
                (StepAction::Apply, false) => format!("Was there already: {detail}."),
                (StepAction::Remove, true) => "Removed, and seen to be gone.".to_owned(),
                (StepAction::Remove, false) => "Was gone already.".to_owned(),
            },
        },
        Outcome::Failed { failure, .. } => {
            let failures = step.failures.saturating_add(1);
            let (event, failures, pause) = match failure.cause.nature {
                _ if cancelled => (StepEvent::CancelAsked, failures.min(step.failures_max), None),
                // How long it waits depends on how long it has waited: the statement below says so.
                Nature::Away => (StepEvent::Away, step.failures, None),
                Nature::Passing if failures < step.failures_max => {
                    let pause = pause::before_retry(&shared.tuning, shared.database.context(), failures);
                    (StepEvent::FailedForNow, failures, Some(pause::at_least(pause, failure.retry_after)))
                }
                Nature::Passing | Nature::Lasting => (StepEvent::FailedForGood, failures, None),
            };
            Next { event, failures, pause, cause: Some(&failure.cause), outcome: failure.cause.what.clone() }
        }
    }
}

/// Writes what came of an attempt, if this worker still holds the step.
pub(super) async fn settle(shared: &Shared, authority: &Authority<Provision>, step: &Claimed, outcome: &Outcome) -> Result<Settled> {
    let mut transaction = shared.database.begin(authority).await?;
    let run = lock_run(&mut transaction, step.run_id).await?;
    let next = next(shared, step, outcome, run.cancelled);
    let state = StepState::Running.next(next.event).map_err(Error::internal)?;
    let written = sqlx::query(
        "with settled as (
             update run_step set state = $3, owner = null, lease_until = null, failures = $4, cause = $6,
                    next_try_at = now() + case when $3 = 'waiting'
                        then least($9 * interval '1 millisecond', greatest(interval '1 second', (now() - coalesce(waiting_since, now())) / 2))
                        else $5 * interval '1 millisecond' end,
                    waiting_since = case when $3 = 'waiting' then coalesce(waiting_since, now()) end,
                    ended_at = case when $3 = 'done' then now() end
             where id = $1 and epoch = $2 and state = 'running' and lease_until > now() returning id)
         update run_step_attempt a set ended_at = now(), outcome = $7, code = $8
         from settled where a.step_id = settled.id and a.epoch = $2 and a.ended_at is null",
    )
    .bind(step.id)
    .bind(step.epoch)
    .bind(state.as_str())
    .bind(next.failures)
    .bind(next.pause.map(millis))
    .bind(next.cause.map(Json))
    .bind(&next.outcome)
    .bind(next.cause.map(|cause| cause.code.as_str()))
    .bind(millis(shared.tuning.look_max))
    .execute(transaction.conn())
    .await?
    .rows_affected();
    if written != 1 {
        return Ok(Settled::Stale);
    }
    note_in_inventory(&mut transaction, step, outcome).await?;
    record_step(&mut transaction, step, outcome, &next).await?;
    let steps = unblock(&mut transaction, step.run_id).await?;
    conclude(&mut transaction, &run, &steps).await?;
    transaction.commit().await?;
    if next.event == StepEvent::Away {
        // It may answer when looked at and yet not when called: only the next look lets its steps be claimed again.
        shared.back().remove(&shared.site.at(step.kind.system(), &step.wanted));
    }
    Ok(Settled::Written)
}

async fn note_in_inventory(transaction: &mut Transaction, step: &Claimed, outcome: &Outcome) -> Result<()> {
    let (state, detail) = match outcome {
        Outcome::Done { .. } if step.action == StepAction::Remove => ("removed", ""),
        Outcome::Done { detail, .. } => ("present", detail.as_str()),
        Outcome::Failed { seen: Some(Observation::Partial { missing }), .. } => ("partial", missing.as_str()),
        Outcome::Failed { seen: Some(Observation::Ours { detail, .. }), .. } => ("partial", detail.as_str()),
        Outcome::Failed { seen: Some(Observation::Foreign { what }), .. } => ("foreign", what.as_str()),
        // Nothing is there, or nothing was seen: what was known before stays.
        Outcome::Failed { .. } => return Ok(()),
    };
    sqlx::query("update resource set state = $3, detail = $4, observed_at = now() where tenant_id = $1 and kind = $2")
        .bind(step.tenant_id)
        .bind(step.kind.as_str())
        .bind(state)
        .bind(detail)
        .execute(transaction.conn())
        .await?;
    match outcome {
        // Seen to be as wanted: it need not wait for the reconciler to leave the board.
        Outcome::Done { .. } => drift::gone(transaction, step.tenant_id, &[step.kind]).await,
        Outcome::Failed { .. } => Ok(()),
    }
}

async fn steps_of(transaction: &mut Transaction, run_id: Uuid) -> Result<Vec<Step>> {
    let rows: Vec<StepRow> = sqlx::query_as(STEPS).bind(run_id).fetch_all(transaction.conn()).await?;
    let mut steps = Vec::with_capacity(rows.len());
    for row in rows {
        let state = StepState::parse(&row.state).ok_or_else(|| Error::internal("a step in an unknown state"))?;
        steps.push(Step { row, state });
    }
    Ok(steps)
}

/// Every step of the run as it is now; those that came after this one and have nothing else before them are made ready.
async fn unblock(transaction: &mut Transaction, run_id: Uuid) -> Result<Vec<Step>> {
    let mut steps = steps_of(transaction, run_id).await?;
    let done: Vec<String> = steps.iter().filter(|step| step.state == StepState::Done).map(|step| step.row.kind.clone()).collect();
    let mut ready = Vec::new();
    for step in &mut steps {
        if step.state == StepState::Blocked && step.row.after.iter().all(|kind| done.contains(kind)) {
            step.state = step.state.next(StepEvent::Unblocked).map_err(Error::internal)?;
            ready.push(step.row.id);
        }
    }
    if !ready.is_empty() {
        sqlx::query("update run_step set state = 'ready' where id = any($1) and state = 'blocked'")
            .bind(&ready)
            .execute(transaction.conn())
            .await?;
    }
    Ok(steps)
}

/// What is wrong with the tenant right now follows from its steps: stopped before waiting before retrying.
fn attention(steps: &[Step]) -> Option<(AttentionKind, String)> {
    if let Some(stopped) = first(steps, StepState::Stopped) {
        return Some((AttentionKind::Stopped, format!("Stopped at {}", lower_first(&stopped.row.title))));
    }
    if let Some(waiting) = first(steps, StepState::Waiting) {
        let row = &waiting.row;
        let at = System::parse(&row.system).map(|system| Instance { system, cell: row.cell.clone() }.to_string());
        return Some((AttentionKind::Waiting, format!("Waits for {}", at.unwrap_or_else(|| row.system.clone()))));
    }
    let retrying = first(steps, StepState::Retrying)?;
    Some((AttentionKind::Retrying, format!("Retrying, {} of {}", retrying.row.failures, retrying.row.failures_max)))
}

fn first(steps: &[Step], state: StepState) -> Option<&Step> {
    steps.iter().find(|step| step.state == state)
}

fn lower_first(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// What the run has become, and what follows for its tenant.
async fn conclude(transaction: &mut Transaction, run: &RunRow, steps: &[Step]) -> Result<()> {
    let states: Vec<StepState> = steps.iter().map(|step| step.state).collect();
    let state = RunState::of(&states);
    if state.as_str() != run.state {
        sqlx::query("update run set state = $2, ended_at = case when $2 in ('done', 'cancelled') then now() end where id = $1")
            .bind(run.id)
            .bind(state.as_str())
            .execute(transaction.conn())
            .await?;
        record_run(transaction, run, state, steps).await?;
        match state {
            RunState::Done => {
                become_what_it_made(transaction, run).await?;
                look_at_domains(transaction, run, steps).await?;
            }
            RunState::Stopped if run.kind == RunKind::Renew.as_str() => renewal_failed(transaction, run, steps).await?,
            _ => {}
        }
    }
    note_attention(transaction, run, state, steps).await
}

/// What is served may be another certificate by now: it is looked at soon, not at the next sweep.
async fn look_at_domains(transaction: &mut Transaction, run: &RunRow, steps: &[Step]) -> Result<()> {
    if !steps.iter().any(|step| ResourceKind::parse(&step.row.kind).is_some_and(ResourceKind::is_of_a_domain)) {
        return Ok(());
    }
    sqlx::query("update drift_look set due_at = now() where tenant_id = $1 and due_at <> 'infinity'")
        .bind(run.tenant_id)
        .execute(transaction.conn())
        .await?;
    Ok(())
}

/// A renewal that stopped is tried again by itself, later and later.
async fn renewal_failed(transaction: &mut Transaction, run: &RunRow, steps: &[Step]) -> Result<()> {
    let Some(cause) = first(steps, StepState::Stopped).and_then(|step| step.row.cause.as_ref()) else { return Ok(()) };
    renewal::note_failed(transaction, run.tenant_id, &cause.what, cause.whose.label()).await
}

/// The tenant becomes what the run made it.
async fn become_what_it_made(transaction: &mut Transaction, run: &RunRow) -> Result<()> {
    let kind = RunKind::parse(&run.kind).ok_or_else(|| Error::internal("a run of an unknown kind"))?;
    let (from, to) = match kind {
        RunKind::Onboard => (Status::Provisioning, Status::Active),
        RunKind::Suspend => (Status::Active, Status::Suspended),
        RunKind::Resume => (Status::Suspended, Status::Active),
        RunKind::RollBack => (Status::Provisioning, Status::Draft),
        RunKind::Change | RunKind::Repair | RunKind::Renew => return mail::of_run(transaction, run.tenant_id, run.id, kind).await,
    };
    let changed = match kind {
        RunKind::RollBack => back_to_draft(transaction, run).await?,
        _ => {
            // With the first run its makers are done; it is the administrator's turn.
            let stage = (kind == RunKind::Onboard).then_some(Stage::Activation.as_str());
            sqlx::query(
                "update tenant set status = $3, status_since = now(), changed_at = now(), stage = coalesce($4, stage),
                        stage_since = case when $4::text is null then stage_since else now() end
                 where id = $1 and status = $2",
            )
            .bind(run.tenant_id)
            .bind(from.as_str())
            .bind(to.as_str())
            .bind(stage)
            .execute(transaction.conn())
            .await?
            .rows_affected()
        }
    };
    if changed == 0 {
        return Ok(());
    }
    let mut detail = serde_json::json!({ "status": { "before": from.as_str(), "after": to.as_str() } });
    if let (RunKind::Onboard, Some(fields)) = (kind, detail.as_object_mut()) {
        fields.insert("stage".to_owned(), serde_json::json!({ "before": "creation", "after": "activation" }));
    }
    let entry = Entry {
        class: Class::Audit,
        action: Action::TenantStatus,
        result: Result_::Done,
        tenant_id: Some(run.tenant_id),
        object_kind: "tenant",
        object_id: run.tenant_id.to_string(),
        correlation: None,
        code: None,
        detail,
    };
    transaction.record(entry).await?;
    mail::of_run(transaction, run.tenant_id, run.id, kind).await
}

/// Nothing is left of the creation but what was typed.
async fn back_to_draft(transaction: &mut Transaction, run: &RunRow) -> Result<u64> {
    let wanted: Json<Wanted> = sqlx::query_scalar("select wish from run where id = $1").bind(run.id).fetch_one(transaction.conn()).await?;
    let reverted = sqlx::query(
        "update tenant set status = 'draft', status_since = now(), draft = $2, short_name = null, domain = null, contact_email = null, region = null, cell = null,
                version = version + 1, changed_at = now()
         where id = $1 and status = 'provisioning'",
    )
    .bind(run.tenant_id)
    .bind(Json(wanted.0.draft()))
    .execute(transaction.conn())
    .await?;
    Ok(reverted.rows_affected())
}

/// What is wrong with the tenant right now, as far as this run knows.
async fn note_attention(transaction: &mut Transaction, run: &RunRow, state: RunState, steps: &[Step]) -> Result<()> {
    let wrong = match state {
        RunState::Done => None,
        RunState::Cancelled if run.kind == RunKind::Onboard.as_str() => Some((AttentionKind::Stopped, "Creation cancelled".to_owned())),
        RunState::Cancelled => None,
        // How long the certificate still holds is what matters then.
        RunState::Stopped if run.kind == RunKind::Renew.as_str() => {
            let failing = renewal::attention(transaction, run.tenant_id).await?;
            failing.map(|(text, _)| (AttentionKind::Expiring, text)).or_else(|| attention(steps))
        }
        RunState::Running | RunState::Stopped => attention(steps),
    };
    let (kind, text) = wrong.unzip();
    sqlx::query(
        "update tenant set attention_since = case when $2::text is null then null when attention_kind is not distinct from $2 then attention_since else now() end,
                attention_kind = $2, attention_text = $3
         where id = $1 and (attention_kind, attention_text) is distinct from ($2, $3)",
    )
    .bind(run.tenant_id)
    .bind(kind.map(AttentionKind::as_str))
    .bind(text)
    .execute(transaction.conn())
    .await?;
    // Where the run says nothing, the board may.
    if kind.is_none() { drift::note_attention(transaction, run.tenant_id).await } else { Ok(()) }
}

async fn record_step(transaction: &mut Transaction, step: &Claimed, outcome: &Outcome, next: &Next<'_>) -> Result<()> {
    let done = matches!(outcome, Outcome::Done { .. });
    let entry = Entry {
        class: if done { Class::Audit } else { Class::Operational },
        action: if done { Action::StepDone } else { Action::StepFailed },
        result: if done { Result_::Done } else { Result_::Failed },
        tenant_id: Some(step.tenant_id),
        object_kind: "step",
        object_id: step.id.to_string(),
        correlation: Some(step.run_id),
        code: next.cause.map(|cause| cause.code.clone()),
        detail: serde_json::json!({
            "step": step.title, "action": step.action.as_str(), "kind": step.kind.as_str(), "system": step.kind.system().as_str(), "epoch": step.epoch,
            "changed": matches!(outcome, Outcome::Done { changed: true, .. }), "outcome": next.outcome,
        }),
    };
    transaction.record(entry).await
}

async fn record_run(transaction: &mut Transaction, run: &RunRow, state: RunState, steps: &[Step]) -> Result<()> {
    let stopped = first(steps, StepState::Stopped);
    let (action, result, detail) = match state {
        RunState::Done => (Action::RunDone, Result_::Done, serde_json::json!({ "steps": steps.len() })),
        // It stops when nothing goes on any more: the step that settles last need not be the one that stopped.
        RunState::Stopped => {
            (Action::RunStopped, Result_::Failed, serde_json::json!({ "stopped_step": stopped.map(|stopped| &stopped.row.title) }))
        }
        // A person asked for it; that has an entry of its own.
        RunState::Running | RunState::Cancelled => return Ok(()),
    };
    let entry = Entry {
        class: Class::Audit,
        action,
        result,
        tenant_id: Some(run.tenant_id),
        object_kind: "run",
        object_id: run.id.to_string(),
        correlation: Some(run.id),
        code: stopped.and_then(|stopped| stopped.row.cause.as_ref()).map(|cause| cause.code.clone()),
        detail,
    };
    transaction.record(entry).await
}

/// What follows from the states of a run's steps, for those who change them outside an attempt: a retry, a cancellation.
pub(in crate::provisioning) async fn refresh_run(transaction: &mut Transaction, run_id: Uuid) -> Result<()> {
    let run = lock_run(transaction, run_id).await?;
    let steps = steps_of(transaction, run_id).await?;
    conclude(transaction, &run, &steps).await
}
