//! The stored answers of requests that carried an idempotency key.

use super::start::{Onboarded, StartedRun};
use crate::access::{Authority, CreateTenants};
use crate::database::{Database, Transaction};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

/// A key that a client chose for one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// The key.
    pub key: String,
    /// A hash over the request: one key is for one request.
    pub request_hash: Vec<u8>,
}

/// HTTP status of the stored answer.
const CREATED: i16 = 201;

#[derive(Serialize, Deserialize)]
struct Answer {
    run_id: Uuid,
}

#[derive(FromRow)]
struct Row {
    request_hash: Vec<u8>,
    tenant_id: Uuid,
    body: Json<Answer>,
}

/// The answer that this key has already, if any.
pub(super) async fn replay(
    database: &Database,
    authority: &Authority<CreateTenants>,
    idempotency: Option<&Idempotency>,
) -> Result<Option<Onboarded>> {
    let Some(idempotency) = idempotency else { return Ok(None) };
    let mut reader = database.read(authority).await?;
    let row: Option<Row> = sqlx::query_as("select request_hash, tenant_id, body from idempotency where client = $1 and key = $2")
        .bind(authority.actor().id())
        .bind(&idempotency.key)
        .fetch_optional(reader.conn())
        .await?;
    match row {
        None => Ok(None),
        Some(row) if row.request_hash == idempotency.request_hash => {
            Ok(Some(Onboarded { tenant_id: row.tenant_id, run_id: row.body.0.run_id, replayed: true }))
        }
        Some(_) => Err(Error::Conflict {
            code: "APP-409",
            message: "This Idempotency-Key was used for another request. Use a new key for a new request.".to_owned(),
        }),
    }
}

/// Keeps the answer, in the transaction of the change itself.
pub(super) async fn keep(
    transaction: &mut Transaction,
    authority: &Authority<CreateTenants>,
    idempotency: Option<&Idempotency>,
    started: &StartedRun,
) -> Result<()> {
    let Some(idempotency) = idempotency else { return Ok(()) };
    sqlx::query("insert into idempotency (client, key, request_hash, tenant_id, status, body) values ($1, $2, $3, $4, $5, $6)")
        .bind(authority.actor().id())
        .bind(&idempotency.key)
        .bind(&idempotency.request_hash)
        .bind(started.tenant_id)
        .bind(CREATED)
        .bind(Json(Answer { run_id: started.run_id }))
        .execute(transaction.conn())
        .await?;
    Ok(())
}
