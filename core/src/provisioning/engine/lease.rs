//! Leases: how a worker holds its steps, and how it notices that it lost one.

use super::{Shared, within_patience};
use crate::access::{Authority, Provision};
use crate::error::Result;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{debug, warn};
use uuid::Uuid;

/// The steps that this process holds.
#[derive(Default)]
pub(super) struct Leases {
    held: Mutex<HashMap<Uuid, Holding>>,
}

struct Holding {
    epoch: i64,
    ends_at: watch::Sender<Instant>,
}

/// One held step. Dropping it forgets the holding; the row is not touched.
pub(super) struct Lease {
    shared: Arc<Shared>,
    step_id: Uuid,
    epoch: i64,
    ends_at: watch::Receiver<Instant>,
}

impl Leases {
    fn held(&self) -> MutexGuard<'_, HashMap<Uuid, Holding>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The steps held now, beside the epochs of their claims.
    pub(super) fn all(&self) -> (Vec<Uuid>, Vec<i64>) {
        self.held().iter().map(|(id, holding)| (*id, holding.epoch)).unzip()
    }
}

impl Lease {
    /// Holds a step whose lease ends at `ends_at`. That moment is reckoned from before the claim was asked for, so it is never
    /// later than the database's.
    pub(super) fn hold(shared: Arc<Shared>, step_id: Uuid, epoch: i64, ends_at: Instant) -> Self {
        let (sender, receiver) = watch::channel(ends_at);
        shared.leases.held().insert(step_id, Holding { epoch, ends_at: sender });
        Self { shared, step_id, epoch, ends_at: receiver }
    }

    /// Ends when the lease has. A process that was stopped and goes on finds here, before its next effect, that its time is over.
    pub(super) async fn lost(mut self: std::pin::Pin<&mut Self>) {
        loop {
            let ends_at = *self.ends_at.borrow_and_update();
            tokio::select! {
                biased;
                // Renewed; or found to be lost, then it ends now. The sender lives as long as this lease.
                Ok(()) = self.ends_at.changed() => {}
                () = tokio::time::sleep_until(ends_at) => return,
            }
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut held = self.shared.leases.held();
        if held.get(&self.step_id).is_some_and(|holding| holding.epoch == self.epoch) {
            held.remove(&self.step_id);
        }
    }
}

/// Renews what is held, for ever. What cannot be renewed any more is lost at once.
pub(super) async fn renew(shared: Arc<Shared>, authority: Arc<Authority<Provision>>) {
    loop {
        tokio::time::sleep(shared.tuning.renew).await;
        if let Err(error) = within_patience(renew_once(&shared, &authority)).await {
            debug!(code = error.code(), log = error.log(), "leases could not be renewed");
        }
    }
}

async fn renew_once(shared: &Shared, authority: &Authority<Provision>) -> Result<()> {
    let (ids, epochs) = shared.leases.all();
    if ids.is_empty() {
        return Ok(());
    }
    let ends_at = Instant::now() + shared.tuning.lease;
    let mut transaction = shared.database.begin(authority).await?;
    let renewed: Vec<Uuid> = sqlx::query_scalar(
        "update run_step s set lease_until = now() + $3 * interval '1 millisecond'
         from unnest($1::uuid[], $2::bigint[]) as held (id, epoch)
         where s.id = held.id and s.epoch = held.epoch and s.state = 'running' and s.lease_until > now()
         returning s.id",
    )
    .bind(&ids)
    .bind(&epochs)
    .bind(millis(shared.tuning.lease))
    .fetch_all(transaction.conn())
    .await?;
    transaction.commit().await?;
    for (id, epoch) in ids.into_iter().zip(epochs) {
        if let Some(holding) = shared.leases.held().get(&id).filter(|holding| holding.epoch == epoch) {
            if renewed.contains(&id) {
                holding.ends_at.send_replace(ends_at);
            } else {
                warn!(step = %id, epoch, "a lease was lost");
                holding.ends_at.send_replace(Instant::now());
            }
        }
    }
    Ok(())
}

/// Lets go of what was held, so that another worker need not wait for the leases to run out. What came of those steps is unknown:
/// they stay *running* and are taken over.
pub(super) async fn hand_back(shared: &Shared, authority: &Authority<Provision>, (ids, epochs): (Vec<Uuid>, Vec<i64>)) -> Result<()> {
    let mut transaction = shared.database.begin(authority).await?;
    sqlx::query(
        "update run_step s set lease_until = now()
         from unnest($2::uuid[], $3::bigint[]) as held (id, epoch)
         where s.id = held.id and s.epoch = held.epoch and s.owner = $1 and s.state = 'running' and s.lease_until > now()",
    )
    .bind(&shared.name)
    .bind(&ids)
    .bind(&epochs)
    .execute(transaction.conn())
    .await?;
    transaction.commit().await
}

/// Milliseconds for the database.
pub(crate) fn millis(duration: std::time::Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
