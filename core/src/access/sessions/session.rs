//! A session: opened at sign-in, found by its cookie.

use super::{AGE_HOURS_MAX, IDLE_MINUTES_MAX, SessionKey, hash, public_name};
use crate::access::{Actor, Origin};
use crate::audit::{self, Action, Class, Entry, Outcome};
use crate::database::Database;
use crate::error::Result;
use chrono::{DateTime, Utc};
use sqlx::FromRow;
use steward_domain::role::Role;
use uuid::Uuid;

/// What a sign-in gives.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The subject of the ID token.
    pub person_id: String,
    /// The name that the person signs in with.
    pub username: String,
    /// The name that pages show.
    pub display_name: String,
    /// The roles that the token carried.
    pub roles: Vec<Role>,
    /// The short name of the reseller that the token carried.
    pub reseller: Option<String>,
    /// Keycloak's session id.
    pub keycloak_session: String,
    /// For reading the roles again, and for ending the Keycloak session.
    pub refresh_token: String,
    /// How the person proved who they are.
    pub amr: Vec<String>,
    /// When.
    pub authenticated_at: DateTime<Utc>,
}

/// A session as a request finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The hash that stands for it.
    pub id_hash: Vec<u8>,
    /// The subject of the ID token.
    pub person_id: String,
    /// The name that the person signs in with.
    pub username: String,
    /// The name that pages show.
    pub display_name: String,
    /// The roles when last read.
    pub roles: Vec<Role>,
    /// The reseller whose tenants the person sees.
    pub reseller: Option<Uuid>,
    /// How long ago the roles were read, in seconds, by the database's clock.
    pub roles_age_seconds: i32,
    /// When the session ends whatever happens.
    pub ends_at: DateTime<Utc>,
    /// When it was looked up, by the database's clock.
    pub found_at: DateTime<Utc>,
}

impl Session {
    /// The person as an actor.
    #[must_use]
    pub fn actor(&self, origin: Origin) -> Actor {
        Actor::person(self.person_id.clone(), self.display_name.clone(), self.roles.clone(), self.reseller, origin)
    }
}

#[derive(FromRow)]
pub(super) struct SessionRow {
    id_hash: Vec<u8>,
    person_id: String,
    username: String,
    display_name: String,
    roles: Vec<String>,
    reseller_id: Option<Uuid>,
    roles_age_seconds: i32,
    idle_seconds: i32,
    ends_at: DateTime<Utc>,
    found_at: DateTime<Utc>,
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Self {
            id_hash: row.id_hash,
            person_id: row.person_id,
            username: row.username,
            display_name: row.display_name,
            roles: row.roles.iter().filter_map(|role| Role::parse(role)).collect(),
            reseller: row.reseller_id,
            roles_age_seconds: row.roles_age_seconds,
            ends_at: row.ends_at,
            found_at: row.found_at,
        }
    }
}

/// The roles' names, as the table keeps them.
pub(super) fn role_names(roles: &[Role]) -> Vec<String> {
    roles.iter().map(|role| role.as_str().to_owned()).collect()
}

/// Opens a session and writes the entry of the sign-in. This is the only insert.
///
/// # Errors
/// When the database fails.
pub async fn open(database: &Database, key: &SessionKey, id: &str, new: &NewSession, origin: &Origin) -> Result<()> {
    let id_hash = hash(id);
    let mut transaction = database.before_sign_in().begin().await?;
    let reseller: Option<Uuid> = sqlx::query_scalar(
        "insert into session (id_hash, person_id, username, display_name, roles, reseller_id, keycloak_session, refresh_token, amr,
                              authenticated_at, roles_read_at, ends_at)
         values ($1, $2, $3, $4, $5, (select id from reseller where short_name = $6), $7, $8, $9, $10, now(), now() + make_interval(hours => $11))
         returning reseller_id",
    )
    .bind(&id_hash)
    .bind(&new.person_id)
    .bind(&new.username)
    .bind(&new.display_name)
    .bind(role_names(&new.roles))
    .bind(new.reseller.as_deref())
    .bind(&new.keycloak_session)
    .bind(key.seal(database, &new.refresh_token)?)
    .bind(&new.amr)
    .bind(new.authenticated_at)
    .bind(AGE_HOURS_MAX)
    .fetch_one(&mut *transaction)
    .await?;
    let actor = Actor::person(new.person_id.clone(), new.display_name.clone(), new.roles.clone(), reseller, origin.clone());
    let entry = Entry {
        class: Class::Security,
        action: Action::SignIn,
        result: Outcome::Done,
        tenant_id: None,
        object_kind: "session",
        object_id: public_name(&id_hash),
        correlation: None,
        code: None,
        detail: serde_json::json!({ "roles": new.roles, "amr": new.amr, "authenticated_at": new.authenticated_at }),
    };
    audit::insert(&mut transaction, database.context(), &actor, entry).await?;
    Ok(transaction.commit().await?)
}

const COLUMNS: &str = "select id_hash, person_id, username, display_name, roles, reseller_id, ends_at, now() as found_at,
        extract(epoch from now() - roles_read_at)::int as roles_age_seconds, extract(epoch from now() - seen_at)::int as idle_seconds
     from session where id_hash = $1 and ends_at > now() and seen_at > now() - make_interval(mins => $2)";

/// The live session of a cookie. Notes the click, at most once a minute.
///
/// # Errors
/// When the database fails.
pub async fn find(database: &Database, id: &str) -> Result<Option<Session>> {
    let row = row(database, &hash(id)).await?;
    if let Some(row) = row.as_ref().filter(|row| row.idle_seconds >= 60) {
        sqlx::query("update session set seen_at = now() where id_hash = $1").bind(&row.id_hash).execute(database.before_sign_in()).await?;
    }
    Ok(row.map(Session::from))
}

/// The live session behind a hash, without noting a click: for what goes on by itself, such as live events.
///
/// # Errors
/// When the database fails.
pub async fn look(database: &Database, id_hash: &[u8]) -> Result<Option<Session>> {
    Ok(row(database, id_hash).await?.map(Session::from))
}

async fn row(database: &Database, id_hash: &[u8]) -> Result<Option<SessionRow>> {
    Ok(sqlx::query_as(COLUMNS).bind(id_hash).bind(IDLE_MINUTES_MAX).fetch_optional(database.before_sign_in()).await?)
}
