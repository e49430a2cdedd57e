//! What every run begins with: its row, the inventory, its steps, in the transaction that also changes the tenant.

use super::resources::resource;
use super::start::StartedRun;
use super::wanted::{Site, Wanted};
use crate::database::Transaction;
use crate::error::{Error, Result, broken_constraint};
use sqlx::types::Json;
use std::collections::{BTreeMap, BTreeSet};
use steward_domain::plan::{Action, Plan};
use steward_domain::resource::ResourceKind;
use steward_domain::run::{RunKind, StepAction, StepState};
use uuid::Uuid;

/// After so many counted failures a step stops.
const FAILURES_MAX: i32 = 8;

/// A run that is to begin.
pub(super) struct NewRun<'a> {
    /// What it does.
    pub(super) kind: RunKind,
    /// What it is called.
    pub(super) title: &'a str,
    /// What the tenant is to have.
    pub(super) wanted: &'a Wanted,
    /// The plan that was reviewed.
    pub(super) plan: &'a Plan,
}

impl NewRun<'_> {
    /// Writes everything that the run needs. It begins when the transaction commits.
    ///
    /// # Errors
    /// [`Error::Conflict`] if another run of the tenant is open.
    pub(super) async fn begin(&self, transaction: &mut Transaction, site: &Site) -> Result<StartedRun> {
        let (tenant_id, run_id) = (self.wanted.tenant_id, transaction.context().id()?);
        let requested_by = transaction.actor().name().to_owned();
        let run_number: i64 = sqlx::query_scalar(
            "insert into run (id, tenant_id, kind, title, plan_hash, plan, wish, state, requested_by) values ($1, $2, $3, $4, $5, $6, $7, 'running', $8)
             returning number",
        )
        .bind(run_id)
        .bind(tenant_id)
        .bind(self.kind.as_str())
        .bind(self.title)
        .bind(&self.plan.hash)
        .bind(Json(self.plan))
        .bind(Json(self.wanted))
        .bind(requested_by)
        .fetch_one(transaction.conn())
        .await
        .map_err(|error| match broken_constraint(&error) {
            Some("run_one_open_per_tenant") => under_way(),
            _ => error.into(),
        })?;
        self.insert_inventory(transaction, site).await?;
        self.insert_steps(transaction, site, run_id).await?;
        Ok(StartedRun { tenant_id, run_id, run_number, already: false })
    }

    /// The inventory comes before the resources, so that whatever exists can be found again.
    async fn insert_inventory(&self, transaction: &mut Transaction, site: &Site) -> Result<()> {
        let wanted = self.wanted;
        let kinds: Vec<ResourceKind> = ResourceKind::ALL.into_iter().filter(|kind| wanted.wants(*kind)).collect();
        let mut ids = Vec::new();
        for _ in &kinds {
            ids.push(transaction.context().id()?);
        }
        sqlx::query(
            "insert into resource (id, tenant_id, kind, system, name, state)
             select id, $2, kind, system, name, 'planned' from unnest($1::uuid[], $3::text[], $4::text[], $5::text[]) as r (id, kind, system, name)
             on conflict (tenant_id, kind) do update set name = excluded.name,
                state = case when resource.state = 'removed' then 'planned' else resource.state end",
        )
        .bind(&ids)
        .bind(wanted.tenant_id)
        .bind(kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>())
        .bind(kinds.iter().map(|kind| kind.system().as_str()).collect::<Vec<_>>())
        .bind(kinds.iter().map(|kind| site.resource(*kind).name(site, wanted)).collect::<Vec<_>>())
        .execute(transaction.conn())
        .await?;
        Ok(())
    }

    /// All steps in one statement: the run begins when this transaction commits, and the person waits.
    async fn insert_steps(&self, transaction: &mut Transaction, site: &Site, run_id: Uuid) -> Result<()> {
        let order = Order::of(self.kind, self.plan);
        let mut steps = Vec::new();
        for ((item, action), ordinal) in order.in_sequence(self.plan).zip(0_i32..) {
            let title = match action {
                StepAction::Apply => format!("{} {}", item.kind.label(), item.name),
                StepAction::Remove => format!("Remove {} {}", item.kind.label().to_lowercase(), item.name),
            };
            let after = order.before(item.kind);
            steps.push(serde_json::json!({
                "id": transaction.context().id()?,
                "ordinal": ordinal,
                "kind": item.kind.as_str(),
                "action": action.as_str(),
                "destructive": is_destructive(self.kind, item.kind, action),
                "title": title,
                "system": item.kind.system().as_str(),
                "cell": site.at(item.kind.system(), self.wanted).cell,
                "wave": order.wave(item.kind),
                "state": if after.is_empty() { StepState::Ready.as_str() } else { StepState::Blocked.as_str() },
                "after": after.into_iter().map(ResourceKind::as_str).collect::<Vec<_>>(),
            }));
        }
        sqlx::query(
            "insert into run_step (id, run_id, tenant_id, ordinal, kind, action, destructive, title, system, cell, wave, after, state, failures_max)
             select s.id, $2, $3, s.ordinal, s.kind, s.action, s.destructive, s.title, s.system, s.cell, s.wave, s.after, s.state, $4
             from jsonb_to_recordset($1) as s (id uuid, ordinal int, kind text, action text, destructive boolean, title text, system text, cell text, wave int,
                                               after text[], state text)",
        )
        .bind(Json(steps))
        .bind(run_id)
        .bind(self.wanted.tenant_id)
        .bind(FAILURES_MAX)
        .execute(transaction.conn())
        .await?;
        Ok(())
    }
}

/// Whether a pause of destructive work holds a step: it removes what a tenant has, or keeps its people out. What a step that makes or
/// repairs does away with on its way is not held (docs/decisions/renewal-goes-on-while-paused.md).
fn is_destructive(run: RunKind, kind: ResourceKind, action: StepAction) -> bool {
    match action {
        StepAction::Remove => true,
        StepAction::Apply => run == RunKind::Suspend && kind == ResourceKind::Realm,
    }
}

/// Another run of the tenant is open: one at a time.
pub(super) fn under_way() -> Error {
    Error::Conflict {
        code: "TEN-411",
        message: "Another run of this tenant is under way. Nothing was changed. Wait for its end or cancel it, then try again.".to_owned(),
    }
}

/// What a run does with each kind, and what comes before what: made in the order of [`ResourceKind::after`], removed the other way round.
struct Order(BTreeMap<ResourceKind, StepAction>);

impl Order {
    /// Of what is as it should be, an onboarding looks once more; every other run leaves it out.
    fn of(kind: RunKind, plan: &Plan) -> Self {
        let action = |action| match action {
            Action::Create | Action::Change => Some(StepAction::Apply),
            Action::Keep => (kind == RunKind::Onboard).then_some(StepAction::Apply),
            Action::Remove => Some(StepAction::Remove),
            Action::Foreign => None,
        };
        Self(plan.items.iter().filter_map(|item| action(item.action).map(|action| (item.kind, action))).collect())
    }

    /// The rows that have a step, first what is removed, last things first, then what is made.
    fn in_sequence<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = (&'a steward_domain::plan::PlanItem, StepAction)> {
        let with = move |wanted: StepAction| move |item: &&'a steward_domain::plan::PlanItem| self.0.get(&item.kind) == Some(&wanted);
        let removed = plan.items.iter().rev().filter(with(StepAction::Remove)).map(|item| (item, StepAction::Remove));
        removed.chain(plan.items.iter().filter(with(StepAction::Apply)).map(|item| (item, StepAction::Apply)))
    }

    /// The kinds whose steps come before that of a kind.
    fn before(&self, kind: ResourceKind) -> Vec<ResourceKind> {
        let made_from = |kind: ResourceKind| kind.after().to_vec();
        let made_of = |kind: ResourceKind| ResourceKind::ALL.into_iter().filter(|other| other.after().contains(&kind)).collect();
        let nearest = match self.0.get(&kind) {
            // What makes nothing is gone when that is gone which it looks at, and not before.
            Some(StepAction::Remove) if resource(kind).makes_something() => {
                self.nearest(kind, &made_of, &|other| self.does(other, StepAction::Remove) && resource(other).makes_something())
            }
            Some(StepAction::Remove) => self.nearest(kind, &made_from, &|other| self.does(other, StepAction::Remove)),
            _ => self.nearest(kind, &made_from, &|other| self.does(other, StepAction::Apply)),
        };
        nearest.into_iter().collect()
    }

    fn does(&self, kind: ResourceKind, action: StepAction) -> bool {
        self.0.get(&kind) == Some(&action)
    }

    /// The nearest kinds that count, going on from a kind: what stays as it is between two that change does not part them.
    fn nearest(
        &self,
        kind: ResourceKind,
        next: &dyn Fn(ResourceKind) -> Vec<ResourceKind>,
        counts: &dyn Fn(ResourceKind) -> bool,
    ) -> BTreeSet<ResourceKind> {
        let mut found = BTreeSet::new();
        for other in next(kind) {
            if counts(other) {
                found.insert(other);
            } else {
                found.extend(self.nearest(other, next, counts));
            }
        }
        found
    }

    /// How deep the step of a kind lies: 0 has nothing before it.
    fn wave(&self, kind: ResourceKind) -> i32 {
        self.before(kind).into_iter().map(|before| self.wave(before) + 1).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use steward_domain::plan::PlanItem;

    fn order(action: StepAction) -> Order {
        Order(ResourceKind::ALL.into_iter().map(|kind| (kind, action)).collect())
    }

    #[test]
    fn waves_follow_from_what_comes_before() {
        let made = order(StepAction::Apply);
        assert_eq!(
            [ResourceKind::Realm, ResourceKind::SecondFactor, ResourceKind::Administrator, ResourceKind::Dashboard]
                .map(|kind| made.wave(kind)),
            [0, 1, 2, 1]
        );
    }

    #[test]
    fn what_is_removed_goes_the_other_way_round() {
        let removed = order(StepAction::Remove);
        assert_eq!(removed.wave(ResourceKind::Administrator), 0);
        assert_eq!(removed.before(ResourceKind::SecondFactor), [ResourceKind::Administrator]);
        assert_eq!(removed.wave(ResourceKind::Realm), 2);
        for kind in ResourceKind::ALL {
            for before in kind.after() {
                let other_way = removed.wave(*before) > removed.wave(kind);
                // What makes nothing is gone at once, whatever it comes before or after.
                let both = resource(kind).makes_something() && resource(*before).makes_something();
                assert_eq!(other_way, both, "{before:?} beside {kind:?}");
            }
        }
    }

    /// Every step that a run of a kind can have: its plan does the same with each kind of resource.
    #[test]
    fn a_pause_holds_every_removal_and_the_closing_of_a_realm_and_nothing_else() {
        let item = |action| {
            move |kind| PlanItem { action, kind, name: String::new(), exactly: String::new(), differences: Vec::new(), interrupts: None }
        };
        let plan = |action| Plan {
            hash: String::new(),
            items: ResourceKind::ALL.map(item(action)).into(),
            preflight: Vec::new(),
            observed_at: chrono::DateTime::UNIX_EPOCH,
            usual: None,
        };
        let closes = [ResourceKind::Realm];
        // By kind of run: what is held of the steps that make or change something.
        let table: [(RunKind, &[ResourceKind]); 7] = [
            (RunKind::Onboard, &[]),
            (RunKind::Change, &[]),
            (RunKind::Suspend, &closes),
            (RunKind::Resume, &[]),
            (RunKind::Repair, &[]),
            (RunKind::Renew, &[]),
            (RunKind::RollBack, &[]),
        ];
        assert_eq!(table.map(|(run, _)| run), RunKind::ALL);
        for (run, made) in table {
            let kept_and_looked_at = if run == RunKind::Onboard { ResourceKind::ALL.len() } else { 0 };
            for (action, steps, held) in [
                (Action::Create, ResourceKind::ALL.len(), made),
                (Action::Change, ResourceKind::ALL.len(), made),
                (Action::Keep, kept_and_looked_at, &[]),
                // A custom domain that is given up, a creation that is rolled back, one resource taken away: whatever removes.
                (Action::Remove, ResourceKind::ALL.len(), &ResourceKind::ALL),
                (Action::Foreign, 0, &[]),
            ] {
                let plan = plan(action);
                let order = Order::of(run, &plan);
                let all: Vec<(ResourceKind, StepAction)> = order.in_sequence(&plan).map(|(item, action)| (item.kind, action)).collect();
                let mut seen: Vec<ResourceKind> =
                    all.iter().filter(|(kind, action)| is_destructive(run, *kind, *action)).map(|(kind, _)| *kind).collect();
                seen.sort();
                let mut held = held.to_vec();
                held.sort();
                assert_eq!((all.len(), seen), (steps, held), "{run:?} {action:?}");
            }
        }
    }

    #[test]
    fn what_stays_as_it_is_does_not_part_those_that_change() {
        let chain = [ResourceKind::Certificate, ResourceKind::TlsSecret, ResourceKind::Validation];
        let renewed = Order(chain.into_iter().map(|kind| (kind, StepAction::Apply)).collect());
        // Its Ingress lies between, and has no step.
        assert_eq!(renewed.before(ResourceKind::Validation), [ResourceKind::TlsSecret]);
        assert_eq!(renewed.wave(ResourceKind::Validation), 2);
        let removed =
            Order([ResourceKind::Realm, ResourceKind::Administrator].into_iter().map(|kind| (kind, StepAction::Remove)).collect());
        assert_eq!(removed.before(ResourceKind::Realm), [ResourceKind::Administrator]);
    }

    #[test]
    fn a_step_waits_only_for_steps_of_its_own_run() {
        let only = Order(BTreeMap::from([(ResourceKind::ResourceQuota, StepAction::Apply)]));
        assert!(only.before(ResourceKind::ResourceQuota).is_empty());
    }
}
