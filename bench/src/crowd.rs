//! 200 runs in flight with two servers: how long a step that may begin waits until a worker takes it.
//!
//! The servers are processes of their own with the production's times and limits; PostgreSQL is real and all that they share. The systems
//! are played within each, so that it is Steward that is measured and not how long Keycloak takes: a realm takes so long that no run ends
//! before the last one has begun.

use crate::fixture::{Fixture, variable};
use crate::played::{Play, Played};
use crate::report::{Goal, Report};
use crate::{list, process, real, tenants};
use anyhow::{Result, anyhow, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, FromRow, PgConnection};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use steward_core::access::CreateTenants;
use steward_core::database::Database;
use steward_core::provisioning::{Provisioning, Site};
use steward_domain::resource::ResourceKind;
use tokio_util::sync::CancellationToken;

const RUNS: i64 = 200;
const SERVERS: [&str; 2] = ["bench-a", "bench-b"];
/// As a server has by default (STEWARD_DATABASE_CONNECTIONS_MAX).
const CONNECTIONS: u32 = 16;
/// So many people press *Create* at the same time.
const CREATED_AT_ONCE: usize = 8;
const PATIENCE: Duration = Duration::from_secs(180);

const PLAY: Play = Play {
    look: Duration::from_millis(5),
    effect: |kind| match kind {
        ResourceKind::Realm => Duration::from_secs(15),
        _ => Duration::from_millis(50),
    },
    full: false,
    changed: |_, _| false,
};

async fn site() -> Result<Site> {
    Ok(Site { systems: Arc::new(Played::new(PLAY)), ..real::site().await? })
}

/// One of the servers: carries out runs until it is ended.
///
/// # Errors
/// When the database cannot be reached.
pub async fn serve(database_url: &str, name: String) -> Result<()> {
    let database = Database::connect(PgConnectOptions::from_str(database_url)?, CONNECTIONS, Default::default()).await?;
    Provisioning::on(database, site().await?).worker(name).run(CancellationToken::new()).await;
    Ok(())
}

/// What the steps say of themselves.
#[derive(FromRow)]
struct Waits {
    steps: i64,
    p99_ms: f64,
    longest_ms: f64,
    slowest_run_s: f64,
}

/// Measures.
///
/// # Errors
/// When a run does not end well, or they were not all in flight at the same time.
pub async fn measure(fixture: &Fixture, report: &mut Report) -> Result<()> {
    let mut connection = PgConnection::connect(&fixture.superuser_url).await?;
    let url = fixture.environment.iter().rev().find(|(name, _)| name == "STEWARD_DATABASE_URL").map(|(_, url)| url.clone());
    let environment = [("BENCH_DATABASE_URL".to_owned(), url.unwrap_or(variable("STEWARD_DATABASE_URL")?))];
    let mut servers = Vec::new();
    for name in SERVERS {
        servers.push(process::spawn(&std::env::current_exe()?, &["server".into(), "--name".into(), name.into()], &environment)?);
    }
    let provisioning = Provisioning::on(fixture.database.clone(), site().await?);
    let create = tenants::may::<CreateTenants>(fixture).await?;
    let began = Instant::now();
    let asked = stream::iter(0..RUNS).map(|number| {
        let (provisioning, create) = (&provisioning, &create);
        async move {
            let began = Instant::now();
            let draft = tenants::draft(&format!("crowd-{number}"));
            let started = provisioning.onboard(create, draft, None).await.map_err(|error| anyhow!("{error}: {:?}", error.log()))?;
            anyhow::Ok((started.run_id, began.elapsed().as_secs_f64() * 1e3))
        }
    });
    let (runs, asked): (Vec<_>, Vec<_>) = asked.buffer_unordered(CREATED_AT_ONCE).try_collect::<Vec<_>>().await?.into_iter().unzip();
    let created = began.elapsed();
    loop {
        let (open, stopped): (i64, i64) = sqlx::query_as(
            "select count(*) filter (where state = 'running'), count(*) filter (where state not in ('running', 'done')) from run where id = any($1)",
        )
        .bind(&runs)
        .fetch_one(&mut connection)
        .await?;
        ensure!(stopped == 0, "{stopped} runs stopped");
        if open == 0 {
            break;
        }
        ensure!(began.elapsed() < PATIENCE, "{open} runs did not end");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    drop(servers);
    let in_flight: i64 = sqlx::query_scalar(
        "select count(*) from run where id = any($1) and ended_at > (select max(created_at) from run where id = any($1))",
    )
    .bind(&runs)
    .fetch_one(&mut connection)
    .await?;
    ensure!(in_flight == RUNS, "only {in_flight} of {RUNS} runs were in flight at the same time");
    let workers: i64 = sqlx::query_scalar(
        "select count(distinct a.worker) from run_step_attempt a join run_step s on s.id = a.step_id where s.run_id = any($1)",
    )
    .bind(&runs)
    .fetch_one(&mut connection)
    .await?;
    ensure!(workers == 2, "{workers} servers took part");
    // A step may begin as soon as its run is accepted and the last of those before it is done.
    let waits: Waits = sqlx::query_as(
        "with step as (
             select extract(epoch from s.started_at - greatest(r.created_at, (
                        select max(b.ended_at) from run_step b where b.run_id = s.run_id and b.kind = any(s.after))))::float8 * 1000 as wait_ms
             from run_step s join run r on r.id = s.run_id where r.id = any($1))
         select count(*) as steps, percentile_cont(0.99) within group (order by wait_ms) as p99_ms, max(wait_ms) as longest_ms,
                (select max(extract(epoch from ended_at - created_at))::float8 from run where id = any($1)) as slowest_run_s
         from step",
    )
    .bind(&runs)
    .fetch_one(&mut connection)
    .await?;
    let name = format!("{RUNS} runs in flight, two servers");
    report.add(format!("{name}: time in which all were created"), created.as_secs_f64(), "s", Goal::Comparison);
    report.add(format!("{name}: Create until accepted, median"), list::median(asked), "ms", Goal::Comparison);
    report.add(format!("{name}: slowest run, of which its realm takes 15"), waits.slowest_run_s, "s", Goal::Comparison);
    report.add(format!("{name}: wait of {} steps for a worker, p99", waits.steps), waits.p99_ms / 1e3, "s", Goal::Comparison);
    report.add(format!("{name}: longest wait of a step for a worker"), waits.longest_ms / 1e3, "s", Goal::AtMost(2.0));
    Ok(())
}
