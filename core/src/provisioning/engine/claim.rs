//! Claiming: which steps this worker carries out next. The intent of each is committed with its claim.

use super::lease::millis;
use super::{Point, Shared};
use crate::access::{Authority, Provision};
use crate::error::{Error, Result};
use crate::provisioning::wanted::Wanted;
use sqlx::FromRow;
use sqlx::types::Json;
use std::time::Duration;
use steward_domain::resource::ResourceKind;
use steward_domain::run::{StepAction, StepEvent, StepState};
use tokio::time::Instant;
use uuid::Uuid;

/// A claimed step.
#[derive(Debug)]
pub(super) struct Claimed {
    pub(super) id: Uuid,
    pub(super) run_id: Uuid,
    pub(super) tenant_id: Uuid,
    pub(super) kind: ResourceKind,
    pub(super) action: StepAction,
    pub(super) title: String,
    pub(super) epoch: i64,
    pub(super) failures: i32,
    pub(super) failures_max: i32,
    pub(super) wanted: Wanted,
    /// The plan saw nothing in the place a moment ago, and nobody tried since.
    pub(super) seen_absent: bool,
    /// How long ago an attempt began of which nobody knows whether it still goes on: its worker was lost, or got no answer in time.
    pub(super) unknown_for: Option<Duration>,
    /// When the lease ends unless it is renewed.
    pub(super) lease_ends_at: Instant,
}

#[derive(FromRow)]
struct Candidate {
    id: Uuid,
    state: String,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    run_id: Uuid,
    tenant_id: Uuid,
    kind: String,
    action: String,
    title: String,
    epoch: i64,
    failures: i32,
    failures_max: i32,
    wish: Json<Wanted>,
    seen_absent: bool,
    unknown_for_ms: Option<f64>,
}

/// Claims at most `limit` steps: ready ones, due retries, those waiting for a system that is back, and (if asked) those whose worker's
/// lease ran out.
pub(super) async fn claim(shared: &Shared, authority: &Authority<Provision>, limit: usize, look_for_lost: bool) -> Result<Vec<Claimed>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let (back, back_cells): (Vec<&str>, Vec<Option<String>>) = shared.back().iter().map(|at| (at.system.as_str(), at.cell.clone())).unzip();
    let lease_ends_at = Instant::now() + shared.tuning.lease;
    let mut transaction = shared.database.begin(authority).await?;
    // Ids first, then the update by `= any`: with the lock in a sub-select the planner may run it more than once.
    let mut candidates: Vec<Candidate> = sqlx::query_as(
        "select id, state from run_step
         where state in ('ready', 'retrying', 'waiting') and (state <> 'waiting' or exists (
               select from unnest($2::text[], $3::text[]) as back (system, cell)
               where back.system = run_step.system and back.cell is not distinct from run_step.cell))
           and (not destructive or not exists (select from destruction_pause where resumed_at is null))
           and coalesce(next_try_at, '-infinity'::timestamptz) <= now()
         order by coalesce(next_try_at, '-infinity'::timestamptz), id
         limit $1 for update skip locked",
    )
    .bind(limit)
    .bind(&back)
    .bind(&back_cells)
    .fetch_all(transaction.conn())
    .await?;
    let room = limit.saturating_sub(i64::try_from(candidates.len()).unwrap_or(limit));
    if look_for_lost && room > 0 {
        // A destructive step whose worker died while such work is paused waits for the end of the pause.
        let lost: Vec<Candidate> = sqlx::query_as(
            "select id, state from run_step where state = 'running' and lease_until < now()
               and (not destructive or not exists (select from destruction_pause where resumed_at is null))
             order by lease_until limit $1 for update skip locked",
        )
        .bind(room)
        .fetch_all(transaction.conn())
        .await?;
        candidates.extend(lost);
    }
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    for candidate in &candidates {
        let state = StepState::parse(&candidate.state).ok_or_else(|| Error::internal("a step in an unknown state"))?;
        state.next(StepEvent::Claimed).map_err(Error::internal)?;
    }
    let ids: Vec<Uuid> = candidates.iter().map(|candidate| candidate.id).collect();
    let rows: Vec<Row> = sqlx::query_as(
        "with claimed as (
             update run_step set state = 'running', owner = $2, epoch = epoch + 1, lease_until = now() + $3 * interval '1 millisecond',
                    started_at = coalesce(started_at, now()), next_try_at = null
             where id = any($1) returning *)
         select c.id, c.run_id, c.tenant_id, c.kind, c.action, c.title, c.epoch, c.failures, c.failures_max, r.wish,
                c.epoch = 1 and r.created_at > now() - interval '30 seconds'
                    and exists (select from jsonb_array_elements(r.plan -> 'items') item where item ->> 'kind' = c.kind and item ->> 'action' = 'create') as seen_absent,
                (select extract(epoch from now() - a.began_at)::float8 * 1000 from run_step_attempt a
                 where a.step_id = c.id and (a.ended_at is null or a.code like '%-504') order by a.number desc limit 1) as unknown_for_ms
         from claimed c join run r on r.id = c.run_id
         order by c.ordinal",
    )
    .bind(&ids)
    .bind(&shared.name)
    .bind(millis(shared.tuning.lease))
    .fetch_all(transaction.conn())
    .await?;
    // An attempt that has no end is one whose worker died.
    sqlx::query(
        "with lost as (
             update run_step_attempt set ended_at = now(), outcome = 'Its worker stopped; another one took over.' where step_id = any($1) and ended_at is null)
         insert into run_step_attempt (step_id, number, epoch, worker, intent)
         select s.id, coalesce((select max(a.number) from run_step_attempt a where a.step_id = s.id), 0) + 1, s.epoch, $2, case s.action when 'apply' then 'make ' || s.title else s.title end
         from run_step s where s.id = any($1)",
    )
    .bind(&ids)
    .bind(&shared.name)
    .execute(transaction.conn())
    .await?;
    let mut claimed = Vec::with_capacity(rows.len());
    for row in rows {
        let kind = ResourceKind::parse(&row.kind).ok_or_else(|| Error::internal(format_args!("a step of unknown kind {}", row.kind)))?;
        if shared.told_to_die(Point::BeforeIntent, kind, &row.wish.0) {
            return Ok(Vec::new());
        }
        claimed.push(Claimed {
            id: row.id,
            run_id: row.run_id,
            tenant_id: row.tenant_id,
            kind,
            action: StepAction::parse(&row.action).ok_or_else(|| Error::internal("a step with an unknown action"))?,
            title: row.title,
            epoch: row.epoch,
            failures: row.failures,
            failures_max: row.failures_max,
            wanted: row.wish.0,
            seen_absent: row.seen_absent,
            unknown_for: row.unknown_for_ms.map(|ms| Duration::from_secs_f64((ms / 1e3).max(0.0))),
            lease_ends_at,
        });
    }
    transaction.commit().await?;
    Ok(claimed)
}
