//! Carrying batches out: rows that are left are created in the name of whoever started the batch. A batch is held by a lease, as steps are;
//! a process that dies is taken over, and one that lost its lease writes nothing.
//!
//! A row is created once although two processes may try it: each asks under the row's own key (`Idempotency`), and the second gets the
//! first one's answer. It never decides what a tenant is to have, and gives nobody a right: it asks for theirs before each row.

use crate::access::sessions::roles_known;
use crate::access::{Actor, ActorKept, Authority, CreateTenants, Provision, demand};
use crate::error::{Error, Result};
use crate::provisioning::Provisioning;
use crate::provisioning::engine::{millis, within_patience};
use crate::provisioning::idempotency::Idempotency;
use futures::{StreamExt, stream};
use sha2::{Digest, Sha256};
use sqlx::FromRow;
use sqlx::types::Json;
use std::time::Duration;
use steward_domain::onboarding::Draft;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};
use uuid::Uuid;

/// So many rows are started side by side.
const AT_ONCE: usize = 4;

/// Times of a batch worker.
#[derive(Clone, Copy, Debug)]
pub struct BatchTuning {
    /// How long a claim holds without being renewed.
    pub lease: Duration,
    /// How often it is renewed.
    pub renew: Duration,
    /// How often the worker looks for batches that nobody carries out.
    pub poll: Duration,
    /// A batch that has gone on for longer ends: whoever started it may not be who they were.
    pub going_max: Duration,
}

impl Default for BatchTuning {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(15),
            renew: Duration::from_secs(5),
            poll: Duration::from_secs(2),
            going_max: Duration::from_secs(12 * 60 * 60),
        }
    }
}

/// Carries batches out that nobody carries out. One of a process works on one batch at a time.
#[derive(Clone, Debug)]
pub struct BatchWorker {
    provisioning: Provisioning,
    name: String,
    tuning: BatchTuning,
}

/// A claimed batch.
#[derive(Debug, FromRow)]
struct Claimed {
    id: Uuid,
    epoch: i64,
    asked_by: Json<ActorKept>,
    too_old: bool,
}

/// Why a batch was left before its end.
enum Left {
    /// Another process carries it out.
    Lost,
    /// The database is away, or worse.
    Failed(Error),
}

impl From<Error> for Left {
    fn from(error: Error) -> Self {
        Left::Failed(error)
    }
}

impl Provisioning {
    /// A batch worker of this process. `name` tells people which process it is; it need not be unique.
    #[must_use]
    pub fn batch_worker(&self, name: String, tuning: BatchTuning) -> BatchWorker {
        BatchWorker { provisioning: self.clone(), name, tuning }
    }
}

impl BatchWorker {
    /// Works until told to end. What it leaves then another process goes on with.
    pub async fn run(self, shutdown: CancellationToken) {
        info!(worker = self.name, "batch worker started");
        let work = async {
            loop {
                if !self.carry_out_next(None).await {
                    tokio::time::sleep(self.tuning.poll).await;
                }
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = work => {}
        }
        info!(worker = self.name, "batch worker ended");
    }

    /// Carries this batch out, unless somebody does.
    pub(super) async fn carry_out_one(self, id: Uuid) {
        self.carry_out_next(Some(id)).await;
    }

    /// Carries out that batch, or the next one that nobody does. Whether there was one that could be carried out to its end.
    async fn carry_out_next(&self, only: Option<Uuid>) -> bool {
        let actor = Actor::worker("provisioner", self.name.clone());
        let outcome = async {
            let worker = demand::<Provision>(&self.provisioning.database, &actor).await?;
            let Some(batch) = within_patience(self.claim(&worker, only)).await? else { return Ok(false) };
            tokio::select! {
                biased;
                left = self.renew(&worker, &batch) => Err(left),
                ended = self.carry_out(&worker, &batch) => ended.map(|()| true),
            }
        };
        match outcome.await {
            Ok(found) => found,
            Err(Left::Lost) => {
                warn!(worker = self.name, "a batch was taken over");
                false
            }
            Err(Left::Failed(error)) => {
                debug!(worker = self.name, code = error.code(), log = error.log(), "a batch is gone on with later");
                false
            }
        }
    }

    async fn claim(&self, worker: &Authority<Provision>, only: Option<Uuid>) -> Result<Option<Claimed>> {
        let mut transaction = self.provisioning.database.begin(worker).await?;
        let next: Option<Uuid> = sqlx::query_scalar(
            "select id from batch where going_since is not null and (lease_until is null or lease_until < now()) and ($1::uuid is null or id = $1)
             order by going_since limit 1 for update skip locked",
        )
        .bind(only)
        .fetch_optional(transaction.conn())
        .await?;
        let Some(next) = next else { return Ok(None) };
        let claimed = sqlx::query_as(
            "update batch set owner = $2, epoch = epoch + 1, lease_until = now() + $3 * interval '1 millisecond'
             where id = $1 returning id, epoch, asked_by, going_since < now() - $4 * interval '1 millisecond' as too_old",
        )
        .bind(next)
        .bind(&self.name)
        .bind(millis(self.tuning.lease))
        .bind(millis(self.tuning.going_max))
        .fetch_one(transaction.conn())
        .await?;
        transaction.commit().await?;
        Ok(Some(claimed))
    }

    /// Holds the batch; ends when it is lost. Dropped, it lets go.
    async fn renew(&self, worker: &Authority<Provision>, batch: &Claimed) -> Left {
        let mut ends_at = tokio::time::Instant::now() + self.tuning.lease;
        loop {
            tokio::time::sleep(self.tuning.renew).await;
            let asked_at = tokio::time::Instant::now();
            match within_patience(self.renew_once(worker, batch)).await {
                Ok(true) => ends_at = asked_at + self.tuning.lease,
                Ok(false) => return Left::Lost,
                Err(error) => debug!(batch = %batch.id, code = error.code(), log = error.log(), "a batch could not be renewed"),
            }
            if tokio::time::Instant::now() >= ends_at {
                return Left::Lost;
            }
        }
    }

    async fn renew_once(&self, worker: &Authority<Provision>, batch: &Claimed) -> Result<bool> {
        let mut transaction = self.provisioning.database.begin(worker).await?;
        let renewed = sqlx::query(
            "update batch set lease_until = now() + $3 * interval '1 millisecond' where id = $1 and epoch = $2 and lease_until > now()",
        )
        .bind(batch.id)
        .bind(batch.epoch)
        .bind(millis(self.tuning.lease))
        .execute(transaction.conn())
        .await?
        .rows_affected();
        transaction.commit().await?;
        Ok(renewed == 1)
    }

    /// Creates what is left, until nothing is: somebody may have asked to try failed rows again meanwhile.
    async fn carry_out(&self, worker: &Authority<Provision>, batch: &Claimed) -> Result<(), Left> {
        loop {
            let mut reader = self.provisioning.database.read(worker).await?;
            let rows: Vec<(i32, Json<Draft>)> = sqlx::query_as(
                "select line, draft from batch_row where batch_id = $1 and tenant_id is null and problem is null order by line",
            )
            .bind(batch.id)
            .fetch_all(reader.conn())
            .await
            .map_err(Error::from)?;
            drop(reader);
            if rows.is_empty() && self.end(worker, batch).await? {
                return Ok(());
            }
            let created = stream::iter(rows).map(|(line, draft)| self.create_row(worker, batch, line, draft.0)).buffer_unordered(AT_ONCE);
            let outcomes: Vec<Result<(), Left>> = created.collect().await;
            outcomes.into_iter().collect::<Result<(), Left>>()?;
        }
    }

    /// Whoever started the batch, if they may still create tenants: their right is asked for again, with the roles of their newest session.
    async fn authority(&self, batch: &Claimed) -> Result<Authority<CreateTenants>> {
        let database = &self.provisioning.database;
        let known = match batch.asked_by.0.person() {
            Some(person) => roles_known(database, person).await?,
            None => None,
        };
        demand(database, &batch.asked_by.0.actor(known)).await
    }

    async fn create_row(&self, worker: &Authority<Provision>, batch: &Claimed, line: i32, draft: Draft) -> Result<(), Left> {
        let made = async {
            if batch.too_old {
                let message = "The table stood still for too long. Nothing was made of this row. Press the button again.".to_owned();
                return Err(Error::Conflict { code: "TEN-417", message });
            }
            let authority = self.authority(batch).await?;
            let request_hash = Sha256::digest(serde_json::to_vec(&draft)?).to_vec();
            let key = Idempotency { key: format!("batch {} line {line}", batch.id), request_hash };
            self.provisioning.onboard(&authority, draft, Some(key)).await
        };
        let (tenant, run, problem) = match made.await {
            Ok(made) => (Some(made.tenant_id), Some(made.run_id), None),
            // It says nothing about the row: that stays as it is, and is tried again.
            Err(error @ Error::DatabaseAway { .. }) => return Err(error.into()),
            Err(error) => (None, None, Some(format!("{} ({})", error.message(), error.code()))),
        };
        let mut transaction = self.provisioning.database.begin(worker).await?;
        let written = sqlx::query(
            "update batch_row r set tenant_id = $4, run_id = $5, problem = $6 from batch b
             where b.id = $1 and b.epoch = $2 and b.lease_until > now() and r.batch_id = b.id and r.line = $3 and r.tenant_id is null",
        )
        .bind(batch.id)
        .bind(batch.epoch)
        .bind(line)
        .bind(tenant)
        .bind(run)
        .bind(problem)
        .execute(transaction.conn())
        .await
        .map_err(Error::from)?
        .rows_affected();
        transaction.commit().await?;
        if written == 1 { Ok(()) } else { Err(Left::Lost) }
    }

    /// Ends the batch, if no row is left.
    async fn end(&self, worker: &Authority<Provision>, batch: &Claimed) -> Result<bool, Left> {
        let mut transaction = self.provisioning.database.begin(worker).await?;
        let held: Option<i64> =
            sqlx::query_scalar("select epoch from batch where id = $1 and epoch = $2 and lease_until > now() for update")
                .bind(batch.id)
                .bind(batch.epoch)
                .fetch_optional(transaction.conn())
                .await
                .map_err(Error::from)?;
        if held.is_none() {
            return Err(Left::Lost);
        }
        let ended = sqlx::query(
            "update batch set going_since = null, asked_by = null, owner = null, lease_until = null
             where id = $1 and not exists (select from batch_row where batch_id = $1 and tenant_id is null and problem is null)",
        )
        .bind(batch.id)
        .execute(transaction.conn())
        .await
        .map_err(Error::from)?
        .rows_affected();
        transaction.commit().await?;
        Ok(ended == 1)
    }
}
