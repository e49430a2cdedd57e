//! What `steward check` asks PostgreSQL: as the server's login role, before it takes on any other. It reads no table of ours but the list
//! of migrations.

use super::MIGRATIONS;
use crate::platform::Finding;
use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, FromRow, PgConnection};

const OF: &str = "PostgreSQL";
/// The roles that a transaction takes on.
const ROLES: [&str; 3] = ["steward_staff", "steward_scoped", "steward_worker"];
/// The oldest version that the schema works with.
const VERSION_MIN: i32 = 15;

#[derive(FromRow)]
struct Facts {
    version: i32,
    version_text: String,
    now: DateTime<Utc>,
    role: String,
    past_row_security: Vec<String>,
    owner: bool,
    lacking: Vec<String>,
    unguarded: Vec<String>,
}

/// Examines the database. `ours` is this machine's clock.
pub async fn examine(options: PgConnectOptions, ours: DateTime<Utc>) -> Vec<Finding> {
    let mut connection = match PgConnection::connect_with(&options).await {
        Ok(connection) => connection,
        Err(error) => {
            let helps = "Start PostgreSQL, or correct STEWARD_DATABASE_URL.";
            return vec![Finding { away: true, ..Finding::fail(OF, "reached", error.to_string(), helps) }];
        }
    };
    let mut findings = vec![Finding::pass(OF, "reached", "it takes the server's credentials")];
    match facts(&mut connection).await {
        Ok(facts) => findings.extend(of_facts(facts, ours)),
        Err(error) => findings.push(Finding::fail(OF, "role", error.to_string(), "Make the roles of stack/policies/postgres-roles.sql.")),
    }
    findings.push(migrations(&mut connection).await);
    findings
}

async fn facts(connection: &mut PgConnection) -> Result<Facts, sqlx::Error> {
    sqlx::query_as(
        "select current_setting('server_version_num')::int / 10000 as version, current_setting('server_version') as version_text, clock_timestamp() as now,
                session_user::text as role,
                array(select rolname::text from pg_roles where (rolsuper or rolbypassrls) and (rolname = session_user or rolname = any($1)) order by 1) as past_row_security,
                exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                        where n.nspname = 'public' and pg_has_role(session_user, c.relowner, 'member')) as owner,
                array(select wanted from unnest($1::text[]) as wanted
                      where not exists (select from pg_roles r where r.rolname = wanted and pg_has_role(session_user, r.oid, 'member'))) as lacking,
                array(select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
                      where n.nspname = 'public' and c.relkind = 'r' and a.attname = 'tenant_id' and not a.attisdropped and not c.relrowsecurity order by 1) as unguarded",
    )
    .bind(ROLES.as_slice())
    .fetch_one(connection)
    .await
}

fn of_facts(facts: Facts, ours: DateTime<Utc>) -> Vec<Finding> {
    let role = facts.role;
    let mut findings = Vec::new();
    findings.push(if facts.version < VERSION_MIN {
        Finding::fail(OF, "version", facts.version_text, format!("Use PostgreSQL {VERSION_MIN} or later."))
    } else {
        Finding::pass(OF, "version", facts.version_text)
    });
    if !facts.past_row_security.is_empty() {
        let found = format!("row-level security does not hold for {}", facts.past_row_security.join(", "));
        findings.push(Finding::fail(
            OF,
            "role",
            found,
            "Take superuser and bypassrls from these roles, as in stack/policies/postgres-roles.sql.",
        ));
    }
    if facts.owner {
        let found = format!("{role} owns tables, or may act as who does: row-level security does not hold for it");
        findings.push(Finding::fail(OF, "role", found, "Let another role own the schema, and only migrate as that one."));
    }
    if !facts.lacking.is_empty() {
        let found = format!("{role} may not act as {}", facts.lacking.join(", "));
        findings.push(Finding::fail(OF, "role", found, "Grant it these roles, as in stack/policies/postgres-roles.sql."));
    }
    if !facts.unguarded.is_empty() {
        let found = format!("no row-level security on {}", facts.unguarded.join(", "));
        findings.push(Finding::fail(OF, "role", found, "Run `steward migrate`; if it stays so, somebody turned it off."));
    }
    if findings.len() == 1 {
        findings.push(Finding::pass(OF, "role", format!("{role} is neither superuser nor owner, and row-level security holds")));
    }
    findings.push(Finding::clock(OF, facts.now, ours));
    findings
}

async fn migrations(connection: &mut PgConnection) -> Finding {
    let applied: Result<Vec<(i64, Vec<u8>, bool)>, sqlx::Error> =
        sqlx::query_as("select version, checksum, success from migrations_applied()").fetch_all(connection).await;
    let run = "Run `steward migrate`.";
    let Ok(applied) = applied else {
        return Finding::fail(OF, "migrations", "the schema is not there, or older than this program", run);
    };
    let known = || MIGRATIONS.iter().filter(|migration| migration.migration_type.is_up_migration());
    let of = |version: i64| applied.iter().find(|(applied, ..)| *applied == version);
    let wanting: Vec<String> =
        known().filter(|migration| !of(migration.version).is_some_and(|(.., success)| *success)).map(|m| m.version.to_string()).collect();
    let other: Vec<String> = known()
        .filter(|migration| of(migration.version).is_some_and(|(_, checksum, _)| checksum.as_slice() != &*migration.checksum))
        .map(|migration| migration.version.to_string())
        .collect();
    let newer = applied.iter().filter(|(version, ..)| !known().any(|migration| migration.version == *version)).count();
    if !other.is_empty() {
        Finding::fail(
            OF,
            "migrations",
            format!("{} are not those of this program", other.join(", ")),
            "Use the program that made this schema.",
        )
    } else if !wanting.is_empty() {
        Finding::fail(OF, "migrations", format!("{} are not applied", wanting.join(", ")), run)
    } else if newer > 0 {
        Finding::look(OF, "migrations", format!("{newer} are newer than this program"), "Update this program.")
    } else {
        Finding::pass(OF, "migrations", format!("all {} are applied", applied.len()))
    }
}
