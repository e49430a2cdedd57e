//! The board as people see it: keyset-paged over all tenants that the actor may see, or whole for one.

use crate::access::{Authority, ReadTenants};
use crate::error::{Error, Result};
use crate::provisioning::Provisioning;
use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection, Postgres, QueryBuilder};
use std::collections::BTreeMap;
use steward_domain::difference::Difference;
use steward_domain::drift::{Decision, Finding};
use steward_domain::resource::ResourceKind;
use steward_domain::system::System;
use uuid::Uuid;

/// What to show. Every field that is set must match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardFilter {
    /// A fragment of the tenant's name, short name, domain, contact or id.
    pub tenant: Option<String>,
    /// A system.
    pub system: Option<System>,
    /// What people decided.
    pub decision: Option<Decision>,
}

/// A resource that is not as wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriftRow {
    /// Its id.
    pub id: Uuid,
    /// The tenant.
    pub tenant_id: Uuid,
    /// The tenant's name.
    pub tenant_name: String,
    /// Of what kind the resource is.
    pub kind: ResourceKind,
    /// In which system.
    pub system: System,
    /// Its name there.
    pub name: String,
    /// In which way it is not as wanted.
    pub finding: Finding,
    /// Field by field.
    pub differences: Vec<Difference>,
    /// Goes up whenever the differences are others.
    pub revision: i64,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When it was seen so last.
    pub last_seen_at: DateTime<Utc>,
    /// The code that says why it could not be looked at since.
    pub unseen: Option<String>,
    /// Who changed it, if the system knows.
    pub changed_by: Option<String>,
    /// When, if the system knows.
    pub changed_at: Option<DateTime<Utc>>,
    /// What people decided.
    pub decision: Decision,
    /// Who did.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// Until when it is ignored.
    pub ignored_until: Option<DateTime<Utc>>,
    /// Why, in a person's words.
    pub reason: Option<String>,
}

impl DriftRow {
    /// Where the next page begins: after this row.
    #[must_use]
    pub fn cursor(&self) -> (DateTime<Utc>, Uuid) {
        (self.since, self.id)
    }
}

/// A page of the board.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardPage {
    /// The rows, newest first.
    pub rows: Vec<DriftRow>,
    /// Whether there are older ones.
    pub more: bool,
}

/// What could not be looked at the last time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// Of what kind it is.
    pub kind: ResourceKind,
    /// The code that says why.
    pub code: String,
    /// When it was looked at last.
    pub looked_at: Option<DateTime<Utc>>,
}

/// The board of one tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantBoard {
    /// The tenant.
    pub tenant_id: Uuid,
    /// Its name.
    pub tenant_name: String,
    /// What is not as wanted: what is open first, then in the order of plans.
    pub rows: Vec<DriftRow>,
    /// When it was looked at last; none if never.
    pub looked_at: Option<DateTime<Utc>>,
    /// What could not be looked at then.
    pub unseen: Vec<Unseen>,
    /// Whether what differs is repaired without anybody being asked.
    pub repair_silently: bool,
    /// The version of the tenant's settings that say so.
    pub version: i64,
    /// Whether a run is open: until its end nobody looks.
    pub run_open: bool,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    tenant_id: Uuid,
    tenant_name: String,
    kind: String,
    name: Option<String>,
    finding: String,
    differences: Json<Vec<Difference>>,
    revision: i64,
    since: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    unseen: Option<String>,
    changed_by: Option<String>,
    changed_at: Option<DateTime<Utc>>,
    decision: String,
    decided_by: Option<String>,
    decided_at: Option<DateTime<Utc>>,
    ignored_until: Option<DateTime<Utc>>,
    reason: Option<String>,
}

impl Row {
    /// The row; none of a kind that this version does not know.
    fn shown(self) -> Option<DriftRow> {
        let kind = ResourceKind::parse(&self.kind)?;
        Some(DriftRow {
            id: self.id,
            tenant_id: self.tenant_id,
            tenant_name: self.tenant_name,
            kind,
            system: kind.system(),
            name: self.name.unwrap_or_default(),
            finding: Finding::parse(&self.finding)?,
            differences: self.differences.0,
            revision: self.revision,
            since: self.since,
            last_seen_at: self.last_seen_at,
            unseen: self.unseen,
            changed_by: self.changed_by,
            changed_at: self.changed_at,
            decision: Decision::parse(&self.decision)?,
            decided_by: self.decided_by,
            decided_at: self.decided_at,
            ignored_until: self.ignored_until,
            reason: self.reason,
        })
    }
}

const ROWS: &str =
    "select d.id, d.tenant_id, t.name as tenant_name, d.kind, r.name, d.finding, d.differences, d.revision, d.since, d.last_seen_at,
        l.unseen ->> d.kind as unseen, d.changed_by, d.changed_at, d.decision, d.decided_by, d.decided_at, d.ignored_until, d.reason
    from drift d join tenant t on t.id = d.tenant_id left join resource r on r.tenant_id = d.tenant_id and r.kind = d.kind
    left join drift_look l on l.tenant_id = d.tenant_id where true";

/// The counter beside the navigation counts no further.
const COUNTED_MAX: i64 = 100;

impl Provisioning {
    /// A page of the board: what is not as wanted, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drift_list(
        &self,
        authority: &Authority<ReadTenants>,
        filter: &BoardFilter,
        after: Option<(DateTime<Utc>, Uuid)>,
        limit: u16,
    ) -> Result<BoardPage> {
        let mut query = QueryBuilder::<Postgres>::new(ROWS);
        if let Some(tenant) = filter.tenant.as_deref().map(str::trim).filter(|tenant| !tenant.is_empty()) {
            query.push(" and strpos(t.search_text, ").push_bind(tenant.to_lowercase()).push(") > 0");
        }
        if let Some(system) = filter.system {
            query.push(" and d.system = ").push_bind(system.as_str());
        }
        if let Some(decision) = filter.decision {
            query.push(" and d.decision = ").push_bind(decision.as_str());
        }
        if let Some((since, id)) = after {
            query.push(" and (d.since, d.id) < (").push_bind(since).push(", ").push_bind(id).push(")");
        }
        query.push(format!(" order by d.since desc, d.id desc limit {}", i64::from(limit) + 1));
        let mut reader = self.database.read(authority).await?;
        let mut rows: Vec<Row> = query.build_query_as().fetch_all(reader.conn()).await?;
        let more = rows.len() > usize::from(limit);
        rows.truncate(usize::from(limit));
        Ok(BoardPage { rows: rows.into_iter().filter_map(Row::shown).collect(), more })
    }

    /// How many are open, as far as the actor may see them. It counts to 100 and no further.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drift_open(&self, authority: &Authority<ReadTenants>) -> Result<i64> {
        let mut reader = self.database.read(authority).await?;
        let count = format!("select count(*) from (select from drift where decision = 'open' limit {COUNTED_MAX}) counted");
        Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(count)).fetch_one(reader.conn()).await?)
    }

    /// The board of one tenant.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none or the actor may not see it; a draft has none.
    pub async fn drift_of(&self, authority: &Authority<ReadTenants>, tenant_id: Uuid) -> Result<TenantBoard> {
        let mut reader = self.database.read(authority).await?;
        tenant_board(reader.conn(), tenant_id).await
    }
}

#[derive(FromRow)]
struct Head {
    name: String,
    repair_silently: bool,
    version: i64,
    looked_at: Option<DateTime<Utc>>,
    unseen: Option<Json<BTreeMap<String, String>>>,
    run_open: bool,
}

async fn tenant_board(connection: &mut PgConnection, tenant_id: Uuid) -> Result<TenantBoard> {
    let head: Option<Head> = sqlx::query_as(
        "select t.name, c.repair_silently, t.version, l.looked_at, l.unseen,
                exists (select from run r where r.tenant_id = t.id and r.ended_at is null) as run_open
         from tenant t join tenant_config c on c.tenant_id = t.id left join drift_look l on l.tenant_id = t.id
         where t.id = $1 and t.status <> 'draft'",
    )
    .bind(tenant_id)
    .fetch_optional(&mut *connection)
    .await?;
    let head = head.ok_or(Error::NotFound("tenant"))?;
    let mut query = QueryBuilder::<Postgres>::new(ROWS);
    query.push(" and d.tenant_id = ").push_bind(tenant_id);
    let rows: Vec<Row> = query.build_query_as().fetch_all(&mut *connection).await?;
    let mut rows: Vec<DriftRow> = rows.into_iter().filter_map(Row::shown).collect();
    rows.sort_by_key(|row| (row.decision != Decision::Open, row.kind));
    let observed: Vec<(String, Option<DateTime<Utc>>)> =
        sqlx::query_as("select kind, observed_at from resource where tenant_id = $1").bind(tenant_id).fetch_all(connection).await?;
    let looked_at = |kind: &str| observed.iter().find(|(of, _)| of == kind).and_then(|(_, at)| *at);
    let unseen = head.unseen.map(|unseen| unseen.0).unwrap_or_default();
    let mut unseen: Vec<Unseen> = unseen
        .into_iter()
        .filter_map(|(kind, code)| Some(Unseen { kind: ResourceKind::parse(&kind)?, code, looked_at: looked_at(&kind) }))
        .collect();
    unseen.sort_by_key(|unseen| unseen.kind);
    Ok(TenantBoard {
        tenant_id,
        tenant_name: head.name,
        rows,
        looked_at: head.looked_at,
        unseen,
        repair_silently: head.repair_silently,
        version: head.version,
        run_open: head.run_open,
    })
}
