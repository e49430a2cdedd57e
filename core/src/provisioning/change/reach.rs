//! How far a plan reaches: a person who reviews it sees whatever differs; where nobody does, nothing is put right beside the change.

use super::ChangeView;
use crate::provisioning::plan::Picture;
use crate::provisioning::resources::Observation;
use crate::provisioning::wanted::Wanted;
use std::collections::BTreeSet;
use steward_domain::resource::ResourceKind;
use steward_domain::run::RunKind;

/// How far the plan of a change reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Whatever differs: its rows are reviewed before they run.
    Everything,
    /// What the change touches and nothing else: nobody reviews it, and Steward repairs nothing silently.
    Touched,
}

/// The kinds that a change touches, and those of which its plan has a row if they are there.
pub(super) struct Scope {
    /// The systems must answer for these, and their places must not be foreign.
    pub(super) touched: BTreeSet<ResourceKind>,
    beside: bool,
}

impl Scope {
    /// Rolling back, repairing and renewing say themselves what they are about.
    pub(super) fn of(change: &ChangeView, wanted: &Wanted, picture: &Picture, reach: Reach) -> Self {
        match (change.kind, &change.only) {
            (_, Some(only)) => Self { touched: ResourceKind::with_followers(only), beside: false },
            (RunKind::RollBack, None) => Self { touched: ResourceKind::ALL.into_iter().collect(), beside: true },
            (RunKind::Change | RunKind::Suspend | RunKind::Resume, None) if reach == Reach::Touched => {
                let gone = |kind| matches!(picture.seen(kind), Some(Observation::Absent | Observation::Partial { .. }));
                let touched = change.patch.touches(&change.tenant.settings);
                Self { touched: with_what_it_cannot_be_without(touched, &|kind| wanted.wants(kind), &gone), beside: false }
            }
            (_, None) => Self { touched: change.patch.touches(&change.tenant.settings), beside: true },
        }
    }

    /// Whether the plan is about a kind.
    pub(super) fn has(&self, kind: ResourceKind, picture: &Picture) -> bool {
        self.touched.contains(&kind) || self.beside && picture.seen(kind).is_some()
    }
}

/// The kinds, those that change with them, and of those that they are made after what is gone: a quota cannot be in a namespace that is
/// not there. What is there and differs stays as it is.
fn with_what_it_cannot_be_without(
    kinds: BTreeSet<ResourceKind>,
    wanted: &dyn Fn(ResourceKind) -> bool,
    gone: &dyn Fn(ResourceKind) -> bool,
) -> BTreeSet<ResourceKind> {
    let mut all = ResourceKind::with_followers(&kinds);
    loop {
        let made = all.iter().filter(|kind| wanted(**kind));
        let needed: BTreeSet<ResourceKind> =
            made.flat_map(|kind| kind.after()).copied().filter(|kind| gone(*kind) && !all.contains(kind)).collect();
        if needed.is_empty() {
            return all;
        }
        all.extend(needed);
        all = ResourceKind::with_followers(&all);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ResourceKind::{Administrator, Dashboard, Folder, Ingress, Namespace, Realm, ResourceQuota, SecondFactor, Validation};

    fn reached(touched: &[ResourceKind], without: &[ResourceKind], gone: &[ResourceKind]) -> Vec<ResourceKind> {
        let touched = touched.iter().copied().collect();
        let all = with_what_it_cannot_be_without(touched, &|kind| !without.contains(&kind), &|kind| gone.contains(&kind));
        all.into_iter().collect()
    }

    #[test]
    fn what_is_gone_elsewhere_stays_gone() {
        assert_eq!(reached(&[ResourceQuota, Dashboard], &[], &[Ingress, Realm]), [ResourceQuota, Dashboard]);
        assert_eq!(reached(&[Ingress], &[], &[]), [Ingress, Validation]);
    }

    #[test]
    fn what_the_change_cannot_be_without_comes_along() {
        assert_eq!(reached(&[ResourceQuota], &[], &[Namespace]), [Namespace, ResourceQuota]);
        assert_eq!(reached(&[Administrator], &[], &[Realm, SecondFactor]), [Realm, SecondFactor, Administrator]);
        assert_eq!(reached(&[Dashboard], &[Dashboard], &[Folder]), [Dashboard], "what is taken away needs nothing");
    }
}
