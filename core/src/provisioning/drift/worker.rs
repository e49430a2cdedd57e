//! The reconciler of one process: it claims tenants that are due, looks at them and notes what it found.

use super::claim::{Claimed, claim};
use super::look::look;
use super::note::{NotedAs, end_ignoring, note, noted};
use super::{renew, repair, watch};
use crate::access::{Actor, Authority, Observe, demand};
use crate::database::Database;
use crate::error::Result;
use crate::platform::Instance;
use crate::provisioning::Provisioning;
use crate::provisioning::engine::within_patience;
use crate::provisioning::wanted::Site;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use steward_domain::system::System;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

/// Times and limits of a reconciler.
#[derive(Clone, Copy, Debug)]
pub struct SweepTuning {
    /// Everything that a tenant has is looked at so often.
    pub every: Duration,
    /// How long a claimed tenant is held. One look takes at most twice `look_max`.
    pub lease: Duration,
    /// How long one look at one resource may take, waiting for its turn included.
    pub look_max: Duration,
    /// How often the reconciler asks for due tenants without being told.
    pub poll: Duration,
    /// How many tenants are looked at side by side.
    pub tenants_at_once: usize,
    /// How many looks go to one system at the same time, Keycloak apart.
    pub looks_at_once: usize,
    /// The same for each cell of Keycloak, which suffers most from many calls.
    pub keycloak_looks_at_once: usize,
    /// A tenant whose watched objects keep changing is looked at no more often than this.
    pub watched_pause: Duration,
}

impl Default for SweepTuning {
    fn default() -> Self {
        Self {
            every: Duration::from_secs(300),
            lease: Duration::from_secs(60),
            look_max: Duration::from_secs(10),
            poll: Duration::from_secs(1),
            tenants_at_once: 16,
            looks_at_once: 16,
            keycloak_looks_at_once: 8,
            watched_pause: Duration::from_secs(3),
        }
    }
}

/// How long a system rests that asked for fewer calls and did not say for how long.
const REST: Duration = Duration::from_secs(60);

/// What the tasks of a reconciler share.
pub(super) struct Sweep {
    pub(super) provisioning: Provisioning,
    pub(super) database: Database,
    pub(super) site: Arc<Site>,
    pub(super) name: String,
    pub(super) tuning: SweepTuning,
    places: HashMap<Instance, Semaphore>,
    /// Systems, and cells of Keycloak, that asked for fewer calls, and until when nobody sweeps them.
    resting: Mutex<HashMap<Instance, Instant>>,
    /// Somebody should look for due tenants now.
    wake: Notify,
}

impl Sweep {
    /// The places at a system: each look takes one.
    pub(super) fn places(&self, at: &Instance) -> Option<&Semaphore> {
        self.places.get(at)
    }

    /// Whether a system asked for fewer calls a moment ago: what runs need of it goes before the sweep.
    pub(super) fn rests(&self, at: &Instance) -> bool {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner).get(at).is_some_and(|until| Instant::now() < *until)
    }

    /// Sweeps a system no more until it may be asked again.
    pub(super) fn rest(&self, at: Instance, pause: Option<Duration>) {
        let until = Instant::now() + pause.unwrap_or(REST);
        self.resting.lock().unwrap_or_else(PoisonError::into_inner).insert(at, until);
    }
}

/// The reconciler of one process.
pub struct Reconciler {
    sweep: Arc<Sweep>,
}

impl std::fmt::Debug for Reconciler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reconciler").field("name", &self.sweep.name).finish_non_exhaustive()
    }
}

impl Reconciler {
    pub(in crate::provisioning) fn new(provisioning: Provisioning, name: String, tuning: SweepTuning) -> Self {
        let further = provisioning.site.settings.cells.all().skip(1).map(|cell| Instance::cell(&cell.name));
        let instances = System::ALL.into_iter().map(Instance::from).chain(further);
        let places: HashMap<Instance, Semaphore> = instances
            .map(|at| {
                let places = if at.system == System::Keycloak { tuning.keycloak_looks_at_once } else { tuning.looks_at_once };
                (at, Semaphore::new(places))
            })
            .collect();
        let sweep = Sweep {
            database: provisioning.database.clone(),
            site: Arc::clone(&provisioning.site),
            provisioning,
            name,
            tuning,
            places,
            resting: Mutex::default(),
            wake: Notify::new(),
        };
        Self { sweep: Arc::new(sweep) }
    }

    /// Looks until told to end. It outlives the database and every system being away.
    pub async fn run(self, shutdown: CancellationToken) {
        let sweep = self.sweep;
        let actor = Actor::worker("reconciler", sweep.name.clone());
        let authority = match demand::<Observe>(&sweep.database, &actor).await {
            Ok(authority) => Arc::new(authority),
            Err(error) => {
                warn!(code = error.code(), log = error.log(), "the reconciler may not look");
                return;
            }
        };
        info!(reconciler = sweep.name, "reconciler started");
        let mut beside = JoinSet::new();
        beside.spawn(listen(Arc::clone(&sweep)));
        watch::spawn(&mut beside, &sweep, &authority);

        let mut looks = JoinSet::new();
        let mut tick = tokio::time::interval(sweep.tuning.poll);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            while looks.try_join_next().is_some() {}
            let free = sweep.tuning.tenants_at_once.saturating_sub(looks.len());
            if free > 0 {
                match within_patience(claim(&sweep, &authority, free)).await {
                    Ok(claimed) => {
                        for claimed in claimed {
                            looks.spawn(look_and_note(Arc::clone(&sweep), Arc::clone(&authority), claimed));
                        }
                    }
                    Err(error) => debug!(code = error.code(), log = error.log(), "no tenant could be claimed"),
                }
            }
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                Some(_) = looks.join_next(), if !looks.is_empty() => {}
                () = sweep.wake.notified() => {}
                _ = tick.tick() => {
                    if let Err(error) = within_patience(end_ignoring(&sweep, &authority)).await {
                        debug!(code = error.code(), log = error.log(), "what was ignored could not be reported again");
                    }
                    if let Err(error) = within_patience(renew::again(&sweep, &authority)).await {
                        debug!(code = error.code(), log = error.log(), "renewals that stopped could not be tried again");
                    }
                }
            }
        }
        // A look changes nothing: what does not come to its end is looked at again once its lease ran out.
        let finished = tokio::time::timeout(sweep.tuning.look_max, async { while looks.join_next().await.is_some() {} }).await;
        info!(reconciler = sweep.name, in_time = finished.is_ok(), "reconciler ended");
    }
}

async fn look_and_note(sweep: Arc<Sweep>, authority: Arc<Authority<Observe>>, claimed: Claimed) {
    let tenant = claimed.tenant.id;
    match look_and_note_once(&sweep, &authority, &claimed).await {
        Ok(NotedAs::Written) => debug!(%tenant, everything = claimed.everything, "looked at"),
        Ok(NotedAs::Stale) => debug!(%tenant, "the tenant changed while it was looked at"),
        Err(error) => warn!(%tenant, code = error.code(), log = error.log(), "what was seen could not be noted"),
    }
}

async fn look_and_note_once(sweep: &Sweep, authority: &Authority<Observe>, claimed: &Claimed) -> Result<NotedAs> {
    let mut reader = sweep.database.read(authority).await?;
    let noted = noted(reader.conn(), claimed.tenant.id).await?;
    drop(reader);
    let seen = look(sweep, claimed, &noted).await;
    let written = within_patience(note(sweep, authority, claimed, &seen)).await?;
    if written == NotedAs::Written && claimed.tenant.settings.repair_silently {
        repair::by_itself(sweep, authority, claimed.tenant.id).await?;
    }
    let due = seen.iter().filter_map(|seen| Some((seen.kind, seen.due()?.to_owned()))).collect();
    if written == NotedAs::Written {
        renew::by_itself(sweep, authority, claimed.tenant.id, due).await?;
    }
    Ok(written)
}

/// Wakes the reconciler when a tenant is due. Without the database it tries again; meanwhile the poll serves.
async fn listen(sweep: Arc<Sweep>) {
    loop {
        match sweep.database.listen("drift_look_due").await {
            Ok(mut listener) => {
                sweep.wake.notify_one();
                while listener.next().await.is_ok() {
                    sweep.wake.notify_one();
                }
            }
            Err(error) => debug!(code = error.code(), log = error.log(), "not listening"),
        }
        tokio::time::sleep(sweep.tuning.poll).await;
    }
}
