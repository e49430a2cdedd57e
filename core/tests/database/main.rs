//! What `core` does to a real PostgreSQL, under the roles that the server has there. A database per test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests say what they expect")]
#![allow(missing_docs, reason = "tests are named after what they show")]

mod access;
mod audit;
mod branding;
mod drafts;
mod mails;
mod overview;
mod sessions;
mod tenants;

use sqlx::postgres::PgConnectOptions;
use steward_core::access::{Actor, Origin};
use steward_core::context::Context;
use steward_core::database::Database;
use steward_domain::role::Role;
use uuid::Uuid;

/// A pool under the server's roles, as `steward serve` has it.
pub async fn database(options: PgConnectOptions) -> Database {
    Database::connect(options, 5, Context::default()).await.unwrap()
}

/// A pool of the schema's owner, for looking behind the scenes.
pub async fn owner(options: PgConnectOptions) -> sqlx::PgPool {
    sqlx::PgPool::connect_with(options).await.unwrap()
}

pub fn origin() -> Origin {
    Origin { request_id: "request-of-a-test".into(), address: Some("192.0.2.7".into()) }
}

/// Somebody with one role.
pub fn person(role: Role) -> Actor {
    Actor::person(format!("id-of-{}", role.as_str()), role.as_str().into(), vec![role], None, origin())
}

/// A reseller's person.
pub fn reseller_person(reseller: Uuid) -> Actor {
    Actor::person("id-of-reseller".into(), "reseller".into(), vec![Role::Reseller], Some(reseller), origin())
}

/// A reseller, added the way the command line does.
pub async fn add_reseller(database: &Database, short_name: &str) -> Uuid {
    let worker = Actor::worker("command-line", "test".into());
    let authority = steward_core::access::demand(database, &worker).await.unwrap();
    steward_core::tenants::add_reseller(database, &authority, short_name, "A reseller").await.unwrap().id
}

/// A tenant past its draft, put in by the owner.
pub async fn add_tenant(pool: &sqlx::PgPool, name: &str, short_name: &str, reseller: Option<Uuid>) -> Uuid {
    let id = Context::default().id().unwrap();
    sqlx::query(
        "insert into tenant (id, status, stage, name, short_name, domain, contact_email, region, reseller_id, created_by)
         values ($1, 'active', 'activation', $2, $3, $3 || '.inosec.com', 'admin@' || $3 || '.example', 'morocco', $4, 'test')",
    )
    .bind(id)
    .bind(name)
    .bind(short_name)
    .bind(reseller)
    .execute(pool)
    .await
    .unwrap();
    id
}
