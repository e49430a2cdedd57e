//! The switch that stops all destructive work: while it is on, no step is claimed that removes something or keeps people out.
//! What a worker holds already comes to its end.

use super::Provisioning;
use crate::access::{Authority, PauseDestruction, ReadTenants};
use crate::audit::{Action, Class, Entry, Outcome};
use crate::database::{Reader, Transaction};
use crate::error::{Error, Result, broken_constraint};
use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

/// Who stopped destructive work, and why.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct DestructionPause {
    /// Its id.
    pub id: Uuid,
    /// Why.
    pub reason: String,
    /// Who.
    pub paused_by: String,
    /// Since when.
    pub paused_at: DateTime<Utc>,
}

/// Most characters of a reason.
const REASON_MAX: usize = 300;

impl Provisioning {
    /// Whether destructive work is paused.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn destruction_pause(&self, authority: &Authority<ReadTenants>) -> Result<Option<DestructionPause>> {
        open_pause(&mut self.database.read(authority).await?).await
    }

    /// Stops all destructive work of every tenant.
    ///
    /// # Errors
    /// At field `reason` if there is none; [`Error::Conflict`] if it is paused already.
    pub async fn pause_destruction(&self, authority: &Authority<PauseDestruction>, reason: &str) -> Result<()> {
        let reason = reason.trim();
        if reason.is_empty() || reason.chars().count() > REASON_MAX {
            return Err(Error::field("reason", format!("Enter why, in at most {REASON_MAX} characters")));
        }
        let mut transaction = self.database.begin(authority).await?;
        let (id, paused_by) = (transaction.context().id()?, transaction.actor().name().to_owned());
        sqlx::query("insert into destruction_pause (id, reason, paused_by) values ($1, $2, $3)")
            .bind(id)
            .bind(reason)
            .bind(paused_by)
            .execute(transaction.conn())
            .await
            .map_err(|error| match broken_constraint(&error) {
                Some("destruction_pause_one_open") => {
                    Error::Conflict { code: "APP-409", message: "Destructive work is paused already.".to_owned() }
                }
                _ => error.into(),
            })?;
        transaction.record(entry(Action::DestructionPaused, id, serde_json::json!({ "reason": reason }))).await?;
        tell_runs(&mut transaction).await?;
        transaction.commit().await
    }

    /// Lets destructive work go on.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it is not paused.
    pub async fn resume_destruction(&self, authority: &Authority<PauseDestruction>) -> Result<()> {
        let mut transaction = self.database.begin(authority).await?;
        let resumed_by = transaction.actor().name().to_owned();
        let id: Option<Uuid> =
            sqlx::query_scalar("update destruction_pause set resumed_by = $1, resumed_at = now() where resumed_at is null returning id")
                .bind(resumed_by)
                .fetch_optional(transaction.conn())
                .await?;
        let Some(id) = id else {
            return Err(Error::Conflict { code: "APP-409", message: "Destructive work is not paused any more.".to_owned() });
        };
        transaction.record(entry(Action::DestructionResumed, id, serde_json::Value::Null)).await?;
        tell_runs(&mut transaction).await?;
        transaction.commit().await
    }
}

/// Whoever stopped destructive work and did not yet let it go on.
pub(crate) async fn open_pause(reader: &mut Reader) -> Result<Option<DestructionPause>> {
    let pause = sqlx::query_as("select id, reason, paused_by, paused_at from destruction_pause where resumed_at is null");
    Ok(pause.fetch_optional(reader.conn()).await?)
}

/// Whoever watches a run that is concerned sees it at once, and workers look for what they may carry out again.
async fn tell_runs(transaction: &mut Transaction) -> Result<()> {
    sqlx::query(
        "select pg_notify('run_changed', run_id::text) from run_step where destructive and state in ('ready', 'retrying', 'waiting') group by run_id
         union all select pg_notify('step_ready', '')",
    )
    .execute(transaction.conn())
    .await?;
    Ok(())
}

fn entry(action: Action, id: Uuid, detail: serde_json::Value) -> Entry {
    Entry {
        class: Class::Audit,
        action,
        result: Outcome::Done,
        tenant_id: None,
        object_kind: "pause",
        object_id: id.to_string(),
        correlation: None,
        code: None,
        detail,
    }
}
