//! Proof 8 of TRUST.md §5: a worker's process is stopped (SIGSTOP) while it holds steps, another one takes over, and the first one wakes.
//! Nothing that it writes is accepted, and nothing outside changes. And one is killed (SIGKILL) with the leases of production: how long
//! until another one has taken over. On the real systems, with a real process.

use crate::versions::versions;
use crate::world::*;
use sqlx::{ConnectOptions, PgPool};
use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use steward_core::access::CreateTenants;
use steward_core::context::Context;
use steward_core::database::Database;
use steward_core::provisioning::{Provisioning, Tuning};
use steward_domain::run::RunState;
use tokio_util::sync::CancellationToken;

/// Where the other process finds the test's database.
const DATABASE: &str = "STEWARD_PROOF_DATABASE";
/// Whether the other process has the leases of production.
const LEASES: &str = "STEWARD_PROOF_LEASES";

/// The lease of both workers: shorter than in production by the same factor as everything else here.
fn short_leases() -> Tuning {
    Tuning { lease: Duration::from_secs(3), renew: Duration::from_secs(1), ..quick() }
}

/// Not a test of its own: the process that the proofs below stop, wake and kill.
/// Among the other tests it has no database and ends at once.
#[tokio::test]
async fn the_other_process() {
    let Ok(url) = std::env::var(DATABASE) else { return };
    let database = Database::connect(url.parse().unwrap(), 5, Context::default()).await.unwrap();
    let site = site().await;
    let tuning = if std::env::var_os(LEASES).is_some() { Tuning::default() } else { short_leases() };
    Provisioning::on(database, site).worker("other".into()).with(tuning, None).run(CancellationToken::new()).await;
}

/// The process, ended with the test whatever comes of it.
struct Process(Child);

impl Process {
    fn start(pool: &PgPool) -> Self {
        Self::spawn(&mut Self::command(pool))
    }

    fn with_leases_of_production(pool: &PgPool) -> Self {
        Self::spawn(Self::command(pool).env(LEASES, "production"))
    }

    fn command(pool: &PgPool) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "stopped_process::the_other_process", "--nocapture"]);
        command.env(DATABASE, pool.connect_options().to_url_lossy().to_string());
        command
    }

    fn spawn(command: &mut Command) -> Self {
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.0.id().to_string()]).status().unwrap().success(), "kill {signal}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Everything that is in the database, as text.
async fn rows(pool: &PgPool) -> BTreeMap<String, Vec<String>> {
    let tables: Vec<String> =
        sqlx::query_scalar("select tablename::text from pg_tables where schemaname = 'public'").fetch_all(pool).await.unwrap();
    let mut all = BTreeMap::new();
    for table in tables {
        let query = format!("select to_jsonb(t)::text from {table} t order by 1");
        all.insert(table, sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_all(pool).await.unwrap());
    }
    all
}

/// How many steps the other process holds.
async fn held(pool: &PgPool) -> i64 {
    let held = sqlx::query_scalar("select count(*) from run_step where state = 'running' and owner = 'other'");
    held.fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn proof_08_a_stopped_process_that_wakes_changes_nothing(pool: PgPool) {
    let (provisioning, database) = provisioning(&pool).await;
    let create = may::<CreateTenants>(&database).await;
    let name = short_name();
    let process = Process::start(&pool);
    let onboarded = provisioning.onboard(&create, draft(&name), None).await.unwrap();
    let wanted = wanted_of(onboarded.tenant_id, &name);
    cleaning_up(std::slice::from_ref(&wanted), async {
        until(60, "the other process holds steps", || async { held(&pool).await > 0 }).await;
        process.signal("-STOP");
        let stopped = Instant::now();
        let holding = held(&pool).await;
        assert!(holding > 0, "it was stopped while it held steps");
        let stop = CancellationToken::new();
        let awake = tokio::spawn(provisioning.worker("awake".into()).with(short_leases(), None).run(stop.clone()));
        until(35, "all that it held is taken over", || async { held(&pool).await == 0 }).await;
        let taken_over = stopped.elapsed();
        run_is(&provisioning, &database, onboarded.run_id, RunState::Done, 120).await;
        everything_is_there(&wanted).await;
        let site = site().await;
        let before = (rows(&pool).await, versions(&site, &wanted).await);

        process.signal("-CONT");
        // Longer than its lease, its renewals and its looks for work.
        tokio::time::sleep(Duration::from_secs(6)).await;
        let after = (rows(&pool).await, versions(&site, &wanted).await);
        assert_eq!(after, before, "a write of the process that woke was accepted, or something outside changed");
        assert_eq!(invitations(&wanted).await, 1);
        println!(
            "proof 08: {holding} steps held by a process that was stopped were taken over {:.1} s later (leases of 3 s); it woke: 0 writes accepted in {} tables, 0 outside effects on {} kinds",
            taken_over.as_secs_f64(),
            before.0.len(),
            before.1.len()
        );
        stop.cancel();
        awake.await.unwrap();
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn proof_08_a_killed_process_is_taken_over(pool: PgPool) {
    const GOAL: u64 = 35;
    let (provisioning, database) = provisioning(&pool).await;
    let create = may::<CreateTenants>(&database).await;
    let name = short_name();
    let process = Process::with_leases_of_production(&pool);
    let onboarded = provisioning.onboard(&create, draft(&name), None).await.unwrap();
    let wanted = wanted_of(onboarded.tenant_id, &name);
    cleaning_up(std::slice::from_ref(&wanted), async {
        // It is there before the other one dies, as a second server is.
        until(60, "the other process holds steps", || async { held(&pool).await > 0 }).await;
        let stop = CancellationToken::new();
        let survivor = tokio::spawn(provisioning.worker("survivor".into()).with(Tuning::default(), None).run(stop.clone()));
        process.signal("-KILL");
        let killed = Instant::now();
        let holding = held(&pool).await;
        assert!(holding > 0, "it was killed while it held steps");
        until(GOAL, "all that it held is taken over", || async { held(&pool).await == 0 }).await;
        let taken_over = killed.elapsed();
        run_is(&provisioning, &database, onboarded.run_id, RunState::Done, 120).await;
        everything_is_there(&wanted).await;
        assert_eq!(invitations(&wanted).await, 1);
        println!(
            "proof 08: {holding} steps held by a process that was killed (kill -9) were taken over {:.1} s later (goal {GOAL} s, leases of production), and the tenant is complete",
            taken_over.as_secs_f64()
        );
        stop.cancel();
        survivor.await.unwrap();
    })
    .await;
}
