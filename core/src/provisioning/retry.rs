//! A person asks to try a step now.

use super::Provisioning;
use super::engine::refresh_run;
use crate::access::{Authority, RetryRuns};
use crate::audit::{Action, Class, Entry, Outcome};
use crate::database::Transaction;
use crate::error::{Error, Result};
use sqlx::FromRow;
use steward_domain::run::{StepEvent, StepState};
use uuid::Uuid;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    title: String,
    state: String,
    failures: i32,
}

impl Provisioning {
    /// Tries a step that is stopped, retrying or waiting. Its failures count from zero again.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such step, [`Error::Conflict`] if it is in none of those states.
    pub async fn retry_step(&self, authority: &Authority<RetryRuns>, run_id: Uuid, step_id: Uuid) -> Result<()> {
        self.retry(authority, run_id, Some(step_id)).await
    }

    /// Tries every step of a run that is stopped, retrying or waiting.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such run, [`Error::Conflict`] if no step is in one of those states.
    pub async fn retry_run(&self, authority: &Authority<RetryRuns>, run_id: Uuid) -> Result<()> {
        self.retry(authority, run_id, None).await
    }

    async fn retry(&self, authority: &Authority<RetryRuns>, run_id: Uuid, step_id: Option<Uuid>) -> Result<()> {
        let mut transaction = self.database.begin(authority).await?;
        // The run first, as everywhere: whoever settles a step of it waits.
        let tenant_id: Uuid = sqlx::query_scalar("select tenant_id from run where id = $1 for update")
            .bind(run_id)
            .fetch_optional(transaction.conn())
            .await?
            .ok_or(Error::NotFound("run"))?;
        ready_again(&mut transaction, tenant_id, run_id, step_id).await?;
        transaction.commit().await
    }
}

/// Makes every step ready, or one of them, that is stopped, retrying or waiting; the run is held by the caller.
pub(super) async fn ready_again(transaction: &mut Transaction, tenant_id: Uuid, run_id: Uuid, step_id: Option<Uuid>) -> Result<()> {
    let rows: Vec<Row> = sqlx::query_as(
        "select id, title, state, failures from run_step where run_id = $1 and ($2::uuid is null or id = $2) order by ordinal for update",
    )
    .bind(run_id)
    .bind(step_id)
    .fetch_all(transaction.conn())
    .await?;
    if rows.is_empty() {
        return Err(Error::NotFound("step"));
    }
    let may_retry = |row: &&Row| StepState::parse(&row.state).is_some_and(|state| state.next(StepEvent::RetryAsked).is_ok());
    let retried: Vec<&Row> = rows.iter().filter(may_retry).collect();
    if retried.is_empty() {
        let message = "Nothing is stopped, retrying or waiting there any more. Look at the run as it is now.".to_owned();
        return Err(Error::Conflict { code: "APP-409", message });
    }
    let ids: Vec<Uuid> = retried.iter().map(|row| row.id).collect();
    // Why it stood still no longer holds; its attempts keep it.
    sqlx::query(
        "update run_step set state = 'ready', failures = 0, next_try_at = null, waiting_since = null, cause = null where id = any($1)",
    )
    .bind(&ids)
    .execute(transaction.conn())
    .await?;
    for row in retried {
        let entry = Entry {
            class: Class::Audit,
            action: Action::StepRetried,
            result: Outcome::Done,
            tenant_id: Some(tenant_id),
            object_kind: "step",
            object_id: row.id.to_string(),
            correlation: Some(run_id),
            code: None,
            detail: serde_json::json!({ "step": row.title, "state": { "before": row.state, "after": "ready" }, "failures": { "before": row.failures, "after": 0 } }),
        };
        transaction.record(entry).await?;
    }
    refresh_run(transaction, run_id).await
}
