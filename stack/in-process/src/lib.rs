//! Every system that Steward drives, as memory: what is made is kept with its owner's mark, what lies in something goes with it, and
//! each call can be told to fail as the real systems do. For speed: the engine's matrices run against it, and the contract of the
//! resources is tested on it as on the real systems (`core/tests/provisioning/contract.rs`).
//!
//! It never decides what a resource is called or what is wanted of it: that it asks the real kinds.
//!
//! Start reading at [`World`], then [`fault`].

pub mod fault;
mod kind;
mod place;

use async_trait::async_trait;
use fault::{Call, Fault, Trick};
use kind::Kind;
use place::Place;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use steward_core::platform::{Failure, Instance, Platform, Trouble};
use steward_core::provisioning::Wanted;
use steward_core::provisioning::resources::{Resource, Systems};
use steward_domain::resource::ResourceKind;
use steward_domain::system::System;

/// Something that a call did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// To what kind.
    pub kind: ResourceKind,
    /// Where.
    pub name: String,
    /// "made", "changed", "removed", "invited".
    pub did: &'static str,
}

/// A trick that was played: on which kind, and when what was asked.
pub type Met = (ResourceKind, Call, Trick);

/// The systems. Cheap to clone; clones share what is in them.
#[derive(Clone)]
pub struct World(Arc<Inner>);

struct Inner {
    kinds: HashMap<ResourceKind, Kind>,
    shared: Arc<Shared>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("World")
    }
}

/// What all kinds share.
struct Shared {
    places: Mutex<HashMap<(ResourceKind, String), Place>>,
    faults: Mutex<Vec<Fault>>,
    effects: Mutex<Vec<Effect>>,
    /// The tricks that were played on each tenant, by its short name.
    met: Mutex<HashMap<String, Vec<Met>>>,
    away: Mutex<Vec<Instance>>,
    /// The texts that stand in customers' own DNS, by domain.
    published: Mutex<HashMap<String, Vec<String>>>,
    latency: Duration,
    removal: Duration,
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    /// Empty systems that take `latency` over each call, and `removal` over a namespace.
    #[must_use]
    pub fn new(latency: Duration, removal: Duration) -> Self {
        let shared = Arc::new(Shared {
            places: Mutex::default(),
            faults: Mutex::default(),
            effects: Mutex::default(),
            met: Mutex::default(),
            away: Mutex::default(),
            published: Mutex::default(),
            latency,
            removal,
        });
        let kinds = ResourceKind::ALL.into_iter().map(|kind| (kind, Kind::new(kind, Arc::clone(&shared)))).collect();
        Self(Arc::new(Inner { kinds, shared }))
    }

    /// Has the next calls fail.
    pub fn fail(&self, fault: Fault) {
        lock(&self.0.shared.faults).push(fault);
    }

    /// Nothing fails any more.
    pub fn heal(&self) {
        lock(&self.0.shared.faults).clear();
        lock(&self.0.shared.away).clear();
    }

    /// Nothing fails any more for one tenant.
    pub fn heal_tenant(&self, wanted: &Wanted) {
        lock(&self.0.shared.faults).retain(|fault| fault.tenant.as_deref() != Some(wanted.short_name.as_str()));
    }

    /// A system, or one cell of Keycloak, is away until [`World::heal`].
    pub fn take_away(&self, at: impl Into<Instance>) {
        lock(&self.0.shared.away).push(at.into());
    }

    /// A system, or one cell of Keycloak, is back.
    pub fn bring_back(&self, at: impl Into<Instance>) {
        let at = at.into();
        lock(&self.0.shared.away).retain(|away| *away != at);
    }

    /// What a tenant has in a cell of Keycloak; none is the first one.
    #[must_use]
    pub fn in_cell(&self, wanted: &Wanted, cell: Option<&str>) -> Vec<ResourceKind> {
        let (mark, mut found) = (format!("/{}", wanted.short_name), Vec::new());
        for ((kind, at), place) in lock(&self.0.shared.places).iter().filter(|((_, at), _)| at.ends_with(&mark)) {
            if place.is_of(wanted) && kind.system() == System::Keycloak && kind::cell_of(at) == cell {
                found.push(*kind);
            }
        }
        found.sort();
        found
    }

    /// The owner of a tenant's custom domain writes the text that the tenant was given.
    pub fn publish(&self, wanted: &Wanted) {
        if let Some(wish) = &wanted.custom_domain {
            lock(&self.0.shared.published).entry(wish.host.to_string()).or_default().push(wish.token.clone());
        }
    }

    /// The owner takes it out again, and everything beside it.
    pub fn withdraw(&self, wanted: &Wanted) {
        if let Some(wish) = &wanted.custom_domain {
            lock(&self.0.shared.published).remove(wish.host.as_str());
        }
    }

    /// What is not Steward's goes away, as if its owner had moved it.
    pub fn move_foreign_away(&self, wanted: &Wanted) {
        let mark = format!("/{}", wanted.short_name);
        lock(&self.0.shared.places).retain(|(_, at), place| !at.ends_with(&mark) || place.mark.is_some());
    }

    /// The tricks that were played on a tenant, in order: what a fault was ordered for need not be called.
    #[must_use]
    pub fn met(&self, wanted: &Wanted) -> Vec<Met> {
        lock(&self.0.shared.met).get(wanted.short_name.as_str()).cloned().unwrap_or_default()
    }

    /// An attempt at what a tenant has of a kind did not come to its end: half of it is there.
    pub fn leave_half(&self, wanted: &Wanted, kind: ResourceKind) {
        self.meddle(wanted, kind, |place| place.half = true);
    }

    /// Somebody changes what a tenant has of a kind, behind Steward's back.
    pub fn change_by_hand(&self, wanted: &Wanted, kind: ResourceKind) {
        self.meddle(wanted, kind, |place| place.is = "changed by hand".to_owned());
    }

    fn meddle(&self, wanted: &Wanted, kind: ResourceKind, how: impl Fn(&mut Place)) {
        let mut places = lock(&self.0.shared.places);
        places.iter_mut().filter(|((of, _), place)| *of == kind && place.is_of(wanted)).for_each(|(_, place)| how(place));
    }

    /// What was done so far, in order.
    #[must_use]
    pub fn effects(&self) -> Vec<Effect> {
        lock(&self.0.shared.effects).clone()
    }

    /// What is in the place of every kind for a tenant: kind, and whether it carries the tenant's mark.
    #[must_use]
    pub fn left_of(&self, wanted: &Wanted) -> Vec<(ResourceKind, bool)> {
        let mark = format!("/{}", wanted.short_name);
        let places = lock(&self.0.shared.places);
        places.iter().filter(|((_, at), _)| at.ends_with(&mark)).map(|((kind, _), place)| (*kind, place.is_of(wanted))).collect()
    }
}

#[async_trait]
impl Systems for World {
    fn resource(&self, kind: ResourceKind) -> &dyn Resource {
        // Every kind was put in.
        match self.0.kinds.get(&kind) {
            Some(kind) => kind,
            None => steward_core::provisioning::resources::resource(kind),
        }
    }

    async fn reach(&self, _: &Platform, at: &Instance) -> Result<(), Failure> {
        self.0.shared.answer(at).await
    }
}

impl Shared {
    /// What every call begins with: it takes its time, and there is nobody if the system is away.
    async fn answer(&self, at: &Instance) -> Result<(), Failure> {
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        if lock(&self.away).contains(at) { Err(Failure::new(at.system, Trouble::Away, "told to be away").at(at)) } else { Ok(()) }
    }

    /// The trick that a call plays, if it was told to fail; each counts down.
    fn trick(&self, kind: ResourceKind, call: Call, wanted: &Wanted) -> Option<Trick> {
        let mut faults = lock(&self.faults);
        let place = faults.iter().position(|fault| fault.is_for(kind, call, wanted))?;
        let fault = faults.get_mut(place)?;
        fault.times = fault.times.saturating_sub(1);
        let trick = fault.trick;
        lock(&self.met).entry(wanted.short_name.to_string()).or_default().push((kind, call, trick));
        if fault.times == 0 {
            faults.remove(place);
        }
        Some(trick)
    }

    fn note(&self, kind: ResourceKind, name: &str, did: &'static str) {
        lock(&self.effects).push(Effect { kind, name: name.to_owned(), did });
    }
}
