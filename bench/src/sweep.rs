//! How long a reconciler takes to look at 10,000 tenants once: every resource of each, found, compared and noted in the real database.
//!
//! The systems are played within this process: each look takes 5 ms and finds everything as wanted, but for one quota in a hundred that
//! somebody changed. What is measured is Steward's own part: claiming, the limits on simultaneous looks, noting.

use crate::fixture::Fixture;
use crate::report::{Goal, Report};
use anyhow::{Result, anyhow, ensure};
use async_trait::async_trait;
use sqlx::{Connection, PgConnection};
use std::sync::Arc;
use std::time::{Duration, Instant};
use steward_core::platform::{Failure, Instance, Platform};
use steward_core::provisioning::resources::{Observation, Resource, Systems, resource};
use steward_core::provisioning::{Provisioning, Site, SweepTuning, Wanted};
use steward_domain::difference::Difference;
use steward_domain::resource::ResourceKind;
use tokio_util::sync::CancellationToken;

const TENANTS: i32 = 10_000;
const LATENCY: Duration = Duration::from_millis(5);
const GOAL_SECONDS: f64 = 300.0;
/// Longer than the measurement may take: nothing is looked at twice.
const EVERY: Duration = Duration::from_secs(3600);
/// One quota in so many was changed.
const CHANGED: u128 = 100;

/// Systems in which everything is as wanted, nearly.
#[derive(Debug)]
struct Still(Vec<Kind>);

#[derive(Debug)]
struct Kind(ResourceKind);

impl Still {
    fn new() -> Self {
        Self(ResourceKind::ALL.into_iter().map(Kind).collect())
    }
}

#[async_trait]
impl Systems for Still {
    fn resource(&self, kind: ResourceKind) -> &dyn Resource {
        match self.0.iter().find(|known| known.0 == kind) {
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
        self.0
    }

    fn name(&self, site: &Site, wanted: &Wanted) -> String {
        resource(self.0).name(site, wanted)
    }

    fn exactly(&self, site: &Site, wanted: &Wanted) -> String {
        resource(self.0).exactly(site, wanted)
    }

    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure> {
        tokio::time::sleep(LATENCY).await;
        if !wanted.wants(self.0) {
            return Ok(Observation::Absent);
        }
        let changed = self.0 == ResourceKind::ResourceQuota && wanted.tenant_id.as_u128().is_multiple_of(CHANGED);
        let differences = Difference::unless(!changed, "spec.hard.requests.cpu", "64", "4");
        Ok(Observation::Ours { differences: differences.into_iter().collect(), detail: self.exactly(site, wanted) })
    }

    async fn bring_about(&self, _: &Site, _: &Wanted, _: &Observation) -> Result<(), Failure> {
        Ok(())
    }

    async fn remove(&self, _: &Site, _: &Wanted) -> Result<(), Failure> {
        Ok(())
    }
}

/// Measures it.
///
/// # Errors
/// When the database fails, or the reconciler does not find exactly what was changed.
pub async fn measure(fixture: &Fixture, site: Site, report: &mut Report) -> Result<()> {
    let mut connection = PgConnection::connect(&fixture.superuser_url).await?;
    let changed = make(&mut connection).await?;
    let site = Site { systems: Arc::new(Still::new()), ..site };
    let provisioning = Provisioning::on(fixture.database.clone(), site);
    let stop = CancellationToken::new();
    let began = Instant::now();
    let tuning = SweepTuning { every: EVERY, ..SweepTuning::default() };
    let reconciler = tokio::spawn(provisioning.reconciler("bench".into(), tuning).run(stop.clone()));
    let seconds = loop {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let left: i64 = sqlx::query_scalar(
            "select count(*) from (select from drift_look l join tenant_config c on c.tenant_id = l.tenant_id where l.looked_at is null limit 1) one",
        )
        .fetch_one(&mut connection)
        .await?;
        let seconds = began.elapsed().as_secs_f64();
        if left == 0 {
            break seconds;
        }
        ensure!(seconds < 3.0 * GOAL_SECONDS, "the sweep does not come to its end");
    };
    stop.cancel();
    reconciler.await.map_err(|error| anyhow!("the reconciler ended badly: {error}"))?;
    let found: i64 = sqlx::query_scalar("select count(*) from drift").fetch_one(&mut connection).await?;
    ensure!(found == changed, "{changed} quotas were changed, {found} were found");
    let name = format!("{TENANTS} tenants swept once by one process, {} ms a look", LATENCY.as_millis());
    report.add(name, seconds, "s", Goal::AtMost(GOAL_SECONDS));
    Ok(())
}

/// The tenants, with settings and inventory, and how many quotas of theirs were changed.
async fn make(connection: &mut PgConnection) -> Result<i64> {
    sqlx::query(
        "with made as (
             insert into tenant (id, status, stage, name, short_name, domain, contact_email, region, created_by)
             select lpad(to_hex(n), 32, '0')::uuid, 'active', 'monitoring', 'Swept ' || n, 'swept' || n, 'swept' || n || '.inosec.com',
                    'admin@swept' || n || '.example', 'eu', 'bench'
             from generate_series(1, $1) n returning id),
         configured as (
             insert into tenant_config (tenant_id, limits, features)
             select id, '{\"cpu\":4,\"memory_gib\":8,\"storage_gib\":200,\"gpu\":0}', '[]' from made)
         insert into resource (id, tenant_id, kind, system, name, state)
         select gen_random_uuid(), id, kind, system, 'swept', 'present' from made, unnest($2::text[], $3::text[]) as kinds (kind, system)",
    )
    .bind(TENANTS)
    .bind(ResourceKind::ALL.map(ResourceKind::as_str).to_vec())
    .bind(ResourceKind::ALL.map(|kind| kind.system().as_str()).to_vec())
    .execute(&mut *connection)
    .await?;
    Ok(i64::from(TENANTS) / i64::try_from(CHANGED)?)
}
