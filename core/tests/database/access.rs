//! Permissions, and what the database keeps apart even where a query forgets to.

use crate::{add_reseller, add_tenant, database, owner, person, reseller_person};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use steward_core::access::{CreateTenants, ReadAudit, ReadTenants, demand};
use steward_core::error::Error;
use steward_domain::role::Role;

#[sqlx::test(migrations = "../migrations")]
async fn a_refusal_leaves_an_entry(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options.clone()).await;
    let refused = demand::<CreateTenants>(&database, &person(Role::Support)).await;
    assert!(matches!(refused, Err(Error::Refused(_))));
    let (action, result, actor, address): (String, String, String, Option<String>) =
        sqlx::query_as("select action, result, actor_name, address from audit_intake").fetch_one(&owner(options).await).await.unwrap();
    assert_eq!(
        (action.as_str(), result.as_str(), actor.as_str(), address.as_deref()),
        ("access.refuse", "refused", "support", Some("192.0.2.7"))
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn without_an_entry_the_request_fails(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options.clone()).await;
    sqlx::query("alter table audit_intake add constraint broken check (false) not valid").execute(&owner(options).await).await.unwrap();
    let outcome = demand::<CreateTenants>(&database, &person(Role::Support)).await;
    assert!(matches!(outcome, Err(Error::Internal { .. })));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_query_without_any_condition_shows_a_reseller_only_its_own(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options.clone()).await;
    let pool = owner(options).await;
    let (ours, theirs) = (add_reseller(&database, "meridian-cloud").await, add_reseller(&database, "nordwerk").await);
    add_tenant(&pool, "Ours", "ours", Some(ours)).await;
    add_tenant(&pool, "Theirs", "theirs", Some(theirs)).await;
    add_tenant(&pool, "Direct", "direct", None).await;

    let count = async |actor| {
        let authority = demand::<ReadTenants>(&database, &actor).await.unwrap();
        let mut transaction = database.begin(&authority).await.unwrap();
        let names: Vec<String> = sqlx::query_scalar("select name from tenant order by name").fetch_all(transaction.conn()).await.unwrap();
        names
    };
    assert_eq!(count(reseller_person(ours)).await, ["Ours"]);
    assert_eq!(count(person(Role::Sre)).await, ["Direct", "Ours", "Theirs"]);
    // A reseller's role without a reseller sees nothing, rather than everything.
    assert!(count(person(Role::Reseller)).await.is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reseller_can_neither_take_over_nor_hand_out_tenants(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options.clone()).await;
    let pool = owner(options).await;
    let (ours, theirs) = (add_reseller(&database, "meridian-cloud").await, add_reseller(&database, "nordwerk").await);
    add_tenant(&pool, "Ours", "ours", Some(ours)).await;
    add_tenant(&pool, "Theirs", "theirs", Some(theirs)).await;
    let authority = demand::<CreateTenants>(&database, &reseller_person(ours)).await.unwrap();

    let mut transaction = database.begin(&authority).await.unwrap();
    let stolen = sqlx::query("update tenant set reseller_id = $1").bind(ours).execute(transaction.conn()).await.unwrap();
    assert_eq!(stolen.rows_affected(), 1, "only its own row was in reach");
    let given = sqlx::query("update tenant set reseller_id = $1").bind(theirs).execute(transaction.conn()).await;
    assert!(given.unwrap_err().to_string().contains("row-level security"));
}

#[sqlx::test(migrations = "../migrations")]
async fn entries_can_neither_be_changed_nor_deleted(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options).await;
    let _ = demand::<CreateTenants>(&database, &person(Role::Support)).await;
    let authority = demand::<ReadAudit>(&database, &person(Role::Ciso)).await.unwrap();
    for attempt in ["update audit_intake set action = 'x'", "delete from audit_intake", "truncate audit_intake"] {
        let mut transaction = database.begin(&authority).await.unwrap();
        let outcome = sqlx::query(attempt).execute(transaction.conn()).await;
        assert!(outcome.unwrap_err().to_string().contains("permission denied"), "{attempt}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reader_sees_what_its_actor_may_and_changes_nothing(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options.clone()).await;
    let pool = owner(options).await;
    let (ours, theirs) = (add_reseller(&database, "meridian-cloud").await, add_reseller(&database, "nordwerk").await);
    add_tenant(&pool, "Ours", "ours", Some(ours)).await;
    add_tenant(&pool, "Theirs", "theirs", Some(theirs)).await;
    for (actor, seen) in [(person(Role::PlatformOps), vec!["Ours", "Theirs"]), (reseller_person(ours), vec!["Ours"])] {
        let authority = demand::<ReadTenants>(&database, &actor).await.unwrap();
        let mut reader = database.read(&authority).await.unwrap();
        let names: Vec<String> = sqlx::query_scalar("select name from tenant order by name").fetch_all(reader.conn()).await.unwrap();
        assert_eq!(names, seen);
        let change = sqlx::query("update tenant set name = 'Changed'").execute(reader.conn()).await;
        assert!(change.unwrap_err().to_string().contains("read-only transaction"));
    }
}
