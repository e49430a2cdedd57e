//! Runs as people see them: the timeline of one, the list of many.

use super::plan::usual;
use super::{Provisioning, open_pause};
use crate::access::{Authority, ReadTenants};
use crate::error::{Error, Result};
use chrono::{DateTime, Utc};
use sqlx::FromRow;
use sqlx::types::Json;
use std::collections::HashMap;
use steward_domain::cause::Cause;
use steward_domain::plan::Plan;
use steward_domain::resource::ResourceKind;
use steward_domain::run::{AttemptView, Paused, RunKind, RunState, RunView, StepAction, StepState, StepView};
use steward_domain::tenant::{Attention, AttentionKind};
use uuid::Uuid;

/// A row of a list of runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// Its id.
    pub id: Uuid,
    /// The number that people say.
    pub number: i64,
    /// Whose run.
    pub tenant_id: Uuid,
    /// The tenant's name.
    pub tenant_name: String,
    /// What it does.
    pub kind: RunKind,
    /// What it is called: "Change limits".
    pub title: String,
    /// Its state.
    pub state: RunState,
    /// Who asked for it.
    pub requested_by: String,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// How long it took, in milliseconds; none while it is open.
    pub took_ms: Option<i64>,
    /// What is wrong with its tenant right now; only while the run is open.
    pub attention: Option<Attention>,
}

#[derive(FromRow)]
struct ListRow {
    id: Uuid,
    number: i64,
    tenant_id: Uuid,
    tenant_name: String,
    kind: String,
    title: String,
    state: String,
    requested_by: String,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    attention_kind: Option<String>,
    attention_text: Option<String>,
    attention_since: Option<DateTime<Utc>>,
}

impl From<ListRow> for RunRow {
    fn from(row: ListRow) -> Self {
        let attention = row.attention_kind.as_deref().and_then(AttentionKind::parse).zip(row.attention_text).zip(row.attention_since);
        Self {
            id: row.id,
            number: row.number,
            tenant_id: row.tenant_id,
            tenant_name: row.tenant_name,
            kind: RunKind::parse(&row.kind).unwrap_or(RunKind::Onboard),
            title: row.title,
            state: RunState::parse(&row.state).unwrap_or(RunState::Running),
            requested_by: row.requested_by,
            created_at: row.created_at,
            ended_at: row.ended_at,
            took_ms: row.ended_at.map(|ended| (ended - row.created_at).num_milliseconds()),
            attention: attention
                .filter(|((kind, _), _)| row.ended_at.is_none() && *kind != AttentionKind::Drift)
                .map(|((kind, text), since)| Attention { kind, text, since }),
        }
    }
}

#[derive(FromRow)]
struct HeadRow {
    id: Uuid,
    number: i64,
    tenant_id: Uuid,
    tenant_name: String,
    kind: String,
    title: String,
    state: String,
    requested_by: String,
    plan_hash: String,
    cancel_asked_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    entries: i64,
    seen_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct StepRow {
    id: Uuid,
    kind: String,
    action: String,
    destructive: bool,
    title: String,
    state: String,
    wave: i32,
    after: Vec<String>,
    failures: i32,
    failures_max: i32,
    next_try_at: Option<DateTime<Utc>>,
    waiting_since: Option<DateTime<Utc>>,
    cause: Option<Json<Cause>>,
    owner: Option<String>,
    started_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
}

#[derive(FromRow)]
struct AttemptRow {
    step_id: Uuid,
    number: i32,
    began_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    outcome: Option<String>,
    code: Option<String>,
}

impl Provisioning {
    /// The timeline of a run.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such run or the actor may not see it.
    pub async fn run_view(&self, authority: &Authority<ReadTenants>, run_id: Uuid) -> Result<RunView> {
        let mut reader = self.database.read(authority).await?;
        let head: HeadRow = sqlx::query_as(
            "select r.id, r.number, r.tenant_id, t.name as tenant_name, r.kind, r.title, r.state, r.requested_by, r.plan_hash, r.cancel_asked_at, r.created_at, r.ended_at,
                    (select count(*) from audit_intake a where a.correlation = r.id) as entries, clock_timestamp() as seen_at
             from run r join tenant t on t.id = r.tenant_id where r.id = $1",
        )
        .bind(run_id)
        .fetch_optional(reader.conn())
        .await?
        .ok_or(Error::NotFound("run"))?;
        let steps: Vec<StepRow> = sqlx::query_as(
            "select id, kind, action, destructive, title, state, wave, after, failures, failures_max, next_try_at, waiting_since, cause, owner, started_at, ended_at
             from run_step where run_id = $1 order by ordinal",
        )
        .bind(run_id)
        .fetch_all(reader.conn())
        .await?;
        let attempts: Vec<AttemptRow> = sqlx::query_as(
            "select a.step_id, a.number, a.began_at, a.ended_at, a.outcome, a.code
             from run_step_attempt a join run_step s on s.id = a.step_id where s.run_id = $1 order by a.step_id, a.number",
        )
        .bind(run_id)
        .fetch_all(reader.conn())
        .await?;
        let kind = RunKind::parse(&head.kind).unwrap_or(RunKind::Onboard);
        let usual = usual(&mut reader, &head.title).await?;
        let pause = if steps.iter().any(is_held) { open_pause(&mut reader).await? } else { None };
        drop(reader);

        let worker = steps.iter().find_map(|step| step.owner.clone());
        Ok(RunView {
            id: head.id,
            number: head.number,
            tenant_id: head.tenant_id,
            tenant_name: head.tenant_name,
            kind,
            title: head.title,
            cancel_asked_at: head.cancel_asked_at,
            state: RunState::parse(&head.state).unwrap_or(RunState::Running),
            requested_by: head.requested_by,
            plan_hash: head.plan_hash,
            created_at: head.created_at,
            ended_at: head.ended_at,
            usual,
            worker,
            entries: head.entries,
            steps: step_views(steps, attempts, pause.as_ref().map(|pause| pause.paused_by.as_str())),
            paused: pause.map(|pause| Paused { by: pause.paused_by, reason: pause.reason, since: pause.paused_at }),
            seen_at: head.seen_at,
        })
    }

    /// The timeline of a tenant's run by the number that people say.
    ///
    /// # Errors
    /// As [`Provisioning::run_view`].
    pub async fn run_by_number(&self, authority: &Authority<ReadTenants>, tenant_id: Uuid, number: i64) -> Result<RunView> {
        let mut reader = self.database.read(authority).await?;
        let id: Option<Uuid> = sqlx::query_scalar("select id from run where tenant_id = $1 and number = $2")
            .bind(tenant_id)
            .bind(number)
            .fetch_optional(reader.conn())
            .await?;
        drop(reader);
        self.run_view(authority, id.ok_or(Error::NotFound("run"))?).await
    }

    /// The plan that a run carries out.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such run or the actor may not see it.
    pub async fn plan_of_run(&self, authority: &Authority<ReadTenants>, run_id: Uuid) -> Result<Plan> {
        let mut reader = self.database.read(authority).await?;
        let plan: Option<Json<Plan>> =
            sqlx::query_scalar("select plan from run where id = $1").bind(run_id).fetch_optional(reader.conn()).await?;
        Ok(plan.ok_or(Error::NotFound("run"))?.0)
    }

    /// The last runs of a tenant, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn runs_of(&self, authority: &Authority<ReadTenants>, tenant_id: Uuid, limit: i64) -> Result<Vec<RunRow>> {
        self.run_rows(authority, Some(tenant_id), None, None, limit).await
    }

    /// The runs of a tenant, newest first, those before a number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn runs_before(
        &self,
        authority: &Authority<ReadTenants>,
        tenant_id: Uuid,
        before_number: Option<i64>,
        limit: i64,
    ) -> Result<Vec<RunRow>> {
        self.run_rows(authority, Some(tenant_id), None, before_number, limit).await
    }

    /// Runs in a state, newest first, those before a number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn runs_list(
        &self,
        authority: &Authority<ReadTenants>,
        state: Option<RunState>,
        before_number: Option<i64>,
        limit: i64,
    ) -> Result<Vec<RunRow>> {
        self.run_rows(authority, None, state, before_number, limit).await
    }

    async fn run_rows(
        &self,
        authority: &Authority<ReadTenants>,
        tenant_id: Option<Uuid>,
        state: Option<RunState>,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<RunRow>> {
        let mut query = sqlx::QueryBuilder::<sqlx::Postgres>::new(
            "select r.id, r.number, r.tenant_id, t.name as tenant_name, r.kind, r.title, r.state, r.requested_by, r.created_at, r.ended_at,
                    t.attention_kind, t.attention_text, t.attention_since
             from run r join tenant t on t.id = r.tenant_id where true",
        );
        if let Some(tenant_id) = tenant_id {
            query.push(" and r.tenant_id = ").push_bind(tenant_id);
        }
        if let Some(state) = state {
            query.push(" and r.state = ").push_bind(state.as_str());
        }
        if let Some(before) = before {
            query.push(" and r.number < ").push_bind(before);
        }
        query.push(" order by r.number desc limit ").push_bind(limit);
        let mut reader = self.database.read(authority).await?;
        let rows: Vec<ListRow> = query.build_query_as().fetch_all(reader.conn()).await?;
        Ok(rows.into_iter().map(RunRow::from).collect())
    }
}

/// Whether a pause of destructive work holds it.
fn is_held(step: &StepRow) -> bool {
    step.destructive && [StepState::Ready, StepState::Retrying, StepState::Waiting].iter().any(|state| state.as_str() == step.state)
}

fn step_views(steps: Vec<StepRow>, attempts: Vec<AttemptRow>, paused_by: Option<&str>) -> Vec<StepView> {
    let mut attempts_of: HashMap<Uuid, Vec<AttemptView>> = HashMap::new();
    for attempt in attempts {
        attempts_of.entry(attempt.step_id).or_default().push(AttemptView {
            number: attempt.number,
            began_at: attempt.began_at,
            took_ms: attempt.ended_at.map(|ended| (ended - attempt.began_at).num_milliseconds()),
            outcome: attempt.outcome.unwrap_or_else(|| "Under way.".to_owned()),
            code: attempt.code,
        });
    }
    let not_done: HashMap<String, String> =
        steps.iter().filter(|step| step.state != StepState::Done.as_str()).map(|step| (step.kind.clone(), step.title.clone())).collect();
    steps
        .into_iter()
        .filter_map(|step| {
            // The database's check constraints and the engine know the same words.
            let (kind, action) = (ResourceKind::parse(&step.kind)?, StepAction::parse(&step.action)?);
            let state = StepState::parse(&step.state)?;
            let held_by = paused_by.filter(|_| is_held(&step)).map(str::to_owned);
            let under_way = i32::from(matches!(state, StepState::Running));
            Some(StepView {
                id: step.id,
                kind,
                action,
                title: step.title,
                state,
                wave: step.wave,
                after: step.after.iter().filter_map(|kind| not_done.get(kind).cloned()).collect(),
                attempt: step.failures.saturating_add(under_way).min(step.failures_max),
                attempts_max: step.failures_max,
                next_try_at: step.next_try_at,
                waiting_since: step.waiting_since.filter(|_| state == StepState::Waiting),
                started_at: step.started_at,
                took_ms: step.ended_at.zip(step.started_at).map(|(ended, started)| (ended - started).num_milliseconds()),
                held_by,
                cause: step.cause.map(|cause| cause.0).filter(|_| state != StepState::Done),
                attempts: attempts_of.remove(&step.id).unwrap_or_default(),
            })
        })
        .collect()
}
