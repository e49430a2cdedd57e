//! A database of its own with 100,000 tenants and one signed-in person.

use anyhow::{Context, Result};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};
use std::str::FromStr;
use steward_core::access::Origin;
use steward_core::access::sessions::{self, NewSession, SessionKey};
use steward_core::database::Database;
use steward_domain::role::Role;

/// How many tenants the table holds.
pub const TENANTS: u32 = 100_000;
const NAME: &str = "steward_bench";

/// The database and what it takes to use it.
#[derive(Debug)]
pub struct Fixture {
    superuser: PgConnectOptions,
    /// As the server's login role sees it.
    pub database: Database,
    /// The server's environment: that of the instance, with this database.
    pub environment: Vec<(String, String)>,
    /// URL of the database as its superuser.
    pub superuser_url: String,
    key: Vec<u8>,
}

/// A variable of the instance's environment.
///
/// # Errors
/// When it is not set.
pub fn variable(name: &str) -> Result<String> {
    std::env::var(name).with_context(|| format!("{name} is not set: load the instance's env files first"))
}

impl Fixture {
    /// Makes it afresh.
    ///
    /// # Errors
    /// When PostgreSQL or the instance's environment is missing.
    pub async fn make() -> Result<Self> {
        let superuser_url = variable("DATABASE_URL")?;
        let superuser = PgConnectOptions::from_str(&superuser_url)?;
        let owner = PgConnectOptions::from_str(&variable("STEWARD_MIGRATION_DATABASE_URL")?)?.database(NAME);
        let login_url = variable("STEWARD_DATABASE_URL")?;
        let login = PgConnectOptions::from_str(&login_url)?.database(NAME);
        let mut connection = superuser.connect().await?;
        connection.execute(AssertSqlSafe(format!("drop database if exists {NAME} with (force)"))).await?;
        connection.execute(AssertSqlSafe(format!("create database {NAME} owner {}", owner.get_username()))).await?;
        connection.close().await?;

        Database::migrate(owner).await?;
        let mut connection: PgConnection = superuser.clone().database(NAME).connect().await?;
        // 50 first and 50 second words, drawn independently: a word is in 2 % of the names.
        sqlx::query(
            "insert into tenant (id, status, stage, name, short_name, domain, contact_email, region, created_by, changed_at)
             select gen_random_uuid(), (array['active','active','active','active','active','active','active','suspended','deactivated','offboarding'])[1 + n % 10],
                    (array['monitoring','activation','configuration','termination'])[1 + n % 4],
                    'first' || translate((100 + (hashint4(n) & 1023) % 50)::text, '0123456789', 'abcdefghij') || ' second' || translate((100 + (hashint4(n + 7) & 1023) % 50)::text, '0123456789', 'abcdefghij') || ' ' || n,
                    't' || n || 'x', 't' || n || 'x.inosec.com', 'admin' || n || '@customer' || n || '.example', 'morocco', 'bench', now() - n * interval '1 minute'
             from generate_series(1, $1::int) n",
        )
        .bind(i32::try_from(TENANTS)?)
        .execute(&mut connection)
        .await?;
        // They have no settings: there is nothing to look for.
        connection.execute("update drift_look set due_at = 'infinity'").await?;
        connection.execute("vacuum analyze").await?;
        connection.close().await?;

        let key = std::fs::read(variable("STEWARD_SESSION_KEY_FILE")?)?;
        let mut environment: Vec<(String, String)> = std::env::vars().filter(|(name, _)| name.starts_with("STEWARD_")).collect();
        let with_name =
            |url: &str| url.rsplit_once('/').map(|(server, _)| format!("{server}/{NAME}")).context("a database URL ends in /name");
        environment.push(("STEWARD_DATABASE_URL".into(), with_name(&login_url)?));
        let superuser_url = with_name(&superuser_url)?;
        let database = Database::connect(login, 8, Default::default()).await?;
        Ok(Self { superuser, database, environment, superuser_url, key })
    }

    /// Signs somebody in and gives the cookie's value. Good for less than a minute of load: then the roles are read again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sign_in(&self) -> Result<String> {
        let key = SessionKey::new(self.key.get(..32).unwrap_or(&self.key))?;
        let id = self.database.context().id()?.to_string();
        let session = NewSession {
            person_id: "bench".into(),
            username: "bench".into(),
            display_name: "Bench".into(),
            roles: vec![Role::PlatformOps],
            reseller: None,
            keycloak_session: "none".into(),
            refresh_token: "none".into(),
            amr: vec!["pwd".into(), "otp".into()],
            authenticated_at: self.database.context().now(),
        };
        let origin = Origin { request_id: "bench".into(), address: None };
        sessions::open(&self.database, &key, &id, &session, &origin).await?;
        Ok(id)
    }

    /// Takes the database away again.
    ///
    /// # Errors
    /// When PostgreSQL says no.
    pub async fn remove(self) -> Result<()> {
        self.database.close().await;
        let mut connection = self.superuser.connect().await?;
        connection.execute(AssertSqlSafe(format!("drop database if exists {NAME} with (force)"))).await?;
        Ok(())
    }
}
