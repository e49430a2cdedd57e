//! The plan of an onboarding: what will be made where, what stands in the way. It looks at every system and changes nothing.

use super::Provisioning;
use super::preflight;
use super::resources::{Observation, resource};
use super::wanted::Wanted;
use crate::access::{Authority, CreateTenants};
use crate::database::Reader;
use crate::error::{Error, Result};
use crate::platform::Failure;
use crate::tenants;
use futures::future::join_all;
use sha2::{Digest, Sha256};
use sqlx::FromRow;
use std::time::Duration;
use steward_domain::cause::Cause;
use steward_domain::difference::Difference;
use steward_domain::plan::{Action, Plan, PlanItem, UsualDuration};
use steward_domain::resource::ResourceKind;
use steward_domain::run::RunKind;
use steward_domain::system::System;
use tokio::time::Instant;
use uuid::Uuid;

/// How long a look at one resource may take while a person waits for the plan.
const LOOK_MAX: Duration = Duration::from_secs(5);

/// How a system answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemHealth {
    /// Which one.
    pub system: System,
    /// How long it took to answer, or why it did not.
    pub answer: std::result::Result<Duration, Cause>,
}

impl Provisioning {
    /// Asks every system, side by side, whether it is there.
    pub async fn systems(&self) -> Vec<SystemHealth> {
        join_all(System::ALL.map(|system| async move {
            let asked_at = Instant::now();
            let answer = self.site.platform.reach(system).await.map(|()| asked_at.elapsed()).map_err(|failure| failure.cause);
            SystemHealth { system, answer }
        }))
        .await
    }

    /// The plan of a draft.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is no draft (any more), [`Error::Invalid`] with every field that is wrong.
    pub async fn plan_onboarding(&self, authority: &Authority<CreateTenants>, tenant_id: Uuid) -> Result<Plan> {
        let draft = tenants::draft(&self.database, authority, tenant_id).await?.draft;
        let wish = draft.check().map_err(Error::Invalid)?;
        self.plan(authority, &Wanted::of(tenant_id, &wish, &self.site.settings.base_domain)).await
    }

    /// The plan of what is wanted.
    pub(super) async fn plan(&self, authority: &Authority<CreateTenants>, wanted: &Wanted) -> Result<Plan> {
        let looks = join_all(ResourceKind::ALL.map(|kind| self.look(kind, wanted)));
        let (looks, systems, holder) =
            tokio::join!(looks, self.systems(), tenants::short_name_holder(&self.database, authority, &wanted.short_name));
        let holder = holder?;
        let mut reader = self.database.read(authority).await?;
        let allocated = preflight::allocated(reader.conn()).await?;
        let usual = usual(&mut reader, RunKind::Onboard).await?;
        drop(reader);

        let looks: Vec<(ResourceKind, std::result::Result<Observation, Failure>)> = ResourceKind::ALL.into_iter().zip(looks).collect();
        let items: Vec<PlanItem> = looks.iter().map(|(kind, _)| self.item(*kind, wanted, &looks)).collect();
        let preflight = preflight::checks(&self.site, wanted, &holder, &looks, &systems, allocated);
        let hash = hex::encode(Sha256::digest(serde_json::to_vec(&(wanted, &items))?));
        Ok(Plan { hash, items, preflight, observed_at: self.database.context().now(), usual })
    }

    async fn look(&self, kind: ResourceKind, wanted: &Wanted) -> std::result::Result<Observation, Failure> {
        match tokio::time::timeout(LOOK_MAX, resource(kind).observe(&self.site, wanted)).await {
            Ok(seen) => seen,
            Err(_) => Err(Failure::new(kind.system(), crate::platform::Trouble::TimedOut, format!("looking for {}", kind.label()))),
        }
    }

    /// The row of one kind. What lies in something foreign is foreign too: nothing of it is made.
    fn item(&self, kind: ResourceKind, wanted: &Wanted, looks: &[(ResourceKind, std::result::Result<Observation, Failure>)]) -> PlanItem {
        let resource = resource(kind);
        let seen = |kind: ResourceKind| looks.iter().find(|(of, _)| *of == kind).and_then(|(_, look)| look.as_ref().ok());
        let around = around(kind).into_iter().find_map(|before| match seen(before) {
            Some(Observation::Foreign { what }) => Some(what.clone()),
            _ => None,
        });
        let (action, exactly) = match (around, seen(kind)) {
            (Some(what), _) => (Action::Foreign, format!("belongs to a {what}")),
            (None, Some(Observation::Foreign { what })) => (Action::Foreign, what.clone()),
            (None, Some(Observation::Ours { differences, detail })) if differences.is_empty() => (Action::Keep, detail.clone()),
            (None, Some(Observation::Ours { .. } | Observation::Partial { .. })) => (Action::Change, resource.exactly(&self.site, wanted)),
            (None, Some(Observation::Absent)) => (Action::Create, resource.exactly(&self.site, wanted)),
            // It could not be looked at: the preflight says why, and that the plan cannot run.
            (None, None) => (Action::Create, format!("not looked at; {}", resource.exactly(&self.site, wanted))),
        };
        let differences = match seen(kind) {
            Some(Observation::Ours { differences, .. }) if action == Action::Change => differences.clone(),
            Some(Observation::Partial { missing }) if action == Action::Change => vec![Difference::new("missing", missing, "nothing")],
            _ => Vec::new(),
        };
        PlanItem { action, kind, name: resource.name(&self.site, wanted), exactly, differences }
    }
}

/// What lies around a kind in its own system, the nearest first.
fn around(kind: ResourceKind) -> Vec<ResourceKind> {
    let mut all: Vec<ResourceKind> = kind.after().iter().copied().filter(|before| before.system() == kind.system()).collect();
    let further: Vec<ResourceKind> = all.iter().flat_map(|before| around(*before)).collect();
    all.extend(further);
    all
}

#[derive(FromRow)]
struct UsualRow {
    median_ms: Option<f64>,
    slowest_ms: Option<f64>,
    runs: i64,
}

/// How long the last runs of a kind took, as far as the actor may see them.
pub(super) async fn usual(reader: &mut Reader, kind: RunKind) -> Result<Option<UsualDuration>> {
    let row: UsualRow = sqlx::query_as(
        "select percentile_disc(0.5) within group (order by ms) as median_ms, max(ms) as slowest_ms, count(*) as runs
         from (select (extract(epoch from ended_at - created_at) * 1000)::float8 as ms from run
               where kind = $1 and state = 'done' order by ended_at desc limit 50) last",
    )
    .bind(kind.as_str())
    .fetch_one(reader.conn())
    .await?;
    #[allow(clippy::cast_possible_truncation, reason = "milliseconds of a run fit an i64")]
    let whole = |ms: f64| ms.round() as i64;
    Ok(row.median_ms.zip(row.slowest_ms).map(|(median, slowest)| UsualDuration {
        median_ms: whole(median),
        slowest_ms: whole(slowest),
        runs: row.runs,
    }))
}
