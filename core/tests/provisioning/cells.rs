//! Several Keycloak cells: where a realm is placed, that no cell is overfilled, that one that is away holds back nobody else.

use crate::world::*;
use sqlx::PgPool;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use steward_core::access::{CreateTenants, Observe, ReadTenants, SuspendTenants, demand};
use steward_core::context::Context;
use steward_core::database::Database;
use steward_core::error::Error;
use steward_core::platform::{Instance, KeycloakSettings, Platform, PlatformSettings};
use steward_core::provisioning::{Cell, Cells, Proposal, Provisioning, Settings, Site, SweepTuning, Wanted};
use steward_core::tenants;
use steward_domain::onboarding::{Draft, SettingsForm};
use steward_domain::plan::Verdict;
use steward_domain::region::Region;
use steward_domain::resource::ResourceKind;
use steward_domain::run::{RunState, StepState};
use steward_domain::tenant::Status;
use steward_in_process::World;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const KEYCLOAKS: [ResourceKind; 3] = [ResourceKind::Realm, ResourceKind::SecondFactor, ResourceKind::Administrator];

fn cell(name: &str, capacity: u32, regions: &[Region]) -> Cell {
    Cell { capacity, regions: regions.to_vec(), ..Cell::named(name) }
}

/// The first cell for all but the EU, and one of its own for the EU.
fn by_region(eu_capacity: u32) -> Cells {
    Cells::new(cell("main", 300, &[Region::Morocco, Region::Mena]), vec![cell("eu", eu_capacity, &[Region::Eu])])
}

fn draft_in(region: Region) -> Draft {
    draft_of(&short_name(), region)
}

fn draft_of(name: &str, region: Region) -> Draft {
    let settings = SettingsForm {
        cpu: "2".into(),
        memory_gib: "4".into(),
        storage_gib: "50".into(),
        gpu: "0".into(),
        region: region.as_str().into(),
        features: Vec::new(),
    };
    Draft { settings: Some(settings), ..draft(name) }
}

fn wanted_in(tenant_id: Uuid, draft: &Draft, cell: &str) -> Wanted {
    Wanted::of(tenant_id, &draft.check().unwrap(), "inosec.com").in_cell(Some(cell.into()))
}

/// On systems in memory, with these cells.
async fn in_memory_with(pool: &PgPool, world: &World, cells: Cells) -> (Provisioning, Database) {
    let database = Database::connect(pool.connect_options().as_ref().clone(), 12, Context::default()).await.unwrap();
    let site = in_memory(world).await;
    let site = Site { settings: Arc::new(Settings { cells, ..settings() }), ..site };
    (Provisioning::on(database.clone(), site), database)
}

fn world() -> World {
    World::new(Duration::ZERO, Duration::ZERO)
}

async fn cell_of(pool: &PgPool, tenant: Uuid) -> Option<String> {
    sqlx::query_scalar("select cell from tenant where id = $1").bind(tenant).fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_realm_goes_to_the_cell_of_its_region_that_is_least_filled(pool: PgPool) {
    let cells =
        Cells::new(cell("main", 4, &[Region::Morocco, Region::Mena]), vec![cell("eu", 9, &[Region::Eu]), cell("wide", 2, &Region::ALL)]);
    let (provisioning, database) = in_memory_with(&pool, &world(), cells).await;
    let create = may::<CreateTenants>(&database).await;
    let mut placed = Vec::new();
    for region in [Region::Morocco, Region::Morocco, Region::Morocco, Region::Eu, Region::Mena, Region::Eu] {
        let made = provisioning.onboard(&create, draft_in(region), None).await.unwrap();
        placed.push(cell_of(&pool, made.tenant_id).await.unwrap());
    }
    // Morocco: main and wide are empty, by name; main has 1 of 4, wide 0 of 2; main is less filled. EU: its own is empty. MENA: main and
    // wide are half full. EU: its own again.
    assert_eq!(placed, ["main", "wide", "main", "eu", "main", "eu"]);
    let gauges = provisioning.cells(&may::<ReadTenants>(&database).await).await.unwrap();
    let figures: Vec<(String, u64, u64, u32)> =
        gauges.into_iter().map(|gauge| (gauge.name, gauge.placed, gauge.waiting, gauge.percent)).collect();
    assert_eq!(figures, [("main".to_owned(), 3, 3, 75), ("eu".to_owned(), 2, 2, 22), ("wide".to_owned(), 1, 1, 50)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn those_who_come_at_the_same_time_do_not_overfill_a_cell(pool: PgPool) {
    let cells = Cells::new(cell("main", 3, &Region::ALL), vec![cell("eu", 2, &Region::ALL)]);
    let (provisioning, database) = in_memory_with(&pool, &world(), cells).await;
    let create = may::<CreateTenants>(&database).await;
    let all = futures::future::join_all((0..9).map(|_| provisioning.onboard(&create, draft_in(Region::Eu), None))).await;
    let refused: Vec<&Error> = all.iter().filter_map(|made| made.as_ref().err()).collect();
    assert_eq!(refused.len(), 4, "{refused:?}");
    for error in refused {
        assert_eq!(error.code(), "TEN-412");
        assert!(error.message().contains("main has 3 of 3 realms, eu has 2 of 2 realms"), "{error}");
    }
    let counts: Vec<(String, i64)> = sqlx::query_as("select cell, count(*) from tenant where cell is not null group by cell order by cell")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(counts, [("eu".to_owned(), 2), ("main".to_owned(), 3)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn where_no_cell_takes_it_the_plan_says_what_to_do_and_does_not_run(pool: PgPool) {
    let (provisioning, database) = in_memory_with(&pool, &world(), by_region(1)).await;
    let create = may::<CreateTenants>(&database).await;
    provisioning.onboard(&create, draft_in(Region::Eu), None).await.unwrap();
    let draft = draft_in(Region::Eu);
    let id = tenants::start_draft(&database, &create, &draft.organisation).await.unwrap().id;
    tenants::save_settings(&database, &create, id, draft.settings.as_ref().unwrap()).await.unwrap();
    let plan = provisioning.plan_onboarding(&create, id).await.unwrap();
    assert!(!plan.may_run());
    let failed: Vec<_> = plan.preflight.iter().filter(|check| check.verdict == Verdict::Fail).collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(
        failed[0].what,
        "No Keycloak cell takes another tenant of region European Union: main does not serve it, eu has 1 of 1 realms"
    );
    assert!(failed[0].helps.as_deref().is_some_and(|helps| helps.contains("DevOps")), "{failed:?}");
    let refused = provisioning.start_onboarding(&create, id, Some(&plan.hash)).await;
    assert!(matches!(refused, Err(Error::PlanChanged(_))), "{refused:?}");
    assert_eq!(cell_of(&pool, id).await, None);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_reviewed_in_a_cell_runs_there_while_it_takes_the_tenant(pool: PgPool) {
    let cells = Cells::new(cell("main", 2, &Region::ALL), vec![cell("other", 2, &Region::ALL)]);
    let (provisioning, database) = in_memory_with(&pool, &world(), cells).await;
    let create = may::<CreateTenants>(&database).await;
    let reviewed = async || {
        let draft = draft_in(Region::Eu);
        let id = tenants::start_draft(&database, &create, &draft.organisation).await.unwrap().id;
        tenants::save_settings(&database, &create, id, draft.settings.as_ref().unwrap()).await.unwrap();
        (id, provisioning.plan_onboarding(&create, id).await.unwrap().hash)
    };
    let ((one, one_hash), (two, two_hash), (three, three_hash)) = (reviewed().await, reviewed().await, reviewed().await);
    // Reviewed for main, all three. After the first, other would be the better one.
    provisioning.start_onboarding(&create, one, Some(&one_hash)).await.unwrap();
    provisioning.start_onboarding(&create, two, Some(&two_hash)).await.unwrap();
    assert_eq!((cell_of(&pool, one).await.as_deref(), cell_of(&pool, two).await.as_deref()), (Some("main"), Some("main")));
    // Main is full now: another plan, which is shown first.
    let Err(Error::PlanChanged(changed)) = provisioning.start_onboarding(&create, three, Some(&three_hash)).await else {
        panic!("a plan ran in a cell that is full")
    };
    assert!(changed.preflight.iter().any(|check| check.what.contains("goes to the Keycloak cell other")), "{:#?}", changed.preflight);
    let realm = changed.items.iter().find(|item| item.kind == ResourceKind::Realm).unwrap();
    assert!(realm.exactly.starts_with("cell other; "), "{realm:?}");
    provisioning.start_onboarding(&create, three, Some(&changed.hash)).await.unwrap();
    assert_eq!(cell_of(&pool, three).await.as_deref(), Some("other"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_tenant_keeps_its_cell_until_it_is_a_draft_again(pool: PgPool) {
    let (provisioning, database) = in_memory_with(&pool, &world(), by_region(9)).await;
    let create = may::<CreateTenants>(&database).await;
    let made = provisioning.onboard(&create, draft_in(Region::Eu), None).await.unwrap();
    let moved = sqlx::query("update tenant set cell = 'main' where id = $1").bind(made.tenant_id).execute(&pool).await.unwrap_err();
    assert_eq!(moved.as_database_error().and_then(|error| error.constraint()), Some("tenant_keeps_its_cell"));
    let in_draft = "update tenant set status = 'draft', draft = '{}'::jsonb, short_name = null where id = $1";
    let kept = sqlx::query(in_draft).bind(made.tenant_id).execute(&pool).await.unwrap_err();
    assert_eq!(kept.as_database_error().and_then(|error| error.constraint()), Some("tenant_cell_not_in_draft"));
}

/// Starts a worker and ends it with the test.
fn work(provisioning: &Provisioning, stop: &CancellationToken) {
    tokio::spawn(provisioning.worker("one".into()).with(quick(), None).run(stop.clone()));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_cell_that_is_away_holds_back_its_own_tenants_alone(pool: PgPool) {
    let world = world();
    let (provisioning, database) = in_memory_with(&pool, &world, by_region(9)).await;
    let create = may::<CreateTenants>(&database).await;
    let eu = draft_in(Region::Eu);
    let there = provisioning.onboard(&create, eu.clone(), None).await.unwrap();
    world.take_away(Instance::cell("eu"));
    let stop = CancellationToken::new();
    work(&provisioning, &stop);
    let realm_waits = async || {
        let view = provisioning.run_view(&may(&database).await, there.run_id).await.unwrap();
        view.steps.into_iter().find(|step| step.kind == ResourceKind::Realm && step.state == StepState::Waiting)
    };
    until(20, "the realm in the EU waits", || async { realm_waits().await.is_some() }).await;

    // Begun while the cell is away, and after it was found to be: done all the same.
    let draft = draft_in(Region::Morocco);
    let here = provisioning.onboard(&create, draft.clone(), None).await.unwrap();
    run_is(&provisioning, &database, here.run_id, RunState::Done, 30).await;
    assert_eq!(world.in_cell(&wanted_in(here.tenant_id, &draft, "main"), None), KEYCLOAKS);

    let waits = realm_waits().await.expect("it still waits");
    let cause = waits.cause.expect("a cause");
    assert_eq!((cause.code.as_str(), cause.what.as_str()), ("KEY-503", "Keycloak cell eu cannot be reached."));
    let attention: Option<String> =
        sqlx::query_scalar("select attention_text from tenant where id = $1").bind(there.tenant_id).fetch_one(&pool).await.unwrap();
    assert_eq!(attention.as_deref(), Some("Waits for Keycloak cell eu"));

    world.bring_back(Instance::cell("eu"));
    run_is(&provisioning, &database, there.run_id, RunState::Done, 30).await;
    let failures: i64 = sqlx::query_scalar("select sum(failures) from run_step").fetch_one(&pool).await.unwrap();
    assert_eq!(failures, 0, "waiting uses up no attempts");
    let wanted = wanted_in(there.tenant_id, &eu, "eu");
    assert_eq!(world.in_cell(&wanted, Some("eu")), KEYCLOAKS);
    assert!(world.in_cell(&wanted, None).is_empty(), "nothing of it is in the first cell");
    stop.cancel();
}

#[sqlx::test(migrations = "../migrations")]
async fn the_first_cell_holds_back_no_other_either_and_the_sweep_goes_on(pool: PgPool) {
    let world = world();
    let (provisioning, database) = in_memory_with(&pool, &world, by_region(9)).await;
    let create = may::<CreateTenants>(&database).await;
    let stop = CancellationToken::new();
    work(&provisioning, &stop);
    let (here, there) = (draft_in(Region::Morocco), draft_in(Region::Eu));
    let here = provisioning.onboard(&create, here, None).await.unwrap();
    run_is(&provisioning, &database, here.run_id, RunState::Done, 30).await;
    let first = steward_domain::system::System::Keycloak;
    let reader = may::<ReadTenants>(&database).await;
    world.take_away(first);
    let there = provisioning.onboard(&create, there, None).await.unwrap();
    run_is(&provisioning, &database, there.run_id, RunState::Done, 30).await;

    let tuning = SweepTuning { every: Duration::from_secs(600), poll: Duration::from_millis(50), ..SweepTuning::default() };
    tokio::spawn(provisioning.reconciler("one".into(), tuning).run(stop.clone()));
    let unseen = async |tenant: Uuid| {
        let board = provisioning.drift_of(&reader, tenant).await.unwrap();
        (board.looked_at.is_some(), board.unseen.into_iter().map(|unseen| unseen.kind).collect::<Vec<_>>())
    };
    until(20, "both were looked at", || async { unseen(here.tenant_id).await.0 && unseen(there.tenant_id).await.0 }).await;
    assert_eq!(unseen(here.tenant_id).await.1, KEYCLOAKS);
    assert_eq!(unseen(there.tenant_id).await.1, []);
    stop.cancel();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_cell_that_is_not_configured_any_more_is_told_of_and_never_replaced(pool: PgPool) {
    let world = world();
    let (provisioning, database) = in_memory_with(&pool, &world, by_region(9)).await;
    let create = may::<CreateTenants>(&database).await;
    let draft = draft_in(Region::Eu);
    let made = provisioning.onboard(&create, draft.clone(), None).await.unwrap();
    world.take_away(Instance::cell("eu"));
    let (before, after) = (CancellationToken::new(), CancellationToken::new());
    work(&provisioning, &before);
    let waiting = || async {
        sqlx::query_scalar::<_, bool>("select exists (select from run_step where state = 'waiting' and cell = 'eu')")
            .fetch_one(&pool)
            .await
            .unwrap()
    };
    until(20, "a step waits for the cell", waiting).await;
    before.cancel();

    let (without, _) = in_memory_with(&pool, &world, Cells::default()).await;
    work(&without, &after);
    let run = run_is(&without, &database, made.run_id, RunState::Stopped, 30).await;
    let cause = run.steps.into_iter().find_map(|step| step.cause).unwrap();
    assert_eq!(cause.code, "KEY-404");
    assert!(cause.what.contains("cell eu, which is not configured") && cause.helps.contains("STEWARD_KEYCLOAK_CELLS"), "{cause:?}");
    assert!(world.in_cell(&wanted_in(made.tenant_id, &draft, "eu"), None).is_empty(), "another cell never serves instead");
    let worker = steward_core::access::Actor::worker("test", "test".into());
    let authority = demand::<Observe>(&database, &worker).await.unwrap();
    let forgotten = without.cells(&authority).await.unwrap().into_iter().find(|cell| !cell.configured).unwrap();
    assert_eq!((forgotten.name.as_str(), forgotten.placed), ("eu", 1));
    assert_eq!(forgotten.finding().verdict, Verdict::Fail);
    after.cancel();
}

/// Both real cells: the first for all but the EU.
fn both() -> PlatformSettings {
    let path = env("STEWARD_KEYCLOAK_EU_CLIENT_SECRET_FILE");
    let eu = KeycloakSettings {
        url: env("STEWARD_KEYCLOAK_EU_URL"),
        client_id: env("STEWARD_KEYCLOAK_EU_CLIENT_ID"),
        client_secret: steward_core::platform::Secret::new(std::fs::read_to_string(path).unwrap().trim().to_owned()),
    };
    PlatformSettings { cells: BTreeMap::from([("eu".to_owned(), eu)]), ..platform_settings() }
}

#[sqlx::test(migrations = "../migrations")]
async fn on_the_second_real_cluster_a_tenant_is_made_looked_at_suspended_and_removed(pool: PgPool) {
    let database = Database::connect(pool.connect_options().as_ref().clone(), 6, Context::default()).await.unwrap();
    let platform = Arc::new(Platform::new(both()).await.unwrap());
    let provisioning =
        Provisioning::new(database.clone(), Arc::clone(&platform), Arc::new(Settings { cells: by_region(300), ..settings() }));
    let eu = &platform.cells["eu"];
    let create = may::<CreateTenants>(&database).await;
    let draft = draft_in(Region::Eu);
    let made = provisioning.onboard(&create, draft.clone(), None).await.unwrap();
    let wanted = wanted_in(made.tenant_id, &draft, "eu");
    let realm = format!("/{}", wanted.names().realm);
    cleaning_up_at(provisioning.site(), std::slice::from_ref(&wanted), async {
        let stop = CancellationToken::new();
        work(&provisioning, &stop);
        run_is(&provisioning, &database, made.run_id, RunState::Done, 120).await;
        assert_eq!(eu.get(&realm).await.unwrap().success().unwrap()["enabled"], true);
        assert_eq!(platform.keycloak.get(&realm).await.unwrap().status, 404, "it is not in the first cell");
        assert_eq!(invitations(&wanted).await, 1);

        // Drift: somebody opens what is to be closed, in the second cluster.
        eu.put(&realm, &serde_json::json!({ "bruteForceProtected": false })).await.unwrap().success().unwrap();
        let reader = may::<ReadTenants>(&database).await;
        let differs = provisioning.plan_differences(&reader, made.tenant_id).await.unwrap();
        let row = differs.items.iter().find(|item| item.kind == ResourceKind::Realm).unwrap();
        assert_eq!(row.differences.iter().map(|found| found.field.as_str()).collect::<Vec<_>>(), ["bruteForceProtected"]);
        let tuning = SweepTuning { poll: Duration::from_millis(100), ..SweepTuning::default() };
        tokio::spawn(provisioning.reconciler("one".into(), tuning).run(stop.clone()));
        until(30, "the board shows it", || async {
            let board = provisioning.drift_of(&reader, made.tenant_id).await.unwrap();
            board.rows.iter().any(|row| row.kind == ResourceKind::Realm) && board.unseen.is_empty()
        })
        .await;

        let suspend = may::<SuspendTenants>(&database).await;
        let change = provisioning.propose(&suspend, made.tenant_id, Proposal::suspension(true, Some("unpaid".into()))).await.unwrap();
        let started = provisioning.start_change(&suspend, made.tenant_id, change, None).await.unwrap();
        run_is(&provisioning, &database, started.run_id, RunState::Done, 60).await;
        assert_eq!(eu.get(&realm).await.unwrap().success().unwrap()["enabled"], false);
        let view = tenants::view(&database, &reader, made.tenant_id).await.unwrap();
        assert_eq!((view.status, view.cell.as_deref()), (Status::Suspended, Some("eu")));
        stop.cancel();
    })
    .await;
    assert_eq!(eu.get(&realm).await.unwrap().status, 404);
}
