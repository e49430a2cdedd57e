//! Reading entries: newest first, filtered, keyset-paged.

use super::{Action, Outcome};
use crate::access::{Authority, ReadAudit, ReadTenants};
use crate::database::Database;
use crate::error::{Error, Result};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

/// What to show. Every field that is set must match.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// A fragment of the actor's name, or the whole id.
    pub person: Option<String>,
    /// A tenant.
    pub tenant: Option<Uuid>,
    /// An action.
    pub action: Option<Action>,
    /// The whole id of the thing acted on.
    pub object: Option<String>,
    /// The whole address.
    pub address: Option<String>,
    /// What came of it.
    pub result: Option<Outcome>,
    /// Not before.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub until: Option<DateTime<Utc>>,
    /// The run.
    pub correlation: Option<Uuid>,
    /// The whole request id.
    pub request: Option<String>,
}

/// Where the next page begins: after this entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Its moment.
    pub occurred_at: DateTime<Utc>,
    /// Its id.
    pub id: Uuid,
}

/// An entry as people see it.
#[derive(Clone, Debug, PartialEq)]
pub struct EntryView {
    /// Its id.
    pub id: Uuid,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// Its retention class.
    pub class: String,
    /// The action's name.
    pub action: String,
    /// What came of it.
    pub result: String,
    /// The tenant concerned.
    pub tenant_id: Option<Uuid>,
    /// That tenant's name, if it is still there and may be seen.
    pub tenant_name: Option<String>,
    /// Who acted: kind, id, name.
    pub actor_kind: String,
    /// The actor's id.
    pub actor_id: String,
    /// The actor's name.
    pub actor_name: String,
    /// What was acted on.
    pub object_kind: String,
    /// Which one.
    pub object_id: String,
    /// From where.
    pub address: Option<String>,
    /// In which request.
    pub request_id: String,
    /// In which run.
    pub correlation: Option<Uuid>,
    /// The code, if it failed.
    pub code: Option<String>,
    /// What else to know.
    pub detail: serde_json::Value,
}

/// A page of entries.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Newest first.
    pub entries: Vec<EntryView>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    occurred_at: DateTime<Utc>,
    class: String,
    action: String,
    result: String,
    tenant_id: Option<Uuid>,
    tenant_name: Option<String>,
    actor_kind: String,
    actor_id: String,
    actor_name: String,
    object_kind: String,
    object_id: String,
    address: Option<String>,
    request_id: String,
    correlation: Option<Uuid>,
    code: Option<String>,
    body: Vec<u8>,
}

impl From<Row> for EntryView {
    fn from(row: Row) -> Self {
        let mut body: serde_json::Value = serde_json::from_slice(&row.body).unwrap_or_default();
        let detail = body.get_mut("detail").map(serde_json::Value::take).unwrap_or_default();
        Self {
            id: row.id,
            occurred_at: row.occurred_at,
            class: row.class,
            action: row.action,
            result: row.result,
            tenant_id: row.tenant_id,
            tenant_name: row.tenant_name,
            actor_kind: row.actor_kind,
            actor_id: row.actor_id,
            actor_name: row.actor_name,
            object_kind: row.object_kind,
            object_id: row.object_id,
            address: row.address,
            request_id: row.request_id,
            correlation: row.correlation,
            code: row.code,
            detail,
        }
    }
}

const COLUMNS: &str =
    "select a.id, a.occurred_at, a.class, a.action, a.result, a.tenant_id, t.name as tenant_name, a.actor_kind, a.actor_id, a.actor_name,
    a.object_kind, a.object_id, a.address, a.request_id, a.correlation, a.code, a.body
    from audit_intake a left join tenant t on t.id = a.tenant_id where true";

/// A page of at most `limit` entries that match `filter`.
///
/// # Errors
/// When the database fails.
pub async fn list(
    database: &Database,
    authority: &Authority<ReadAudit>,
    filter: &Filter,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Page> {
    let mut query = QueryBuilder::<Postgres>::new(COLUMNS);
    if let Some(person) = &filter.person {
        query.push(" and (a.actor_id = ").push_bind(person).push(" or a.actor_name ilike ").push_bind(fragment(person)).push(")");
    }
    if let Some(tenant) = filter.tenant {
        query.push(" and a.tenant_id = ").push_bind(tenant);
    }
    if let Some(action) = filter.action {
        query.push(" and a.action = ").push_bind(action.as_str());
    }
    if let Some(object) = &filter.object {
        query.push(" and a.object_id = ").push_bind(object);
    }
    if let Some(address) = &filter.address {
        query.push(" and a.address = ").push_bind(address);
    }
    if let Some(result) = filter.result {
        query.push(" and a.result = ").push_bind(result.as_str());
    }
    if let Some(from) = filter.from {
        query.push(" and a.occurred_at >= ").push_bind(from);
    }
    if let Some(until) = filter.until {
        query.push(" and a.occurred_at < ").push_bind(until);
    }
    if let Some(correlation) = filter.correlation {
        query.push(" and a.correlation = ").push_bind(correlation);
    }
    if let Some(request) = &filter.request {
        query.push(" and a.request_id = ").push_bind(request);
    }
    if let Some(cursor) = after {
        query.push(" and (a.occurred_at, a.id) < (").push_bind(cursor.occurred_at).push(", ").push_bind(cursor.id).push(")");
    }
    query.push(" order by a.occurred_at desc, a.id desc limit ").push_bind(limit + 1);
    let mut reader = database.read(authority).await?;
    let rows: Vec<Row> = query.build_query_as().fetch_all(reader.conn()).await?;
    Ok(page(rows, limit))
}

/// The last entries of one tenant, for its page.
///
/// # Errors
/// When the database fails.
pub async fn of_tenant(database: &Database, authority: &Authority<ReadTenants>, tenant: Uuid, limit: i64) -> Result<Vec<EntryView>> {
    let mut query = QueryBuilder::<Postgres>::new(COLUMNS);
    query.push(" and a.tenant_id = ").push_bind(tenant).push(" order by a.occurred_at desc, a.id desc limit ").push_bind(limit);
    let mut reader = database.read(authority).await?;
    let rows: Vec<Row> = query.build_query_as().fetch_all(reader.conn()).await?;
    Ok(rows.into_iter().map(EntryView::from).collect())
}

/// One entry.
///
/// # Errors
/// [`Error::NotFound`] if there is none or the actor may not see it.
pub async fn get(database: &Database, authority: &Authority<ReadAudit>, id: Uuid) -> Result<EntryView> {
    let mut query = QueryBuilder::<Postgres>::new(COLUMNS);
    query.push(" and a.id = ").push_bind(id);
    let mut reader = database.read(authority).await?;
    let row: Option<Row> = query.build_query_as().fetch_optional(reader.conn()).await?;
    row.map(EntryView::from).ok_or(Error::NotFound("entry"))
}

fn page(mut rows: Vec<Row>, limit: i64) -> Page {
    let more = i64::try_from(rows.len()).unwrap_or(i64::MAX) > limit;
    if more {
        rows.pop();
    }
    let next = rows.last().filter(|_| more).map(|row| Cursor { occurred_at: row.occurred_at, id: row.id });
    Page { entries: rows.into_iter().map(EntryView::from).collect(), next }
}

/// A LIKE pattern that matches `text` as a fragment, taken literally.
pub(crate) fn fragment(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
