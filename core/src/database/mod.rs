//! The pool, and transactions bound to an actor.
//!
//! The only way to a transaction is an [`Authority`]; the transaction takes on the database role that fits the actor, so
//! that row-level security keeps tenants apart even if a query forgets to. It never decides what an actor may do.

use crate::access::{Actor, Authority, Right, Scope};
use crate::audit::{self, Entry};
use crate::context::Context;
use crate::error::{Error, Result};
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{AssertSqlSafe, Executor, PgConnection, PgPool, Postgres};
use std::time::Duration;

/// The pool of connections. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    pool: PgPool,
    context: Context,
}

/// The migrations, compiled in.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../migrations");

impl Database {
    /// Opens a pool of at most `connections_max`. Outside transactions a connection acts as `steward_worker`.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn connect(options: PgConnectOptions, connections_max: u32, context: Context) -> Result<Self> {
        let pool = PgPoolOptions::new()
            .max_connections(connections_max)
            .acquire_timeout(Duration::from_secs(5))
            // A dead connection shows at its first statement; a ping before each use would cost a round trip per request.
            .test_before_acquire(false)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    connection.execute("set role steward_worker").await?;
                    Ok(())
                })
            })
            .connect_with(options)
            .await?;
        Ok(Self { pool, context })
    }

    /// Brings the schema up to date. `options` must be those of the schema's owner.
    ///
    /// # Errors
    /// When a migration fails; those before it stay applied.
    pub async fn migrate(options: PgConnectOptions) -> Result<()> {
        let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await?;
        MIGRATIONS.run(&pool).await.map_err(|error| Error::internal(format_args!("migrate: {error}")))?;
        pool.close().await;
        Ok(())
    }

    /// Clock, ids and randomness.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Begins a transaction as the authority's actor.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn begin<R: Right>(&self, authority: &Authority<R>) -> Result<Transaction> {
        self.begin_as(authority.actor()).await
    }

    async fn begin_as(&self, actor: &Actor) -> Result<Transaction> {
        // One round trip. Nothing here comes from a person: role names are ours, ids are UUIDs.
        let begin = match actor.scope() {
            Scope::All => "begin; set local role steward_staff".to_owned(),
            Scope::Worker => "begin".to_owned(),
            Scope::Reseller(id) => format!("begin; set local role steward_scoped; set local steward.reseller = '{id}'"),
            Scope::Nothing => "begin; set local role steward_scoped".to_owned(),
        };
        let inner = self.pool.begin_with(AssertSqlSafe(begin)).await?;
        Ok(Transaction { inner, actor: actor.clone(), context: self.context.clone() })
    }

    /// Writes one entry in a transaction of its own: refusals, sign-ins, sensitive reads.
    ///
    /// # Errors
    /// When it could not be written; the request must then fail too.
    pub async fn record_alone(&self, actor: &Actor, entry: Entry) -> Result<()> {
        let mut transaction = self.begin_as(actor).await?;
        transaction.record(entry).await?;
        transaction.commit().await
    }

    /// Listens to a channel on a connection of its own.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn listen(&self, channel: &str) -> Result<PgListener> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen(channel).await?;
        Ok(listener)
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("select 1").execute(&self.pool).await?;
        Ok(())
    }

    /// For `access::sessions` alone: sessions come before there is an actor.
    pub(crate) fn before_sign_in(&self) -> &PgPool {
        &self.pool
    }

    /// Ends every connection.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// A transaction that knows its actor. Dropped without [`Transaction::commit`], it changes nothing.
#[derive(Debug)]
pub struct Transaction {
    inner: sqlx::Transaction<'static, Postgres>,
    actor: Actor,
    context: Context,
}

impl Transaction {
    /// The connection, for one statement.
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.inner
    }

    /// Who acts.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Clock, ids and randomness.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Writes an entry that is there if and only if this transaction commits.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn record(&mut self, entry: Entry) -> Result<()> {
        audit::insert(&mut self.inner, &self.context, &self.actor, entry).await
    }

    /// Makes it so.
    ///
    /// # Errors
    /// When the database says no; then nothing was changed.
    pub async fn commit(self) -> Result<()> {
        Ok(self.inner.commit().await?)
    }
}
