//! The worker dies at each point of each step, and another one starts. The run ends done, each object is there once, one mail was sent.

use crate::world::*;
use sqlx::PgPool;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use steward_core::access::CreateTenants;
use steward_core::provisioning::resources::resource;
use steward_core::provisioning::{Point, Tuning};
use steward_domain::run::{RunState, StepState};
use tokio_util::sync::CancellationToken;

async fn dies_everywhere_at(point: Point, pool: PgPool) {
    let (provisioning, database) = provisioning(&pool).await;
    let create = may::<CreateTenants>(&database).await;
    let name = short_name();
    let onboarded = provisioning.onboard(&create, draft(&name), None).await.unwrap();
    let wanted = wanted_of(onboarded.tenant_id, &name);
    let deaths = Arc::new(Once { point, died: Mutex::default() });
    cleaning_up(std::slice::from_ref(&wanted), async {
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
        let view = run_is(&provisioning, &database, onboarded.run_id, RunState::Done, 240).await;
        stop.cancel();
        let lives = restarts.await.unwrap();
        // What makes nothing may be seen to work at the first look, and has no effect then that a death could come after.
        let died = deaths.died.lock().unwrap().clone();
        for kind in of_every_tenant() {
            assert!(died.contains(&kind) || !resource(kind).makes_something(), "{kind:?}");
        }
        assert_eq!(lives, died.len() + 1);
        assert_eq!(view.count(StepState::Done), 19);
        everything_is_there(&wanted).await;
        assert_eq!(invitations(&wanted).await, 1, "mails");
        let once: Vec<i64> = sqlx::query_scalar("select count(*) from audit_intake where action = 'step.done' group by object_id")
            .fetch_all(&pool)
            .await
            .unwrap();
        assert_eq!(once, [1; 19], "each step is recorded as done once");
        let unended: i64 =
            sqlx::query_scalar("select count(*) from run_step_attempt where ended_at is null").fetch_one(&pool).await.unwrap();
        assert_eq!(unended, 0);
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn before_the_intent(pool: PgPool) {
    dies_everywhere_at(Point::BeforeIntent, pool).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn after_the_intent(pool: PgPool) {
    dies_everywhere_at(Point::AfterIntent, pool).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn after_the_effect(pool: PgPool) {
    dies_everywhere_at(Point::AfterEffect, pool).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn after_the_look(pool: PgPool) {
    dies_everywhere_at(Point::AfterObserve, pool).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn after_the_commit(pool: PgPool) {
    dies_everywhere_at(Point::AfterCommit, pool).await;
}
