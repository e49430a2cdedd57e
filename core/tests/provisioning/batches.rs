//! A table of tenants whose process dies in the middle: another goes on with it, and every row has exactly one run.

use crate::world::*;
use sqlx::PgPool;
use std::time::Duration;
use steward_core::access::CreateTenants;
use steward_core::database::Database;
use steward_core::provisioning::{BatchTuning, BatchView, Provisioning};
use steward_in_process::World;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Each look takes so long that a batch can be met in the middle.
const LATENCY: Duration = Duration::from_millis(120);

fn table(rows: usize) -> String {
    let names: Vec<String> = (0..rows).map(|_| short_name()).collect();
    let rows: Vec<String> = names.iter().map(|name| format!("Test {name},admin@{name}.example.com,{name}")).collect();
    format!("name,contact_email,short_name\n{}\n", rows.join("\n"))
}

async fn view(provisioning: &Provisioning, database: &Database, id: Uuid) -> BatchView {
    provisioning.batch_view(&may::<CreateTenants>(database).await, id).await.unwrap()
}

fn created(batch: &BatchView) -> usize {
    batch.rows.iter().filter(|row| row.tenant_id.is_some()).count()
}

/// Starts a batch in a process of its own, as far as the database can tell: a runtime with its own connections. Gives it, to be killed.
async fn started_elsewhere(pool: &PgPool, id: Uuid) -> tokio::runtime::Runtime {
    let elsewhere = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let pool = pool.clone();
    let started = elsewhere.spawn(async move {
        let (provisioning, database) = provisioning_in_memory(&pool, &World::new(LATENCY, Duration::ZERO), 6).await;
        let create = may::<CreateTenants>(&database).await;
        provisioning.start_batch(&create, id).await.unwrap();
    });
    started.await.unwrap();
    elsewhere
}

async fn is_going(pool: &PgPool) -> bool {
    sqlx::query_scalar("select going_since is not null from batch").fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_batch_whose_process_was_killed_goes_on_and_every_row_has_one_run(pool: PgPool) {
    const ROWS: usize = 14;
    let (provisioning, database) = provisioning_in_memory(&pool, &World::new(LATENCY, Duration::ZERO), 8).await;
    let id = provisioning.propose_batch(&may::<CreateTenants>(&database).await, &table(ROWS)).await.unwrap();
    let elsewhere = started_elsewhere(&pool, id).await;
    until(30, "some rows are created", async || created(&view(&provisioning, &database, id).await) >= 3).await;
    elsewhere.shutdown_background();
    let killed_at = created(&view(&provisioning, &database, id).await);
    assert!(killed_at < ROWS, "it was killed at its end: the test would prove nothing");

    // Nobody goes on before the lease has run out; then one of two does.
    let stop = CancellationToken::new();
    for name in ["one", "two"] {
        let tuning = BatchTuning { poll: Duration::from_millis(100), ..BatchTuning::default() };
        tokio::spawn(provisioning.batch_worker(name.into(), tuning).run(stop.clone()));
    }
    until(60, "the batch has ended", async || !is_going(&pool).await).await;
    let batch = view(&provisioning, &database, id).await;
    assert_eq!(created(&batch), ROWS, "{batch:#?}");
    assert!(batch.rows.iter().all(|row| row.problem.is_none() && row.run_number.is_some()), "{batch:#?}");
    let (tenants, runs): (i64, i64) =
        sqlx::query_as("select (select count(*) from tenant), (select count(distinct tenant_id) from run)").fetch_one(&pool).await.unwrap();
    let all_runs: i64 = sqlx::query_scalar("select count(*) from run").fetch_one(&pool).await.unwrap();
    assert_eq!((tenants, runs, all_runs), (ROWS as i64, ROWS as i64, ROWS as i64));
    // In the name of whoever pressed the button.
    let by: Vec<String> = sqlx::query_scalar("select distinct created_by from tenant").fetch_all(&pool).await.unwrap();
    assert_eq!(by, ["Ola Ops"]);
    stop.cancel();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_process_that_lost_a_batch_notes_nothing_of_it(pool: PgPool) {
    let (provisioning, database) = provisioning_in_memory(&pool, &World::new(LATENCY, Duration::ZERO), 8).await;
    let id = provisioning.propose_batch(&may::<CreateTenants>(&database).await, &table(14)).await.unwrap();
    let elsewhere = started_elsewhere(&pool, id).await;
    until(30, "some rows are created", async || created(&view(&provisioning, &database, id).await) >= 3).await;
    // As another process takes it over.
    sqlx::query("update batch set epoch = epoch + 1, owner = 'another'").execute(&pool).await.unwrap();
    let when_lost = created(&view(&provisioning, &database, id).await);
    assert!(when_lost < 14);
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(created(&view(&provisioning, &database, id).await), when_lost);
    assert!(is_going(&pool).await, "it did not end it either");
    elsewhere.shutdown_background();
}

#[sqlx::test(migrations = "../migrations")]
async fn the_right_of_whoever_started_it_is_asked_for_again(pool: PgPool) {
    let (provisioning, database) = provisioning_in_memory(&pool, &World::new(Duration::ZERO, Duration::ZERO), 8).await;
    let id = provisioning.propose_batch(&may::<CreateTenants>(&database).await, &table(3)).await.unwrap();
    let going = async |roles: &str, since: &str| {
        sqlx::query(sqlx::AssertSqlSafe(format!("update batch set started_at = now(), going_since = {since}, asked_by = $1")))
            .bind(serde_json::json!({
                "client": false, "id": "ops", "name": "Ola Ops", "roles": [roles], "reseller": null, "request_id": "r", "address": null,
            }))
            .execute(&pool)
            .await
            .unwrap();
        sqlx::query("update batch_row set problem = null").execute(&pool).await.unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(
            provisioning
                .batch_worker("test".into(), BatchTuning { poll: Duration::from_millis(50), ..BatchTuning::default() })
                .run(stop.clone()),
        );
        until(20, "the batch has ended", async || !is_going(&pool).await).await;
        stop.cancel();
        view(&provisioning, &database, id).await.rows.into_iter().map(|row| row.problem.unwrap_or_default()).collect::<Vec<_>>()
    };
    let refused = going("support", "now()").await;
    assert!(refused.iter().all(|problem| problem.contains("(APP-403)")), "{refused:?}");
    let entries: i64 = sqlx::query_scalar("select count(*) from audit_intake where action = 'access.refuse' and actor_id = 'ops'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(entries, 3);
    let late = going("platform-ops", "now() - interval '13 hours'").await;
    assert!(late.iter().all(|problem| problem.contains("stood still for too long")), "{late:?}");
    // What their newest session says counts more than what was kept.
    sqlx::query(
        "insert into session (id_hash, person_id, username, display_name, roles, keycloak_session, refresh_token, amr, authenticated_at, roles_read_at, ends_at)
         values (sha256('x'), 'ops', 'ops', 'Ola Ops', '{support}', 'k', 'x', '{pwd}', now(), now(), now() + interval '1 hour')",
    )
    .execute(&pool)
    .await
    .unwrap();
    let weaker = going("platform-ops", "now()").await;
    assert!(weaker.iter().all(|problem| problem.contains("(APP-403)")), "{weaker:?}");
    let tenants: i64 = sqlx::query_scalar("select count(*) from tenant").fetch_one(&pool).await.unwrap();
    assert_eq!(tenants, 0);
    sqlx::query("update session set roles = '{platform-ops}'").execute(&pool).await.unwrap();
    let created = going("support", "now()").await;
    assert!(created.iter().all(String::is_empty), "{created:?}");
}
