//! Claiming: which tenants this process looks at next. Any number of processes share the sweep.

use super::worker::Sweep;
use crate::access::{Authority, Observe};
use crate::error::Result;
use crate::provisioning::engine::millis;
use crate::tenants::{self, TenantFacts};
use sqlx::FromRow;
use uuid::Uuid;

/// A tenant that this process looks at.
#[derive(Debug)]
pub(super) struct Claimed {
    pub(super) tenant: TenantFacts,
    pub(super) epoch: i64,
    /// Everything is due; if not, only what is watched.
    pub(super) everything: bool,
}

#[derive(FromRow)]
struct Row {
    tenant_id: Uuid,
    epoch: i64,
    everything: bool,
}

/// Claims at most `limit` tenants that are due. One with an open run waits for its end: the run looks by itself.
pub(super) async fn claim(sweep: &Sweep, authority: &Authority<Observe>, limit: usize) -> Result<Vec<Claimed>> {
    let mut transaction = sweep.database.begin(authority).await?;
    // Ids first, then the update by `= any`, as the engine claims steps.
    let due: Vec<Uuid> = sqlx::query_scalar(
        "select l.tenant_id from drift_look l
         where least(l.due_at, coalesce(l.watched_due_at, 'infinity'::timestamptz)) <= now()
           and (l.lease_until is null or l.lease_until < now())
           and not exists (select from run r where r.tenant_id = l.tenant_id and r.ended_at is null)
         order by least(l.due_at, coalesce(l.watched_due_at, 'infinity'::timestamptz)) limit $1 for update skip locked",
    )
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(transaction.conn())
    .await?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = sqlx::query_as(
        "update drift_look set owner = $2, epoch = epoch + 1, claimed_at = now(), lease_until = now() + $3 * interval '1 millisecond'
         where tenant_id = any($1) returning tenant_id, epoch, due_at <= now() as everything",
    )
    .bind(&due)
    .bind(&sweep.name)
    .bind(millis(sweep.tuning.lease))
    .fetch_all(transaction.conn())
    .await?;
    let facts = tenants::facts_of(transaction.conn(), &due).await?;
    if facts.len() < due.len() {
        // Without settings nothing is wanted of it: there is nothing to look for until its status changes.
        sqlx::query(
            "update drift_look set due_at = 'infinity', watched_due_at = null, owner = null, lease_until = null, claimed_at = null
             where tenant_id = any($1) and not tenant_id = any($2)",
        )
        .bind(&due)
        .bind(facts.iter().map(|facts| facts.id).collect::<Vec<_>>())
        .execute(transaction.conn())
        .await?;
    }
    transaction.commit().await?;
    let with_facts = rows.into_iter().filter_map(|row| {
        let tenant = facts.iter().find(|facts| facts.id == row.tenant_id)?.clone();
        Some(Claimed { tenant, epoch: row.epoch, everything: row.everything })
    });
    Ok(with_facts.collect())
}
