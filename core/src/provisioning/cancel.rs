//! A person cancels a run: what nobody holds does not begin, what a worker holds comes to its end. What was done stays done.

use super::Provisioning;
use super::engine;
use crate::access::{Authority, CancelRuns};
use crate::audit::{Action, Class, Entry, Outcome};
use crate::database::Transaction;
use crate::error::{Error, Result};
use uuid::Uuid;

impl Provisioning {
    /// Cancels an open run.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such run, [`Error::Conflict`] if it has ended.
    pub async fn cancel_run(&self, authority: &Authority<CancelRuns>, run_id: Uuid) -> Result<()> {
        let mut transaction = self.database.begin(authority).await?;
        // The run first, as everywhere: whoever settles a step of it waits.
        let (tenant_id, ended): (Uuid, bool) = sqlx::query_as("select tenant_id, ended_at is not null from run where id = $1 for update")
            .bind(run_id)
            .fetch_optional(transaction.conn())
            .await?
            .ok_or(Error::NotFound("run"))?;
        if ended {
            let message = "The run has ended; there is nothing left to cancel. Look at it as it is now.".to_owned();
            return Err(Error::Conflict { code: "APP-409", message });
        }
        cancel(&mut transaction, run_id, tenant_id).await?;
        transaction.commit().await
    }
}

/// Cancels a run that the transaction has locked.
pub(super) async fn cancel(transaction: &mut Transaction, run_id: Uuid, tenant_id: Uuid) -> Result<()> {
    sqlx::query("update run set cancel_asked_at = coalesce(cancel_asked_at, now()) where id = $1")
        .bind(run_id)
        .execute(transaction.conn())
        .await?;
    let cancelled = sqlx::query(
        "update run_step set state = 'cancelled', next_try_at = null, waiting_since = null
         where run_id = $1 and state in ('blocked', 'ready', 'retrying', 'waiting', 'stopped')",
    )
    .bind(run_id)
    .execute(transaction.conn())
    .await?
    .rows_affected();
    let entry = Entry {
        class: Class::Audit,
        action: Action::RunCancelled,
        result: Outcome::Done,
        tenant_id: Some(tenant_id),
        object_kind: "run",
        object_id: run_id.to_string(),
        correlation: Some(run_id),
        code: None,
        detail: serde_json::json!({ "steps_not_carried_out": cancelled }),
    };
    transaction.record(entry).await?;
    engine::refresh_run(transaction, run_id).await
}
