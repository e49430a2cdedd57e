//! What people do about what was found: repair it, accept it, ignore it until a day, have it reported again, have it looked at now.

use super::attention::note_attention;
use super::note::entry;
use super::repair::{repairable, with_what_they_need};
use crate::access::{Authority, RepairDrift};
use crate::audit::Action;
use crate::database::Transaction;
use crate::error::{Error, Result};
use crate::provisioning::{Proposal, Provisioning};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::FromRow;
use sqlx::types::Json;
use std::collections::BTreeSet;
use std::time::Duration;
use steward_domain::difference::Difference;
use steward_domain::drift::Decision;
use steward_domain::moment;
use steward_domain::resource::ResourceKind;
use uuid::Uuid;

/// For so many days something is ignored if nobody says otherwise.
pub const IGNORED_DAYS: i64 = 7;
/// For so many days at most.
const IGNORED_DAYS_MAX: i64 = 365;
/// Most characters of a reason.
const REASON_MAX: usize = 300;
/// How long a person who asked for a look waits for it.
const LOOK_WAITED_FOR: Duration = Duration::from_secs(6);
const LOOK_POLL: Duration = Duration::from_millis(150);

#[derive(FromRow)]
struct Row {
    kind: String,
    differences: Json<Vec<Difference>>,
    revision: i64,
    decision: String,
}

/// A decision that is to be written.
struct Decided<'a> {
    decision: Decision,
    ignored_until: Option<DateTime<Utc>>,
    reason: Option<&'a str>,
}

impl Provisioning {
    /// What was seen counts as wanted from now on, and is not reported until it changes.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is not on the board (any more), [`Error::Conflict`] if it is not what the person saw.
    pub async fn accept_drift(&self, authority: &Authority<RepairDrift>, tenant_id: Uuid, id: Uuid, revision: i64) -> Result<()> {
        let decided = Decided { decision: Decision::Accepted, ignored_until: None, reason: None };
        self.decide(authority, tenant_id, id, Some(revision), decided).await
    }

    /// It is left alone until the beginning of a day.
    ///
    /// # Errors
    /// At field `until` or `reason`; else as [`Provisioning::accept_drift`].
    pub async fn ignore_drift(
        &self,
        authority: &Authority<RepairDrift>,
        tenant_id: Uuid,
        id: Uuid,
        revision: i64,
        until: &str,
        reason: &str,
    ) -> Result<()> {
        let now = self.database.context().now();
        let until = moment::read_day(until.trim()).ok_or_else(|| Error::field("until", "Enter a day, like 2026-03-26"))?;
        if until <= now {
            return Err(Error::field("until", "Enter a day that is still to come"));
        }
        if until > now + TimeDelta::days(IGNORED_DAYS_MAX) {
            return Err(Error::field("until", format!("Enter a day within the next {IGNORED_DAYS_MAX} days")));
        }
        let reason = reason.trim();
        if reason.chars().count() > REASON_MAX {
            return Err(Error::field("reason", format!("Enter why in at most {REASON_MAX} characters")));
        }
        let reason = Some(reason).filter(|reason| !reason.is_empty());
        let decided = Decided { decision: Decision::Ignored, ignored_until: Some(until), reason };
        self.decide(authority, tenant_id, id, Some(revision), decided).await
    }

    /// What was accepted or ignored is reported again.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is not on the board (any more).
    pub async fn report_drift(&self, authority: &Authority<RepairDrift>, tenant_id: Uuid, id: Uuid) -> Result<()> {
        let decided = Decided { decision: Decision::Open, ignored_until: None, reason: None };
        self.decide(authority, tenant_id, id, None, decided).await
    }

    async fn decide(
        &self,
        authority: &Authority<RepairDrift>,
        tenant_id: Uuid,
        id: Uuid,
        revision: Option<i64>,
        decided: Decided<'_>,
    ) -> Result<()> {
        let mut transaction = self.database.begin(authority).await?;
        let row = lock(&mut transaction, tenant_id, id).await?;
        if revision.is_some_and(|revision| revision != row.revision) {
            let message = "It changed since you looked at it. Nothing was decided. Look at it as it is now.".to_owned();
            return Err(Error::Conflict { code: "APP-409", message });
        }
        let open = decided.decision == Decision::Open;
        let differences = if open { Vec::new() } else { row.differences.0 };
        let decided_by = transaction.actor().name().to_owned();
        sqlx::query(
            "update drift set decision = $2, decided = $3, ignored_until = $4, reason = $5,
                    decided_by = case when $6 then null else $7 end, decided_at = case when $6 then null else now() end
             where id = $1",
        )
        .bind(id)
        .bind(decided.decision.as_str())
        .bind(Json(&differences))
        .bind(decided.ignored_until)
        .bind(decided.reason)
        .bind(open)
        .bind(decided_by)
        .execute(transaction.conn())
        .await?;
        note_attention(&mut transaction, tenant_id).await?;
        let action = match decided.decision {
            Decision::Open => Action::DriftReported,
            Decision::Accepted => Action::DriftAccepted,
            Decision::Ignored => Action::DriftIgnored,
        };
        let mut detail = serde_json::json!({
            "decision": { "before": row.decision, "after": decided.decision.as_str() },
            "until": decided.ignored_until.map(moment::day), "reason": decided.reason,
        });
        if let Some(fields) = detail.as_object_mut() {
            let about = |found: &Difference| (found.field.clone(), serde_json::json!({ "before": found.wanted, "after": found.seen }));
            fields.extend(differences.iter().map(about));
        }
        transaction.record(entry(action, tenant_id, &row.kind, detail)).await?;
        transaction.commit().await
    }

    /// Proposes a repair of these kinds, or of everything that is open; with what they need and differs too. Nothing runs yet. Gives the
    /// change's id.
    ///
    /// # Errors
    /// [`Error::Conflict`] if nothing of it is on the board any more, or the tenant cannot be changed now.
    pub async fn repair_drift(
        &self,
        authority: &Authority<RepairDrift>,
        tenant_id: Uuid,
        kinds: Option<BTreeSet<ResourceKind>>,
    ) -> Result<Uuid> {
        let mut reader = self.database.read(authority).await?;
        let on_board = repairable(reader.conn(), tenant_id).await?;
        drop(reader);
        let asked: BTreeSet<ResourceKind> = match kinds {
            Some(kinds) => kinds.intersection(&on_board).copied().collect(),
            None => on_board.clone(),
        };
        if asked.is_empty() {
            let message = "Nothing is left to repair: it is as wanted again, or somebody decided otherwise. Look at the board.".to_owned();
            return Err(Error::Conflict { code: "APP-409", message });
        }
        self.propose(authority, tenant_id, Proposal::repair(Some(with_what_they_need(asked, &on_board)))).await
    }

    /// Has a tenant looked at now, by whichever process is free, and waits a moment for it. Whether the look came in time.
    ///
    /// # Errors
    /// [`Error::NotFound`] if nobody looks at that tenant: it is neither active nor suspended, or not the actor's.
    pub async fn look_at_now(&self, authority: &Authority<RepairDrift>, tenant_id: Uuid) -> Result<bool> {
        let mut transaction = self.database.begin(authority).await?;
        let asked_at: Option<DateTime<Utc>> =
            sqlx::query_scalar("update drift_look set due_at = now() where tenant_id = $1 and due_at <> 'infinity' returning due_at")
                .bind(tenant_id)
                .fetch_optional(transaction.conn())
                .await?;
        let asked_at = asked_at.ok_or(Error::NotFound("tenant"))?;
        transaction.commit().await?;
        let looked = async {
            loop {
                tokio::time::sleep(LOOK_POLL).await;
                let mut reader = self.database.read(authority).await?;
                let done: Option<bool> = sqlx::query_scalar(
                    "select looked_at >= $2 and due_at > $2 from drift_look where tenant_id = $1 and looked_at is not null",
                )
                .bind(tenant_id)
                .bind(asked_at)
                .fetch_optional(reader.conn())
                .await?;
                if done == Some(true) {
                    return Ok(());
                }
            }
        };
        match tokio::time::timeout(LOOK_WAITED_FOR, looked).await {
            Ok(looked) => looked.map(|()| true),
            Err(_) => Ok(false),
        }
    }
}

/// A row of the board, held until the transaction ends. The tenant first, as everywhere.
async fn lock(transaction: &mut Transaction, tenant_id: Uuid, id: Uuid) -> Result<Row> {
    sqlx::query("select id from tenant where id = $1 for update").bind(tenant_id).execute(transaction.conn()).await?;
    let row = sqlx::query_as("select kind, differences, revision, decision from drift where id = $1 and tenant_id = $2 for update")
        .bind(id)
        .bind(tenant_id)
        .fetch_optional(transaction.conn())
        .await?;
    row.ok_or(Error::NotFound("difference"))
}
