//! The gates of the clients, seen from outside: a system that fails is let be while runs wait, and never gets more calls at a time than it
//! may. What a gate does call by call, its own tests show.

use crate::own_grafana::{fault, own_grafana, served};
use crate::world::*;
use futures::future::join_all;
use sqlx::PgPool;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use steward_core::access::{CreateTenants, ReadTenants};
use steward_core::platform::{Circuit, GateLimits};
use steward_core::provisioning::resources::resource;
use steward_domain::resource::ResourceKind;
use steward_domain::run::{RunState, StepState};
use steward_standins::faults::Fault;
use steward_standins::server::{Grafana, router};
use tokio_util::sync::CancellationToken;

const ORDERED: u32 = 10_000;

/// It answers 500 to everything, or nothing for longer than Steward waits.
fn failing() -> [Fault; 2] {
    let broken = fault("", 500, ORDERED, false);
    let silent = Fault { status: None, delay_ms: 20_000, ..broken.clone() };
    [broken, silent]
}

/// How many calls the order has met since it was given.
fn met(grafana: &Grafana) -> u32 {
    ORDERED - grafana.faults().orders().first().unwrap().count
}

#[sqlx::test(migrations = "../migrations")]
async fn a_system_that_fails_is_let_be_while_its_steps_wait_and_goes_on_when_it_is_back(pool: PgPool) {
    for failing in failing() {
        let (grafana, platform) = own_grafana().await;
        let (provisioning, database) = provisioning_of(&pool, platform).await;
        let site = provisioning.site();
        let name = short_name();
        let onboarded = provisioning.onboard(&may::<CreateTenants>(&database).await, draft(&name), None).await.unwrap();
        let wanted = wanted_of(onboarded.tenant_id, &name);
        cleaning_up(std::slice::from_ref(&wanted), async {
            grafana.faults().order(failing);
            let look = || resource(ResourceKind::Folder).observe(site, &wanted);
            assert!(join_all((0..5).map(|_| look())).await.iter().all(Result::is_err));
            assert_eq!(met(&grafana), 5);
            let gate = site.platform.grafana.gate();
            assert!(matches!(gate.report().circuit, Circuit::Open { .. }), "{:?}", gate.report());

            let began = Instant::now();
            let refused = join_all((0..50).map(|_| look())).await;
            assert!(began.elapsed() < Duration::from_secs(1), "nobody waits for a system that is let be: {:?}", began.elapsed());
            assert!(refused.iter().all(|look| look.as_ref().is_err_and(|failure| failure.cause.code == "GRA-503")), "{refused:?}");
            assert_eq!(met(&grafana), 5, "it got a call all the same");

            let stop = CancellationToken::new();
            let worker = tokio::spawn(provisioning.worker("test".into()).with(quick(), None).run(stop.clone()));
            let read = may::<ReadTenants>(&database).await;
            let folder = async || {
                let view = provisioning.run_view(&read, onboarded.run_id).await.unwrap();
                view.steps.into_iter().find(|step| step.kind == ResourceKind::Folder).unwrap()
            };
            until(60, "the folder waits", async || folder().await.state == StepState::Waiting).await;
            tokio::time::sleep(Duration::from_secs(3)).await;
            let waits = folder().await;
            assert_eq!((waits.state, waits.attempt), (StepState::Waiting, 0), "waiting uses up no attempt: {waits:#?}");
            assert!(waits.attempts.len() <= 2, "it is not tried again and again: {waits:#?}");

            grafana.faults().clear();
            run_is(&provisioning, &database, onboarded.run_id, RunState::Done, 120).await;
            assert_eq!(gate.report().circuit, Circuit::Closed);
            stop.cancel();
            worker.await.unwrap();
        })
        .await;
    }
}

#[tokio::test]
async fn a_system_never_gets_more_calls_at_a_time_than_it_may() {
    const LIMIT: usize = 4;
    let grafana = Grafana::new("admin".into(), "steward".into(), None).unwrap();
    grafana.faults().order(Fault { status: None, delay_ms: 50, ..fault("", 200, ORDERED, false) });
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = axum::middleware::from_fn({
        let (now, most) = (Arc::clone(&now), Arc::clone(&most));
        move |request: axum::extract::Request, next: axum::middleware::Next| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let answer = next.run(request).await;
                now.fetch_sub(1, Ordering::SeqCst);
                answer
            }
        }
    });
    let mut platform = served(router(Arc::clone(&grafana)).layer(counted)).await;
    platform.calls.grafana = GateLimits::of(u32::try_from(LIMIT).unwrap());
    let site = site_of(platform).await;
    // What 50 workers' steps would do at the same time, each for a tenant of its own.
    let wanted: Vec<_> = (0..50).map(|_| wanted()).collect();
    let made = join_all(wanted.iter().map(|wanted| async {
        let folder = resource(ResourceKind::Folder);
        let seen = folder.observe(&site, wanted).await?;
        folder.apply(&site, wanted, &seen).await
    }));
    for outcome in made.await {
        outcome.unwrap();
    }
    assert_eq!(most.load(Ordering::SeqCst), LIMIT);
    assert!(met(&grafana) >= 100);
}
