//! `steward migrate`

use crate::command_line::Stopped;
use sqlx::postgres::PgConnectOptions;
use steward_core::database::Database;

/// Brings the schema up to date.
pub(crate) async fn run(database: PgConnectOptions) -> Result<(), Stopped> {
    Database::migrate(database).await.map_err(|error| anyhow::anyhow!("{}", error.log().unwrap_or_default()))?;
    println!("The schema is up to date.");
    Ok(())
}
