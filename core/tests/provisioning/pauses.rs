//! What a pause of destructive work holds, in runs of every kind, on systems in memory.

use crate::own_domains::{set_own_domain, with_own_domain};
use crate::proofs::{ended, onboard, roll_back};
use crate::world::*;
use sqlx::PgPool;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use steward_core::access::{CancelRuns, ConfigureTenants, PauseDestruction, RepairDrift, Right, SuspendTenants};
use steward_core::database::Database;
use steward_core::provisioning::{Deaths, Point, Proposal, Provisioning, Wanted};
use steward_domain::change::SettingsPatch;
use steward_domain::resource::ResourceKind;
use steward_domain::run::RunState;
use steward_in_process::World;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

async fn start<R: Right>(provisioning: &Provisioning, database: &Database, wanted: &Wanted, proposal: Proposal) -> Uuid {
    let authority = may::<R>(database).await;
    let change = provisioning.propose(&authority, wanted.tenant_id, proposal).await.unwrap();
    provisioning.start_change(&authority, wanted.tenant_id, change, None).await.unwrap().run_id
}

fn without(kinds: &[ResourceKind]) -> Proposal {
    let without = Some(kinds.iter().copied().collect::<BTreeSet<_>>());
    Proposal::settings(SettingsPatch { without, ..SettingsPatch::default() }, None)
}

fn removed(world: &World, kind: ResourceKind) -> usize {
    world.effects().iter().filter(|effect| effect.kind == kind && effect.did == "removed").count()
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_held_is_every_removal_and_the_closing_of_a_realm_whatever_run_it_is_in(pool: PgPool) {
    let world = quick_world();
    let (provisioning, database) = provisioning_in_memory(&pool, &world, 6).await;
    let stop = CancellationToken::new();
    tokio::spawn(provisioning.worker("test".into()).with(hasty(4), None).run(stop.clone()));
    let done = async |run: Uuid| {
        let view = ended(&provisioning, &database, run, 60).await;
        assert_eq!(view.state, RunState::Done, "{view:#?}");
    };
    let (wanted, run) = onboard(&provisioning, &database).await;
    done(run).await;
    let (wanted, run) = with_own_domain(&pool, &provisioning, &database, &world, &wanted).await;
    done(run).await;
    done(set_own_domain(&provisioning, &database, &wanted, false).await).await;
    done(start::<SuspendTenants>(&provisioning, &database, &wanted, Proposal::suspension(true, None)).await).await;
    done(start::<SuspendTenants>(&provisioning, &database, &wanted, Proposal::suspension(false, None)).await).await;
    done(start::<ConfigureTenants>(&provisioning, &database, &wanted, without(&[ResourceKind::Dashboard])).await).await;
    done(start::<ConfigureTenants>(&provisioning, &database, &wanted, without(&[])).await).await;
    // Somebody removes what a repair brings back.
    let site = in_memory(&world).await;
    site.resource(ResourceKind::LimitRange).remove(&site, &wanted).await.unwrap();
    done(start::<RepairDrift>(&provisioning, &database, &wanted, Proposal::repair(None)).await).await;
    stop.cancel();

    // And a creation that nobody carried on with is rolled back; its steps are told as soon as they are there.
    let (other, run) = onboard(&provisioning, &database).await;
    provisioning.cancel_run(&may::<CancelRuns>(&database).await, run).await.unwrap();
    site.resource(ResourceKind::Namespace).apply(&site, &other, &steward_core::provisioning::resources::Observation::Absent).await.unwrap();
    site.resource(ResourceKind::Realm).apply(&site, &other, &steward_core::provisioning::resources::Observation::Absent).await.unwrap();
    roll_back(&provisioning, &database, &other).await;

    let steps: Vec<(String, String, String, bool)> =
        sqlx::query_as("select r.kind, s.kind, s.action, s.destructive from run_step s join run r on r.id = s.run_id order by 1, 2, 3")
            .fetch_all(&pool)
            .await
            .unwrap();
    let runs: BTreeSet<&str> = steps.iter().map(|(run, ..)| run.as_str()).collect();
    assert_eq!(runs, ["change", "onboard", "repair", "resume", "roll-back", "suspend"].into());
    let mut held = BTreeSet::new();
    for (run, kind, action, destructive) in &steps {
        assert_eq!(*destructive, action == "remove" || (run == "suspend" && kind == "realm"), "{run}: {action} {kind}");
        if *destructive {
            held.insert((run.as_str(), kind.as_str(), action.as_str()));
        }
    }
    for held_for_sure in [
        ("suspend", "realm", "apply"),
        ("roll-back", "namespace", "remove"),
        ("roll-back", "realm", "remove"),
        ("change", "custom-certificate", "remove"),
        ("change", "custom-ingress", "remove"),
        ("change", "custom-tls-secret", "remove"),
        ("change", "dashboard", "remove"),
    ] {
        assert!(held.contains(&held_for_sure), "{held_for_sure:?} is not among {held:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_destructive_step_whose_worker_died_waits_for_the_end_of_the_pause_and_other_work_does_not(pool: PgPool) {
    let world = quick_world();
    let (provisioning, database) = provisioning_in_memory(&pool, &world, 6).await;
    let worker = |name: &str, deaths: Option<Arc<dyn Deaths>>, stop: &CancellationToken| {
        tokio::spawn(provisioning.worker(name.into()).with(hasty(4), deaths).run(stop.clone()))
    };
    let stop = CancellationToken::new();
    let (wanted, run) = onboard(&provisioning, &database).await;
    let first = worker("first", None, &stop);
    assert_eq!(ended(&provisioning, &database, run, 60).await.state, RunState::Done);
    stop.cancel();
    first.await.unwrap();

    // One that dies with the step in its hands, before it removed anything.
    let spared = ResourceKind::ALL.into_iter().filter(|kind| *kind != ResourceKind::Dashboard).collect();
    let dies: Arc<dyn Deaths> = Arc::new(Once { point: Point::AfterIntent, died: Mutex::new(spared) });
    let run = start::<ConfigureTenants>(&provisioning, &database, &wanted, without(&[ResourceKind::Dashboard])).await;
    worker("mortal", Some(dies), &CancellationToken::new()).await.unwrap();
    let held_by = async || -> Option<String> {
        sqlx::query_scalar("select owner from run_step where run_id = $1 and kind = 'dashboard'").bind(run).fetch_one(&pool).await.unwrap()
    };
    assert_eq!((held_by().await.as_deref(), removed(&world, ResourceKind::Dashboard)), (Some("mortal"), 0));

    let pause = may::<PauseDestruction>(&database).await;
    provisioning.pause_destruction(&pause, "an incident").await.unwrap();
    let stop = CancellationToken::new();
    let second = worker("second", None, &stop);
    // Long after its lease ran out. Meanwhile whatever is not destructive goes on.
    let (_, beside) = onboard(&provisioning, &database).await;
    assert_eq!(ended(&provisioning, &database, beside, 60).await.state, RunState::Done);
    tokio::time::sleep(hasty(4).lease * 3 + Duration::from_millis(500)).await;
    let over: bool = sqlx::query_scalar("select lease_until < now() from run_step where run_id = $1 and kind = 'dashboard'")
        .bind(run)
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(over, "nobody renews it");
    assert_eq!((held_by().await.as_deref(), removed(&world, ResourceKind::Dashboard)), (Some("mortal"), 0));

    provisioning.resume_destruction(&pause).await.unwrap();
    assert_eq!(ended(&provisioning, &database, run, 60).await.state, RunState::Done);
    assert_eq!(removed(&world, ResourceKind::Dashboard), 1);
    stop.cancel();
    second.await.unwrap();
}
