//! Systems played within this process, where Steward's own part is what is measured: a look takes so long, an effect so long, and what
//! was made is there. It never fails and never forgets.

use async_trait::async_trait;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use steward_core::platform::{Failure, Instance, Platform};
use steward_core::provisioning::resources::{Observation, Resource, Systems, resource};
use steward_core::provisioning::{Site, Wanted};
use steward_domain::difference::Difference;
use steward_domain::resource::ResourceKind;
use uuid::Uuid;

/// How the systems behave.
#[derive(Clone, Copy, Debug)]
pub struct Play {
    /// How long a look takes.
    pub look: Duration,
    /// How long making or removing something takes.
    pub effect: fn(ResourceKind) -> Duration,
    /// Whether everything was there before anybody made it.
    pub full: bool,
    /// Where somebody changed something by hand.
    pub changed: fn(&Wanted, ResourceKind) -> bool,
}

/// The systems.
#[derive(Debug)]
pub struct Played(Vec<Kind>);

#[derive(Debug)]
struct Kind {
    kind: ResourceKind,
    play: Play,
    made: Arc<Mutex<HashSet<(Uuid, ResourceKind)>>>,
}

impl Played {
    /// With nothing made yet.
    #[must_use]
    pub fn new(play: Play) -> Self {
        let made = Arc::default();
        Self(ResourceKind::ALL.into_iter().map(|kind| Kind { kind, play, made: Arc::clone(&made) }).collect())
    }
}

impl Kind {
    fn made(&self) -> MutexGuard<'_, HashSet<(Uuid, ResourceKind)>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Systems for Played {
    fn resource(&self, kind: ResourceKind) -> &dyn Resource {
        match self.0.iter().find(|known| known.kind == kind) {
            Some(known) => known,
            None => resource(kind),
        }
    }

    async fn reach(&self, _: &Platform, _: &Instance) -> Result<(), Failure> {
        Ok(())
    }
}

#[async_trait]
impl Resource for Kind {
    fn kind(&self) -> ResourceKind {
        self.kind
    }

    fn name(&self, site: &Site, wanted: &Wanted) -> String {
        resource(self.kind).name(site, wanted)
    }

    fn exactly(&self, site: &Site, wanted: &Wanted) -> String {
        resource(self.kind).exactly(site, wanted)
    }

    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure> {
        tokio::time::sleep(self.play.look).await;
        let there = if self.play.full { wanted.wants(self.kind) } else { self.made().contains(&(wanted.tenant_id, self.kind)) };
        if !there {
            return Ok(Observation::Absent);
        }
        let differences = Difference::unless(!(self.play.changed)(wanted, self.kind), "spec.hard.requests.cpu", "64", "4");
        Ok(Observation::Ours { differences: differences.into_iter().collect(), detail: self.exactly(site, wanted) })
    }

    async fn bring_about(&self, _: &Site, wanted: &Wanted, _: &Observation) -> Result<(), Failure> {
        tokio::time::sleep((self.play.effect)(self.kind)).await;
        self.made().insert((wanted.tenant_id, self.kind));
        Ok(())
    }

    async fn remove(&self, _: &Site, wanted: &Wanted) -> Result<(), Failure> {
        tokio::time::sleep((self.play.effect)(self.kind)).await;
        self.made().remove(&(wanted.tenant_id, self.kind));
        Ok(())
    }
}
