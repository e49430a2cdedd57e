//! Noting what a look found: board, inventory, attention and entries change in one transaction, if this process still holds the tenant
//! and no run came between.

use super::attention::note_attention;
use super::claim::Claimed;
use super::decided::covers;
use super::look::Seen;
use super::worker::Sweep;
use crate::access::{Authority, Observe};
use crate::audit::{Action, Class, Entry, Outcome};
use crate::database::Transaction;
use crate::error::Result;
use crate::provisioning::domains;
use crate::provisioning::engine::millis;
use crate::provisioning::resources::{Evidence, Observation};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};
use std::collections::BTreeMap;
use steward_domain::difference::Difference;
use steward_domain::drift::{Decision, Finding};
use steward_domain::resource::ResourceKind;
use uuid::Uuid;

/// What is on the board of a tenant.
#[derive(Clone, Debug, FromRow)]
pub(super) struct Noted {
    id: Uuid,
    kind: String,
    finding: String,
    differences: Json<Vec<Difference>>,
    decision: String,
    decided: Json<Vec<Difference>>,
}

/// The differences on the board, by kind.
pub(super) async fn noted(connection: &mut PgConnection, tenant_id: Uuid) -> Result<BTreeMap<ResourceKind, Vec<Difference>>> {
    let rows: Vec<(String, Json<Vec<Difference>>)> =
        sqlx::query_as("select kind, differences from drift where tenant_id = $1").bind(tenant_id).fetch_all(connection).await?;
    Ok(rows.into_iter().filter_map(|(kind, differences)| Some((ResourceKind::parse(&kind)?, differences.0))).collect())
}

/// What came of noting it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotedAs {
    /// It is written.
    Written,
    /// Another process took over, or the tenant changed meanwhile: nothing was written, and it is looked at again.
    Stale,
}

/// Writes what was seen.
pub(super) async fn note(sweep: &Sweep, authority: &Authority<Observe>, claimed: &Claimed, seen: &[Seen]) -> Result<NotedAs> {
    let tenant_id = claimed.tenant.id;
    let mut transaction = sweep.database.begin(authority).await?;
    if !still_so(&mut transaction, claimed).await? {
        let again = "update drift_look set owner = null, lease_until = null, claimed_at = null where tenant_id = $1 and epoch = $2";
        sqlx::query(again).bind(tenant_id).bind(claimed.epoch).execute(transaction.conn()).await?;
        transaction.commit().await?;
        return Ok(NotedAs::Stale);
    }
    if !hand_over(&mut transaction, sweep, claimed, seen).await? {
        return Ok(NotedAs::Stale);
    }
    note_in_inventory(&mut transaction, claimed, seen).await?;
    note_domains(&mut transaction, tenant_id, seen).await?;
    let rows: Vec<Noted> =
        sqlx::query_as("select id, kind, finding, differences, decision, decided from drift where tenant_id = $1 order by id for update")
            .bind(tenant_id)
            .fetch_all(transaction.conn())
            .await?;
    let mut as_wanted = Vec::new();
    for seen in seen.iter().filter(|seen| seen.seen.is_ok()) {
        let before = rows.iter().find(|row| row.kind == seen.kind.as_str());
        match (&seen.finding, before) {
            (None, None) => {}
            (None, Some(_)) => as_wanted.push(seen.kind),
            (Some((finding, differences)), None) => {
                insert(&mut transaction, tenant_id, seen, *finding, differences).await?;
                record_found(&mut transaction, tenant_id, seen, *finding, differences).await?;
            }
            (Some((finding, differences)), Some(before)) => {
                update(&mut transaction, before, seen, *finding, differences, tenant_id).await?;
            }
        }
    }
    gone(&mut transaction, tenant_id, &as_wanted).await?;
    note_attention(&mut transaction, tenant_id).await?;
    transaction.commit().await?;
    Ok(NotedAs::Written)
}

/// Whether the tenant is still what was looked at: the same settings, no run open or ended since. Its row is held from here on, so that
/// none begins either.
async fn still_so(transaction: &mut Transaction, claimed: &Claimed) -> Result<bool> {
    let version: Option<i64> =
        sqlx::query_scalar("select version from tenant where id = $1 and status in ('active', 'suspended') for update")
            .bind(claimed.tenant.id)
            .fetch_optional(transaction.conn())
            .await?;
    let run: bool = sqlx::query_scalar(
        "select exists (select from run r join drift_look l on l.tenant_id = r.tenant_id
                        where r.tenant_id = $1 and (r.ended_at is null or r.ended_at >= l.claimed_at))",
    )
    .bind(claimed.tenant.id)
    .fetch_one(transaction.conn())
    .await?;
    Ok(version == Some(claimed.tenant.version) && !run)
}

/// Keeps what was seen of the tenant's domains. Once a certificate was seen and none is due, no renewal fails any more.
async fn note_domains(transaction: &mut Transaction, tenant_id: Uuid, seen: &[Seen]) -> Result<()> {
    let evidence: Vec<Evidence> = seen.iter().filter_map(|seen| seen.evidence.clone()).collect();
    domains::keep(transaction, tenant_id, &evidence).await?;
    let certificates = evidence.iter().any(|seen| matches!(seen, Evidence::Certificate(..)));
    if certificates && seen.iter().all(|seen| seen.due().is_none()) {
        domains::renewal::note_renewed(transaction, tenant_id).await?;
    }
    Ok(())
}

/// When the first of the certificates that were seen is due, if that is still to come.
fn next_renewal(sweep: &Sweep, seen: &[Seen]) -> Option<DateTime<Utc>> {
    let soon = sweep.site.context.now() + TimeDelta::seconds(1);
    let renewals = seen.iter().filter_map(|seen| match &seen.evidence {
        Some(Evidence::Certificate(_, certificate)) => Some(certificate.renews_at),
        _ => None,
    });
    renewals.filter(|at| *at > soon).min()
}

/// Lets go of the tenant until it is due again. What changed while it was looked at is looked at once more.
async fn hand_over(transaction: &mut Transaction, sweep: &Sweep, claimed: &Claimed, seen: &[Seen]) -> Result<bool> {
    let looked_at: Vec<&str> = seen.iter().map(|seen| seen.kind.as_str()).collect();
    let unseen: BTreeMap<&str, &str> =
        seen.iter().filter_map(|seen| Some((seen.kind.as_str(), seen.seen.as_ref().err()?.cause.code.as_str()))).collect();
    let written = sqlx::query(
        "update drift_look set owner = null, lease_until = null, claimed_at = null, looked_at = now(),
                unseen = (unseen - $5::text[]) || $6,
                watched_due_at = case when watched_due_at > claimed_at then watched_due_at end,
                due_at = case when $3 and due_at <= claimed_at then least(now() + $4 * interval '1 millisecond', $7) else due_at end
         where tenant_id = $1 and epoch = $2 and lease_until > now()",
    )
    .bind(claimed.tenant.id)
    .bind(claimed.epoch)
    .bind(claimed.everything)
    .bind(millis(sweep.tuning.every))
    .bind(looked_at)
    .bind(Json(unseen))
    .bind(next_renewal(sweep, seen))
    .execute(transaction.conn())
    .await?;
    Ok(written.rows_affected() == 1)
}

/// The inventory says what was seen. What is not there stays in the state it had: the board says that it is gone.
async fn note_in_inventory(transaction: &mut Transaction, claimed: &Claimed, seen: &[Seen]) -> Result<()> {
    let mut kinds = Vec::new();
    let mut states = Vec::new();
    let mut details = Vec::new();
    for Seen { kind, seen, finding, .. } in seen {
        let (state, detail) = match (seen, finding) {
            (Err(_), _) => continue,
            (Ok(Observation::Absent), None) => ("removed", String::new()),
            (Ok(Observation::Absent), Some(_)) => ("partial", "gone".to_owned()),
            (Ok(Observation::Partial { missing }), _) => ("partial", missing.clone()),
            (Ok(Observation::Ours { detail, .. }), _) => ("present", detail.clone()),
            (Ok(Observation::Foreign { what }), _) => ("foreign", what.clone()),
        };
        kinds.push(kind.as_str());
        states.push(state);
        details.push(detail);
    }
    sqlx::query(
        "update resource r set state = s.state, detail = s.detail, observed_at = now()
         from unnest($2::text[], $3::text[], $4::text[]) as s (kind, state, detail) where r.tenant_id = $1 and r.kind = s.kind",
    )
    .bind(claimed.tenant.id)
    .bind(kinds)
    .bind(states)
    .bind(details)
    .execute(transaction.conn())
    .await?;
    Ok(())
}

async fn insert(transaction: &mut Transaction, tenant_id: Uuid, seen: &Seen, finding: Finding, differences: &[Difference]) -> Result<()> {
    let id = transaction.context().id()?;
    sqlx::query(
        "insert into drift (id, tenant_id, kind, system, finding, differences, changed_by, changed_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(id)
    .bind(tenant_id)
    .bind(seen.kind.as_str())
    .bind(seen.kind.system().as_str())
    .bind(finding.as_str())
    .bind(Json(differences))
    .bind(seen.changed_by.as_ref().map(|by| by.who.as_str()))
    .bind(seen.changed_by.as_ref().and_then(|by| by.at))
    .execute(transaction.conn())
    .await?;
    Ok(())
}

/// Seen again. If it is not what it was, it is reported again, unless the decision is about all of it.
async fn update(
    transaction: &mut Transaction,
    before: &Noted,
    seen: &Seen,
    finding: Finding,
    differences: &[Difference],
    tenant_id: Uuid,
) -> Result<()> {
    if before.finding == finding.as_str() && before.differences.0 == differences {
        sqlx::query("update drift set last_seen_at = now() where id = $1").bind(before.id).execute(transaction.conn()).await?;
        return Ok(());
    }
    let decided = before.decision != Decision::Open.as_str() && covers(&before.decided.0, differences);
    sqlx::query(
        "update drift set finding = $2, differences = $3, revision = revision + 1, last_seen_at = now(), changed_by = $4, changed_at = $5,
                decision = case when $6 then decision else 'open' end, ignored_until = case when $6 then ignored_until end,
                since = case when $6 or decision = 'open' then since else now() end
         where id = $1",
    )
    .bind(before.id)
    .bind(finding.as_str())
    .bind(Json(differences))
    .bind(seen.changed_by.as_ref().map(|by| by.who.as_str()))
    .bind(seen.changed_by.as_ref().and_then(|by| by.at))
    .bind(decided)
    .execute(transaction.conn())
    .await?;
    record_found(transaction, tenant_id, seen, finding, differences).await
}

async fn record_found(
    transaction: &mut Transaction,
    tenant_id: Uuid,
    seen: &Seen,
    finding: Finding,
    differences: &[Difference],
) -> Result<()> {
    let mut detail = serde_json::json!({
        "resource": seen.name, "system": seen.kind.system().as_str(), "finding": finding.as_str(),
        "changed_by": seen.changed_by.as_ref().map(|by| &by.who),
    });
    if let Some(fields) = detail.as_object_mut() {
        // Before is what is wanted: that is how it was.
        fields.extend(
            differences.iter().map(|found| (found.field.clone(), serde_json::json!({ "before": found.wanted, "after": found.seen }))),
        );
    }
    transaction.record(entry(Action::DriftFound, tenant_id, seen.kind.as_str(), detail)).await
}

/// Takes from the board what was seen to be as wanted, or to be gone as it should: by a look, or by a run that made it so.
pub(in crate::provisioning) async fn gone(transaction: &mut Transaction, tenant_id: Uuid, kinds: &[ResourceKind]) -> Result<()> {
    if kinds.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    let on_board: bool = sqlx::query_scalar("select exists (select from drift where tenant_id = $1 and kind = any($2))")
        .bind(tenant_id)
        .bind(&names)
        .fetch_one(transaction.conn())
        .await?;
    if !on_board {
        return Ok(());
    }
    // The tenant before its board, as everywhere: a person may be deciding about it.
    sqlx::query("select id from tenant where id = $1 for update").bind(tenant_id).execute(transaction.conn()).await?;
    let gone: Vec<(String, Json<Vec<Difference>>)> =
        sqlx::query_as("delete from drift where tenant_id = $1 and kind = any($2) returning kind, differences")
            .bind(tenant_id)
            .bind(names)
            .fetch_all(transaction.conn())
            .await?;
    for (kind, differences) in gone {
        let fields = differences.0.iter().map(|was| (was.field.clone(), serde_json::json!({ "before": was.seen, "after": was.wanted })));
        let detail = serde_json::Value::Object(fields.collect());
        transaction.record(entry(Action::DriftGone, tenant_id, &kind, detail)).await?;
    }
    Ok(())
}

pub(super) fn entry(action: Action, tenant_id: Uuid, kind: &str, detail: serde_json::Value) -> Entry {
    Entry {
        class: Class::Audit,
        action,
        result: Outcome::Done,
        tenant_id: Some(tenant_id),
        object_kind: "resource",
        object_id: kind.to_owned(),
        correlation: None,
        code: None,
        detail,
    }
}

/// Reports again what was ignored until now.
pub(super) async fn end_ignoring(sweep: &Sweep, authority: &Authority<Observe>) -> Result<()> {
    let mut transaction = sweep.database.begin(authority).await?;
    let mut tenants: Vec<Uuid> =
        sqlx::query_scalar("select tenant_id from drift where decision = 'ignored' and ignored_until <= now() limit 500")
            .fetch_all(transaction.conn())
            .await?;
    if tenants.is_empty() {
        return Ok(());
    }
    // The tenants first, in one order, as everywhere.
    tenants.sort_unstable();
    tenants.dedup();
    sqlx::query("select id from tenant where id = any($1) order by id for update").bind(&tenants).execute(transaction.conn()).await?;
    let again: Vec<(Uuid, String)> = sqlx::query_as(
        "update drift set decision = 'open', ignored_until = null where decision = 'ignored' and ignored_until <= now() and tenant_id = any($1)
         returning tenant_id, kind",
    )
    .bind(&tenants)
    .fetch_all(transaction.conn())
    .await?;
    for (tenant_id, kind) in again {
        let detail = serde_json::json!({ "decision": { "before": "ignored", "after": "open" } });
        transaction.record(entry(Action::DriftReported, tenant_id, &kind, detail)).await?;
    }
    for tenant_id in tenants {
        note_attention(&mut transaction, tenant_id).await?;
    }
    transaction.commit().await
}
