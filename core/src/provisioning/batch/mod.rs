//! Many tenants from one table: every row is looked at first; then each is created by a run of its own.
//!
//! The batch is rows, so that its progress can be seen and it goes on after whatever carried it out has died ([`worker`]): a row that has
//! its tenant is not created again, and each is asked for under a key of its own.

mod table;
mod worker;

pub use worker::{BatchTuning, BatchWorker};

use super::Provisioning;
use super::cells;
use super::preflight;
use super::settings::Capacity;
use super::wanted::Wanted;
use crate::access::{ActorKept, Authority, CreateTenants};
use crate::audit::{Action, Class, Entry, Outcome};
use crate::error::{Error, Result};
use crate::tenants;
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::FromRow;
use sqlx::types::Json;
use steward_domain::bulk::{RowVerdict, check};
use steward_domain::field::FieldError;
use steward_domain::onboarding::Draft;
use steward_domain::plan::Verdict;
use steward_domain::run::RunState;
use uuid::Uuid;

/// A batch as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BatchView {
    /// Its id.
    pub id: Uuid,
    /// Who asked for it.
    pub requested_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it was started; none while it is only reviewed.
    pub started_at: Option<DateTime<Utc>>,
    /// Its rows, in the order of the table.
    pub rows: Vec<BatchRow>,
}

/// One row of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BatchRow {
    /// What came of looking at it.
    #[serde(flatten)]
    pub review: RowVerdict,
    /// Its tenant, once it was created.
    pub tenant_id: Option<Uuid>,
    /// The number of its run.
    pub run_number: Option<i64>,
    /// The state of its run.
    pub run_state: Option<RunState>,
    /// Why it was not created.
    pub problem: Option<String>,
}

/// How far a batch is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Not started yet.
    pub waiting: usize,
    /// Their run is under way.
    pub running: usize,
    /// Their run is done.
    pub done: usize,
    /// Their run stopped or was cancelled: a person must look.
    pub stopped: usize,
    /// They were not created.
    pub failed: usize,
}

impl BatchView {
    /// Whether it can be started: no row fails.
    #[must_use]
    pub fn may_start(&self) -> bool {
        self.rows.iter().all(|row| row.review.verdict != Verdict::Fail)
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let mut progress = Progress::default();
        for row in &self.rows {
            let place = match (row.run_state, &row.problem) {
                (Some(RunState::Done), _) => &mut progress.done,
                (Some(RunState::Running), _) => &mut progress.running,
                (Some(RunState::Stopped | RunState::Cancelled), _) => &mut progress.stopped,
                (None, Some(_)) => &mut progress.failed,
                (None, None) => &mut progress.waiting,
            };
            *place = place.saturating_add(1);
        }
        progress
    }
}

#[derive(FromRow)]
struct HeadRow {
    requested_by: String,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
}

#[derive(FromRow)]
struct Row {
    line: i32,
    name: String,
    short_name: Option<String>,
    verdict: String,
    errors: Json<Vec<FieldError>>,
    tenant_id: Option<Uuid>,
    run_number: Option<i64>,
    run_state: Option<String>,
    problem: Option<String>,
}

impl From<Row> for BatchRow {
    fn from(row: Row) -> Self {
        // The database's check constraint knows the same words.
        let verdict = match row.verdict.as_str() {
            "pass" => Verdict::Pass,
            "look" => Verdict::Look,
            _ => Verdict::Fail,
        };
        let line = u32::try_from(row.line).unwrap_or_default();
        Self {
            review: RowVerdict { line, name: row.name, short_name: row.short_name, verdict, errors: row.errors.0 },
            tenant_id: row.tenant_id,
            run_number: row.run_number,
            run_state: row.run_state.as_deref().and_then(RunState::parse),
            problem: row.problem,
        }
    }
}

impl Provisioning {
    /// Looks at every row of a table; nothing is kept.
    ///
    /// # Errors
    /// [`Error::Invalid`] at `csv` if the table cannot be read.
    pub async fn preview_batch(&self, authority: &Authority<CreateTenants>, csv: &str) -> Result<Vec<RowVerdict>> {
        self.review(authority, &table::read(csv)?).await
    }

    /// Looks at every row of a table and keeps it, to be started. Gives the batch's id.
    ///
    /// # Errors
    /// As [`Provisioning::preview_batch`].
    pub async fn propose_batch(&self, authority: &Authority<CreateTenants>, csv: &str) -> Result<Uuid> {
        let rows = table::read(csv)?;
        let verdicts = self.review(authority, &rows).await?;
        let mut transaction = self.database.begin(authority).await?;
        let (id, requested_by) = (transaction.context().id()?, transaction.actor().name().to_owned());
        sqlx::query("insert into batch (id, reseller_id, requested_by) values ($1, $2, $3)")
            .bind(id)
            .bind(authority.actor().reseller())
            .bind(requested_by)
            .execute(transaction.conn())
            .await?;
        for ((_, draft), verdict) in rows.iter().zip(&verdicts) {
            let name: String = verdict.name.chars().take(100).collect();
            sqlx::query(
                "insert into batch_row (batch_id, line, draft, name, short_name, verdict, errors) values ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(id)
            .bind(i32::try_from(verdict.line).unwrap_or(i32::MAX))
            .bind(Json(draft))
            .bind(name)
            .bind(&verdict.short_name)
            .bind(word(verdict.verdict))
            .bind(Json(&verdict.errors))
            .execute(transaction.conn())
            .await?;
        }
        transaction.record(entry(Action::BatchProposed, id, rows.len())).await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// The verdict of each row: by the table itself, then whether its name is free, its reseller is there, and there is room for it after
    /// all rows before it. What the systems hold is looked at when each is started.
    async fn review(&self, authority: &Authority<CreateTenants>, rows: &[(u32, Draft)]) -> Result<Vec<RowVerdict>> {
        let mut reader = self.database.read(authority).await?;
        let mut allocated = preflight::allocated(reader.conn()).await?;
        let mut placed = cells::filled(reader.conn()).await?;
        let mut verdicts = Vec::new();
        for (mut row, wish) in check(rows) {
            let Some(wish) = wish else {
                verdicts.push(row);
                continue;
            };
            let organisation = &wish.organisation;
            if let Some(taken) = tenants::short_name_holder(&self.database, authority, &organisation.short_name)
                .await?
                .message(organisation.short_name.as_str())
            {
                row.errors.push(FieldError::new("short_name", taken));
            }
            match tenants::reseller_named(reader.conn(), authority, organisation.reseller.as_deref().unwrap_or_default()).await {
                Ok(_) => {}
                Err(Error::Invalid(errors)) => row.errors.extend(errors),
                Err(error) => return Err(error),
            }
            let mut tight = false;
            if let Some(capacity) = self.site.settings.capacity {
                let wanted = Wanted::of(Uuid::nil(), &wish, &self.site.settings.base_domain);
                for line in preflight::head_room(&wanted, allocated, capacity) {
                    tight |= line.verdict == Verdict::Look;
                    if line.verdict == Verdict::Fail {
                        row.errors.push(FieldError::new("limits", line.what));
                    }
                }
            }
            let region = wish.settings.region;
            let cell = self.site.settings.cells.candidates(region, &placed).first().map(|cell| cell.name.clone());
            let place = self.site.settings.cells.check(region, cell.as_deref(), &placed);
            tight |= place.verdict == Verdict::Look;
            if place.verdict == Verdict::Fail {
                row.errors.push(FieldError::new("region", place.what));
            }
            row.verdict = match (row.errors.is_empty(), tight) {
                (false, _) => Verdict::Fail,
                (true, true) => Verdict::Look,
                (true, false) => Verdict::Pass,
            };
            if row.verdict != Verdict::Fail {
                if let Some(cell) = &cell {
                    placed.add(cell);
                }
                let limits = wish.settings.limits;
                allocated = Capacity {
                    cpu: allocated.cpu.saturating_add(limits.cpu.into()),
                    memory_gib: allocated.memory_gib.saturating_add(limits.memory_gib.into()),
                    storage_gib: allocated.storage_gib.saturating_add(limits.storage_gib.into()),
                    gpu: allocated.gpu.saturating_add(limits.gpu.into()),
                };
            }
            verdicts.push(row);
        }
        Ok(verdicts)
    }

    /// A batch with how far each row is.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none that the actor may see.
    pub async fn batch_view(&self, authority: &Authority<CreateTenants>, id: Uuid) -> Result<BatchView> {
        let mut reader = self.database.read(authority).await?;
        let head: HeadRow = sqlx::query_as("select requested_by, created_at, started_at from batch where id = $1")
            .bind(id)
            .fetch_optional(reader.conn())
            .await?
            .ok_or(Error::NotFound("batch"))?;
        let rows: Vec<Row> = sqlx::query_as(
            "select b.line, b.name, b.short_name, b.verdict, b.errors, b.tenant_id, r.number as run_number, r.state as run_state, b.problem
             from batch_row b left join run r on r.id = b.run_id where b.batch_id = $1 order by b.line",
        )
        .bind(id)
        .fetch_all(reader.conn())
        .await?;
        Ok(BatchView {
            id,
            requested_by: head.requested_by,
            created_at: head.created_at,
            started_at: head.started_at,
            rows: rows.into_iter().map(BatchRow::from).collect(),
        })
    }

    /// Starts a batch, or goes on with it: every row that has no tenant yet is created, a few at a time, after this returns; by this
    /// process, or by another if this one dies.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none that the actor may see, [`Error::Conflict`] if a row fails or none is left.
    pub async fn start_batch(&self, authority: &Authority<CreateTenants>, id: Uuid) -> Result<()> {
        let batch = self.batch_view(authority, id).await?;
        if !batch.may_start() {
            let message = "A row of the table does not pass. Nothing was created. Correct the table and send it again.".to_owned();
            return Err(Error::Conflict { code: "TEN-417", message });
        }
        if batch.rows.iter().all(|row| row.tenant_id.is_some()) {
            return Err(Error::Conflict { code: "TEN-417", message: "Every tenant of the table was created already.".to_owned() });
        }
        let asked_by = ActorKept::of(authority.actor()).ok_or_else(|| Error::internal("a batch that nobody asked for"))?;
        let mut transaction = self.database.begin(authority).await?;
        // One that goes on already goes on in the name of whoever started it: its rows are asked for under that name's keys.
        sqlx::query(
            "update batch set started_at = coalesce(started_at, now()), asked_by = coalesce(asked_by, $2), going_since = coalesce(going_since, now())
             where id = $1",
        )
        .bind(id)
        .bind(Json(asked_by))
        .execute(transaction.conn())
        .await?;
        sqlx::query("update batch_row set problem = null where batch_id = $1 and tenant_id is null")
            .bind(id)
            .execute(transaction.conn())
            .await?;
        transaction.record(entry(Action::BatchStarted, id, batch.rows.len())).await?;
        transaction.commit().await?;
        // At once, and by a worker's rights: whoever dies on the way is taken over by a `BatchWorker`.
        let carrier = self.batch_worker("started here".to_owned(), BatchTuning::default());
        tokio::spawn(async move { carrier.carry_out_one(id).await });
        Ok(())
    }
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Look => "look",
        Verdict::Fail => "fail",
    }
}

fn entry(action: Action, id: Uuid, rows: usize) -> Entry {
    Entry {
        class: Class::Audit,
        action,
        result: Outcome::Done,
        tenant_id: None,
        object_kind: "batch",
        object_id: id.to_string(),
        correlation: None,
        code: None,
        detail: serde_json::json!({ "tenants": rows }),
    }
}
