//! A database per test: a copy of one that was migrated once per process.

use super::environment;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::sync::atomic::{AtomicU32, Ordering};
use steward_core::database::Database;
use tokio::sync::OnceCell;

static TEMPLATE: OnceCell<String> = OnceCell::const_new();
static NUMBER: AtomicU32 = AtomicU32::new(0);
const PREFIX: &str = "steward_server_test";

/// Options for `name` as the user of the variable.
pub fn options(variable: &str, name: &str) -> PgConnectOptions {
    environment(variable).parse::<PgConnectOptions>().unwrap().database(name)
}

async fn superuser() -> PgConnection {
    PgConnection::connect(&environment("DATABASE_URL")).await.unwrap()
}

/// The name of a new database.
pub async fn create() -> String {
    let template = TEMPLATE.get_or_init(template).await;
    let name = format!("{PREFIX}_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    superuser().await.execute(AssertSqlSafe(format!("create database {name} template {template} owner steward_owner"))).await.unwrap();
    name
}

/// Drops a database.
pub async fn drop_database(name: &str) {
    let _ = superuser().await.execute(AssertSqlSafe(format!("drop database if exists {name} with (force)"))).await;
}

async fn template() -> String {
    let mut connection = superuser().await;
    // What processes left behind that were killed.
    let left: Vec<String> = sqlx::query_scalar("select datname from pg_database where datname like $1")
        .bind(format!("{PREFIX}%"))
        .fetch_all(&mut connection)
        .await
        .unwrap();
    for name in left {
        let process = name.trim_start_matches(PREFIX).trim_start_matches('_').split('_').next().unwrap().to_owned();
        if !std::path::Path::new(&format!("/proc/{process}")).exists() {
            drop_database(&name).await;
        }
    }
    let name = format!("{PREFIX}_{}_template", std::process::id());
    connection.execute(AssertSqlSafe(format!("create database {name} owner steward_owner"))).await.unwrap();
    Database::migrate(options("STEWARD_MIGRATION_DATABASE_URL", &name)).await.map_err(|error| error.log().map(str::to_owned)).unwrap();
    name
}
