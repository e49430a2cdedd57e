//! From a draft to an active tenant.

use crate::world::*;
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Instant;
use steward_core::access::{CreateTenants, ReadTenants};
use steward_core::context::Context;
use steward_core::database::Database;
use steward_core::error::Error;
use steward_core::provisioning::{Capacity, Idempotency, Provisioning, Settings};
use steward_core::tenants;
use steward_domain::plan::{Action, Verdict};
use steward_domain::run::{RunState, StepState};
use steward_domain::tenant::Status;
use tokio_util::sync::CancellationToken;

#[sqlx::test(migrations = "../migrations")]
async fn a_draft_becomes_an_active_tenant(pool: PgPool) {
    let (provisioning, database) = provisioning(&pool).await;
    let create = may::<CreateTenants>(&database).await;
    let read = may::<ReadTenants>(&database).await;
    let name = short_name();
    let draft = draft(&name);
    let started = tenants::start_draft(&database, &create, &draft.organisation).await.unwrap();
    let wanted = wanted_of(started.id, &name);
    cleaning_up(std::slice::from_ref(&wanted), async {
        let planned = Instant::now();
        let plan = provisioning.plan_onboarding(&create, started.id).await.unwrap();
        println!("plan: {:?}", planned.elapsed());
        assert!(plan.may_run(), "{plan:#?}");
        assert_eq!(plan.count(Action::Create), 19);
        assert!(plan.preflight.iter().all(|check| check.verdict == Verdict::Pass), "{:#?}", plan.preflight);

        let other = provisioning.start_onboarding(&create, started.id, Some("another")).await;
        assert!(matches!(other, Err(Error::PlanChanged(again)) if again.hash == plan.hash));

        assert_eq!(not_created(&pool).await, [("failed".to_owned(), Some("TEN-409".to_owned()))]);

        let stop = CancellationToken::new();
        let worker = tokio::spawn(provisioning.worker("test".into()).run(stop.clone()));
        let began = Instant::now();
        let run = provisioning.start_onboarding(&create, started.id, Some(&plan.hash)).await.unwrap();
        println!("start (plans again): {:?}", began.elapsed());
        let again = provisioning.start_onboarding(&create, started.id, Some(&plan.hash)).await.unwrap();
        assert_eq!((again.run_id, again.already), (run.run_id, true));
        let view = run_is(&provisioning, &database, run.run_id, RunState::Done, 180).await;
        println!("run: {} ms", (view.ended_at.unwrap() - view.created_at).num_milliseconds());
        for step in &view.steps {
            println!(
                "  {:40} {:>6?} ms, began after {} ms",
                step.title,
                step.took_ms,
                (step.started_at.unwrap() - view.created_at).num_milliseconds()
            );
        }
        assert_eq!(view.count(StepState::Done), 19);
        assert!(view.steps.iter().all(|step| step.cause.is_none()), "{view:#?}");

        let tenant = tenants::view(&database, &read, started.id).await.unwrap();
        assert_eq!((tenant.status, tenant.attention), (Status::Active, None));
        let resources = provisioning.resources_of(&read, started.id).await.unwrap();
        assert!(resources.iter().all(|resource| resource.state == "present"), "{resources:#?}");
        everything_is_there(&wanted).await;
        assert_eq!(invitations(&wanted).await, 1);
        assert_eq!(provisioning.runs_of(&read, started.id, 5).await.unwrap().len(), 1);
        assert!(provisioning.runs_list(&read, Some(RunState::Done), None, 5).await.unwrap()[0].took_ms.is_some());
        assert_eq!(provisioning.run_by_number(&read, started.id, run.run_number).await.unwrap().id, run.run_id);
        // 1 draft, 1 that was not created, 1 tenant, 19 steps, 1 run, 1 status.
        let entries: i64 =
            sqlx::query_scalar("select count(*) from audit_intake where tenant_id = $1").bind(started.id).fetch_one(&pool).await.unwrap();
        assert_eq!(entries, 24);
        stop.cancel();
        worker.await.unwrap();
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn one_key_makes_one_tenant(pool: PgPool) {
    let (provisioning, database) = provisioning(&pool).await;
    let create = may::<CreateTenants>(&database).await;
    let name = short_name();
    let key = |hash: u8| Some(Idempotency { key: "k1".into(), request_hash: vec![hash] });
    // No worker runs: nothing is made in any system.
    let (one, two) = tokio::join!(provisioning.onboard(&create, draft(&name), key(1)), provisioning.onboard(&create, draft(&name), key(1)));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!((one.tenant_id, one.run_id), (two.tenant_id, two.run_id));
    assert!(one.replayed != two.replayed);
    let other = provisioning.onboard(&create, draft(&short_name()), key(2)).await;
    assert!(matches!(other, Err(Error::Conflict { code: "APP-409", .. })), "{other:?}");
    let taken = provisioning.onboard(&create, draft(&name), None).await;
    let Err(Error::Invalid(errors)) = taken else { panic!("{taken:?}") };
    assert_eq!(
        (errors[0].field.as_str(), errors[0].message.clone()),
        ("short_name", format!("The short name {name} is taken by Test {name}"))
    );
    assert_eq!(not_created(&pool).await, [("failed".to_owned(), Some("APP-422".to_owned()))], "the key's misuse asks for no tenant");
    let tenants: i64 = sqlx::query_scalar("select count(*) from tenant").fetch_one(&pool).await.unwrap();
    assert_eq!(tenants, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn creating_one_draft_many_times_at_once_makes_one_run(pool: PgPool) {
    let (provisioning, database) = provisioning(&pool).await;
    let create = may::<CreateTenants>(&database).await;
    let name = short_name();
    let id = tenants::start_draft(&database, &create, &draft(&name).organisation).await.unwrap().id;
    let all = futures::future::join_all((0..4).map(|_| provisioning.start_onboarding(&create, id, None))).await;
    let runs: std::collections::HashSet<_> = all.iter().map(|started| started.as_ref().unwrap().run_id).collect();
    assert_eq!(runs.len(), 1);
    assert_eq!(all.iter().filter(|started| !started.as_ref().unwrap().already).count(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_draft_that_was_saved_after_the_review_does_not_run(pool: PgPool) {
    let (provisioning, database) = provisioning(&pool).await;
    let create = may::<CreateTenants>(&database).await;
    sqlx::query("insert into reseller (id, short_name, name) values (gen_random_uuid(), 'meridian', 'Meridian')")
        .execute(&pool)
        .await
        .unwrap();
    let mut organisation = draft(&short_name()).organisation;
    let id = tenants::start_draft(&database, &create, &organisation).await.unwrap().id;
    let reviewed = provisioning.plan_onboarding(&create, id).await.unwrap();
    // Whose people see the tenant is part of what was reviewed.
    organisation.reseller = "meridian".into();
    tenants::save_organisation(&database, &create, id, &organisation).await.unwrap();
    let Err(Error::PlanChanged(changed)) = provisioning.start_onboarding(&create, id, Some(&reviewed.hash)).await else {
        panic!("the old plan ran")
    };
    assert_ne!(changed.hash, reviewed.hash);
    let saved: String = sqlx::query_scalar("select convert_from(body, 'utf8') from audit_intake where action = 'draft.save'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(saved.contains(r#""reseller":{"after":"meridian","before":""}"#), "{saved}");
    provisioning.start_onboarding(&create, id, Some(&changed.hash)).await.unwrap();
    let created: String = sqlx::query_scalar("select convert_from(body, 'utf8') from audit_intake where action = 'tenant.create'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(created.contains(r#""reseller":{"after":"meridian"}"#), "{created}");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_last_room_is_given_out_once(pool: PgPool) {
    let options = pool.connect_options().as_ref().clone();
    let database = Database::connect(options, 6, Context::default()).await.unwrap();
    let room_for_one = Capacity { cpu: 7, memory_gib: 1_000, storage_gib: 1_000, gpu: 0 };
    let site = site().await;
    let provisioning =
        Provisioning::new(database.clone(), site.platform, Arc::new(Settings { capacity: Some(room_for_one), ..settings() }));
    let create = may::<CreateTenants>(&database).await;
    let all = futures::future::join_all((0..4).map(|_| provisioning.onboard(&create, draft(&short_name()), None))).await;
    let refused: Vec<_> = all.iter().filter_map(|made| made.as_ref().err()).collect();
    assert_eq!(refused.len(), 3, "{refused:?}");
    for error in refused {
        assert_eq!(error.code(), "TEN-412");
        assert!(error.message().contains("8 of 7 cores"), "{error}");
    }
}
