//! Plans, changes and the runs they became, as the API shows them.

use serde::Serialize;
use steward_core::provisioning::{ChangeView, Conflicting, StartedRun};
use steward_domain::change::ChangedSetting;
use steward_domain::plan::{Action, Plan};
use steward_domain::run::RunKind;
use uuid::Uuid;

/// A plan, and what it comes to.
#[derive(Serialize)]
pub(super) struct PlanDocument<'a> {
    #[serde(flatten)]
    plan: &'a Plan,
    /// Whether it may run: no check failed.
    may_run: bool,
    /// How many rows have each action.
    counts: Counts,
}

#[derive(Serialize)]
struct Counts {
    create: usize,
    change: usize,
    keep: usize,
    remove: usize,
    foreign: usize,
}

impl<'a> From<&'a Plan> for PlanDocument<'a> {
    fn from(plan: &'a Plan) -> Self {
        let counts = Counts {
            create: plan.count(Action::Create),
            change: plan.count(Action::Change),
            keep: plan.count(Action::Keep),
            remove: plan.count(Action::Remove),
            foreign: plan.count(Action::Foreign),
        };
        Self { may_run: plan.may_run(), counts, plan }
    }
}

/// A change with its plan.
#[derive(Serialize)]
pub(super) struct ChangeDocument<'a> {
    /// Its id; none if it was only looked at.
    change: Option<Uuid>,
    tenant_id: Uuid,
    /// The version of the settings that it was made against.
    version: i64,
    kind: RunKind,
    title: &'a str,
    reason: Option<&'a str>,
    settings: &'a [ChangedSetting],
    plan: PlanDocument<'a>,
}

impl<'a> ChangeDocument<'a> {
    /// A change of that id; none if it was only looked at.
    pub(super) fn of(id: Option<Uuid>, change: &'a ChangeView, plan: &'a Plan) -> Self {
        Self {
            change: id,
            tenant_id: change.tenant.id,
            version: change.tenant.version,
            kind: change.kind,
            title: change.title,
            reason: change.reason.as_deref(),
            settings: &change.changed,
            plan: plan.into(),
        }
    }
}

/// A run that was started.
#[derive(Serialize)]
pub(super) struct StartedDocument {
    run_id: Uuid,
    number: i64,
    href: String,
    /// Whether it had been started before: nothing runs twice.
    already: bool,
}

impl From<StartedRun> for StartedDocument {
    fn from(run: StartedRun) -> Self {
        Self { href: href(run.tenant_id, run.run_number), run_id: run.run_id, number: run.run_number, already: run.already }
    }
}

/// Where a run is.
pub(super) fn href(tenant_id: Uuid, number: i64) -> String {
    format!("/v2/tenants/{tenant_id}/runs/{number}")
}

/// A setting that two clients changed, or one of them.
#[derive(Serialize)]
pub(super) struct VersionsDocument {
    setting: String,
    base: String,
    theirs: String,
    mine: String,
}

impl From<Conflicting> for VersionsDocument {
    fn from(both: Conflicting) -> Self {
        Self { setting: both.label, base: both.base, theirs: both.theirs, mine: both.mine }
    }
}
