//! Several workers, takeover, and writes of those who lost their lease.

use crate::world::*;
use sqlx::PgPool;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use steward_core::access::CreateTenants;
use steward_core::provisioning::{Deaths, Point, Tuning, Wanted};
use steward_domain::resource::ResourceKind;
use steward_domain::run::RunState;
use tokio_util::sync::CancellationToken;

#[sqlx::test(migrations = "../migrations")]
async fn two_workers_share_many_runs_and_each_step_is_done_once(pool: PgPool) {
    let (provisioning, database) = provisioning(&pool).await;
    let create = may::<CreateTenants>(&database).await;
    let mut tenants: Vec<Wanted> = Vec::new();
    let mut runs = Vec::new();
    for _ in 0..4 {
        let name = short_name();
        let onboarded = provisioning.onboard(&create, draft(&name), None).await.unwrap();
        tenants.push(wanted_of(onboarded.tenant_id, &name));
        runs.push(onboarded.run_id);
    }
    cleaning_up(&tenants, async {
        let stop = CancellationToken::new();
        let few = Tuning { steps_max: 3, ..quick() };
        let workers: Vec<_> = ["one", "two"]
            .map(|name| tokio::spawn(provisioning.worker(name.into()).with(few, None).run(stop.clone())))
            .into_iter()
            .collect();
        for run in &runs {
            run_is(&provisioning, &database, *run, RunState::Done, 180).await;
        }
        let counts: Vec<(String, i64)> =
            sqlx::query_as("select worker, count(*) from run_step_attempt group by worker order by worker").fetch_all(&pool).await.unwrap();
        assert_eq!(counts.len(), 2, "both work: {counts:?}");
        let once: Vec<i64> = sqlx::query_scalar("select count(*) from audit_intake where action = 'step.done' group by object_id")
            .fetch_all(&pool)
            .await
            .unwrap();
        assert_eq!(once, [1; 4 * 19], "each step is done once");
        for tenant in &tenants {
            assert_eq!(invitations(tenant).await, 1);
        }
        stop.cancel();
        futures::future::join_all(workers).await;
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_worker_that_vanishes_is_taken_over(pool: PgPool) {
    let (provisioning, database) = provisioning(&pool).await;
    let create = may::<CreateTenants>(&database).await;
    let name = short_name();
    let onboarded = provisioning.onboard(&create, draft(&name), None).await.unwrap();
    let wanted = wanted_of(onboarded.tenant_id, &name);
    cleaning_up(std::slice::from_ref(&wanted), async {
        let first = tokio::spawn(provisioning.worker("first".into()).with(short_lease(), None).run(CancellationToken::new()));
        until(10, "the realm is being made", || async {
            sqlx::query_scalar::<_, i64>("select count(*) from run_step where kind = 'realm' and state = 'running'")
                .fetch_one(&pool)
                .await
                .unwrap()
                == 1
        })
        .await;
        first.abort();
        let vanished = Instant::now();
        let stop = CancellationToken::new();
        let second = tokio::spawn(provisioning.worker("second".into()).with(quick(), None).run(stop.clone()));
        until(10, "the realm is taken over", || async {
            sqlx::query_scalar::<_, i64>("select count(*) from run_step where kind = 'realm' and (owner = 'second' or state = 'done')")
                .fetch_one(&pool)
                .await
                .unwrap()
                == 1
        })
        .await;
        println!("taken over {:?} after the first one vanished, with a lease of 3 s", vanished.elapsed());
        let view = run_is(&provisioning, &database, onboarded.run_id, RunState::Done, 180).await;
        let realm = view.steps.iter().find(|step| step.kind == ResourceKind::Realm).unwrap();
        assert_eq!(realm.attempts[0].outcome, "Its worker stopped; another one took over.");
        everything_is_there(&wanted).await;
        assert_eq!(invitations(&wanted).await, 1);
        stop.cancel();
        second.await.unwrap();
    })
    .await;
}

fn short_lease() -> Tuning {
    Tuning { lease: Duration::from_secs(3), renew: Duration::from_secs(1), ..quick() }
}

/// Sleeps, as a stopped process does, once the namespace was observed.
struct Sleeper(AtomicBool);

impl Deaths for Sleeper {
    fn dies(&self, point: Point, kind: ResourceKind, _: &Wanted) -> bool {
        if point == Point::AfterObserve && kind == ResourceKind::Namespace && !self.0.swap(true, Ordering::SeqCst) {
            std::thread::sleep(Duration::from_secs(5));
        }
        false
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_worker_that_slept_through_its_lease_writes_nothing(pool: PgPool) {
    let (provisioning, database) = provisioning(&pool).await;
    let create = may::<CreateTenants>(&database).await;
    let name = short_name();
    let onboarded = provisioning.onboard(&create, draft(&name), None).await.unwrap();
    let wanted = wanted_of(onboarded.tenant_id, &name);
    cleaning_up(std::slice::from_ref(&wanted), async {
        // A runtime of its own: everything of this worker sleeps together.
        let sleepy_stop = CancellationToken::new();
        let sleepy = std::thread::spawn({
            let (pool_options, stop) = (pool.connect_options().as_ref().clone(), sleepy_stop.clone());
            move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async move {
                    let database = steward_core::database::Database::connect(pool_options, 5, steward_core::context::Context::default()).await.unwrap();
                    let site = site().await;
                    let provisioning = steward_core::provisioning::Provisioning::new(database, site.platform, site.settings);
                    let tuning = Tuning { lease: Duration::from_secs(2), renew: Duration::from_millis(500), ..quick() };
                    provisioning.worker("sleepy".into()).with(tuning, Some(Arc::new(Sleeper(AtomicBool::new(false))))).run(stop).await;
                });
            }
        });
        until(10, "the sleepy one has the namespace", || async {
            sqlx::query_scalar::<_, i64>("select count(*) from run_step where kind = 'namespace' and owner = 'sleepy'").fetch_one(&pool).await.unwrap() == 1
        })
        .await;
        let stop = CancellationToken::new();
        let awake = tokio::spawn(provisioning.worker("awake".into()).with(quick(), None).run(stop.clone()));
        run_is(&provisioning, &database, onboarded.run_id, RunState::Done, 180).await;
        sleepy_stop.cancel();
        tokio::task::spawn_blocking(move || sleepy.join().unwrap()).await.unwrap();
        let attempts: Vec<(String, Option<String>)> = sqlx::query_as(
            "select a.worker, a.outcome from run_step_attempt a join run_step s on s.id = a.step_id where s.kind = 'namespace' order by a.number",
        )
        .fetch_all(&pool)
        .await
        .unwrap();
        assert_eq!(attempts.len(), 2, "{attempts:?}");
        assert_eq!(attempts[0], ("sleepy".into(), Some("Its worker stopped; another one took over.".into())));
        assert_eq!(attempts[1].0, "awake");
        let entries: i64 = sqlx::query_scalar("select count(*) from audit_intake a join run_step s on s.id::text = a.object_id where s.kind = 'namespace' and a.action = 'step.done'")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(entries, 1);
        let once: HashSet<i64> = sqlx::query_scalar("select count(*) from audit_intake where action = 'step.done' group by object_id").fetch_all(&pool).await.unwrap().into_iter().collect();
        assert_eq!(once, HashSet::from([1]));
        stop.cancel();
        awake.await.unwrap();
    })
    .await;
}
