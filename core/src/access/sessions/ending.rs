//! How sessions end: by the person, by Keycloak's word, by age. Each ending writes its entry in the same transaction.

use super::{IDLE_MINUTES_MAX, SessionKey, hash, public_name};
use crate::access::Actor;
use crate::audit::{self, Action, Class, Entry, Outcome};
use crate::database::Database;
use crate::error::Result;
use sqlx::{FromRow, PgConnection};

/// So many sessions end in one go of the sweeper.
const SWEEP_MAX: i64 = 500;

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The person signed out.
    SignedOut,
    /// The person signed in anew in the same browser.
    Replaced,
    /// Keycloak said so: logout there, account disabled, refresh refused.
    Keycloak,
    /// Nothing was clicked for 15 minutes.
    Idle,
    /// 8 hours are over.
    Age,
}

impl EndReason {
    /// The word in entries.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            EndReason::SignedOut => "signed out",
            EndReason::Replaced => "signed in anew",
            EndReason::Keycloak => "ended by Keycloak",
            EndReason::Idle => "idle",
            EndReason::Age => "at its absolute end",
        }
    }
}

/// A session that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its refresh token, for ending the Keycloak session too.
    pub refresh_token: String,
    /// Whether another session that lives came from the same Keycloak session: somebody signed in anew in the same browser.
    pub shared: bool,
}

#[derive(FromRow)]
struct EndedRow {
    id_hash: Vec<u8>,
    person_id: String,
    display_name: String,
    refresh_token: Vec<u8>,
    idle: bool,
    shared: bool,
}

impl EndedRow {
    fn opened(self, key: &SessionKey) -> Result<Ended> {
        Ok(Ended { refresh_token: key.open(&self.refresh_token)?, shared: self.shared })
    }

    /// Why it is over, if nobody ended it.
    const fn by_itself(&self) -> EndReason {
        if self.idle { EndReason::Idle } else { EndReason::Age }
    }
}

/// What is past its end, by the database's clock.
fn over() -> String {
    format!("(ends_at <= now() or seen_at <= now() - make_interval(mins => {IDLE_MINUTES_MAX}))")
}

fn returning() -> String {
    format!(
        "returning id_hash, person_id, display_name, refresh_token, ends_at > now() as idle,
             exists (select 1 from session other where other.keycloak_session = session.keycloak_session
                     and other.id_hash <> session.id_hash and other.ends_at > now()
                     and other.seen_at > now() - make_interval(mins => {IDLE_MINUTES_MAX})) as shared"
    )
}

/// Ends a session. None if it was over already.
///
/// # Errors
/// When the database fails or the token does not open.
pub async fn end(database: &Database, key: &SessionKey, id_hash: &[u8], actor: &Actor, reason: EndReason) -> Result<Option<Ended>> {
    let mut transaction = database.before_sign_in().begin().await?;
    let row: Option<EndedRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!("delete from session where id_hash = $1 {}", returning())))
        .bind(id_hash)
        .fetch_optional(&mut *transaction)
        .await?;
    let Some(row) = row else { return Ok(None) };
    record(&mut transaction, database, actor, &row, reason).await?;
    transaction.commit().await?;
    row.opened(key).map(Some)
}

/// Ends a session if it is past its end. None if it is not, or is not there.
///
/// # Errors
/// When the database fails or the token does not open.
pub async fn end_overdue(database: &Database, key: &SessionKey, id_hash: &[u8], actor: &Actor) -> Result<Option<Ended>> {
    let mut transaction = database.before_sign_in().begin().await?;
    let row: Option<EndedRow> =
        sqlx::query_as(sqlx::AssertSqlSafe(format!("delete from session where id_hash = $1 and {} {}", over(), returning())))
            .bind(id_hash)
            .fetch_optional(&mut *transaction)
            .await?;
    let Some(row) = row else { return Ok(None) };
    record(&mut transaction, database, actor, &row, row.by_itself()).await?;
    transaction.commit().await?;
    row.opened(key).map(Some)
}

/// Takes a back-channel logout token by its `jti`: ends every session that came from a Keycloak session, or all of a person's if
/// Keycloak names no session. Gives how many; none if the token was taken before.
///
/// # Errors
/// When the database fails. The token is not taken then: Keycloak may send it again.
pub async fn end_from_keycloak(
    database: &Database,
    actor: &Actor,
    jti: &str,
    keycloak_session: Option<&str>,
    person_id: Option<&str>,
) -> Result<Option<usize>> {
    let mut transaction = database.before_sign_in().begin().await?;
    let taken = sqlx::query("insert into logout_token (jti_hash) values ($1) on conflict do nothing")
        .bind(hash(jti))
        .execute(&mut *transaction)
        .await?;
    if taken.rows_affected() == 0 {
        return Ok(None);
    }
    let rows: Vec<EndedRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "delete from session where ($1::text is null or keycloak_session = $1) and ($2::text is null or person_id = $2)
         and ($1::text is not null or $2::text is not null) {}",
        returning()
    )))
    .bind(keycloak_session)
    .bind(person_id)
    .fetch_all(&mut *transaction)
    .await?;
    for row in &rows {
        record(&mut transaction, database, actor, row, EndReason::Keycloak).await?;
    }
    transaction.commit().await?;
    Ok(Some(rows.len()))
}

/// Deletes what is over: sessions past their end, sign-ins never finished, logout tokens too old to come again. Gives the sessions.
///
/// # Errors
/// When the database fails.
pub async fn sweep(database: &Database, key: &SessionKey, actor: &Actor) -> Result<Vec<Ended>> {
    let mut transaction = database.before_sign_in().begin().await?;
    let rows: Vec<EndedRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "delete from session where id_hash = any(array(select id_hash from session where {} limit $1 for update skip locked)) {}",
        over(),
        returning()
    )))
    .bind(SWEEP_MAX)
    .fetch_all(&mut *transaction)
    .await?;
    for row in &rows {
        record(&mut transaction, database, actor, row, row.by_itself()).await?;
    }
    sqlx::query("delete from sign_in where created_at < now() - interval '1 hour'").execute(&mut *transaction).await?;
    sqlx::query("delete from logout_token where seen_at < now() - interval '1 day'").execute(&mut *transaction).await?;
    transaction.commit().await?;
    let opened = rows.into_iter().filter_map(|row| {
        let name = public_name(&row.id_hash);
        // Sealed with another key, say: the session is over here all the same.
        row.opened(key).inspect_err(|error| tracing::warn!(session = name, "{}", error.log().unwrap_or_default())).ok()
    });
    Ok(opened.collect())
}

async fn record(connection: &mut PgConnection, database: &Database, actor: &Actor, row: &EndedRow, reason: EndReason) -> Result<()> {
    let entry = Entry {
        class: Class::Security,
        action: if reason == EndReason::SignedOut { Action::SignOut } else { Action::SessionEnded },
        result: Outcome::Done,
        tenant_id: None,
        object_kind: "session",
        object_id: public_name(&row.id_hash),
        correlation: None,
        code: None,
        detail: serde_json::json!({ "person": { "id": row.person_id, "name": row.display_name }, "why": reason.as_str() }),
    };
    audit::insert(connection, database.context(), actor, entry).await
}
