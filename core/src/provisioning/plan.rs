//! The plan of an onboarding: what will be made where, what stands in the way. It looks at every system and changes nothing.

use super::Provisioning;
use super::cells::{self, Placed};
use super::interrupts::{Row, interrupts};
use super::preflight;
use super::resources::Observation;
use super::wanted::Wanted;
use crate::access::{Authority, CreateTenants};
use crate::database::Reader;
use crate::error::{Error, Result};
use crate::platform::{Failure, Instance};
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
    /// Which one; of Keycloak, which cell.
    pub at: Instance,
    /// How long it took to answer, or why it did not.
    pub answer: std::result::Result<Duration, Cause>,
}

impl Provisioning {
    /// Asks every system that a tenant has to do with, side by side, whether it is there.
    async fn systems_of(&self, wanted: &Wanted) -> Vec<SystemHealth> {
        join_all(System::ALL.map(|system| async move {
            let (at, asked_at) = (self.site.at(system, wanted), Instant::now());
            let answer = self.site.reach(&at).await.map(|()| asked_at.elapsed()).map_err(|failure| failure.cause);
            SystemHealth { at, answer }
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
        let (wanted, placed) = self.placed(authority, Wanted::of(tenant_id, &wish, &self.site.settings.base_domain)).await?;
        self.plan(authority, &wanted, &placed).await
    }

    /// The cells that take a new tenant now, the best one first, and how full all are: what the plan says of the choice is said of the same
    /// moment.
    pub(super) async fn candidates(&self, authority: &Authority<CreateTenants>, wanted: &Wanted) -> Result<(Vec<String>, Placed)> {
        let mut reader = self.database.read(authority).await?;
        let placed = cells::filled(reader.conn()).await?;
        let found = self.site.settings.cells.candidates(wanted.settings.region, &placed);
        Ok((found.into_iter().map(|cell| cell.name.clone()).collect(), placed))
    }

    /// A new tenant in the cell that takes it now; in none if none does, which its plan then says.
    pub(super) async fn placed(&self, authority: &Authority<CreateTenants>, wanted: Wanted) -> Result<(Wanted, Placed)> {
        let (candidates, placed) = self.candidates(authority, &wanted).await?;
        Ok((wanted.in_cell(candidates.into_iter().next()), placed))
    }

    /// The plan of a new tenant.
    pub(super) async fn plan(&self, authority: &Authority<CreateTenants>, wanted: &Wanted, placed: &Placed) -> Result<Plan> {
        let (picture, holder) =
            tokio::join!(self.picture(wanted), tenants::short_name_holder(&self.database, authority, &wanted.short_name));
        let holder = holder?;
        let mut reader = self.database.read(authority).await?;
        let allocated = preflight::allocated(reader.conn()).await?;
        let usual = usual(&mut reader, RunKind::Onboard.label()).await?;
        drop(reader);
        let items: Vec<PlanItem> = ResourceKind::ALL.into_iter().filter_map(|kind| self.item(kind, wanted, &picture)).collect();
        let preflight = preflight::checks(&self.site, wanted, &holder, &picture, allocated, placed);
        Ok(Plan { hash: hash(wanted, &items)?, items, preflight, observed_at: self.database.context().now(), usual })
    }

    /// Looks at every resource and asks every system, all side by side.
    pub(super) async fn picture(&self, wanted: &Wanted) -> Picture {
        let looks = join_all(ResourceKind::ALL.map(|kind| self.look(kind, wanted)));
        let (looks, systems) = tokio::join!(looks, self.systems_of(wanted));
        Picture { looks: ResourceKind::ALL.into_iter().zip(looks).collect(), systems }
    }

    async fn look(&self, kind: ResourceKind, wanted: &Wanted) -> std::result::Result<Observation, Failure> {
        match tokio::time::timeout(LOOK_MAX, self.site.resource(kind).observe(&self.site, wanted)).await {
            Ok(seen) => seen,
            Err(_) => Err(Failure::new(kind.system(), crate::platform::Trouble::TimedOut, format!("looking for {}", kind.label()))),
        }
        .map_err(|failure| failure.at(&self.site.at(kind.system(), wanted)))
    }

    /// The row of one kind; none if it is neither there nor wanted. What lies in something foreign is foreign too: nothing of it is made.
    pub(super) fn item(&self, kind: ResourceKind, wanted: &Wanted, picture: &Picture) -> Option<PlanItem> {
        let resource = self.site.resource(kind);
        let around = std::iter::successors(kind.inside(), |around| around.inside()).find_map(|around| match picture.seen(around) {
            Some(Observation::Foreign { what }) => Some(what.clone()),
            _ => None,
        });
        let wants = wanted.wants(kind);
        let followed = kind.follows().iter().find(|before| picture.changes(**before, wanted));
        let exactly = || resource.exactly(&self.site, wanted);
        let (action, exactly) = match (around, picture.seen(kind)) {
            // Where neither something is nor is to be, it does not matter whose the place is.
            (Some(_), Some(Observation::Absent)) if !wants => return None,
            (Some(what), _) => (Action::Foreign, format!("belongs to a {what}")),
            (None, Some(Observation::Foreign { what })) => (Action::Foreign, what.clone()),
            (None, Some(Observation::Absent)) if !wants => return None,
            (None, Some(Observation::Ours { detail, .. })) if !wants => (Action::Remove, detail.clone()),
            (None, Some(Observation::Partial { missing })) if !wants => (Action::Remove, format!("incomplete: {missing}")),
            (None, Some(Observation::Ours { differences, detail })) if differences.is_empty() && followed.is_none() => {
                (Action::Keep, detail.clone())
            }
            (None, Some(Observation::Ours { .. } | Observation::Partial { .. })) => (Action::Change, exactly()),
            (None, Some(Observation::Absent)) => (Action::Create, exactly()),
            // It could not be looked at: the preflight says why, and that the plan cannot run.
            (None, None) if wants => (Action::Create, format!("not looked at; {}", exactly())),
            (None, None) => (Action::Remove, "not looked at".to_owned()),
        };
        let differences = match picture.seen(kind) {
            Some(Observation::Ours { differences, .. }) if action == Action::Change => match followed {
                Some(before) if differences.is_empty() => vec![Difference::new(before.label(), "the one that is there", "the new one")],
                _ => differences.clone(),
            },
            Some(Observation::Partial { missing }) if action == Action::Change => vec![Difference::new("missing", missing, "nothing")],
            _ => Vec::new(),
        };
        let among_others = kind.inside().is_some_and(|around| matches!(picture.seen(around), Some(Observation::Ours { .. })));
        let interrupts = interrupts(Row { kind, action, differences: &differences, among_others }, wanted);
        Some(PlanItem { action, kind, name: resource.name(&self.site, wanted), exactly, differences, interrupts })
    }
}

/// What was seen of a tenant's resources and of the systems, at one time.
pub(super) struct Picture {
    /// Each kind beside what was seen in its place.
    pub(super) looks: Vec<(ResourceKind, std::result::Result<Observation, Failure>)>,
    /// How each system answers.
    pub(super) systems: Vec<SystemHealth>,
}

impl Picture {
    /// What was seen of a kind; none if it could not be looked at.
    pub(super) fn seen(&self, kind: ResourceKind) -> Option<&Observation> {
        self.looks.iter().find(|(of, _)| *of == kind).and_then(|(_, look)| look.as_ref().ok())
    }

    /// Whether a kind will be other than it is: it differs itself, or follows one that will.
    fn changes(&self, kind: ResourceKind, wanted: &Wanted) -> bool {
        let differs = self.seen(kind).is_some_and(|seen| !seen.is_as_wanted() && !matches!(seen, Observation::Foreign { .. }));
        wanted.wants(kind) && (differs || kind.follows().iter().any(|before| self.changes(*before, wanted)))
    }
}

/// SHA-256, hex, over what is wanted and what is done for it.
pub(super) fn hash(wanted: &Wanted, items: &[PlanItem]) -> Result<String> {
    Ok(hex::encode(Sha256::digest(serde_json::to_vec(&(wanted, items))?)))
}

#[derive(FromRow)]
struct UsualRow {
    median_ms: Option<f64>,
    slowest_ms: Option<f64>,
    runs: i64,
}

/// How long the last runs of that title took, as far as the actor may see them.
pub(super) async fn usual(reader: &mut Reader, title: &str) -> Result<Option<UsualDuration>> {
    let row: UsualRow = sqlx::query_as(
        "select percentile_disc(0.5) within group (order by ms) as median_ms, max(ms) as slowest_ms, count(*) as runs
         from (select (extract(epoch from ended_at - created_at) * 1000)::float8 as ms from run
               where title = $1 and state = 'done' order by ended_at desc limit 50) last",
    )
    .bind(title)
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
