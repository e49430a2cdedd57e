//! One kind of resource over the shared memory.

use crate::Shared;
use crate::fault::{Call, Trick};
use crate::lock;
use crate::place::Place;
use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use steward_core::platform::{Failure, Trouble};
use steward_core::provisioning::resources::{Observation, Resource, resource};
use steward_core::provisioning::{Site, Wanted};
use steward_domain::difference::Difference;
use steward_domain::resource::ResourceKind;
use steward_domain::system::System;
use tokio::time::Instant;

type Places = HashMap<(ResourceKind, String), Place>;

/// Stands between the name of a further cell and that of a place in it.
const OF_CELL: &str = "::";

/// The cell of a place; none for the first one.
pub(crate) fn cell_of(at: &str) -> Option<&str> {
    at.split_once(OF_CELL).map(|(cell, _)| cell)
}

pub(crate) struct Kind {
    kind: ResourceKind,
    shared: Arc<Shared>,
}

impl Kind {
    pub(crate) fn new(kind: ResourceKind, shared: Arc<Shared>) -> Self {
        Self { kind, shared }
    }

    /// The key of a tenant's place: names of some kinds (an address) are those of several tenants, and each cell of Keycloak has its own.
    fn at(kind: ResourceKind, site: &Site, wanted: &Wanted) -> (ResourceKind, String) {
        // What serves a custom domain lies where its tenant's short name says, whichever domain it is.
        let name = if kind.is_of_the_custom_domain() { kind.as_str().to_owned() } else { resource(kind).name(site, wanted) };
        let place = format!("{name}/{}", wanted.short_name);
        (kind, site.at(kind.system(), wanted).cell.map_or_else(|| place.clone(), |cell| format!("{cell}{OF_CELL}{place}")))
    }

    /// There is nobody if the system is away, and no call at all to a cell that is not configured.
    async fn answer(&self, site: &Site, wanted: &Wanted) -> Result<(), Failure> {
        let at = site.at(self.kind.system(), wanted);
        match &at.cell {
            Some(cell) if !site.is_configured(&at) => Err(Failure::unknown_cell(cell)),
            _ => self.shared.answer(&at).await,
        }
    }

    fn busy(&self, what: &str) -> Failure {
        Failure::new(self.kind.system(), Trouble::Busy, what)
    }

    fn foreign(&self) -> Failure {
        Failure::foreign(self.kind.system(), &format!("{} without this tenant's mark", self.kind.label()))
    }

    /// What is there, once what is gone by now was taken out.
    fn look(&self, places: &mut Places, site: &Site, wanted: &Wanted) -> Result<Observation, Failure> {
        sweep(places);
        match self.kind {
            ResourceKind::CustomDomain => return Ok(self.proof(wanted)),
            ResourceKind::Validation => {
                return Ok(served(places, site, wanted, [ResourceKind::Certificate, ResourceKind::TlsSecret, ResourceKind::Ingress]));
            }
            // Without a domain there is nothing to ask for.
            ResourceKind::CustomValidation if wanted.custom_domain.is_none() => return Ok(Observation::Absent),
            ResourceKind::CustomValidation => {
                let chain = [ResourceKind::CustomCertificate, ResourceKind::CustomTlsSecret, ResourceKind::CustomIngress];
                return Ok(served(places, site, wanted, chain));
            }
            _ => {}
        }
        let Some(place) = places.get(&Self::at(self.kind, site, wanted)) else { return Ok(Observation::Absent) };
        if !place.is_of(wanted) {
            return Ok(Observation::Foreign { what: format!("{} without this tenant's mark", self.kind.label()) });
        }
        if place.going.is_some() {
            return Err(self.busy("still being removed"));
        }
        if place.half {
            return Ok(Observation::Partial { missing: "its second half".to_owned() });
        }
        let detail = self.exactly(site, wanted);
        let differences = Difference::unless(place.is == detail, "all", &place.is, &detail);
        Ok(Observation::Ours { differences: differences.into_iter().collect(), detail })
    }

    /// What stands in the DNS of the custom domain.
    fn proof(&self, wanted: &Wanted) -> Observation {
        let Some(wish) = wanted.custom_domain.as_ref().filter(|_| wanted.wants(self.kind)) else { return Observation::Absent };
        match lock(&self.shared.published).get(wish.host.as_str()) {
            None => Observation::Absent,
            Some(tokens) if tokens.contains(&wish.token) => Observation::Ours { differences: Vec::new(), detail: "proved".to_owned() },
            Some(_) => Observation::Foreign { what: "the text of another tenant".to_owned() },
        }
    }

    /// Makes, completes or changes what is there; `half` stops in the middle.
    fn make(&self, places: &mut Places, site: &Site, wanted: &Wanted, seen: &Observation, half: bool) -> Result<(), Failure> {
        sweep(places);
        if let Some(around) = self.kind.inside() {
            match places.get(&Self::at(around, site, wanted)) {
                Some(place) if place.going.is_some() => return Err(self.busy("it is being terminated")),
                Some(place) if place.is_of(wanted) => {}
                Some(_) => return Err(self.foreign()),
                None => return Err(Failure::new(self.kind.system(), Trouble::Missing, "what it lies in is not there")),
            }
        }
        if self.kind == ResourceKind::CustomCertificate && !self.proof(wanted).is_as_wanted() {
            return Err(Failure::new(System::Dns, Trouble::Missing, "the domain is not proved"));
        }
        let at = Self::at(self.kind, site, wanted);
        let name = at.1.clone();
        match places.get_mut(&at) {
            Some(place) if !place.is_of(wanted) && *seen == Observation::Absent => return Err(self.busy("it appeared meanwhile")),
            Some(place) if !place.is_of(wanted) => return Err(self.foreign()),
            Some(place) if place.going.is_some() => return Err(self.busy("it is being removed")),
            Some(place) => {
                let is = self.exactly(site, wanted);
                if place.half || place.is != is {
                    (place.is, place.half) = (is, half);
                    self.shared.note(self.kind, &name, "changed");
                }
            }
            None => {
                let mut place = Place::of(wanted, self.exactly(site, wanted));
                place.half = half;
                places.insert(at.clone(), place);
                self.shared.note(self.kind, &name, "made");
                if self.kind == ResourceKind::Realm {
                    // A realm is made with its flows in it.
                    let mut flows = Place::of(wanted, String::new());
                    flows.half = true;
                    places.insert(Self::at(ResourceKind::SecondFactor, site, wanted), flows);
                }
            }
        }
        if self.kind == ResourceKind::Administrator
            && !half
            && let Some(person) = places.get_mut(&at)
            && !person.invited
        {
            person.invited = true;
            self.shared.note(self.kind, &name, "invited");
        }
        Ok(())
    }

    fn unmake(&self, places: &mut Places, site: &Site, wanted: &Wanted) -> Result<(), Failure> {
        sweep(places);
        let at = Self::at(self.kind, site, wanted);
        match places.get_mut(&at) {
            None => return Ok(()),
            Some(place) if !place.is_of(wanted) => return Err(self.foreign()),
            Some(place) if place.going.is_some() => return Ok(()),
            Some(place) => {
                place.going = Some(Instant::now() + if self.kind == ResourceKind::Namespace { self.shared.removal } else { Duration::ZERO })
            }
        }
        for kind in ResourceKind::ALL.into_iter().filter(|kind| kind.inside() == Some(self.kind)) {
            places.remove(&Self::at(kind, site, wanted));
        }
        self.shared.note(self.kind, &at.1, "removed");
        Ok(())
    }
}

fn sweep(places: &mut Places) {
    places.retain(|_, place| !place.is_gone());
}

/// What a handshake would show: ours if everything that it looks at is there, as wanted.
fn served(places: &Places, site: &Site, wanted: &Wanted, chain: [ResourceKind; 3]) -> Observation {
    let of = |kind| places.get(&Kind::at(kind, site, wanted));
    let [_, _, ingress] = chain;
    let chain = chain.map(of);
    if of(ingress).is_some_and(|place| !place.is_of(wanted)) {
        return Observation::Foreign { what: "another tenant's certificate".to_owned() };
    }
    if chain.iter().all(|place| place.is_some_and(|place| place.is_of(wanted) && !place.half && place.going.is_none())) {
        Observation::Ours { differences: Vec::new(), detail: "served".to_owned() }
    } else {
        Observation::Absent
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

    fn creation_detects_existing(&self) -> bool {
        resource(self.kind).creation_detects_existing()
    }

    fn makes_something(&self) -> bool {
        resource(self.kind).makes_something()
    }

    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure> {
        self.answer(site, wanted).await?;
        match self.shared.trick(self.kind, Call::Observe, wanted) {
            None => self.look(&mut lock(&self.shared.places), site, wanted),
            Some(Trick::Foreign) => Ok(Observation::Foreign { what: format!("{} of somebody else", self.kind.label()) }),
            Some(trick) => Err(trick.failure(self.kind.system())),
        }
    }

    async fn bring_about(&self, site: &Site, wanted: &Wanted, seen: &Observation) -> Result<(), Failure> {
        self.answer(site, wanted).await?;
        let trick = self.shared.trick(self.kind, Call::Apply, wanted);
        let mut places = lock(&self.shared.places);
        if !resource(self.kind).makes_something() {
            if let Some(trick) = trick {
                return Err(trick.failure(self.kind.system()));
            }
            let seen = self.look(&mut places, site, wanted)?;
            return match self.kind {
                _ if seen.is_as_wanted() => Ok(()),
                // Nobody but the domain's owner can make it so.
                ResourceKind::CustomDomain => Err(Failure::new(System::Dns, Trouble::Missing, "the domain is not proved")),
                _ => Err(self.busy("not served yet")),
            };
        }
        match trick {
            None => return self.make(&mut places, site, wanted, seen, false),
            Some(Trick::TimeoutApplied) => self.make(&mut places, site, wanted, seen, false)?,
            Some(Trick::Partial) => self.make(&mut places, site, wanted, seen, true)?,
            Some(Trick::Foreign) => {
                // Only where nothing is: nobody takes over what is marked.
                places.entry(Self::at(self.kind, site, wanted)).or_insert_with(Place::foreign);
            }
            Some(_) => {}
        }
        Err(trick.map_or_else(|| self.busy(""), |trick| trick.failure(self.kind.system())))
    }

    async fn remove(&self, site: &Site, wanted: &Wanted) -> Result<(), Failure> {
        self.answer(site, wanted).await?;
        if !resource(self.kind).makes_something() {
            return Ok(());
        }
        let trick = self.shared.trick(self.kind, Call::Remove, wanted);
        let mut places = lock(&self.shared.places);
        let ours = places.get_mut(&Self::at(self.kind, site, wanted)).filter(|place| place.is_of(wanted));
        match (trick, ours) {
            (None, _) => return self.unmake(&mut places, site, wanted),
            (Some(Trick::TimeoutApplied), _) => self.unmake(&mut places, site, wanted)?,
            (Some(Trick::Partial), Some(ours)) => ours.half = true,
            (Some(Trick::Foreign), Some(ours)) => *ours = Place::foreign(),
            (Some(_), _) => {}
        }
        Err(trick.map_or_else(|| self.busy(""), |trick| trick.failure(self.kind.system())))
    }
}
