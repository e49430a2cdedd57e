//! Sign-ins under way: begun, and not answered yet.

use super::{SIGN_IN_MINUTES_MAX, SessionKey, hash};
use crate::database::Database;
use crate::error::Result;
use chrono::{DateTime, Utc};
use sqlx::FromRow;

/// A sign-in that was begun.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The nonce that the ID token must carry.
    pub nonce: String,
    /// The PKCE verifier.
    pub pkce_verifier: String,
    /// Where to go afterwards: a path of ours.
    pub return_to: String,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// Whether its answer came in time, by the database's clock.
    pub in_time: bool,
}

#[derive(FromRow)]
struct SignInRow {
    nonce: String,
    pkce_verifier: Vec<u8>,
    return_to: String,
    created_at: DateTime<Utc>,
    in_time: bool,
}

/// Stores a sign-in that begins.
///
/// # Errors
/// When the database fails.
pub async fn begin_sign_in(
    database: &Database,
    key: &SessionKey,
    state: &str,
    browser: &str,
    nonce: &str,
    pkce_verifier: &str,
    return_to: &str,
) -> Result<()> {
    sqlx::query("insert into sign_in (state_hash, browser_hash, nonce, pkce_verifier, return_to) values ($1, $2, $3, $4, $5)")
        .bind(hash(state))
        .bind(hash(browser))
        .bind(nonce)
        .bind(key.seal(database, pkce_verifier)?)
        .bind(return_to)
        .execute(database.before_sign_in())
        .await?;
    Ok(())
}

/// Takes a sign-in whose answer came: it counts once, and only from the browser that began it.
///
/// # Errors
/// When the database fails.
pub async fn take_sign_in(database: &Database, key: &SessionKey, state: &str, browser: &str) -> Result<Option<SignIn>> {
    let row: Option<SignInRow> = sqlx::query_as(
        "delete from sign_in where state_hash = $1 and browser_hash = $2
         returning nonce, pkce_verifier, return_to, created_at, created_at > now() - make_interval(mins => $3) as in_time",
    )
    .bind(hash(state))
    .bind(hash(browser))
    .bind(SIGN_IN_MINUTES_MAX)
    .fetch_optional(database.before_sign_in())
    .await?;
    row.map(|row| {
        Ok(SignIn {
            nonce: row.nonce,
            pkce_verifier: key.open(&row.pkce_verifier)?,
            return_to: row.return_to,
            created_at: row.created_at,
            in_time: row.in_time,
        })
    })
    .transpose()
}
