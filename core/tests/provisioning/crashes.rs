//! Proof 7 of TRUST.md §5 on the real systems, for one tenant at each point: the worker dies at that point of each step, and another one
//! starts, while everything is made and while a creation is rolled back. The run ends done, each object is there once, one mail was sent;
//! in the end nothing is left. `proofs.rs` does the same in memory.

use crate::world::*;
use sqlx::PgPool;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use steward_core::access::{CreateTenants, RollBackTenants};
use steward_core::database::Database;
use steward_core::provisioning::resources::resource;
use steward_core::provisioning::{Point, Proposal, Provisioning, Tuning, Wanted};
use steward_domain::resource::ResourceKind;
use steward_domain::run::{RunState, RunView, StepState};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Carries out a run with a worker that dies once over each step, and starts again each time.
async fn dies_at(point: Point, provisioning: &Provisioning, database: &Database, run: Uuid) -> (RunView, HashSet<ResourceKind>) {
    let deaths = Arc::new(Once { point, died: Mutex::default() });
    // One step at a time, so that each meets its own death and none is cut short by another's.
    let tuning = Tuning { steps_max: 1, lease: Duration::from_secs(3), renew: Duration::from_millis(500), ..quick() };
    let stop = CancellationToken::new();
    let restarts = tokio::spawn({
        let (provisioning, deaths, stop) = (provisioning.clone(), Arc::clone(&deaths), stop.clone());
        async move {
            let mut starts = 0;
            while !stop.is_cancelled() {
                starts += 1;
                provisioning.worker(format!("life {starts}")).with(tuning, Some(deaths.clone())).run(stop.clone()).await;
            }
            starts
        }
    });
    let view = run_is(provisioning, database, run, RunState::Done, 240).await;
    stop.cancel();
    let lives = restarts.await.unwrap();
    let died = deaths.died.lock().unwrap().clone();
    each_step_met_its_death(&died, point, std::slice::from_ref(&view), &of_every_tenant().collect::<Vec<_>>());
    assert_eq!(lives, died.len() + 1);
    (view, died)
}

async fn each_step_was_recorded_once(pool: &PgPool, run: &RunView) {
    let once: Vec<i64> = sqlx::query_scalar(
        "select count(*) from audit_intake a join run_step s on s.id::text = a.object_id where a.action = 'step.done' and s.run_id = $1 group by s.id",
    )
    .bind(run.id)
    .fetch_all(pool)
    .await
    .unwrap();
    assert_eq!(once, vec![1; run.steps.len()], "each step is recorded as done once");
    let unended: i64 = sqlx::query_scalar("select count(*) from run_step_attempt where ended_at is null").fetch_one(pool).await.unwrap();
    assert_eq!(unended, 0);
}

/// Rolls back what was made. A creation that came to its end is not rolled back: so this one is said not to have.
async fn roll_back(pool: &PgPool, provisioning: &Provisioning, database: &Database, wanted: &Wanted) -> Uuid {
    let creating = sqlx::query("update tenant set status = 'provisioning' where id = $1").bind(wanted.tenant_id);
    assert_eq!(creating.execute(pool).await.unwrap().rows_affected(), 1);
    let authority = may::<RollBackTenants>(database).await;
    let change = provisioning.propose(&authority, wanted.tenant_id, Proposal::roll_back()).await.unwrap();
    let name = wanted.short_name.as_str();
    provisioning.start_roll_back(&authority, wanted.tenant_id, change, None, name).await.unwrap().run_id
}

fn in_words(point: Point) -> &'static str {
    match point {
        Point::BeforeIntent => "before the intent",
        Point::AfterIntent => "after the intent",
        Point::AfterEffect => "after the effect",
        Point::AfterObserve => "after the look",
        Point::AfterCommit => "after the commit",
    }
}

async fn dies_everywhere_at(point: Point, pool: PgPool) {
    let began = Instant::now();
    let (provisioning, database) = provisioning(&pool).await;
    let create = may::<CreateTenants>(&database).await;
    let name = short_name();
    let onboarded = provisioning.onboard(&create, draft(&name), None).await.unwrap();
    let wanted = wanted_of(onboarded.tenant_id, &name);
    cleaning_up(std::slice::from_ref(&wanted), async {
        let (there, died_there) = dies_at(point, &provisioning, &database, onboarded.run_id).await;
        assert_eq!(there.count(StepState::Done), of_every_tenant().count());
        everything_is_there(&wanted).await;
        each_step_was_recorded_once(&pool, &there).await;

        let removal = roll_back(&pool, &provisioning, &database, &wanted).await;
        let (back, died_back) = dies_at(point, &provisioning, &database, removal).await;
        let site = site().await;
        for kind in of_every_tenant() {
            let gone = || async { resource(kind).observe(&site, &wanted).await.is_ok_and(|seen| is_absent(&seen)) };
            until(30, &format!("{kind:?} is gone"), gone).await;
        }
        each_step_was_recorded_once(&pool, &back).await;
        assert_eq!(invitations(&wanted).await, 1, "mails");
        println!(
            "proof 07: {} crashes {} of {} steps there and {} back, on the real systems: all there once, then nothing left; {} s",
            died_there.len() + died_back.len(),
            in_words(point),
            there.steps.len(),
            back.steps.len(),
            began.elapsed().as_secs()
        );
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn proof_07_crashes_before_the_intent(pool: PgPool) {
    dies_everywhere_at(Point::BeforeIntent, pool).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn proof_07_crashes_after_the_intent(pool: PgPool) {
    dies_everywhere_at(Point::AfterIntent, pool).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn proof_07_crashes_after_the_effect(pool: PgPool) {
    dies_everywhere_at(Point::AfterEffect, pool).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn proof_07_crashes_after_the_look(pool: PgPool) {
    dies_everywhere_at(Point::AfterObserve, pool).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn proof_07_crashes_after_the_commit(pool: PgPool) {
    dies_everywhere_at(Point::AfterCommit, pool).await;
}
