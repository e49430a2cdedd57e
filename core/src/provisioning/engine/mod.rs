//! The run engine: carries out the steps of runs, survives anything.
//!
//! A step is claimed with a lease and an epoch; every write names the epoch, so that a worker that lost its lease writes nothing
//! (`WHERE epoch = $e AND lease_until > now()`, the database's clock). The intent commits before the effect. After the effect the
//! engine observes again; result, entry, inventory, successors, run and tenant then change in one transaction. An outcome that is
//! unknown is observed, never assumed.
//!
//! It never decides what a tenant is to have, and knows no kind of resource by name. Any number of processes run it side by side;
//! PostgreSQL is all that they share.
//!
//! Start reading at [`Worker::run`], then [`attempt`], then [`settle`].

mod attempt;
mod away;
mod claim;
mod lease;
mod pause;
mod settle;

use super::wanted::{Site, Wanted};
use crate::access::{Actor, Authority, Provision, demand};
use crate::database::Database;
use crate::error::{Error, Result};
use crate::platform::Instance;
use claim::Claimed;
use lease::Leases;
pub(crate) use lease::millis;
pub(super) use settle::refresh_run;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use steward_domain::resource::ResourceKind;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

/// Times and limits of a worker.
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    /// How long a claim holds without being renewed. A dead worker is taken over after at most this and one poll.
    pub lease: Duration,
    /// How often claims are renewed.
    pub renew: Duration,
    /// How often the worker looks for work without being told: for due retries and leases that ran out.
    pub poll: Duration,
    /// Steps carried out at the same time. Nearly all of their time they wait for an answer, and how many calls a system gets is its
    /// gate's to say: with few steps, those that wait for a busy system would keep everybody else's from beginning.
    pub steps_max: usize,
    /// The first pause before a retry; it doubles each time.
    pub pause_first: Duration,
    /// The longest pause before a retry.
    pub pause_max: Duration,
    /// The longest time between two looks at a system that is away.
    pub look_max: Duration,
    /// How long a worker that is told to end waits for its steps.
    pub grace: Duration,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(15),
            renew: Duration::from_secs(5),
            poll: Duration::from_millis(500),
            steps_max: 256,
            pause_first: Duration::from_secs(1),
            pause_max: Duration::from_secs(60),
            look_max: Duration::from_secs(10),
            grace: Duration::from_secs(8),
        }
    }
}

/// The points at which tests make a worker die. In production nobody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Point {
    /// The claim and the intent are written, but not committed.
    BeforeIntent,
    /// The intent is committed, nothing was done yet.
    AfterIntent,
    /// The effect was asked for, and answered.
    AfterEffect,
    /// The effect was observed.
    AfterObserve,
    /// The result is committed.
    AfterCommit,
}

impl Point {
    /// Every point, in order.
    pub const ALL: [Point; 5] = [Point::BeforeIntent, Point::AfterIntent, Point::AfterEffect, Point::AfterObserve, Point::AfterCommit];
}

/// Asked at each point whether the worker dies there.
pub trait Deaths: Send + Sync {
    /// Whether it dies now, over the step of this kind of this tenant.
    fn dies(&self, point: Point, kind: ResourceKind, tenant: &Wanted) -> bool;
}

/// A worker of one process.
pub struct Worker {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("name", &self.shared.name).finish_non_exhaustive()
    }
}

/// What the tasks of a worker share.
struct Shared {
    database: Database,
    site: Arc<Site>,
    name: String,
    tuning: Tuning,
    deaths: Option<Arc<dyn Deaths>>,
    died: CancellationToken,
    leases: Leases,
    /// Somebody should look for work now.
    wake: Notify,
    /// Systems, and cells of Keycloak, that were away and answered again; their waiting steps may be claimed.
    back: Mutex<HashSet<Instance>>,
}

impl Shared {
    /// Whether the worker dies here. If so it never goes on: the caller is dropped with the worker.
    async fn die_if_told(&self, point: Point, step: &Claimed) {
        if self.told_to_die(point, step.kind, &step.wanted) {
            std::future::pending::<()>().await;
        }
    }

    fn told_to_die(&self, point: Point, kind: ResourceKind, tenant: &Wanted) -> bool {
        let dies = self.deaths.as_ref().is_some_and(|deaths| deaths.dies(point, kind, tenant));
        if dies {
            self.died.cancel();
        }
        dies || self.died.is_cancelled()
    }

    fn back(&self) -> std::sync::MutexGuard<'_, HashSet<Instance>> {
        self.back.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Worker {
    pub(super) fn new(database: Database, site: Arc<Site>, name: String) -> Self {
        Self::tuned(database, site, name, Tuning::default(), None)
    }

    fn tuned(database: Database, site: Arc<Site>, name: String, tuning: Tuning, deaths: Option<Arc<dyn Deaths>>) -> Self {
        let shared = Shared {
            database,
            site,
            name,
            tuning,
            deaths,
            died: CancellationToken::new(),
            leases: Leases::default(),
            wake: Notify::new(),
            back: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The same worker with other times, and with deaths for tests.
    #[must_use]
    pub fn with(self, tuning: Tuning, deaths: Option<Arc<dyn Deaths>>) -> Self {
        let shared = &self.shared;
        Self::tuned(shared.database.clone(), Arc::clone(&shared.site), shared.name.clone(), tuning, deaths)
    }

    /// Works until told to end. Then it finishes its steps as far as the grace allows and hands back the others.
    /// It outlives the database and every system being away.
    pub async fn run(self, shutdown: CancellationToken) {
        let shared = self.shared;
        let actor = Actor::worker("provisioner", shared.name.clone());
        let authority = match demand::<Provision>(&shared.database, &actor).await {
            Ok(authority) => Arc::new(authority),
            Err(error) => {
                warn!(code = error.code(), log = error.log(), "the worker may not work");
                return;
            }
        };
        info!(worker = shared.name, "worker started");
        let mut beside = JoinSet::new();
        beside.spawn(listen(Arc::clone(&shared)));
        beside.spawn(lease::renew(Arc::clone(&shared), Arc::clone(&authority)));
        beside.spawn(away::look(Arc::clone(&shared), Arc::clone(&authority)));

        let mut steps = JoinSet::new();
        let mut tick = tokio::time::interval(shared.tuning.poll);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut look_for_lost = true;
        loop {
            while steps.try_join_next().is_some() {}
            let free = shared.tuning.steps_max.saturating_sub(steps.len());
            match claim_some(&shared, &authority, free, look_for_lost).await {
                Ok(claimed) => {
                    for claimed in claimed {
                        steps.spawn(attempt::carry_out(Arc::clone(&shared), Arc::clone(&authority), claimed));
                    }
                }
                Err(error) => debug!(code = error.code(), log = error.log(), "no work could be claimed"),
            }
            look_for_lost = false;
            tokio::select! {
                biased;
                () = shared.died.cancelled() => return,
                () = shutdown.cancelled() => break,
                () = shared.wake.notified() => {}
                Some(_) = steps.join_next(), if !steps.is_empty() => {}
                _ = tick.tick() => look_for_lost = true,
            }
        }
        let finished = tokio::time::timeout(shared.tuning.grace, async { while steps.join_next().await.is_some() {} }).await;
        if finished.is_err() {
            // Before the steps are dropped: each forgets its lease as it goes.
            let held = shared.leases.all();
            steps.shutdown().await;
            // A renewal on its way must not come after the hand-back.
            beside.shutdown().await;
            if let Err(error) = lease::hand_back(&shared, &authority, held).await {
                warn!(code = error.code(), log = error.log(), "steps could not be handed back; their leases run out");
            }
        }
        info!(worker = shared.name, "worker ended");
    }
}

async fn claim_some(shared: &Shared, authority: &Authority<Provision>, free: usize, look_for_lost: bool) -> Result<Vec<Claimed>> {
    if free == 0 {
        return Ok(Vec::new());
    }
    within_patience(claim::claim(shared, authority, free, look_for_lost)).await
}

/// How long the worker waits for the database before it tries again. A connection whose other end vanished says nothing at all, and
/// PostgreSQL itself ends what takes this long.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) async fn within_patience<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Error::DatabaseAway { log: "the database did not answer in time".to_owned() }),
    }
}

/// Wakes the worker when a step becomes ready anywhere. Without the database it tries again; meanwhile the poll serves.
async fn listen(shared: Arc<Shared>) {
    loop {
        match shared.database.listen("step_ready").await {
            Ok(mut listener) => {
                shared.wake.notify_one();
                while listener.next().await.is_ok() {
                    shared.wake.notify_one();
                }
            }
            Err(error) => debug!(code = error.code(), log = error.log(), "not listening"),
        }
        tokio::time::sleep(shared.tuning.poll).await;
    }
}
