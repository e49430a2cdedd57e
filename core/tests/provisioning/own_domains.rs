//! Proofs 7 and 9 for what a custom domain is served by: it is a tenant's own wish, and comes and goes while everything else stays.

use crate::proofs::{ended, immortal, onboard};
use crate::world::*;
use sqlx::PgPool;
use std::sync::{Arc, Mutex};
use steward_core::access::{CancelRuns, ConfigureTenants, RetryRuns};
use steward_core::database::Database;
use steward_core::provisioning::{Deaths, Point, Proposal, Provisioning, Wanted};
use steward_domain::cause::Nature;
use steward_domain::change::SettingsPatch;
use steward_domain::resource::ResourceKind;
use steward_domain::run::RunState;
use steward_in_process::World;
use steward_in_process::fault::{Call, Fault, Trick};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Gives a tenant a domain of its customer's own, proved as on the page, and starts the run that has it served.
pub async fn with_own_domain(
    pool: &PgPool,
    provisioning: &Provisioning,
    database: &Database,
    world: &World,
    wanted: &Wanted,
) -> (Wanted, Uuid) {
    let wanted = with_custom_domain(wanted);
    let wish = wanted.custom_domain.clone().unwrap();
    world.publish(&wanted);
    sqlx::query(
        "insert into domain_challenge (tenant_id, domain, token, begun_by, expires_at, verified_at) values ($1, $2, $3, 'test', now() + interval '7 days', now())",
    )
    .bind(wanted.tenant_id)
    .bind(wish.host.as_str())
    .bind(wish.token)
    .execute(pool)
    .await
    .unwrap();
    let run = set_own_domain(provisioning, database, &wanted, true).await;
    (wanted, run)
}

/// Sets the domain that a tenant has proved, or takes it away.
pub async fn set_own_domain(provisioning: &Provisioning, database: &Database, wanted: &Wanted, on: bool) -> Uuid {
    let configure = may::<ConfigureTenants>(database).await;
    let domain = wanted.custom_domain.clone().filter(|_| on).map(|wish| wish.host);
    let patch = SettingsPatch { custom_domain: Some(domain), ..SettingsPatch::default() };
    let change = provisioning.propose(&configure, wanted.tenant_id, Proposal::settings(patch, None)).await.unwrap();
    provisioning.start_change(&configure, wanted.tenant_id, change, None).await.unwrap().run_id
}

/// The same with what a custom domain is served by, when it is taken away from a tenant that keeps everything else.
pub async fn dies_once_taking_a_custom_domain_away(pool: PgPool, point: Point) -> usize {
    let world = quick_world();
    let (provisioning, database) = provisioning_in_memory(&pool, &world, 6).await;
    let (wanted, run) = onboard(&provisioning, &database).await;
    let nobody: Arc<dyn Deaths> = Arc::new(Once { point, died: Mutex::new(ResourceKind::ALL.into_iter().collect()) });
    let stop = CancellationToken::new();
    let worker = immortal(&provisioning, hasty(1), &nobody, &stop);
    assert_eq!(ended(&provisioning, &database, run, 60).await.state, RunState::Done);
    let (wanted, run) = with_own_domain(&pool, &provisioning, &database, &world, &wanted).await;
    assert_eq!(ended(&provisioning, &database, run, 60).await.state, RunState::Done);
    stop.cancel();
    worker.await.unwrap();
    let back = Arc::new(Once { point, died: Mutex::default() });
    let deaths: Arc<dyn Deaths> = back.clone();
    let stop = CancellationToken::new();
    let run = set_own_domain(&provisioning, &database, &wanted, false).await;
    let worker = immortal(&provisioning, hasty(1), &deaths, &stop);
    let view = ended(&provisioning, &database, run, 60).await;
    assert_eq!(view.state, RunState::Done, "{view:#?}");
    let left: Vec<_> = world.left_of(&wanted).into_iter().filter(|(kind, _)| kind.is_of_the_custom_domain()).collect();
    assert_eq!(left, [], "nothing of it is left");
    assert_eq!(world.left_of(&wanted).len(), of_every_tenant().count() - 1, "everything else is");
    stop.cancel();
    worker.await.unwrap();
    let died = back.died.lock().unwrap().len();
    assert_eq!(died, view.steps.len(), "every step met its death");
    died
}

/// The same at one kind of what serves a custom domain, when a tenant gets one.
pub async fn meets_with_own_domain(
    pool: &PgPool,
    provisioning: &Provisioning,
    database: &Database,
    world: &World,
    kind: ResourceKind,
    trick: Trick,
) {
    let (wanted, run) = onboard(provisioning, database).await;
    assert_eq!(ended(provisioning, database, run, 120).await.state, RunState::Done);
    let times = match trick {
        Trick::WrongCredentials => 1_000,
        Trick::RateLimited | Trick::Broken => 3,
        _ => 1,
    };
    world.fail(Fault { tenant: Some(wanted.short_name.to_string()), kind, call: Call::Apply, trick, times });
    let (wanted, run) = with_own_domain(pool, provisioning, database, world, &wanted).await;
    let view = ended(provisioning, database, run, 120).await;
    let makes_something = in_memory(world).await.resource(kind).makes_something();
    let taken = world.left_of(&wanted).contains(&(kind, false));
    assert_eq!(taken, trick == Trick::Foreign && makes_something, "{kind:?} {trick:?}");
    if trick == Trick::WrongCredentials && makes_something || taken {
        assert_eq!(view.state, RunState::Stopped, "{kind:?} {trick:?}: {view:#?}");
        let cause = view.steps.iter().find(|step| step.kind == kind).and_then(|step| step.cause.clone()).unwrap();
        assert_eq!((cause.system, cause.nature), (kind.system(), Nature::Lasting), "{kind:?} {trick:?}: {cause:?}");
        assert!(!cause.what.is_empty() && !cause.helps.is_empty() && !cause.whose.label().is_empty());
        world.heal_tenant(&wanted);
        if taken {
            // The domain is given up again: what is foreign stays, all that is ours goes.
            provisioning.cancel_run(&may::<CancelRuns>(database).await, run).await.unwrap();
            let removal = set_own_domain(provisioning, database, &wanted, false).await;
            let view = ended(provisioning, database, removal, 60).await;
            assert_eq!(view.state, RunState::Done, "{kind:?} {trick:?}: {view:#?}");
            let left: Vec<_> = world.left_of(&wanted).into_iter().filter(|(kind, _)| kind.is_of_the_custom_domain()).collect();
            assert_eq!(left, [(kind, false)], "{kind:?}: an orphan, or something foreign was removed");
            return;
        }
        provisioning.retry_run(&may::<RetryRuns>(database).await, run).await.unwrap();
    }
    let view = ended(provisioning, database, run, 60).await;
    assert_eq!(view.state, RunState::Done, "{kind:?} {trick:?}: {view:#?}");
    let site = in_memory(world).await;
    for each in ResourceKind::ALL {
        assert!(site.resource(each).observe(&site, &wanted).await.unwrap().is_as_wanted(), "{kind:?} {trick:?}: {each:?}");
    }
}
