//! The pool, and transactions bound to an actor.
//!
//! The only way to a transaction or a [`Reader`] is an [`Authority`]; either takes on the database role that fits the actor, so
//! that row-level security keeps tenants apart even if a query forgets to. It never decides what an actor may do.

mod examination;

pub use examination::examine;

use crate::access::{Actor, Authority, Right, Scope};
use crate::audit::{self, Entry};
use crate::context::Context;
use crate::error::{Error, Result};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{AssertSqlSafe, Executor, PgConnection, PgPool, Postgres};
use std::time::Duration;

/// The pool of connections. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    pool: PgPool,
    staff_readers: PgPool,
    context: Context,
}

/// What PostgreSQL ends by itself, whatever became of this process: a host that lost its power in the middle of a transaction
/// must not hold its locks for longer than a lease. Keepalives find such a host within 10 + 3 × 5 s even between transactions.
const SERVER_LIMITS: [(&str, &str); 7] = [
    ("statement_timeout", "20s"),
    ("lock_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "10s"),
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "15s"),
];

/// The migrations, compiled in.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../migrations");

impl Database {
    /// Opens a pool of at most `connections_max`, and another one as large, opened as needed, for staff who read. Outside
    /// transactions a connection of the first acts as `steward_worker`, one of the second as `steward_staff`, and changes nothing.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn connect(options: PgConnectOptions, connections_max: u32, context: Context) -> Result<Self> {
        let options = options.options(SERVER_LIMITS);
        let pool = pool_of(connections_max, "set role steward_worker").connect_with(options.clone()).await?;
        let staff_readers =
            pool_of(connections_max, "set role steward_staff; set default_transaction_read_only = on").connect_lazy_with(options);
        Ok(Self { pool, staff_readers, context })
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

    /// A connection that only reads, as the authority's actor. Cheaper than a transaction: for staff it takes no round trip of its own.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn read<R: Right>(&self, authority: &Authority<R>) -> Result<Reader> {
        let actor = authority.actor();
        Ok(Reader(match actor.scope() {
            Scope::All => Reading::Staff(self.staff_readers.acquire().await?),
            scope => Reading::Other(self.pool.begin_with(AssertSqlSafe(begin("begin read only", scope))).await?),
        }))
    }

    /// Begins a transaction as the authority's actor.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn begin<R: Right>(&self, authority: &Authority<R>) -> Result<Transaction> {
        self.begin_as(authority.actor()).await
    }

    async fn begin_as(&self, actor: &Actor) -> Result<Transaction> {
        let inner = self.pool.begin_with(AssertSqlSafe(begin("begin", actor.scope()))).await?;
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
    pub async fn listen(&self, channel: &str) -> Result<Notifications> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen(channel).await?;
        Ok(Notifications(listener))
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

    /// For `tenants::theme` alone: people see a logo and their tenant's own page before they are signed in. Each is read by a function of
    /// the schema that gives nothing else.
    pub(crate) fn for_anybody(&self) -> &PgPool {
        &self.pool
    }

    /// Ends every connection.
    pub async fn close(&self) {
        self.staff_readers.close().await;
        self.pool.close().await;
    }
}

/// A pool whose connections begin with these statements.
fn pool_of(connections_max: u32, setup: &'static str) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(Duration::from_secs(5))
        // A dead connection shows at its first statement; a ping before each use would cost a round trip per request.
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                connection.execute(setup).await?;
                Ok(())
            })
        })
}

/// The statements that begin a transaction in a scope, for one round trip. Nothing here comes from a person: role names are ours,
/// ids are UUIDs.
fn begin(statement: &str, scope: Scope) -> String {
    match scope {
        Scope::All => format!("{statement}; set local role steward_staff"),
        Scope::Worker => statement.to_owned(),
        Scope::Reseller(id) => format!("{statement}; set local role steward_scoped; set local steward.reseller = '{id}'"),
        Scope::Nothing => format!("{statement}; set local role steward_scoped"),
    }
}

/// A connection that reads as its actor and changes nothing: the database refuses.
#[derive(Debug)]
pub struct Reader(Reading);

#[derive(Debug)]
enum Reading {
    Staff(PoolConnection<Postgres>),
    Other(sqlx::Transaction<'static, Postgres>),
}

impl Reader {
    /// The connection, for one statement.
    pub fn conn(&mut self) -> &mut PgConnection {
        match &mut self.0 {
            Reading::Staff(connection) => connection,
            Reading::Other(transaction) => transaction,
        }
    }
}

/// What is told on a channel. It can be heard and nothing else: no statement goes this way.
#[derive(Debug)]
pub struct Notifications(PgListener);

impl Notifications {
    /// The payload of the next one; none if the connection was lost and made again, and something may have been missed.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn next(&mut self) -> Result<Option<String>> {
        Ok(self.0.try_recv().await?.map(|told| told.payload().to_owned()))
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
