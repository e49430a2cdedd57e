//! Proof 7 of TRUST.md §5 on systems in memory that keep the same contract as the real ones, and what the proofs in memory share: workers
//! that die and start again, tenants, the end of a run. A kind of resource is covered by being registered. The same on the real systems is
//! in `crashes.rs`, schedules drawn at random are in `schedules.rs`, proof 9 is in `faults.rs`. `make proofs` prints what they print.

use crate::own_domains::{dies_once_taking_a_custom_domain_away, with_own_domain};
use crate::world::*;
use futures::StreamExt;
use sqlx::PgPool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use steward_core::access::{CreateTenants, ReadTenants, RollBackTenants};
use steward_core::database::Database;
use steward_core::error::Error;
use steward_core::provisioning::{Deaths, Point, Proposal, Provisioning, Tuning, Wanted};
use steward_domain::resource::ResourceKind;
use steward_domain::run::{RunState, RunView};
use steward_in_process::fault::{Call, Fault, Trick};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Workers that are started again whenever they die.
pub fn immortal(
    provisioning: &Provisioning,
    tuning: Tuning,
    deaths: &Arc<dyn Deaths>,
    stop: &CancellationToken,
) -> tokio::task::JoinHandle<()> {
    let (provisioning, deaths, stop) = (provisioning.clone(), Arc::clone(deaths), stop.clone());
    tokio::spawn(async move {
        let mut life = 0;
        while !stop.is_cancelled() {
            life += 1;
            provisioning.worker(format!("life {life}")).with(tuning, Some(Arc::clone(&deaths))).run(stop.clone()).await;
        }
    })
}

pub async fn onboard(provisioning: &Provisioning, database: &Database) -> (Wanted, Uuid) {
    onboard_as(provisioning, database, short_name()).await
}

pub async fn onboard_as(provisioning: &Provisioning, database: &Database, name: String) -> (Wanted, Uuid) {
    let create = may::<CreateTenants>(database).await;
    let onboarded = loop {
        match provisioning.onboard(&create, draft(&name), None).await {
            Err(Error::DatabaseAway { .. }) => {}
            onboarded => break onboarded.unwrap(),
        }
    };
    (wanted_of(onboarded.tenant_id, &name), onboarded.run_id)
}

pub async fn roll_back(provisioning: &Provisioning, database: &Database, wanted: &Wanted) -> Uuid {
    let authority = may::<RollBackTenants>(database).await;
    let change = provisioning.propose(&authority, wanted.tenant_id, Proposal::roll_back()).await.unwrap();
    let name = wanted.short_name.as_str();
    provisioning.start_roll_back(&authority, wanted.tenant_id, change, None, name).await.unwrap().run_id
}

/// How a run ended; in words what is wrong if it does not end within so many seconds, or cannot be read.
pub async fn end_of(provisioning: &Provisioning, database: &Database, run: Uuid, seconds: u64) -> Result<RunView, String> {
    let authority = may::<ReadTenants>(database).await;
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut pause = Duration::from_millis(30);
    while Instant::now() < end {
        tokio::time::sleep(pause).await;
        // Many runs are watched at once: later and later, and the whole view is read only at the end.
        pause = (pause * 3 / 2).min(Duration::from_millis(300));
        let over = match database.read(&authority).await {
            Ok(mut reader) => {
                let over = sqlx::query_scalar("select state <> 'running' from run where id = $1").bind(run);
                over.fetch_one(reader.conn()).await.map_err(|error| format!("the run cannot be read: {error}"))?
            }
            // The machine may be busy: whoever watches tries again, as a browser does.
            Err(Error::DatabaseAway { .. }) => false,
            Err(error) => return Err(format!("the run cannot be read: {error:?}")),
        };
        if over && let Ok(view) = provisioning.run_view(&authority, run).await {
            return Ok(view);
        }
    }
    Err(format!("the run did not end within {seconds} s: {:#?}", provisioning.run_view(&authority, run).await))
}

pub async fn ended(provisioning: &Provisioning, database: &Database, run: Uuid, seconds: u64) -> RunView {
    end_of(provisioning, database, run, seconds).await.unwrap_or_else(|wrong| panic!("{wrong}"))
}

/// Cases side by side, so many at once.
pub async fn side_by_side<T>(at_once: usize, cases: impl IntoIterator<Item = std::pin::Pin<Box<impl Future<Output = T>>>>) -> Vec<T> {
    futures::stream::iter(cases).buffer_unordered(at_once).collect().await
}

/// Workers to whom nothing happens.
pub fn nobody_dies() -> Arc<dyn Deaths> {
    Arc::new(Once { point: Point::AfterCommit, died: Mutex::new(ResourceKind::ALL.into_iter().collect()) })
}

async fn dies_once_of_every_kind(pool: PgPool, point: Point, back: bool) -> usize {
    let world = quick_world();
    let (provisioning, database) = provisioning_in_memory(&pool, &world, 6).await;
    if back {
        world.fail(Fault { tenant: None, kind: ResourceKind::Dashboard, call: Call::Apply, trick: Trick::Partial, times: 1_000 });
    }
    let (wanted, run) = onboard(&provisioning, &database).await;
    let forward = Arc::new(Once { point, died: Mutex::default() });
    let stop = CancellationToken::new();
    let deaths: Arc<dyn Deaths> = if back { nobody_dies() } else { forward.clone() };
    let worker = immortal(&provisioning, hasty(1), &deaths, &stop);
    if !back {
        let first = ended(&provisioning, &database, run, 120).await;
        assert_eq!(first.state, RunState::Done, "{first:#?}");
        let (wanted, run) = with_own_domain(&pool, &provisioning, &database, &world, &wanted).await;
        let second = ended(&provisioning, &database, run, 120).await;
        assert_eq!(second.state, RunState::Done, "{second:#?}");
        let site = in_memory(&world).await;
        for kind in ResourceKind::ALL {
            assert!(site.resource(kind).observe(&site, &wanted).await.unwrap().is_as_wanted(), "{kind:?}");
        }
        let invited = world.effects().iter().filter(|effect| effect.did == "invited").count();
        assert_eq!(invited, 1, "mails");
        stop.cancel();
        worker.await.unwrap();
        let died = forward.died.lock().unwrap().clone();
        each_step_met_its_death(&died, point, &[first, second], &ResourceKind::ALL);
        return died.len();
    }
    // All is made but the half of one: a creation that did not come to its end.
    let view = ended(&provisioning, &database, run, 60).await;
    assert_eq!(view.state, RunState::Stopped, "{view:#?}");
    stop.cancel();
    worker.await.unwrap();
    world.heal();
    let stop = CancellationToken::new();
    let deaths: Arc<dyn Deaths> = forward.clone();
    let removal = roll_back(&provisioning, &database, &wanted).await;
    let worker = immortal(&provisioning, hasty(1), &deaths, &stop);
    let view = ended(&provisioning, &database, removal, 120).await;
    assert_eq!(view.state, RunState::Done, "{view:#?}");
    assert_eq!(world.left_of(&wanted), [], "nothing is left");
    stop.cancel();
    worker.await.unwrap();
    let died = forward.died.lock().unwrap().clone();
    each_step_met_its_death(&died, point, &[view], &of_every_tenant().collect::<Vec<_>>());
    died.len()
}

#[sqlx::test(migrations = "../migrations")]
async fn proof_07_a_crash_at_each_point_of_each_step_forward_and_back(pool: PgPool) {
    let began = Instant::now();
    let mut crashes = 0;
    for point in Point::ALL {
        for back in [false, true] {
            crashes += dies_once_of_every_kind(pool.clone(), point, back).await;
            if back {
                crashes += dies_once_taking_a_custom_domain_away(pool.clone(), point).await;
            }
            // The next one begins on an empty platform.
            sqlx::query("update run set state = 'cancelled', ended_at = now() where ended_at is null").execute(&pool).await.unwrap();
        }
    }
    println!(
        "proof 07: {crashes} crashes at 5 points of each step of {} kinds, forward and back, on systems in memory: all ended done or without a trace; {} s",
        ResourceKind::ALL.len(),
        began.elapsed().as_secs()
    );
}
