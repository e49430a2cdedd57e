//! One look at a tenant: every resource side by side, with a limit on the calls that go to each system at the same time.

use super::claim::Claimed;
use super::decided::finding;
use super::watch::is_watched;
use super::worker::Sweep;
use crate::platform::{Failure, Trouble};
use crate::provisioning::resources::{ChangedBy, Evidence, Looked, Observation, RENEWAL};
use crate::provisioning::wanted::Wanted;
use futures::future::join_all;
use std::collections::BTreeMap;
use steward_domain::difference::Difference;
use steward_domain::drift::Finding;
use steward_domain::resource::ResourceKind;

/// What was seen in the place of one resource.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) kind: ResourceKind,
    pub(super) name: String,
    pub(super) seen: std::result::Result<Observation, Failure>,
    /// In which way it is not as wanted.
    pub(super) finding: Option<(Finding, Vec<Difference>)>,
    /// Who changed it, if that was asked and the system knows.
    pub(super) changed_by: Option<ChangedBy>,
    /// What was seen of a domain.
    pub(super) evidence: Option<Evidence>,
}

impl Seen {
    /// The serial number of a certificate that is to be renewed.
    pub(super) fn due(&self) -> Option<&str> {
        let is_due =
            |seen: &Observation| matches!(seen, Observation::Ours { differences, .. } if differences.iter().any(|it| it.field == RENEWAL));
        match &self.evidence {
            Some(Evidence::Certificate(_, certificate)) if self.seen.as_ref().is_ok_and(is_due) => Some(&certificate.serial),
            _ => None,
        }
    }
}

/// The same without what time alone brings about: a certificate that is due is renewed by itself, and is no drift.
fn without_renewal(seen: &Observation) -> Observation {
    let mut seen = seen.clone();
    if let Observation::Ours { differences, .. } = &mut seen {
        differences.retain(|difference| difference.field != RENEWAL);
    }
    seen
}

/// Looks at what is due. `noted` are the differences on the board already: who made them was asked then.
pub(super) async fn look(sweep: &Sweep, claimed: &Claimed, noted: &BTreeMap<ResourceKind, Vec<Difference>>) -> Vec<Seen> {
    let settings = &claimed.tenant.settings;
    let wanted = Wanted::of_tenant(&claimed.tenant, settings, &sweep.site.settings.base_domain);
    let due = ResourceKind::ALL.into_iter().filter(|kind| claimed.everything || is_watched(*kind));
    join_all(due.map(|kind| look_at(sweep, &wanted, kind, noted.get(&kind)))).await
}

async fn look_at(sweep: &Sweep, wanted: &Wanted, kind: ResourceKind, noted: Option<&Vec<Difference>>) -> Seen {
    let resource = sweep.site.resource(kind);
    let name = resource.name(&sweep.site, wanted);
    let at = sweep.site.at(kind.system(), wanted);
    let place_and_look = async {
        // The semaphores are never closed.
        let place = match sweep.places(&at) {
            Some(places) => places.acquire().await.ok(),
            None => None,
        };
        if sweep.rests(&at) {
            return Looked::from(Err(Failure::new(kind.system(), Trouble::TooManyCalls, "it rests")));
        }
        let looked = resource.look(&sweep.site, wanted).await;
        drop(place);
        looked
    };
    let Looked { seen, evidence } = match tokio::time::timeout(sweep.tuning.look_max, place_and_look).await {
        Ok(looked) => looked,
        Err(_) => Err(Failure::new(kind.system(), Trouble::TimedOut, format!("looking for {}", kind.label()))).into(),
    };
    let seen = seen.map_err(|failure| failure.at(&at));
    if let Err(failure) = &seen
        && failure.cause.code == Trouble::TooManyCalls.code(failure.cause.system)
        && !sweep.rests(&at)
    {
        sweep.rest(at, failure.retry_after);
    }
    let finding = seen.as_ref().ok().and_then(|seen| finding(&without_renewal(seen), wanted.wants(kind)));
    let changed_by = match &finding {
        Some((Finding::Differs | Finding::Partial, differences)) if noted != Some(differences) => {
            let asked = tokio::time::timeout(sweep.tuning.look_max, resource.changed_by(&sweep.site, wanted, differences)).await;
            // Who it was is good to know, and no reason not to report it.
            asked.ok().and_then(Result::ok).flatten()
        }
        _ => None,
    };
    Seen { kind, name, seen, finding, changed_by, evidence }
}
