//! Sessions of signed-in people, and sign-ins under way.
//!
//! The browser holds a random id, the table its SHA-256. A session is inserted once, at sign-in; everything later is an
//! update, which cannot bring back what was deleted. Tokens are stored sealed and never leave the server.
//! Cookies and Keycloak are the server's business, not this module's.

use crate::database::Database;
use crate::error::{Error, Result};
use chrono::{DateTime, Utc};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::{Digest, Sha256};
use sqlx::FromRow;
use steward_domain::role::Role;
use uuid::Uuid;

/// A session without a click for so long ends (TRUST.md §4).
pub const IDLE_MINUTES_MAX: i32 = 15;
/// A session ends after so long, whatever happens (TRUST.md §4).
pub const AGE_HOURS_MAX: i32 = 8;
/// An answer to a sign-in is taken for so long.
pub const SIGN_IN_MINUTES_MAX: i32 = 10;

/// The key that seals tokens at rest.
pub struct SessionKey(LessSafeKey);

impl std::fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionKey")
    }
}

impl SessionKey {
    /// A key of 32 bytes.
    ///
    /// # Errors
    /// When it has another length.
    pub fn new(bytes: &[u8]) -> Result<Self> {
        let key = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| Error::internal("the session key must have 32 bytes"))?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Seals a text: random nonce, then ciphertext and tag.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn seal(&self, database: &Database, text: &str) -> Result<Vec<u8>> {
        let nonce = database.context().random::<NONCE_LEN>()?;
        let mut sealed = text.as_bytes().to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)
            .map_err(|_| Error::internal("sealing failed"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`SessionKey::seal`] made.
    ///
    /// # Errors
    /// When it was made with another key or altered.
    pub fn open(&self, sealed: &[u8]) -> Result<String> {
        let broken = || Error::internal("a sealed token does not open: other key, or altered");
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or_else(broken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| broken())?;
        let mut text = text.to_vec();
        let open = self.0.open_in_place(nonce, Aad::empty(), &mut text).map_err(|_| broken())?;
        String::from_utf8(open.to_vec()).map_err(|_| broken())
    }
}

/// SHA-256 of a cookie's or parameter's value: what the tables hold instead of it.
#[must_use]
pub fn hash(value: &str) -> Vec<u8> {
    Sha256::digest(value.as_bytes()).to_vec()
}

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
pub async fn begin_sign_in(database: &Database, key: &SessionKey, state: &str, browser: &str, nonce: &str, pkce_verifier: &str, return_to: &str) -> Result<()> {
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
    /// For reading the roles again.
    pub refresh_token: String,
    /// For ending the Keycloak session.
    pub id_token: String,
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
}

#[derive(FromRow)]
struct SessionRow {
    id_hash: Vec<u8>,
    person_id: String,
    username: String,
    display_name: String,
    roles: Vec<String>,
    reseller_id: Option<Uuid>,
    roles_age_seconds: i32,
    idle_seconds: i32,
    ends_at: DateTime<Utc>,
}

fn role_names(roles: &[Role]) -> Vec<String> {
    roles.iter().map(|role| role.as_str().to_owned()).collect()
}

/// Opens a session. This is the only insert.
///
/// # Errors
/// When the database fails.
pub async fn open(database: &Database, key: &SessionKey, id: &str, new: &NewSession) -> Result<()> {
    sqlx::query(
        "insert into session (id_hash, person_id, username, display_name, roles, reseller_id, keycloak_session, refresh_token, id_token,
                              amr, authenticated_at, roles_read_at, ends_at)
         values ($1, $2, $3, $4, $5, (select id from reseller where short_name = $6), $7, $8, $9, $10, $11, now(), now() + make_interval(hours => $12))",
    )
    .bind(hash(id))
    .bind(&new.person_id)
    .bind(&new.username)
    .bind(&new.display_name)
    .bind(role_names(&new.roles))
    .bind(new.reseller.as_deref())
    .bind(&new.keycloak_session)
    .bind(key.seal(database, &new.refresh_token)?)
    .bind(key.seal(database, &new.id_token)?)
    .bind(&new.amr)
    .bind(new.authenticated_at)
    .bind(AGE_HOURS_MAX)
    .execute(database.before_sign_in())
    .await?;
    Ok(())
}

/// The live session of a cookie. Notes the click, at most once a minute.
///
/// # Errors
/// When the database fails.
pub async fn find(database: &Database, id: &str) -> Result<Option<Session>> {
    let row: Option<SessionRow> = sqlx::query_as(
        "select id_hash, person_id, username, display_name, roles, reseller_id, ends_at,
                extract(epoch from now() - roles_read_at)::int as roles_age_seconds, extract(epoch from now() - seen_at)::int as idle_seconds
         from session where id_hash = $1 and ends_at > now() and seen_at > now() - make_interval(mins => $2)",
    )
    .bind(hash(id))
    .bind(IDLE_MINUTES_MAX)
    .fetch_optional(database.before_sign_in())
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.idle_seconds >= 60 {
        sqlx::query("update session set seen_at = now() where id_hash = $1").bind(&row.id_hash).execute(database.before_sign_in()).await?;
    }
    Ok(Some(Session {
        id_hash: row.id_hash,
        person_id: row.person_id,
        username: row.username,
        display_name: row.display_name,
        roles: row.roles.iter().filter_map(|role| Role::parse(role)).collect(),
        reseller: row.reseller_id,
        roles_age_seconds: row.roles_age_seconds,
        ends_at: row.ends_at,
    }))
}

/// The refresh token of a session, for reading the roles again. Only one caller at a time gets it; others go on with what they have.
///
/// # Errors
/// When the database fails or the token does not open.
pub async fn refresh_token(database: &Database, key: &SessionKey, id_hash: &[u8]) -> Result<Option<String>> {
    let sealed: Option<Vec<u8>> =
        sqlx::query_scalar("select refresh_token from session where id_hash = $1").bind(id_hash).fetch_optional(database.before_sign_in()).await?;
    sealed.map(|sealed| key.open(&sealed)).transpose()
}

/// Stores the roles that were read again. Does nothing if the session ended meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn roles_read(database: &Database, key: &SessionKey, id_hash: &[u8], roles: &[Role], refresh_token: &str) -> Result<bool> {
    let updated = sqlx::query("update session set roles = $2, refresh_token = $3, roles_read_at = now() where id_hash = $1")
        .bind(id_hash)
        .bind(role_names(roles))
        .bind(key.seal(database, refresh_token)?)
        .execute(database.before_sign_in())
        .await?;
    Ok(updated.rows_affected() == 1)
}

/// Ends a session and gives its ID token, for ending the Keycloak session too.
///
/// # Errors
/// When the database fails or the token does not open.
pub async fn end(database: &Database, key: &SessionKey, id_hash: &[u8]) -> Result<Option<String>> {
    let sealed: Option<Vec<u8>> =
        sqlx::query_scalar("delete from session where id_hash = $1 returning id_token").bind(id_hash).fetch_optional(database.before_sign_in()).await?;
    sealed.map(|sealed| key.open(&sealed)).transpose()
}

/// Ends every session that came from a Keycloak session, or all of a person's if Keycloak names no session. Gives how many.
///
/// # Errors
/// When the database fails.
pub async fn end_from_keycloak(database: &Database, keycloak_session: Option<&str>, person_id: Option<&str>) -> Result<u64> {
    let ended = sqlx::query("delete from session where keycloak_session = $1 or ($1 is null and person_id = $2)")
        .bind(keycloak_session)
        .bind(person_id)
        .execute(database.before_sign_in())
        .await?;
    Ok(ended.rows_affected())
}

/// Deletes what is over: sessions past their end, sign-ins never finished.
///
/// # Errors
/// When the database fails.
pub async fn sweep(database: &Database) -> Result<u64> {
    let sessions = sqlx::query("delete from session where ends_at < now() or seen_at < now() - make_interval(mins => $1)")
        .bind(IDLE_MINUTES_MAX)
        .execute(database.before_sign_in())
        .await?;
    let sign_ins = sqlx::query("delete from sign_in where created_at < now() - interval '1 hour'").execute(database.before_sign_in()).await?;
    Ok(sessions.rows_affected() + sign_ins.rows_affected())
}
