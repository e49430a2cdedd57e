//! Reading a session's roles again: one caller at a time, over all processes.

use super::session::role_names;
use super::{SessionKey, look, public_name};
use crate::database::Database;
use crate::error::Result;
use chrono::{DateTime, Utc};
use sqlx::FromRow;
use steward_domain::role::Role;
use uuid::Uuid;

/// So long a caller may take to ask Keycloak before another may try.
const REFRESH_SECONDS_MAX: i32 = 15;

/// Whose turn it is to read a session's roles again.
#[derive(Debug)]
pub enum RefreshTurn {
    /// The caller's: here is what it needs.
    Yours {
        /// The refresh token, opened.
        refresh_token: String,
    },
    /// Somebody reads them right now.
    Busy,
    /// Somebody has read them since.
    Fresh(Box<super::Session>),
    /// The session is over.
    Gone,
}

#[derive(FromRow)]
struct TokenRow {
    refresh_token: Vec<u8>,
}

/// Asks for the turn to read the roles again, unless they were read after `since` (the database's clock).
///
/// # Errors
/// When the database fails or the token does not open.
pub async fn take_refresh(database: &Database, key: &SessionKey, id_hash: &[u8], since: DateTime<Utc>) -> Result<RefreshTurn> {
    let row: Option<TokenRow> = sqlx::query_as(
        "update session set refreshing_until = now() + make_interval(secs => $3)
         where id_hash = $1 and roles_read_at < $2 and (refreshing_until is null or refreshing_until < now()) and ends_at > now()
         returning refresh_token",
    )
    .bind(id_hash)
    .bind(since)
    .bind(REFRESH_SECONDS_MAX)
    .fetch_optional(database.before_sign_in())
    .await?;
    if let Some(row) = row {
        return Ok(RefreshTurn::Yours { refresh_token: key.open(&row.refresh_token)? });
    }
    let Some(session) = look(database, id_hash).await? else { return Ok(RefreshTurn::Gone) };
    let read_since: bool = sqlx::query_scalar("select coalesce((select roles_read_at >= $2 from session where id_hash = $1), false)")
        .bind(id_hash)
        .bind(since)
        .fetch_one(database.before_sign_in())
        .await?;
    Ok(if read_since { RefreshTurn::Fresh(Box::new(session)) } else { RefreshTurn::Busy })
}

/// Gives the turn back without new roles: Keycloak was away.
///
/// # Errors
/// When the database fails.
pub async fn release_refresh(database: &Database, id_hash: &[u8]) -> Result<()> {
    sqlx::query("update session set refreshing_until = null where id_hash = $1").bind(id_hash).execute(database.before_sign_in()).await?;
    Ok(())
}

/// Stores what was read again. False if the session ended meanwhile: an update cannot bring it back.
///
/// # Errors
/// When the database fails.
pub async fn roles_read(
    database: &Database,
    key: &SessionKey,
    id_hash: &[u8],
    roles: &[Role],
    reseller: Option<&str>,
    refresh_token: &str,
) -> Result<bool> {
    let updated = sqlx::query(
        "update session set roles = $2, reseller_id = (select id from reseller where short_name = $3), refresh_token = $4,
                            roles_read_at = now(), refreshing_until = null
         where id_hash = $1",
    )
    .bind(id_hash)
    .bind(role_names(roles))
    .bind(reseller)
    .bind(key.seal(database, refresh_token)?)
    .execute(database.before_sign_in())
    .await?;
    let kept = updated.rows_affected() == 1;
    if !kept {
        tracing::info!(session = public_name(id_hash), "the session ended while its roles were read again");
    }
    Ok(kept)
}

/// The reseller that a token names by its short name.
///
/// # Errors
/// When the database fails.
pub async fn reseller_id(database: &Database, short_name: &str) -> Result<Option<Uuid>> {
    Ok(sqlx::query_scalar("select id from reseller where short_name = $1")
        .bind(short_name)
        .fetch_optional(database.before_sign_in())
        .await?)
}

/// The roles and the reseller of a person as their newest session has them; none if they have no session.
///
/// # Errors
/// When the database fails.
pub async fn roles_known(database: &Database, person_id: &str) -> Result<Option<(Vec<Role>, Option<Uuid>)>> {
    let row: Option<(Vec<String>, Option<Uuid>)> =
        sqlx::query_as("select roles, reseller_id from session where person_id = $1 order by roles_read_at desc limit 1")
            .bind(person_id)
            .fetch_optional(database.before_sign_in())
            .await?;
    Ok(row.map(|(roles, reseller)| (roles.iter().filter_map(|role| Role::parse(role)).collect(), reseller)))
}
